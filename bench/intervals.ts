import { createRng } from '../src/base/rng.ts'

export interface Interval {
  median: number
  /** 95 % percentile-bootstrap interval of the median (Efron and Tibshirani, 1993), 10 000 resamples, seeded. */
  low: number
  high: number
}

export function bootstrapMedian(values: readonly number[]): Interval {
  const rng = createRng(20_261_121)
  const medians = Array.from({ length: 10_000 }, () =>
    medianOf(Array.from({ length: values.length }, () => values[rng.below(values.length)]!)),
  ).sort((a, b) => a - b)
  return { median: medianOf(values), low: medians[250]!, high: medians[9749]! }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
