import { createRng, type Rng } from '../base/rng.ts'

/** Arrivals of a Poisson process of rate 1, the same in every process for a seed. Only the blocks that are asked for are drawn. */
export interface Arrivals {
  /** When arrival n is, from 0; cheapest for ascending n. */
  at(n: number): number
  /** The number of n with at(n) < x. */
  before(x: number): number
}

/** Time in a block, and the mean number of arrivals in it. */
const blockLength = 4096
/** Streams of random numbers that nothing else draws from: keys and payloads have smaller ones (load/keys, load/values). */
const countStream = 0x8000_0000
const placeStream = 0xc000_0000

/**
 * Block b holds the arrivals in [b·4096, (b+1)·4096). Their number is Poisson-distributed, and given that, they are like sorted uniform
 * numbers, which are cumulated exponentials divided by their sum (Devroye 1986, V.3). So any block is known without the ones before it but
 * for their numbers, and a schedule of hours costs one number per 4096 records.
 */
export function createArrivals(seed: number): Arrivals {
  /** Arrivals before each block. */
  const firsts: number[] = [0]
  // The two blocks that were drawn last: [a, b) is asked for at both ends, and rows have their ends in common.
  let block = -1
  let places = new Float64Array(0)
  let other = { block: -1, places: new Float64Array(0) }

  const extend = () => {
    const last = firsts.length - 1
    firsts.push(firsts[last]! + poisson(blockLength, createRng(seed, countStream + last)))
  }
  const enter = (wanted: number) => {
    const before = { block, places }
    ;({ block, places } = other)
    other = before
    if (block !== wanted) draw(wanted)
  }
  const draw = (wanted: number) => {
    while (firsts.length <= wanted + 1) extend()
    const count = firsts[wanted + 1]! - firsts[wanted]!
    const rng = createRng(seed, placeStream + wanted)
    if (places.length < count) places = new Float64Array(Math.max(count, blockLength + 512))
    let sum = 0
    for (let index = 0; index < count; index++) {
      sum -= Math.log(1 - rng.float())
      places[index] = sum
    }
    const scale = blockLength / (sum - Math.log(1 - rng.float()))
    for (let index = 0; index < count; index++) places[index]! *= scale
    block = wanted
  }
  const blockOf = (n: number): number => {
    while (firsts.at(-1)! <= n) extend()
    let low = 0
    let high = firsts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (firsts[middle]! <= n) low = middle
      else high = middle - 1
    }
    return low
  }

  return {
    at(n) {
      if (block < 0 || n < firsts[block]! || n >= firsts[block + 1]!) enter(blockOf(n))
      return block * blockLength + places[n - firsts[block]!]!
    },
    before(x) {
      if (x <= 0) return 0
      const wanted = Math.floor(x / blockLength)
      if (wanted !== block) enter(wanted)
      let low = 0
      let high = firsts[block + 1]! - firsts[block]!
      while (low < high) {
        const middle = (low + high) >> 1
        if (block * blockLength + places[middle]! < x) low = middle + 1
        else high = middle
      }
      return firsts[block]! + low
    },
  }
}

/** A Poisson-distributed number, by transformed rejection (Hörmann 1993, PTRS); for means of 10 and more. */
function poisson(mean: number, rng: Rng): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const squeeze = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = rng.float() - 0.5
    const v = rng.float()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= squeeze) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    if (Math.log(v * inverseAlpha) - Math.log(a / (us * us) + b) <= k * Math.log(mean) - mean - logFactorial(k))
      return k
  }
}

/** ln k!, by Stirling's series; exact to 1e-10 from k = 10 on. */
function logFactorial(k: number): number {
  if (k < 10) return Math.log([1, 1, 2, 6, 24, 120, 720, 5040, 40_320, 362_880][k]!)
  const x = k + 1
  return (x - 0.5) * Math.log(x) - x + 0.918_938_533_204_672_7 + 1 / (12 * x) - 1 / (360 * x ** 3)
}
