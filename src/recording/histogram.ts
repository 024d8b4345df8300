import * as hdr from 'hdr-histogram-js'
import { rankOf } from '../base/rank.ts'
import type { Latency } from '../contracts/result.ts'
import { countsIndex, highestUs, type SparseCounts } from './counts.ts'
import { encodePairs, inflated } from './hdr-v2.ts'

/** Latencies of many records, merged from any number of workers and seconds; values in µs. */
export interface LatencyHistogram {
  hdr: hdr.Histogram
  minUs: number
  maxUs: number
  sumUs: number
  overflow: number
  negative: number
}

export function createHistogram(): LatencyHistogram {
  return {
    hdr: hdr.build({
      // Doubles, which hold counts above 2³². Plain: a packed one takes ten times as long to read, and only few are alive at the same time.
      bitBucketSize: 64,
      autoResize: false,
      lowestDiscernibleValue: 1,
      highestTrackableValue: highestUs,
      numberOfSignificantValueDigits: 3,
    }),
    minUs: Number.POSITIVE_INFINITY,
    maxUs: 0,
    sumUs: 0,
    overflow: 0,
    negative: 0,
  }
}

/** Adds what a worker recorded. Counts are added, never percentiles averaged. */
export function addSparse(into: LatencyHistogram, from: SparseCounts): void {
  for (let at = 0; at < from.pairs.length; at += 2) {
    into.hdr.recordValueWithCount(valueAt(from.pairs[at]!), from.pairs[at + 1]!)
  }
  into.minUs = Math.min(into.minUs, from.minUs)
  into.maxUs = Math.max(into.maxUs, from.maxUs)
  into.sumUs += from.sumUs
  into.overflow += from.overflow
  into.negative += from.negative
}

/** The latency of all records of several repetitions together; null of none. */
export function mergeLatencies(all: readonly Latency[]): Latency | null {
  if (all.length === 0) return null
  const into = createHistogram()
  let notAcked = 0
  for (const latency of all) {
    const recorded = decodeHistogram(latency.histogram)
    if (recorded) into.hdr.add(recorded)
    into.minUs = Math.min(into.minUs, latency.min ?? Number.POSITIVE_INFINITY)
    into.maxUs = Math.max(into.maxUs, latency.max ?? recorded?.maxValue ?? 0)
    into.sumUs += (latency.mean ?? 0) * latency.count
    into.overflow += latency.overflow
    notAcked += latency.notAcked
  }
  return toLatency(into, notAcked)
}

/** Highest value of a counts index, as HdrHistogram gives it. */
export const highestAt = (index: number): number => valueAt(index + 1) - 1

/** Lowest value of a counts index: the inverse of countsIndex. */
export function valueAt(index: number): number {
  const bucket = index < 2048 ? 0 : (index >>> 10) - 1
  return bucket === 0 ? index : (index - bucket * 1024) * 2 ** bucket
}

/**
 * Quantile in µs by nearest rank, or null when it falls among records that were not acked. Those count as slower than
 * any that was (docs/measuring.md, "Percentiles"), so it is the q-quantile of count + overflow + notAcked records.
 */
export function quantileUs(histogram: LatencyHistogram, q: number, notAcked: number): number | null {
  const recorded = histogram.hdr.totalCount
  const all = recorded + histogram.overflow + notAcked
  if (recorded === 0) return null
  const rank = rankOf(q, all)
  if (rank > recorded) return null
  // By rank: getValueAtPercentile() takes a percentage, whose rounding can end one rank too high.
  const counts = histogram.hdr as unknown as { getCountAtIndex(index: number): number }
  let index = Number.isFinite(histogram.minUs) ? countsIndex(histogram.minUs) : 0
  for (let below = counts.getCountAtIndex(index); below < rank; below += counts.getCountAtIndex(index)) index++
  return Math.min(Math.max(highestAt(index), histogram.minUs), histogram.maxUs)
}

/**
 * Records that were due and have no latency, out of all: those that were not acked (end-to-end: not received). A latency above the highest
 * trackable one is known to be there: it is `overflow`, and not counted a second time.
 */
export function withoutLatency({ hdr: { totalCount }, overflow }: LatencyHistogram, all: number): number {
  return Math.max(0, all - totalCount - overflow)
}

export function toLatency(histogram: LatencyHistogram, notAcked = 0): Latency {
  const count = histogram.hdr.totalCount
  const at = (q: number) => quantileUs(histogram, q, notAcked)
  return {
    count,
    notAcked,
    overflow: histogram.overflow,
    min: count > 0 ? histogram.minUs : null,
    mean: count > 0 && notAcked + histogram.overflow === 0 ? Math.round(histogram.sumUs / count) : null,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    p9999: at(0.9999),
    max: count > 0 && notAcked + histogram.overflow === 0 ? histogram.maxUs : null,
    histogram: encodeHistogram(histogram),
  }
}

/** HDR V2 compressed, base64; '' when nothing was recorded. */
export function encodeHistogram({ hdr: recorded }: LatencyHistogram): string {
  if (recorded.totalCount === 0) return ''
  const counts = recorded as unknown as { getCountAtIndex(index: number): number }
  const pairs: number[] = []
  const last = countsIndex(recorded.maxValue)
  for (let index = 0; index <= last; index++) {
    const count = counts.getCountAtIndex(index)
    if (count > 0) pairs.push(index, count)
  }
  return encodePairs(pairs)
}

/** The same of what a worker recorded. */
export const encodeSparse = ({ total, pairs }: SparseCounts): string => (total > 0 ? encodePairs(pairs) : '')

/** Decodes what {@link encodeHistogram} wrote; null for ''. Throws where it cannot be unpacked. */
export function decodeHistogram(base64: string): hdr.Histogram | null {
  // The library unpacks whatever there is, gigabytes too.
  if (base64 === '' || inflated(base64) === null) return null
  // 64: the default of 32 bits would cut counts above 2³² off.
  return hdr.decodeFromCompressedBase64(base64, 64)
}
