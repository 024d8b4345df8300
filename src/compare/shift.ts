import { probit } from 'simple-statistics'
import { isExact, uDistribution } from './mann-whitney.ts'

// Hodges & Lehmann (1963), Ann. Math. Stat. 34(2); the interval after Bauer (1972), JASA 67: the order statistics of all differences
// that the rank test does not reject, as R's wilcox.test(conf.int = TRUE) has it.

export interface Interval {
  low: number
  high: number
  /** What it really covers, without ties; ranks come in steps, so it is seldom what was asked for, and less where the samples are too small. */
  confidence: number
}

/** Every difference other − base, ascending. Infinity against Infinity is no difference. */
export function differences(base: readonly number[], other: readonly number[]): number[] {
  const all = new Float64Array(base.length * other.length)
  let at = 0
  for (const b of other) for (const a of base) all[at++] = a === b ? 0 : b - a
  // A typed array sorts numbers without a call for each comparison.
  return Array.from(all.sort())
}

/** Hodges–Lehmann: the median of all differences; of sorted ones, not none. */
export function medianShift(sorted: readonly number[]): number {
  const low = sorted[Math.floor((sorted.length - 1) / 2)]!
  const high = sorted[Math.floor(sorted.length / 2)]!
  return low === high ? low : (low + high) / 2
}

/** The interval of the shift with a confidence of 1 − alpha, of sorted differences between n and m values. */
export function shiftInterval(sorted: readonly number[], n: number, m: number, alpha: number): Interval {
  const { rank, confidence } = intervalRank(n, m, alpha)
  return { low: sorted[rank - 1]!, high: sorted[n * m - rank]!, confidence }
}

/** The interval of the median, of the values alone: the narrowest order statistics that cover at least 95 %, or all there are (Conover 1999, §3.2). */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b)
  const n = sorted.length
  // P(at most k − 1 of n values below the median), k from 1.
  let [k, term, tail] = [1, 0.5 ** n, 0.5 ** n]
  for (; k < n / 2; k++) {
    term *= (n - k + 1) / k
    if (tail + term > 0.025) break
    tail += term
  }
  return { low: sorted[k - 1]!, high: sorted[n - k]!, confidence: 1 - 2 * tail }
}

/** The largest rank from 1 whose tail is at most alpha / 2. */
function intervalRank(n: number, m: number, alpha: number): { rank: number; confidence: number } {
  if (!isExact(n, m)) {
    const deviation = Math.sqrt((n * m * (n + m + 1)) / 12)
    const rank = Math.floor((n * m) / 2 + probit(alpha / 2) * deviation)
    return { rank: Math.max(1, rank), confidence: 1 - alpha }
  }
  const distribution = uDistribution(n, m)
  let [rank, tail] = [1, distribution[0]!]
  while (rank < (n * m) / 2 && tail + distribution[rank]! <= alpha / 2) tail += distribution[rank++]!
  return { rank, confidence: 1 - 2 * tail }
}
