/**
 * Where a latency-throughput curve turns up. It is the highest rate up to which p99 stays within twice the p99 of the
 * lowest rate that was measured. null with fewer than three rates. Points ascend by rate, one per rate; those that did
 * not pass count too.
 */
export function kneeOf(points: readonly { ratePerSec: number; p99Us: number | null }[]): number | null {
  const base = points[0]?.p99Us ?? null
  if (points.length < 3 || base === null) return null
  const turned = points.findIndex(({ p99Us }) => p99Us === null || p99Us > 2 * base)
  return turned < 0 ? null : (points[turned - 1]?.ratePerSec ?? null)
}
