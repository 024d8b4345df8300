import type { EventCounts, LatencyName } from '../contracts/api.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import type { Axis } from '../load/axis.ts'
import type { Schedule } from '../load/schedule.ts'
import { combined } from '../profile/threshold-paths.ts'
import { brokerColumns } from '../recording/broker-usage.ts'
import type { History } from '../recording/history.ts'
import { hostColumns } from '../recording/host-usage.ts'
import { type LagPoint, type LagSum, lagSums, nearestRank, withoutCanary } from '../recording/lag.ts'
import { latenciesOf, type MergedLatencies } from '../recording/merged-latencies.ts'
import type { Sums } from '../recording/sums.ts'

/** What a value over some rows is taken from, while the variant runs and afterwards. */
export interface Rowwise {
  plan: VariantPlan
  sums: Sums
  axis: Axis
  schedule: Schedule
}

/** Where a latency of the result comes from. */
export const latencyNames: Readonly<Record<string, LatencyName>> = {
  'produce.responseUs': 'response',
  'produce.serviceUs': 'service',
  'consume.endToEndUs': 'endToEnd',
  'generator.scheduleLagUs': 'scheduleLag',
  'generator.backpressureUs': 'backpressure',
  'generator.eventLoopDelayUs': 'eventLoopDelay',
}

/** The value of a path over the rows [from, to) of the time axis; null where it is unknown. */
export function valueOver(rowwise: Rowwise, path: readonly string[], from: number, to: number): number | null {
  const { sums, axis } = rowwise
  const [startNs, endNs] = [axis.rows[from]!.fromNs, axis.rows[to - 1]!.toNs]
  const count = (key: Exclude<keyof EventCounts, 'toOffline'>) => sums.rows.eventsOver(from, to)[key]
  const perSec = (amount: number | null) => (amount === null ? null : (amount * 1e9) / (endNs - startNs))
  const rates: Partial<Record<string, () => number | null>> = {
    'produce.offeredPerSec': () => perSec(dueIn(rowwise, startNs, endNs)),
    'produce.sentPerSec': () => perSec(count('sent')),
    'produce.ackedPerSec': () => perSec(count('acked')),
    'produce.ackedBytesPerSec': () => perSec(count('ackedBytes')),
    'consume.receivedPerSec': () => perSec(count('received')),
    'consume.receivedBytesPerSec': () => perSec(count('receivedBytes')),
    'ledger.failed': () => count('failed'),
    'ledger.unknown': () => count('unknown'),
    'produce.errors': () => Object.values(sums.rows.errors(from, to)).reduce((sum, records) => sum + records, 0),
  }
  const rate = rates[path.join('.')]
  if (rate) return rate()
  const [head, key, how] = path as [string, string, string]
  if (head === 'lag') return lagIn(rowwise, key, how, startNs / 1e9, endNs / 1e9)
  const name = latencyNames[`${head}.${key}`]
  if (name) return latencyOver(rowwise, name, how, from, to)
  return usageIn(rowwise, path, from, to)
}

/** Records due in these rows that have no latency (yet); 0 for what is no latency of records. */
export function openRecords(rowwise: Rowwise, name: LatencyName, from: number, to: number): number {
  const { sums, plan, axis } = rowwise
  const recorded = (of: LatencyName) => {
    const { total, overflow } = sums.rows.latency(of, from, to)
    return total + overflow
  }
  if (!['response', 'service', 'endToEnd'].includes(name)) return 0
  if (name === 'endToEnd') return Math.max(0, recorded('service') * plan.groups.length - recorded(name))
  const { sent } = sums.rows.eventsOver(from, to)
  return Math.max(0, (dueIn(rowwise, axis.rows[from]!.fromNs, axis.rows[to - 1]!.toNs) ?? sent) - recorded(name))
}

/** Null at rate max and where the topic is filled beforehand. */
const dueIn = ({ plan, schedule }: Rowwise, fromNs: number, toNs: number): number | null =>
  plan.fill ? null : schedule.dueIn(fromNs, toNs)

const quantiles: Readonly<Record<string, number>> = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
  p9999: 0.9999,
}

function latencyOver(rowwise: Rowwise, name: LatencyName, key: string, from: number, to: number): number | null {
  const { plan, schedule, sums } = rowwise
  // Without acknowledgements there is nothing to time; what was received has its times all the same.
  const isNone = plan.acks === 0 && (name === 'response' || name === 'service')
  if (isNone || (name === 'response' && !schedule.paced)) return null
  const merged: MergedLatencies = latenciesOf(sums.rows.latency(name, from, to))
  const open = openRecords(rowwise, name, from, to)
  if (key === 'min') return merged.minUs
  if (key === 'mean') return merged.meanUs(open)
  return key === 'max' ? merged.maxUs(open) : merged.quantileUs(quantiles[key]!, open)
}

/** As the result's own numbers, over these seconds alone. */
function lagIn({ plan, sums }: Rowwise, label: string, key: string, startS: number, endS: number): number | null {
  const group = plan.groups.find((each) => each.label === label)
  const points = group && sums.lag.get(group.group)
  const all = (points ? sumsOf(points, sums) : []).filter(({ atS }) => atS >= startS && atS <= endS)
  const column = key === 'maxSeconds' ? 'seconds' : key === 'positionMaxRecords' ? 'position' : 'records'
  const values = all.flatMap((sum) => sum[column] ?? [])
  return key === 'p99Records' ? nearestRank(values, 0.99) : combined(values, 'max')
}

/** Many windows ask for the same sums, and each sum takes the whole history: they are kept until there are further points. */
const kept = new WeakMap<History<LagPoint>, { points: number; sums: LagSum[] }>()

function sumsOf(points: History<LagPoint>, { canary }: Sums): LagSum[] {
  let entry = kept.get(points)
  if (entry?.points !== points.length) {
    entry = { points: points.length, sums: lagSums(canary ? withoutCanary([...points], canary.offsets) : [...points]) }
    kept.set(points, entry)
  }
  return entry.sums
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

/** Mean of the seconds' CPU, highest of their memory; over brokers as the path says. */
function usageIn({ sums, axis }: Rowwise, path: readonly string[], from: number, to: number): number | null {
  const [head, key, how] = path
  const originNs = sums.startNs ?? 0
  const spans = axis.rows
    .slice(from, to)
    .map(({ fromNs, toNs }) => ({ fromNs: originNs + fromNs, toNs: originNs + toNs }))
  const isCpu = key === 'cpuPercent'
  const figureOf = (column: readonly (number | null)[] | undefined) =>
    isCpu ? mean((column ?? []).flatMap((value) => value ?? [])) : combined(column ?? [], 'max')
  const columns = head === 'generator' ? hostColumns(sums.usage, spans) : brokerColumns(sums.usage, spans)
  const suffix = isCpu ? 'CpuPercent' : 'RssBytes'
  if (head === 'generator') return figureOf(columns[`generator${suffix}`])
  const ids = [...sums.usage.brokers.keys()]
  return combined(
    ids.map((id) => figureOf(columns[`broker${id}${suffix}`])),
    how!,
  )
}
