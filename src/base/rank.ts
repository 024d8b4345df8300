/** Quantiles count to six digits (0.9999 is the finest in use), so that ranks can be counted in whole numbers. */
const parts = 1_000_000

/**
 * Rank of quantile q among `count` sorted values by nearest rank: the smallest rank r ≥ 1 with r ≥ q · count. Exact for every count that a
 * double holds: 0.07 · 100 is above 7 in floating point, and its ceiling one rank too high.
 */
export function rankOf(q: number, count: number): number {
  const share = Math.round(q * parts)
  const whole = Math.floor(count / parts)
  return Math.max(1, whole * share + Math.ceil(((count - whole * parts) * share) / parts))
}

/** Quantile q by nearest rank; null of no values. */
export function nearestRank(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null
  return [...values].sort((a, b) => a - b)[rankOf(q, values.length) - 1]!
}
