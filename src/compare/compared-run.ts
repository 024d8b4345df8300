import type { BoundBy, Environment, RunResult, Status, Variant } from '../contracts/result.ts'
import { findingsOf } from '../judge/upgrade.ts'
import { numberPath } from '../profile/threshold-paths.ts'
import { metricPaths, metricValue } from './metric.ts'
import { settingsOf, settingsOfRun } from './run-settings.ts'
import { acksOf, needsAcks } from './used-settings.ts'

/** What comparing needs of a run: a stored result, or a baseline file that has nothing else. */
export interface ComparedRun {
  /** As the user named it, shortened; unique in a comparison. */
  label: string
  runId: string
  name: string
  startedAt: string
  /** Which definitions its numbers follow (contracts/result.ts). */
  definitions: number
  environment: Environment
  /** What decides over the numbers, as dotted paths: the profile's values, and `environment.…` for the machine and cluster. */
  settings: Record<string, string>
  variants: ComparedVariant[]
}

/** One repetition of one combination. */
export interface ComparedVariant {
  id: string
  status: Status
  reasons: string[]
  /** It says something against its side: it failed, is invalid, or a threshold ended it. Its numbers are not to be trusted. */
  isBad: boolean
  /** What bound it; null = not known. */
  bound: BoundBy[] | null
  params: Variant['params']
  repeat: number
  /** Path → number; what is unknown is left out. Infinity = worse than can be measured. */
  values: Record<string, number>
  /** All there is; null from a baseline file. */
  full: Variant | null
}

export function comparedRun(result: RunResult, label: string): ComparedRun {
  const { runId, name, startedAt, environment, definitions = 1 } = result
  const settings = settingsOfRun(result)
  return {
    label,
    runId,
    name,
    startedAt,
    definitions,
    environment,
    settings,
    variants: result.variants.map((variant) => comparedVariant(variant, settings)),
  }
}

function comparedVariant(variant: Variant, run: Record<string, string>): ComparedVariant {
  const { id, status, reasons, params, repeat } = variant
  const isUnacked = acksOf(variant, settingsOf(run, params)) === '0'
  const endedByThreshold = findingsOf(variant).some(
    ({ code }) => code === 'threshold-missed' || code === 'limit-reached',
  )
  const values: Record<string, number> = {}
  for (const path of metricPaths(Object.keys(variant.lag))) {
    const value = isUnacked && needsAcks(path) ? null : metricValue(variant, path)
    if (value !== null) values[path] = value
  }
  return {
    id,
    status,
    reasons,
    isBad: isBadStatus(status) || (status === 'interrupted' && endedByThreshold),
    bound: variant.bound?.by ?? null,
    params,
    repeat,
    values,
    full: variant,
  }
}

export const isBadStatus = (status: Status): boolean => status === 'failed' || status === 'invalid'

/** The consumer groups that any of the runs has lag of. */
export const groupsOf = (runs: readonly ComparedRun[]): string[] => {
  const paths = runs.flatMap(({ variants }) => variants.flatMap(({ values }) => Object.keys(values)))
  return [...new Set(paths.flatMap((path) => numberPath(path)?.group ?? []))]
}
