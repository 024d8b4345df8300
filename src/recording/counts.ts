import type { SparseCounts } from '../contracts/facts.ts'

export type { SparseCounts }

/**
 * What a worker records into: the counts array of an HDR histogram of 1 µs to 1 h with 3 significant digits, plus exact
 * minimum, maximum and the misfits. The layout is Gil Tene's: 2048 sub-buckets, then 1024 per doubling. The counts are
 * added into histograms of hdr-histogram-js; hdr-v2.ts writes and reads its format without them.
 */
export const highestUs = 3_600_000_000
export const countsLength = 23_552

export interface Counts {
  /** A worker hands them over once a second: 32 bits are enough here, and nowhere else. */
  counts: Uint32Array
  sumUs: number
  minUs: number
  maxUs: number
  overflow: number
  negative: number
}

export function createCounts(): Counts {
  const empty = Number.POSITIVE_INFINITY
  return {
    counts: new Uint32Array(countsLength),
    sumUs: 0,
    minUs: empty,
    maxUs: 0,
    overflow: 0,
    negative: 0,
  }
}

/** Index of a whole number of µs in [0, highestUs]. */
export function countsIndex(us: number): number {
  if (us < 2048) return us
  const bucket = 21 - Math.clz32(us)
  return (bucket << 10) + (us >>> bucket)
}

/** Of {@link highestUs} + 1 µs, rounded. */
const aboveHighestNs = (highestUs + 0.5) * 1000

/** Adds one latency in ns; rounded to the nearest µs. */
export function recordNs(into: Counts, ns: number, count = 1): void {
  if (ns < -500) {
    into.negative += count
    return
  }
  if (ns >= aboveHighestNs) {
    into.overflow += count
    return
  }
  // A division takes several times as long. A value between two µs goes up, as Math.round has it, whatever the product's last digit is.
  const us = (ns * 0.001 + 0.500_000_1) >>> 0
  into.counts[countsIndex(us)]! += count
  into.sumUs += us * count
  if (us < into.minUs) into.minUs = us
  if (us > into.maxUs) into.maxUs = us
}

/** For merging: doubles hold the counts of any run (2⁵³). */
const scratch = new Float64Array(countsLength)
const nothing: SparseCounts = {
  pairs: new Float64Array(0),
  total: 0,
  sumUs: 0,
  minUs: Number.POSITIVE_INFINITY,
  maxUs: 0,
  overflow: 0,
  negative: 0,
}

/** The counts of several as those of one; of none, empty counts. */
export function mergeSparse(parts: readonly SparseCounts[]): SparseCounts {
  const sum = { ...nothing }
  for (const { pairs, total, sumUs, minUs, maxUs, overflow, negative } of parts) {
    for (let at = 0; at < pairs.length; at += 2) scratch[pairs[at]!]! += pairs[at + 1]!
    sum.total += total
    sum.sumUs += sumUs
    sum.minUs = Math.min(sum.minUs, minUs)
    sum.maxUs = Math.max(sum.maxUs, maxUs)
    sum.overflow += overflow
    sum.negative += negative
  }
  return sum.total === 0 ? sum : { ...sum, pairs: takePairs(scratch, sum.minUs, sum.maxUs) }
}

/** Takes everything out: the counts are empty afterwards. Null when there is nothing. */
export function takeSparse(from: Counts): SparseCounts | null {
  const { sumUs, minUs, maxUs, overflow, negative, counts } = from
  const pairs = minUs > maxUs ? nothing.pairs : takePairs(counts, minUs, maxUs)
  let total = 0
  for (let at = 1; at < pairs.length; at += 2) total += pairs[at]!
  if (total + overflow + negative === 0) return null
  from.sumUs = 0
  from.minUs = Number.POSITIVE_INFINITY
  from.maxUs = 0
  from.overflow = 0
  from.negative = 0
  return { pairs, total, sumUs, minUs, maxUs, overflow, negative }
}

/** The non-zero counts between two values; they are 0 afterwards. */
function takePairs(counts: Uint32Array | Float64Array, minUs: number, maxUs: number): Float64Array {
  const pairs: number[] = []
  const last = countsIndex(maxUs)
  for (let index = countsIndex(minUs); index <= last; index++) {
    const count = counts[index]!
    if (count > 0) {
      pairs.push(index, count)
      counts[index] = 0
    }
  }
  return Float64Array.from(pairs)
}
