import { median } from 'simple-statistics'

/** Slope of y over x as the median of the slopes of all pairs, and the upper bound of its interval (Sen 1968; normal approximation). */
export function theilSen(
  points: readonly (readonly [number, number])[],
  level = 0.95,
): { slope: number; upper: number } {
  const slopes: number[] = []
  for (const [at, [x, y]] of points.entries()) {
    for (const [x2, y2] of points.slice(at + 1)) if (x2 !== x) slopes.push((y2 - y) / (x2 - x))
  }
  slopes.sort((a, b) => a - b)
  const n = points.length
  // One-sided quantile of the normal distribution at 95 %.
  const z = level === 0.95 ? 1.6449 : 1.96
  const spread = z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
  const upperAt = Math.min(slopes.length - 1, Math.ceil((slopes.length + spread) / 2))
  return { slope: median(slopes), upper: slopes[upperAt]! }
}
