import { rankOf } from '../base/rank.ts'
import type { SparseCounts } from './counts.ts'
import { highestAt } from './histogram.ts'

/** What is asked of merged latencies without building a histogram of them; µs. */
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

/** Nearest rank; null where the rank falls among those without a value. */
export function quantileOf(counts: SparseCounts, q: number, notAcked: number): number | null {
  const { pairs, total, overflow, minUs, maxUs } = counts
  const rank = rankOf(q, total + overflow + notAcked)
  if (total === 0 || rank > total) return null
  let below = pairs[1]!
  let at = 0
  while (below < rank) {
    at += 2
    below += pairs[at + 1]!
  }
  return Math.min(Math.max(highestAt(pairs[at]!), minUs), maxUs)
}

export function latenciesOf(counts: SparseCounts): MergedLatencies {
  const { total: count, overflow, sumUs, minUs, maxUs } = counts
  const isWhole = (notAcked: number) => count > 0 && notAcked + overflow === 0
  return {
    count,
    overflow,
    minUs: count === 0 ? null : minUs,
    meanUs: (notAcked) => (isWhole(notAcked) ? Math.round(sumUs / count) : null),
    maxUs: (notAcked) => (isWhole(notAcked) ? maxUs : null),
    quantileUs: (q, notAcked) => quantileOf(counts, q, notAcked),
  }
}
