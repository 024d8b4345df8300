/**
 * What a worker records into: the counts array of an HDR histogram of 1 µs to 1 h with 3 significant digits
 * (Gil Tene's layout: 2048 sub-buckets, then 1024 per doubling), plus exact minimum, maximum and the misfits.
 * The collector adds these into hdr-histogram-js histograms, which own percentiles and encoding.
 */
export const highestUs = 3_600_000_000
export const countsLength = 23_552

export interface Counts {
  counts: Uint32Array
  total: number
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
    total: 0,
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

/** Adds one latency in ns; rounded to the nearest µs. */
export function recordNs(into: Counts, ns: number): void {
  const us = Math.round(ns / 1000)
  if (us < 0) {
    into.negative++
    return
  }
  if (us > highestUs) {
    into.overflow++
    return
  }
  into.counts[countsIndex(us)]!++
  into.total++
  into.sumUs += us
  if (us < into.minUs) into.minUs = us
  if (us > into.maxUs) into.maxUs = us
}

/** The non-zero counts as [index, count, …], small enough to send once a second. */
export interface SparseCounts {
  pairs: Uint32Array
  total: number
  sumUs: number
  minUs: number
  maxUs: number
  overflow: number
  negative: number
}

const scratch = createCounts()
const nothing: SparseCounts = {
  pairs: new Uint32Array(0),
  total: 0,
  sumUs: 0,
  minUs: Number.POSITIVE_INFINITY,
  maxUs: 0,
  overflow: 0,
  negative: 0,
}

/** What several told, as if one had; of none, empty counts. */
export function mergeSparse(told: readonly SparseCounts[]): SparseCounts {
  for (const { pairs, total, sumUs, minUs, maxUs, overflow, negative } of told) {
    for (let at = 0; at < pairs.length; at += 2) scratch.counts[pairs[at]!]! += pairs[at + 1]!
    scratch.total += total
    scratch.sumUs += sumUs
    scratch.minUs = Math.min(scratch.minUs, minUs)
    scratch.maxUs = Math.max(scratch.maxUs, maxUs)
    scratch.overflow += overflow
    scratch.negative += negative
  }
  return takeSparse(scratch) ?? nothing
}

/** Takes everything out: the counts are empty afterwards. Null when there is nothing. */
export function takeSparse(from: Counts): SparseCounts | null {
  if (from.total + from.overflow + from.negative === 0) return null
  const { total, sumUs, minUs, maxUs, overflow, negative, counts } = from
  const pairs: number[] = []
  if (total > 0) {
    const last = countsIndex(maxUs)
    for (let index = countsIndex(minUs); index <= last; index++) {
      const count = counts[index]!
      if (count > 0) {
        pairs.push(index, count)
        counts[index] = 0
      }
    }
  }
  from.total = 0
  from.sumUs = 0
  from.minUs = Number.POSITIVE_INFINITY
  from.maxUs = 0
  from.overflow = 0
  from.negative = 0
  return { pairs: Uint32Array.from(pairs), total, sumUs, minUs, maxUs, overflow, negative }
}
