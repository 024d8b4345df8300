import type { FaultResult, Latency, Variant } from '../contracts/result.ts'
import { numberAt, numberPath, thresholdPaths } from '../profile/threshold-paths.ts'

/** What is good: more of it, less of it, or neither. */
export type Direction = 'higher' | 'lower' | 'neither'

/** The unit of a number. */
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
/** Every number of a variant that can be compared; lag once per group. */
export const metricPaths = (groups: readonly string[]): string[] => thresholdPaths(groups)

export function directionOf(path: string): Direction {
  if (higherIsBetter.includes(path)) return 'higher'
  const keys = numberPath(path)?.keys ?? []
  const isCount = keys[0] !== 'lag' && keys.length === 3 && keys[2] === 'count'
  return neither.includes(path) || isCount ? 'neither' : 'lower'
}

const units = { us: 'micros', ms: 'ms', s: 'seconds', bytes: 'bytes', percent: 'percent', count: 'count' } as const

/** The unit of the number at a path of {@link metricPaths}. */
export const metricUnit = (path: string): MetricUnit => units[numberPath(path)?.unit ?? 'count']

/**
 * The number at a path of {@link metricPaths}; null = unknown. A percentile that is null because too many records were not acknowledged, or
 * a lag that did not drain, is Infinity: known to be worse than any number.
 */
export function metricValue(variant: Variant, path: string): number | null {
  const { keys, group } = numberPath(path) ?? { keys: path.split('.'), group: null }
  if (['brokers', 'faults', 'rebalances'].includes(keys[0]!) || path === 'produce.errors') {
    const number = numberAt(variant, keys)
    return number === null && path === 'faults.drainS.max' && variant.faults.some(someGroupNotDrained)
      ? Number.POSITIVE_INFINITY
      : number
  }
  if (keys[0] === 'integrity' && variant.integrity.verdict === 'not-audited') return null
  const parent = keys.slice(0, -1).reduce<unknown>(own, variant)
  const value = own(parent, keys.at(-1)!)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (value !== null || typeof parent !== 'object' || parent === null) return null
  if (group !== null)
    return keys[2] === 'drainS' && own(parent, 'maxRecords') !== null ? Number.POSITIVE_INFINITY : null
  return unmeasurable(parent as Partial<Latency>, keys.at(-1)!) ? Number.POSITIVE_INFINITY : null
}

/** A group that is known not to be drained: its lag was seen, and its level before the fault, which old results do not contain, is not missing. */
const someGroupNotDrained = ({ drainS, lagPeak, calmBeforeS }: FaultResult): boolean =>
  calmBeforeS !== null &&
  Object.entries(drainS).some(([group, seconds]) => seconds === null && lagPeak[group]?.records != null)

/** A latency that is null because of what was not acknowledged, not because nothing was recorded. */
function unmeasurable({ count, notAcked, overflow }: Partial<Latency>, key: string): boolean {
  return key !== 'min' && key !== 'mean' && count !== undefined && (notAcked ?? 0) + (overflow ?? 0) > 0
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}
