import { countsLength, type SparseCounts } from './counts.ts'
import { valueAt } from './histogram.ts'

/**
 * Latencies by row of the time axis, kept as the workers told them, so that any stretch of rows can be merged within a
 * millisecond.
 */
export interface LatencyRows {
  add(row: number, counts: SparseCounts): void
  /** Merged over the rows [from, to). */
  over(from: number, to: number): MergedLatencies
}

/** What is asked of merged latencies; µs. */
export interface MergedLatencies {
  /** Values recorded, those above the highest trackable one left out. */
  count: number
  overflow: number
  /** As metrics/histogram.quantileUs: `notAcked` count as slower than any that was recorded. */
  quantileUs(q: number, notAcked: number): number | null
  /** Null where nothing was recorded. */
  minUs: number | null
  /** Null where not all was recorded. */
  meanUs(notAcked: number): number | null
  maxUs(notAcked: number): number | null
}

export function createLatencyRows(): LatencyRows {
  const rows: (SparseCounts[] | undefined)[] = []
  return {
    add(row, counts) {
      rows[row] ??= []
      rows[row].push(counts)
    },
    over: (from, to) => mergedOf(rows.slice(from, to).flatMap((told) => told ?? [])),
  }
}

function mergedOf(told: readonly SparseCounts[]): MergedLatencies {
  const counts = new Float64Array(countsLength)
  let [count, overflow, sumUs, minUs, maxUs] = [0, 0, 0, Number.POSITIVE_INFINITY, 0]
  for (const each of told) {
    for (let at = 0; at < each.pairs.length; at += 2) counts[each.pairs[at]!]! += each.pairs[at + 1]!
    count += each.total
    overflow += each.overflow
    sumUs += each.sumUs
    minUs = Math.min(minUs, each.minUs)
    maxUs = Math.max(maxUs, each.maxUs)
  }
  const isWhole = (notAcked: number) => count > 0 && notAcked + overflow === 0
  return {
    count,
    overflow,
    minUs: count === 0 ? null : minUs,
    meanUs: (notAcked) => (isWhole(notAcked) ? Math.round(sumUs / count) : null),
    maxUs: (notAcked) => (isWhole(notAcked) ? maxUs : null),
    quantileUs(q, notAcked) {
      const rank = Math.max(1, Math.ceil(q * (count + overflow + notAcked) - 1e-9))
      if (count === 0 || rank > count) return null
      let below = 0
      let index = -1
      while (below < rank) below += counts[++index]!
      // The highest value that falls into this count, as HdrHistogram gives it.
      return Math.min(Math.max(valueAt(index + 1) - 1, minUs), maxUs)
    },
  }
}
