import { createRng } from '../base/rng.ts'

export interface KeyOptions {
  cardinality: number
  distribution: 'none' | 'sequential' | 'uniform' | 'zipf'
  exponent: number
}

/** The key of record n of the global schedule, or null; keys are "k0" … "k<cardinality−1>". Keys are shared buffers: do not write to them. */
export type KeyOf = (n: number) => Buffer | null

export function createKeys(options: KeyOptions, seed: number, producer: number): KeyOf {
  const { cardinality, distribution } = options
  if (distribution === 'none') return () => null
  const cache = new Array<Buffer | undefined>(Math.min(cardinality, 100_000))
  const keyAt = (index: number): Buffer => {
    const cached = cache[index]
    if (cached) return cached
    const key = Buffer.from(`k${index}`)
    if (index < cache.length) cache[index] = key
    return key
  }
  if (distribution === 'sequential') return (n) => keyAt(n % cardinality)
  const rng = createRng(seed, 0x6b657973 + producer)
  if (distribution === 'uniform') return () => keyAt(rng.below(cardinality))
  const cumulative = zipfCumulative(cardinality, options.exponent)
  return () => keyAt(lowerBound(cumulative, rng.float()))
}

/** P(index ≤ i) ∝ Σ 1/(j+1)^exponent: key k0 is the hottest. */
function zipfCumulative(cardinality: number, exponent: number): Float64Array {
  const cumulative = new Float64Array(cardinality)
  let sum = 0
  for (let index = 0; index < cardinality; index++) {
    sum += (index + 1) ** -exponent
    cumulative[index] = sum
  }
  for (let index = 0; index < cardinality; index++) cumulative[index]! /= sum
  return cumulative
}

/** First index whose value is above `target`. */
function lowerBound(sorted: Float64Array, target: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! > target) high = middle
    else low = middle + 1
  }
  return low
}
