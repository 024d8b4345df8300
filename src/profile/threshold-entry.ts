import type { ThresholdProfile } from './schema.ts'
import { parseThreshold, type Threshold } from './threshold.ts'
import { growsOnly, windowedPaths } from './threshold-paths.ts'

/** An entry of a profile's thresholds, plain text or not, with what it means for a run. */
export interface ThresholdEntry extends Threshold {
  /** Seconds, whole; null = over the run. */
  windowS: number | null
  /** Only variants with all of these params; {} = all. */
  variant: Readonly<Record<string, string | number | boolean>>
  abortOnFail: boolean
  /** Seconds of the measure phase before it may end a variant. */
  delayS: number
}

/** The expression of an entry, as it was written. */
export const expressionOf = (entry: ThresholdProfile): string => (typeof entry === 'string' ? entry : entry.threshold)

/** The entry in full, or why its expression is none. */
export function thresholdEntry(entry: ThresholdProfile, groups?: readonly string[]): ThresholdEntry | string {
  const parsed = parseThreshold(expressionOf(entry), groups)
  if (typeof parsed === 'string') return parsed
  if (typeof entry === 'string') return { ...parsed, windowS: null, variant: {}, abortOnFail: false, delayS: 0 }
  const { window, variant, abortOnFail, delayAbortEval } = entry
  return {
    ...parsed,
    windowS: window === undefined ? null : window / 1000,
    variant,
    abortOnFail,
    delayS: (delayAbortEval ?? 0) / 1000,
  }
}

/** Whether a threshold is about a variant with these params. */
export function appliesTo({ variant }: Pick<ThresholdEntry, 'variant'>, params: ThresholdEntry['variant']): boolean {
  return Object.entries(variant).every(([key, value]) => Object.hasOwn(params, key) && params[key] === value)
}

/** Whether the number is known for a part of the measure phase. */
export function hasWindows({ path }: Pick<Threshold, 'path'>): boolean {
  const group = path[0] === 'lag' ? [path[1]!] : []
  return windowedPaths(group).includes(path.join('.'))
}

/** Once missed, missed for good, however the run goes on: a number that only grows, against an upper limit. */
export function missesForGood({ path, operator }: Pick<Threshold, 'path' | 'operator'>): boolean {
  return growsOnly(path) && ['<', '<=', '=='].includes(operator)
}
