import type { RunResult, Variant } from '../contracts/result.ts'
import { medianOf } from './_faults.ts'

/** What varied beside the client, with its values in the order of the plan. */
export interface MatrixDimension {
  key: string
  /** Its last part, where that is unique. */
  label: string
  values: (string | number | boolean)[]
}

/** Variants with the same params: repetitions of one combination. */
export interface Combination {
  params: Variant['params']
  variants: Variant[]
}

/** The dimensions of a run's matrix that really varied; added combinations (`include`) do not count. Largest first. */
export function matrixDimensions(result: RunResult): MatrixDimension[] {
  const regular = result.variants.filter(isRegular)
  const keys = [...new Set(regular.flatMap(({ params }) => Object.keys(params)))].filter((key) => key !== 'client')
  const last = (key: string) => key.split('.').at(-1)!
  return keys
    .map((key) => ({
      key,
      label: keys.filter((other) => last(other) === last(key)).length > 1 ? key : last(key),
      values: [...new Set(regular.flatMap(({ params }) => params[key] ?? []))],
    }))
    .filter(({ values }) => values.length > 1)
    .sort((a, b) => b.values.length - a.values.length)
}

const isRegular = ({ params }: Variant): boolean => !('include' in params)

export function combinationsOf(variants: readonly Variant[]): Combination[] {
  const byParams = new Map<string, Combination>()
  for (const variant of variants) {
    const key = JSON.stringify(variant.params)
    const known = byParams.get(key)
    if (known) known.variants.push(variant)
    else byParams.set(key, { params: variant.params, variants: [variant] })
  }
  return [...byParams.values()]
}

/** Ran to its end, so that its numbers count; an invalid one is drawn, and marked. */
export const wasMeasured = ({ status }: Variant): boolean => status === 'ok' || status === 'invalid'

/** Over the repetitions that were measured; null = of none is it known. */
export function medianOver(variants: readonly Variant[], of: (variant: Variant) => number | null): number | null {
  return medianOf(variants.filter(wasMeasured).map(of))
}
