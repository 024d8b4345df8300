import type { Variant } from '../contracts/result.ts'
import type { ComparedRun, ComparedVariant } from './compared-run.ts'
import { type Direction, directionOf } from './metric.ts'
import { type Difference, differencesOf, isUnder, settingsOf } from './run-settings.ts'

/** One combination of one run with all its repetitions: what is compared. */
export interface Subject {
  /** Short; unique in its run. */
  label: string
  run: ComparedRun
  params: Variant['params']
  settings: Record<string, string>
  /** The valid ones. */
  repetitions: ComparedVariant[]
  /** Those that count against it: failed, invalid, or ended by a threshold. */
  bad: ComparedVariant[]
  /** Interrupted ones, which say nothing. */
  leftOut: ComparedVariant[]
}

/** The combinations of a run, in the order in which they first ran. Unsupported ones never ran, and are none. */
export function subjectsOf(run: ComparedRun): Subject[] {
  const byParams = new Map<string, ComparedVariant[]>()
  for (const variant of run.variants.filter(({ status }) => status !== 'unsupported')) {
    const key = JSON.stringify(Object.entries(variant.params).sort(([a], [b]) => (a < b ? -1 : 1)))
    byParams.set(key, [...(byParams.get(key) ?? []), variant])
  }
  return [...byParams.values()].map((variants) => {
    const { params } = variants[0]!
    return {
      label: labelOf(params),
      run,
      params,
      settings: settingsOf(run.settings, params),
      repetitions: variants.filter(({ status }) => status === 'ok'),
      bad: variants.filter(({ isBad }) => isBad),
      leftOut: variants.filter(({ status, isBad }) => status !== 'ok' && !isBad),
    }
  })
}

/** What a bad repetition counts as: worse than every valid one. */
const worst: Readonly<Record<Direction, readonly number[]>> = {
  higher: [0],
  lower: [Number.POSITIVE_INFINITY],
  neither: [],
}

/**
 * The sample of a metric: a number per valid repetition that has one, and the worst possible value for each bad one. So
 * failing does not make a side look better. Empty where no valid repetition has a number.
 */
export function samplesOf({ repetitions, bad }: Subject, metric: string): number[] {
  const measured = repetitions.flatMap(({ values }) => (values[metric] === undefined ? [] : [values[metric]]))
  return measured.length === 0 ? [] : [...measured, ...bad.flatMap(() => worst[directionOf(metric)])]
}

const labelOf = (params: Variant['params']): string =>
  Object.entries(params)
    .map(([key, value]) => (key === 'client' ? String(value) : `${key.split('.').at(-1)}=${value}`))
    .join(' ')

export interface Allowed {
  across: readonly string[]
  allowEnvironment: boolean
}

/** The differences that nobody asked for. Another client has another version, which goes without saying. */
export function unaskedDifferences(base: Subject, other: Subject, { across, allowEnvironment }: Allowed): Difference[] {
  const asked = [...across, ...(across.includes('client') ? ['environment.client', 'environment.clients'] : [])]
  return differencesOf(base.settings, other.settings).filter(
    ({ key }) => !asked.some((name) => isUnder(key, name)) && !(allowEnvironment && isUnder(key, 'environment')),
  )
}
