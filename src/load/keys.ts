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
  const indexOf = createKeyIndexes(options, seed, producer)
  return (n) => {
    const index = indexOf(n)
    const cached = cache[index]
    if (cached) return cached
    const key = Buffer.from(`k${index}`)
    if (index < cache.length) cache[index] = key
    return key
  }
}

/**
 * The i of key "ki" of record n. Those of a producer are drawn one after the other: asked for each of its records in turn, from the first,
 * the same come again. Without keys every record has 0.
 */
export function createKeyIndexes(options: KeyOptions, seed: number, producer: number): (n: number) => number {
  const { cardinality, distribution } = options
  if (distribution === 'none') return () => 0
  if (distribution === 'sequential') return (n) => n % cardinality
  const rng = createRng(seed, 0x6b657973 + producer)
  if (distribution === 'uniform') return () => rng.below(cardinality)
  const cumulative = zipfCumulative(cardinality, options.exponent)
  return () => lowerBound(cumulative, rng.float())
}

/** The i of a key "ki"; -1 = it is none of kbench's. */
export function keyIndexOf(key: Buffer): number {
  // k, and up to eight digits.
  if (key.length < 2 || key.length > 9 || key[0] !== 0x6b) return -1
  const text = key.toString('latin1', 1)
  return /^\d+$/.test(text) ? Number(text) : -1
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
