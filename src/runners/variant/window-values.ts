import type { EventCounts, LatencyName } from '../../contracts/api.ts'
import { pacerFor } from '../../load/pacer.ts'
import { combined } from '../../profile/threshold-paths.ts'
import { brokerUsage } from '../../recording/broker-usage.ts'
import { type LagPoint, type LagSum, lagSums, nearestRank } from '../../recording/lag.ts'
import type { LatencyRows } from '../../recording/latency-rows.ts'
import { lagPoints } from './fault-results.ts'
import type { Session } from './session.ts'
import { usagePoints } from './usage.ts'

/** Where a latency of the result comes from. */
export const latencyNames: Readonly<Record<string, LatencyName>> = {
  'produce.responseUs': 'response',
  'produce.serviceUs': 'service',
  'consume.endToEndUs': 'endToEnd',
  'generator.scheduleLagUs': 'scheduleLag',
  'generator.backpressureUs': 'backpressure',
  'generator.eventLoopDelayUs': 'eventLoopDelay',
}

export type Latencies = ReadonlyMap<LatencyName, LatencyRows>

/** The value of a path over the rows [from, to) of the time axis; null where it is unknown. */
export function valueOver(
  session: Session,
  latencies: Latencies,
  path: readonly string[],
  from: number,
  to: number,
): number | null {
  const { collector, intervals } = session
  const [startNs, endNs] = [intervals[from]!.startNs, intervals[to - 1]!.endNs]
  const count = (key: keyof EventCounts) => {
    let sum = 0
    for (let row = from; row < to; row++) sum += collector.events(row)[key]
    return sum
  }
  const perSec = (amount: number | null) => (amount === null ? null : (amount * 1e9) / (endNs - startNs))
  const rates: Partial<Record<string, () => number | null>> = {
    'produce.offeredPerSec': () => perSec(dueIn(session, startNs, endNs)),
    'produce.sentPerSec': () => perSec(count('sent')),
    'produce.ackedPerSec': () => perSec(count('acked')),
    'produce.ackedBytesPerSec': () => perSec(count('ackedBytes')),
    'consume.receivedPerSec': () => perSec(count('received')),
    'consume.receivedBytesPerSec': () => perSec(count('receivedBytes')),
    'ledger.failed': () => count('failed'),
    'ledger.unknown': () => count('unknown'),
    'produce.errors': () => errorsIn(session, startNs / 1e9, endNs / 1e9),
  }
  const rate = rates[path.join('.')]
  if (rate) return rate()
  const [head, key, how] = path as [string, string, string]
  if (head === 'lag') return lagIn(session, key, how, startNs / 1e9, endNs / 1e9)
  const name = latencyNames[`${head}.${key}`]
  if (name) return latencyOver(session, latencies, name, how, from, to)
  return usageIn(session, path, startNs / 1e9, endNs / 1e9)
}

/** Records due in these rows that have no latency (yet); 0 for what is no latency of records. */
export function openRecords(
  session: Session,
  latencies: Latencies,
  name: LatencyName,
  from: number,
  to: number,
): number {
  const recorded = (of: LatencyName) => {
    const { count, overflow } = latencies.get(of)!.over(from, to)
    return count + overflow
  }
  if (!['response', 'service', 'endToEnd'].includes(name)) return 0
  if (name === 'endToEnd') return Math.max(0, recorded('service') * session.groups.length - recorded(name))
  const { collector, intervals } = session
  let sent = 0
  for (let row = from; row < to; row++) sent += collector.events(row).sent
  return Math.max(0, (dueIn(session, intervals[from]!.startNs, intervals[to - 1]!.endNs) ?? sent) - recorded(name))
}

/** Null at rate max and where the topic is filled beforehand. */
function dueIn({ job }: Session, startNs: number, endNs: number): number | null {
  const { load } = job.variant.profile
  const pacer = pacerFor(load.rate)
  const due = (ns: number) => {
    const all = pacer.dueBefore(ns)
    return all === null ? null : Math.min(all, load.count ?? Number.POSITIVE_INFINITY)
  }
  const [before, after] = [due(startNs), due(endNs)]
  return job.workload.prefill || before === null || after === null ? null : after - before
}

const quantiles: Readonly<Record<string, number>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
  p9999: 0.9999,
}

function latencyOver(
  session: Session,
  latencies: Latencies,
  name: LatencyName,
  key: string,
  from: number,
  to: number,
): number | null {
  const { producers, load } = session.job.variant.profile
  // Without acknowledgements there is nothing to time; what was received has its times all the same.
  const isNone = producers.acks === 0 && (name === 'response' || name === 'service')
  if (isNone || (name === 'response' && load.rate === 'max')) return null
  const merged = latencies.get(name)!.over(from, to)
  const open = openRecords(session, latencies, name, from, to)
  if (key === 'min') return merged.minUs
  if (key === 'mean') return merged.meanUs(open)
  return key === 'max' ? merged.maxUs(open) : merged.quantileUs(quantiles[key]!, open)
}

function errorsIn({ collector }: Session, startS: number, endS: number): number {
  const { atS, columns } = collector.errorTimeline()
  let sum = 0
  for (const [at, s] of atS.entries()) {
    if (s >= startS && s < endS) for (const column of Object.values(columns)) sum += column[at] ?? 0
  }
  return sum
}

/** As the result's own numbers, over these seconds alone. */
function lagIn(session: Session, label: string, key: string, startS: number, endS: number): number | null {
  const sums = sumsOf(session, label).filter(({ atS }) => atS >= startS && atS <= endS)
  const column = key === 'maxSeconds' ? 'seconds' : key === 'positionMaxRecords' ? 'position' : 'records'
  const values = sums.flatMap((sum) => sum[column] ?? [])
  return key === 'p99Records' ? nearestRank(values, 0.99) : combined(values, 'max')
}

/** Many windows ask for the same sums, and each sum takes the whole history: they are kept until there are further points. */
const kept = new WeakMap<readonly LagPoint[], { points: number; sums: LagSum[] }>()

function sumsOf(session: Session, label: string): LagSum[] {
  const index = session.job.variant.profile.consumers.findIndex(({ group }) => group === label)
  const { group } = session.groups[index]!
  const points = session.lag.get(group)!
  let entry = kept.get(points)
  if (entry?.points !== points.length) {
    entry = { points: points.length, sums: lagSums(lagPoints(session, group)) }
    kept.set(points, entry)
  }
  return entry.sums
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

function usageIn(session: Session, path: readonly string[], startS: number, endS: number): number | null {
  const [head, key, how] = path
  const isIn = ({ atS }: { atS: number }) => atS > startS && atS <= endS
  const figureOf = (points: readonly { cpuPercent: number | null; rssBytes: number | null }[]) =>
    key === 'cpuPercent'
      ? mean(points.flatMap(({ cpuPercent }) => cpuPercent ?? []))
      : combined(
          points.map(({ rssBytes }) => rssBytes),
          'max',
        )
  if (head === 'generator') return figureOf(usagePoints(session).filter(isIn))
  const span = { fromNs: session.startNs + startS * 1e9, toNs: session.startNs + endS * 1e9 }
  const brokers = brokerUsage(session.usage, span) ?? []
  return combined(
    brokers.map((broker) => (key === 'cpuPercent' ? broker.cpuPercent : broker.rssBytes)),
    how!,
  )
}
