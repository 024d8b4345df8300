import { rankOf } from '../base/rank.ts'
import { mergeSparse, type SparseCounts } from './counts.ts'
import { highestAt } from './histogram.ts'

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
  /** As recording/histogram.quantileUs: `notAcked` count as slower than any that was recorded. */
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
  const { pairs, total: count, overflow, sumUs, minUs, maxUs } = mergeSparse(told)
  const isWhole = (notAcked: number) => count > 0 && notAcked + overflow === 0
  return {
    count,
    overflow,
    minUs: count === 0 ? null : minUs,
    meanUs: (notAcked) => (isWhole(notAcked) ? Math.round(sumUs / count) : null),
    maxUs: (notAcked) => (isWhole(notAcked) ? maxUs : null),
    quantileUs(q, notAcked) {
      const rank = rankOf(q, count + overflow + notAcked)
      if (count === 0 || rank > count) return null
      let below = pairs[1]!
      let at = 0
      while (below < rank) {
        at += 2
        below += pairs[at + 1]!
      }
      return Math.min(Math.max(highestAt(pairs[at]!), minUs), maxUs)
    },
  }
}
