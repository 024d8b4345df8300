import type { BrokerThrottle, BrokerUsage } from '../contracts/result.ts'
import { metricsColumns, metricsOf } from './broker-metrics.ts'
import { growth, levelAt, meanRate, positionAt, type Span, type Track } from './track.ts'
import { byId, type Columns, percent, type Usage } from './usage.ts'

/** Per broker over a span: mean CPU, last memory, what its counters grew by; null = no broker could be seen. */
export function brokerUsage(usage: Usage, span: Span): BrokerUsage[] | null {
  if (usage.brokers.size === 0) return null
  const bytes = (track: Track) => {
    const grown = growth(track, span, usage.gapNs)
    return grown === null ? null : Math.round(grown)
  }
  return byId(usage.brokers).map(([id, tracks]) => ({
    id,
    cpuPercent: percent(meanRate(tracks.cpuMs, span, usage.gapNs)),
    rssBytes: levelAt(tracks.rssBytes, span.toNs, usage.gapNs),
    diskBytes: bytes(tracks.diskBytes),
    networkInBytes: bytes(tracks.networkInBytes),
    networkOutBytes: bytes(tracks.networkOutBytes),
    ...metricsOf(usage, id, span),
  }))
}

/** Per broker, a value per row: `broker<id>CpuPercent`, the mean of the row, and `broker<id>RssBytes` at its end. */
export function brokerColumns(usage: Usage, rows: readonly Span[]): Columns {
  const columns: Columns = {}
  for (const [id, { cpuMs, rssBytes }] of byId(usage.brokers)) {
    columns[`broker${id}CpuPercent`] = rows.map((row) => percent(meanRate(cpuMs, row, usage.gapNs)))
    columns[`broker${id}RssBytes`] = rows.map((row) => levelAt(rssBytes, row.toNs, usage.gapNs))
  }
  return { ...columns, ...metricsColumns(usage, rows) }
}

/** How much of its processors each broker used over a span; null = no broker could be seen. */
export function brokerLoads(usage: Usage, span: Span): BrokerLoad[] | null {
  if (usage.brokers.size === 0) return null
  return byId(usage.brokers).map(([broker, { cpuMs, cores }]) => ({
    broker,
    cpuPercent: percent(meanRate(cpuMs, span, usage.gapNs)),
    cores: levelAt(cores, span.toNs, usage.gapNs),
  }))
}

export interface BrokerLoad {
  broker: number
  /** 100 = one core. */
  cpuPercent: number | null
  /** Processors that it may use. */
  cores: number | null
}

/**
 * Per broker over a span: delays of its second half, produce bytes over all of it. Kafka's mean looks back 11 s: the
 * first half may still contain clients that were throttled before. null = no broker reported its quotas.
 */
export function throttleSummary(usage: Usage, span: Span): BrokerThrottle[] | null {
  if (usage.quotas.size === 0) return null
  return byId(usage.quotas).map(([id, tracks]) => {
    const perNs = meanRate(tracks.produceBytes, span, usage.gapNs)
    return {
      id,
      produceMs: largest(tracks.produceMs, secondHalf(span)),
      fetchMs: largest(tracks.fetchMs, secondHalf(span)),
      requestMs: largest(tracks.requestMs, secondHalf(span)),
      produceBytesPerSec: perNs === null ? null : perNs * 1e9,
    }
  })
}

/**
 * Longest mean delay, ms, that any of the brokers' quotas imposed in the second half of a span. 0 = each of `brokers`
 * brokers was asked and delayed nobody; null = not known.
 */
export function throttleMs(usage: Usage, span: Span, brokers: number): number | null {
  const half = secondHalf(span)
  let most: number | null = null
  let answering = 0
  for (const [, tracks] of usage.quotas) {
    if (largest(tracks.answers, half) !== null) answering++
    for (const name of ['produceMs', 'fetchMs', 'requestMs'] as const) {
      const ms = largest(tracks[name], half)
      if (ms !== null) most = Math.max(most ?? 0, ms)
    }
  }
  return most ?? (brokers > 0 && answering >= brokers ? 0 : null)
}

const secondHalf = ({ fromNs, toNs }: Span): Span => ({ fromNs: (fromNs + toNs) / 2, toNs })

/** Of the readings in [fromNs, toNs]; null = none. */
function largest(track: Track, { fromNs, toNs }: Span): number | null {
  let most: number | null = null
  for (let position = positionAt(track, toNs); position >= 0 && track.atNs[position]! >= fromNs; position--) {
    most = Math.max(most ?? Number.NEGATIVE_INFINITY, track.values[position]!)
  }
  return most
}
