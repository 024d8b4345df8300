import { valueAt } from '../base/value-at.ts'
import type { Fact, MetricsFact, QuotaFact, ScrapeFact, UsageFact } from '../contracts/facts.ts'
import { addReading, createTrack, type Track } from './track.ts'

// The samplers' facts by source. What they say about a stretch of time: broker-usage.ts, host-usage.ts, machine-usage.ts. Every moment is
// CLOCK_MONOTONIC in ns, as in the facts; a span is [fromNs, toNs).

type Broker = Extract<UsageFact, { of: 'broker' }>
type Machine = Extract<UsageFact, { of: 'machine' }>

const brokerColumnNames = ['cpuMs', 'rssBytes', 'diskBytes', 'networkInBytes', 'networkOutBytes', 'cores'] as const
const metricsColumnNames = ['handlerIdle', 'bytesIn', 'bytesOut', 'underReplicated'] as const
const quotaColumnNames = ['produceMs', 'fetchMs', 'requestMs', 'produceBytes'] as const
type BrokerTracks = Record<(typeof brokerColumnNames)[number], Track>
type MetricsTracks = Record<(typeof metricsColumnNames)[number], Track>
type QuotaTracks = Record<(typeof quotaColumnNames)[number] | 'answers', Track>

type UsageFacts = UsageFact | QuotaFact | MetricsFact | ScrapeFact

/** What the samplers of brokers, quotas, hosts and this machine report. */
export const isUsage = (fact: Fact): fact is UsageFacts => ['usage', 'quota', 'metrics', 'scrape'].includes(fact.fact)

/** Readings by source; Memory: 16 bytes per reading. */
export interface Usage {
  add(fact: UsageFacts): void
  /** Two readings that are further apart are a hole: nothing is interpolated across it. */
  gapNs: number
  hosts: ReadonlyMap<number, { cpuMs: Track; rssBytes: Track }>
  brokers: ReadonlyMap<number, BrokerTracks>
  quotas: ReadonlyMap<number, QuotaTracks>
  /** Of the brokers' own metrics. */
  metrics: ReadonlyMap<number, MetricsTracks>
  /** By endpoint of `cluster.metrics`: attempts, how many failed, and why the last of these did. */
  scrapes: ReadonlyMap<string, { attempts: number; failed: number; problem: string | null }>
  /** Of this machine, by name: `busyMs`, `disk vda`, `network eth0 in`, `link eth0`, … */
  machine: ReadonlyMap<string, Track>
}

/** A hole is three periods without a reading, as in lag. */
const gapPeriods = 3

/** `periodNs`: of the broker sampler; load hosts report once a second. */
export function createUsage(periodNs = 1e9): Usage {
  const hosts = new Map<number, { cpuMs: Track; rssBytes: Track }>()
  const brokers = new Map<number, BrokerTracks>()
  const quotas = new Map<number, QuotaTracks>()
  const metrics = new Map<number, MetricsTracks>()
  const scrapes = new Map<string, { attempts: number; failed: number; problem: string | null }>()
  const machine = new Map<string, Track>()

  return {
    gapNs: gapPeriods * Math.max(periodNs, 1e9),
    ...{ hosts, brokers, quotas, metrics, scrapes, machine },
    add(fact) {
      const { atNs } = fact
      if (fact.fact === 'quota') {
        const tracks = valueAt(quotas, fact.broker, () => tracksOf([...quotaColumnNames, 'answers'] as const))
        addReading(tracks.answers, atNs, 1)
        for (const name of quotaColumnNames) addReading(tracks[name], atNs, fact[name])
      } else if (fact.fact === 'metrics') {
        const tracks = valueAt(metrics, fact.broker, () => tracksOf(metricsColumnNames))
        for (const name of metricsColumnNames) addReading(tracks[name], atNs, fact[name])
      } else if (fact.fact === 'scrape') {
        const scrape = valueAt(scrapes, fact.endpoint, () => ({ attempts: 0, failed: 0, problem: null }))
        scrape.attempts++
        if (fact.problem === null) return
        scrape.failed++
        scrape.problem = fact.problem
      } else if (fact.of === 'broker') {
        const tracks = valueAt(brokers, fact.broker, () => tracksOf(brokerColumnNames))
        for (const name of brokerColumnNames) addReading(tracks[name], atNs, (fact as Broker)[name])
      } else if (fact.of === 'host') {
        const tracks = valueAt(hosts, fact.host, () => tracksOf(['cpuMs', 'rssBytes'] as const))
        addReading(tracks.cpuMs, atNs, fact.cpuMs)
        addReading(tracks.rssBytes, atNs, fact.rssBytes)
      } else {
        for (const [name, value] of machineReadings(fact)) addReading(valueAt(machine, name, createTrack), atNs, value)
      }
    },
  }
}

const tracksOf = <N extends string>(names: readonly N[]): Record<N, Track> =>
  Object.fromEntries(names.map((name) => [name, createTrack()])) as Record<N, Track>

function machineReadings(fact: Machine): [string, number | null][] {
  const named = (prefix: string, values: Record<string, number> | null) =>
    Object.entries(values ?? {}).map(([name, value]): [string, number] => [`${prefix}${name}`, value])
  return [
    ['busyMs', fact.busyMs],
    ['totalMs', fact.totalMs],
    ['cpuStallMs', fact.cpuStallMs],
    ['ioStallMs', fact.ioStallMs],
    ...named('disk ', fact.diskBusyMs),
    ...named('network ', fact.networkBytes),
    ...named('link ', fact.linkBytesPerSec),
  ]
}

/** ms of processor time per ns → percent of one core. */
export const percent = (msPerNs: number | null): number | null => (msPerNs === null ? null : msPerNs * 1e6 * 100)

export const byId = <V>(map: ReadonlyMap<number, V>): [number, V][] => [...map].sort(([a], [b]) => a - b)

/** Columns of a series: a value per row, null = unknown. */
export type Columns = Record<string, (number | null)[]>
