import type { LagResult, Timeline } from '../core/result.ts'

/** What one sample says of one group, by partition; null = unknown. */
export interface LagPoint {
  /** Seconds from the start of the variant. */
  atS: number
  ends: readonly (number | null)[]
  committed: readonly (number | null)[]
  /** Next offset each partition's consumer will be handed; null before the first record. */
  positions: readonly (number | null)[]
}

/** Lag of one group over a run. Pure: points in, columns and summary out. */
export function summariseLag(
  points: readonly LagPoint[],
  window: { measureStartS: number; loadEndS: number; endS: number },
): LagResult {
  const sums = points.map((point) => ({ atS: point.atS, records: total(point.ends, point.committed) }))
  const inWindow = (atS: number) => atS >= window.measureStartS && atS <= window.endS
  const measured = sums.filter(({ atS, records }) => inWindow(atS) && records !== null).map(({ records }) => records!)
  const during = sums.filter(
    ({ atS, records }) => atS >= window.measureStartS && atS <= window.loadEndS && records !== null,
  )
  const p99 = nearestRank(
    during.map(({ records }) => records!),
    0.99,
  )
  const positions = points
    .filter(({ atS }) => inWindow(atS))
    .map((point) => total(point.ends, point.positions))
    .filter((value) => value !== null)
  const seconds = lagSeconds(points)
    .filter((value, index) => value !== null && inWindow(points[index]!.atS))
    .map((value) => value!)
  const last = sums.findLast(({ records }) => records !== null)
  const drained = sums.find(({ atS, records }) => atS >= window.loadEndS && records === 0)
  return {
    maxRecords: maximum(measured),
    p99Records: p99,
    endRecords: last?.records ?? null,
    positionMaxRecords: maximum(positions),
    maxSeconds: maximum(seconds),
    drainS: drained ? Math.max(0, drained.atS - window.loadEndS) : null,
  }
}

/** Columns of `timelines.lag` for one group: its sum, position, seconds, and every partition. */
export function lagTimeline(group: string, topic: string, points: readonly LagPoint[]): Timeline['columns'] {
  const columns: Timeline['columns'] = {
    [group]: points.map((point) => total(point.ends, point.committed)),
    [`${group}:position`]: points.map((point) => total(point.ends, point.positions)),
    [`${group}:seconds`]: lagSeconds(points),
  }
  const partitions = points[0]?.ends.length ?? 0
  for (let partition = 0; partition < partitions; partition++) {
    columns[`${group}/${topic}-${partition}`] = points.map(({ ends, committed }) =>
      difference(ends[partition], committed[partition]),
    )
  }
  return columns
}

/** Gaps: two samples further apart than three periods, or a sample in which nothing was known. */
export function lagGaps(points: readonly LagPoint[], periodS: number): { atS: number; lengthS: number }[] {
  const known = points.filter((point) => total(point.ends, point.committed) !== null)
  const gaps: { atS: number; lengthS: number }[] = []
  for (let at = 1; at < known.length; at++) {
    const lengthS = known[at]!.atS - known[at - 1]!.atS
    if (lengthS > 3 * periodS) gaps.push({ atS: known[at - 1]!.atS, lengthS })
  }
  return gaps
}

function difference(end: number | null | undefined, at: number | null | undefined): number | null {
  return end == null || at == null ? null : Math.max(0, end - at)
}

/** Sum over partitions; null when any of them is unknown, for a partial sum would look like less lag. */
function total(ends: readonly (number | null)[], at: readonly (number | null)[]): number | null {
  let sum = 0
  for (let partition = 0; partition < ends.length; partition++) {
    const lag = difference(ends[partition], at[partition])
    if (lag === null) return null
    sum += lag
  }
  return sum
}

/**
 * Lag in seconds at each point: now − the moment the end offset passed the committed offset, interpolated in the sampled
 * history; the worst partition's. Null where a partition is unknown.
 */
function lagSeconds(points: readonly LagPoint[]): (number | null)[] {
  const partitions = points[0]?.ends.length ?? 0
  const cursors = new Array<number>(partitions).fill(0)
  return points.map((point, index) => {
    let worst = 0
    for (let partition = 0; partition < partitions; partition++) {
      const committed = point.committed[partition]
      const end = point.ends[partition]
      if (committed == null || end == null) return null
      if (committed >= end) continue
      worst = Math.max(worst, point.atS - passedAt(points, cursors, partition, committed, index))
    }
    return worst
  })
}

function passedAt(
  points: readonly LagPoint[],
  cursors: number[],
  partition: number,
  committed: number,
  last: number,
): number {
  let at = cursors[partition]!
  // Committed offsets go forward (a reset would go back: start over).
  if ((points[at]!.ends[partition] ?? 0) > committed) at = 0
  while (at < last && (points[at + 1]!.ends[partition] ?? 0) <= committed) at++
  cursors[partition] = at
  const before = points[at]!
  const after = points[Math.min(at + 1, last)]!
  const from = before.ends[partition]
  const to = after.ends[partition]
  if (from == null || to == null || to <= from || committed < from) return before.atS
  return before.atS + ((committed - from) / (to - from)) * (after.atS - before.atS)
}

function nearestRank(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!
}

function maximum(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}
