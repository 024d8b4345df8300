import type { Latency, Variant } from '../contracts/result.ts'
import { numberAt, thresholdPaths } from '../profile/threshold-paths.ts'

/** What is good: more of it, less of it, or neither. */
export type Direction = 'higher' | 'lower' | 'neither'

/** What the number's name says of its unit. */
export type MetricUnit = 'micros' | 'ms' | 'seconds' | 'bytes' | 'percent' | 'count'

const higherIsBetter = [
  'produce.sentPerSec',
  'produce.ackedPerSec',
  'produce.ackedBytesPerSec',
  'consume.receivedPerSec',
  'consume.receivedBytesPerSec',
  'ledger.acked',
]
const neither = [
  'ledger.scheduled',
  'integrity.audited',
  'integrity.auditedMeasure',
  'integrity.logRecords',
  'produce.offeredPerSec',
  'produce.recordsPerBatch',
]
/** What several numbers of a result make: faults.unavailableMs.max, brokers.cpuPercent.sum. */
const overSeveral = ['brokers', 'faults', 'rebalances']

/** Every number of a variant that can be compared; lag once per group. */
export const metricPaths = (groups: readonly string[]): string[] => thresholdPaths(groups)

export function directionOf(path: string): Direction {
  if (higherIsBetter.includes(path)) return 'higher'
  return neither.includes(path) || path.endsWith('Us.count') ? 'neither' : 'lower'
}

export function metricUnit(path: string): MetricUnit {
  const keys = path.split('.')
  const last = overSeveral.includes(keys[0]!) ? keys[1]! : keys.at(-1)!
  if (keys.at(-2)?.endsWith('Us')) return ['count', 'notAcked', 'overflow'].includes(last) ? 'count' : 'micros'
  if (last.endsWith('Ms')) return 'ms'
  if (last.endsWith('Seconds') || last.endsWith('S')) return 'seconds'
  if (last.endsWith('Percent')) return 'percent'
  return /Bytes(PerSec)?$/.test(last) ? 'bytes' : 'count'
}

/**
 * The number at a path of {@link metricPaths}; null = unknown. A percentile that is null because too many records were not acknowledged, or
 * a lag that did not drain, is Infinity: known to be worse than any number.
 */
export function metricValue(variant: Variant, path: string): number | null {
  const group = /^lag\.(.+)\.([A-Za-z0-9]+)$/.exec(path)
  const keys = group ? ['lag', group[1]!, group[2]!] : path.split('.')
  if (overSeveral.includes(keys[0]!) || path === 'produce.errors') {
    const number = numberAt(variant, keys)
    return number === null && path === 'faults.drainS.max' && variant.faults.length > 0
      ? Number.POSITIVE_INFINITY
      : number
  }
  if (keys[0] === 'integrity' && variant.integrity.verdict === 'not-audited') return null
  const parent = keys.slice(0, -1).reduce<unknown>(own, variant)
  const value = own(parent, keys.at(-1)!)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (value !== null || typeof parent !== 'object' || parent === null) return null
  if (group) return keys[2] === 'drainS' && own(parent, 'maxRecords') !== null ? Number.POSITIVE_INFINITY : null
  return unmeasurable(parent as Partial<Latency>, keys.at(-1)!) ? Number.POSITIVE_INFINITY : null
}

/** A latency that is null because of what was not acknowledged, not because nothing was recorded. */
function unmeasurable({ count, notAcked, overflow }: Partial<Latency>, key: string): boolean {
  return key !== 'min' && key !== 'mean' && count !== undefined && (notAcked ?? 0) + (overflow ?? 0) > 0
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}
