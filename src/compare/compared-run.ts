import type { Environment, RunResult, Status, Variant } from '../contracts/result.ts'
import { numberPath } from '../profile/threshold-paths.ts'
import { metricPaths, metricValue } from './metric.ts'
import { settingsOfRun } from './run-settings.ts'

/** What comparing needs of a run: a stored result, or a baseline file that has nothing else. */
export interface ComparedRun {
  /** As the user named it, shortened; unique in a comparison. */
  label: string
  runId: string
  name: string
  startedAt: string
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
  params: Variant['params']
  repeat: number
  /** Path → number; what is unknown is left out. Infinity = worse than can be measured. */
  values: Record<string, number>
  /** All there is; null from a baseline file. */
  full: Variant | null
}

export function comparedRun(result: RunResult, label: string): ComparedRun {
  const { runId, name, startedAt, environment } = result
  return {
    label,
    runId,
    name,
    startedAt,
    environment,
    settings: settingsOfRun(result),
    variants: result.variants.map(comparedVariant),
  }
}

function comparedVariant(variant: Variant): ComparedVariant {
  const { id, status, reasons, params, repeat } = variant
  const values: Record<string, number> = {}
  for (const path of metricPaths(Object.keys(variant.lag))) {
    const value = metricValue(variant, path)
    if (value !== null) values[path] = value
  }
  return { id, status, reasons, params, repeat, values, full: variant }
}

/** The consumer groups that any of the runs has lag of. */
export const groupsOf = (runs: readonly ComparedRun[]): string[] => {
  const paths = runs.flatMap(({ variants }) => variants.flatMap(({ values }) => Object.keys(values)))
  return [...new Set(paths.flatMap((path) => numberPath(path)?.group ?? []))]
}
