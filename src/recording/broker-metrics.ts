import type { BrokerUsage } from '../contracts/result.ts'
import { levelAt, meanRate, positionAt, type Span, type Track } from './track.ts'
import { byId, type Columns, type Usage } from './usage.ts'

// Brokers by their own metrics (`cluster.metrics`), over a stretch of time.

/** For a broker's part of the result; nothing where its metrics were not read. */
export function metricsOf(usage: Usage, id: number, span: Span): Partial<BrokerUsage> {
  const tracks = usage.metrics.get(id)
  if (!tracks) return {}
  const idle = readings(tracks.handlerIdle, span)
  const underReplicated = readings(tracks.underReplicated, span)
  return {
    handlerIdlePercent: idle.length === 0 ? null : mean(idle) * 100,
    inBytesPerSec: perSec(usage, tracks.bytesIn, span),
    outBytesPerSec: perSec(usage, tracks.bytesOut, span),
    underReplicated: underReplicated.length === 0 ? null : Math.max(...underReplicated),
  }
}

function perSec(usage: Usage, track: Track, span: Span): number | null {
  const perNs = meanRate(track, span, usage.gapNs)
  return perNs === null ? null : perNs * 1e9
}

/** Per broker, a value per row: `broker<id>HandlerIdlePercent` and `broker<id>UnderReplicated` at its end, `…InBytesPerSec` and `…OutBytesPerSec` over it. */
export function metricsColumns(usage: Usage, rows: readonly Span[]): Columns {
  const columns: Columns = {}
  for (const [id, tracks] of byId(usage.metrics)) {
    columns[`broker${id}HandlerIdlePercent`] = rows.map((row) => {
      const idle = levelAt(tracks.handlerIdle, row.toNs, usage.gapNs)
      return idle === null ? null : idle * 100
    })
    columns[`broker${id}InBytesPerSec`] = rows.map((row) => perSec(usage, tracks.bytesIn, row))
    columns[`broker${id}OutBytesPerSec`] = rows.map((row) => perSec(usage, tracks.bytesOut, row))
    columns[`broker${id}UnderReplicated`] = rows.map((row) => levelAt(tracks.underReplicated, row.toNs, usage.gapNs))
  }
  return columns
}

/** Sum over the brokers at a moment, of those that are known; null = none is. */
export function underReplicatedNow(usage: Usage, atNs: number): number | null {
  const known = byId(usage.metrics).flatMap(
    ([, { underReplicated }]) => levelAt(underReplicated, atNs, usage.gapNs) ?? [],
  )
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

/** The broker whose request handlers had the least time left over a span; null = no broker reports it. */
export function busiestHandlers(usage: Usage, span: Span): { broker: number; busyShare: number } | null {
  let busiest: { broker: number; busyShare: number } | null = null
  for (const [broker, { handlerIdle }] of byId(usage.metrics)) {
    const idle = readings(handlerIdle, span)
    if (idle.length === 0) continue
    const busyShare = 1 - mean(idle)
    if (busiest === null || busyShare > busiest.busyShare) busiest = { broker, busyShare }
  }
  return busiest
}

/** The provider sees their processes: they run on this machine. Those of `cluster.metrics` may run anywhere. */
export const brokersAreHere = ({ brokers }: Usage): boolean =>
  [...brokers.values()].some((tracks) =>
    [tracks.rssBytes, tracks.diskBytes, tracks.networkInBytes].some(({ values }) => values.length > 0),
  )

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function readings(track: Track, { fromNs, toNs }: Span): number[] {
  return track.values.slice(positionAt(track, fromNs - 1) + 1, positionAt(track, toNs) + 1)
}
