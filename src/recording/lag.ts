import { nearestRank } from '../base/rank.ts'
import type { LagResult, Timeline } from '../contracts/result.ts'

export { nearestRank }

/** What one sample says of one group, by partition; null = unknown. */
export interface LagPoint {
  /** Seconds from the start of the variant. */
  atS: number
  ends: readonly (number | null)[]
  committed: readonly (number | null)[]
  /** Next offset each partition's consumer will be handed; null before the first record. */
  positions: readonly (number | null)[]
  /** Partitions that were offline before the load began, which no sum counts; absent = none. */
  offline?: readonly number[]
}

/** Lag of one group over a run. Pure: points in, columns and summary out. */
export function summariseLag(
  points: readonly LagPoint[],
  window: { measureStartS: number; loadEndS: number; endS: number },
): LagResult {
  const sums = points.map((point) => ({ atS: point.atS, records: total(point, 'committed') }))
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
    .map((point) => total(point, 'positions'))
    .filter((value) => value !== null)
  const seconds = lagSeconds(points)
    .filter((value, index) => value !== null && inWindow(points[index]!.atS))
    .map((value) => value!)
  const last = sums.findLast(({ records }) => records !== null)
  const afterLoad = sums.filter(({ atS, records }) => atS >= window.loadEndS && records !== null)
  // The first 0 that lasts: lag may pass through it while records are still on their way.
  const drained = afterLoad[afterLoad.findLastIndex(({ records }) => records !== 0) + 1]
  return {
    maxRecords: maximum(measured),
    p99Records: p99,
    endRecords: last?.records ?? null,
    positionMaxRecords: maximum(positions),
    maxSeconds: maximum(seconds),
    drainS: drained ? Math.max(0, drained.atS - window.loadEndS) : null,
  }
}

export interface LagSum {
  atS: number
  records: number | null
  /** By the positions of the consumers. */
  position: number | null
  seconds: number | null
}

/** Lag in records and seconds at each point; null where unknown. */
export function lagSums(points: readonly LagPoint[]): LagSum[] {
  const seconds = lagSeconds(points)
  return points.map((point, index) => ({
    atS: point.atS,
    records: total(point, 'committed'),
    position: total(point, 'positions'),
    seconds: seconds[index] ?? null,
  }))
}

/**
 * The same points as if the canary had written nothing: every offset less the canary's records before it. `offsets`: of the
 * canary's records by partition, ascending.
 */
export function withoutCanary(points: readonly LagPoint[], offsets: readonly (readonly number[])[]): LagPoint[] {
  const less = (value: number | null, partition: number) =>
    value === null ? null : value - countBelow(offsets[partition] ?? [], value)
  return points.map((point) => ({
    ...point,
    ends: point.ends.map(less),
    committed: point.committed.map(less),
    positions: point.positions.map(less),
  }))
}

function countBelow(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Columns of `timelines.lag` for one group: its sum, position, seconds, and every partition. */
export function lagTimeline(group: string, topic: string, points: readonly LagPoint[]): Timeline['columns'] {
  const columns: Timeline['columns'] = {
    [group]: points.map((point) => total(point, 'committed')),
    [`${group}:position`]: points.map((point) => total(point, 'positions')),
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
  const known = points.filter((point) => total(point, 'committed') !== null)
  // What is unknown up to the first known sample and after the last is a gap as well.
  const times = [...points.slice(0, 1), ...known, ...points.slice(-1)].map(({ atS }) => atS)
  return times.flatMap((atS, index) => {
    const lengthS = (times[index + 1] ?? atS) - atS
    return lengthS > 3 * periodS ? [{ atS, lengthS }] : []
  })
}

function difference(end: number | null | undefined, at: number | null | undefined): number | null {
  return end == null || at == null ? null : Math.max(0, end - at)
}

/** Sum over partitions; null when any of them is unknown, for a partial sum would look like less lag. */
function total({ ends, offline, ...point }: LagPoint, by: 'committed' | 'positions'): number | null {
  const at = point[by]
  let sum = 0
  for (let partition = 0; partition < ends.length; partition++) {
    if (offline?.includes(partition)) continue
    const lag = difference(ends[partition], at[partition])
    if (lag === null) return null
    sum += lag
  }
  return sum
}

/**
 * Lag in seconds at each point: now − the moment the end offset passed the committed offset, interpolated in the sampled
 * history; the worst partition's. Null where a partition is unknown, or where that moment is before the first sample.
 */
function lagSeconds(points: readonly LagPoint[]): (number | null)[] {
  const histories = Array.from({ length: points[0]?.ends.length ?? 0 }, (_, partition) => endHistory(points, partition))
  return points.map((point) => {
    let worst = 0
    for (const [partition, passedAt] of histories.entries()) {
      if (point.offline?.includes(partition)) continue
      const committed = point.committed[partition]
      const end = point.ends[partition]
      if (committed == null || end == null) return null
      if (committed >= end) continue
      const passedS = passedAt(committed)
      if (passedS === null) return null
      worst = Math.max(worst, point.atS - passedS)
    }
    return worst
  })
}

/** When the end offset of a partition passed an offset, from the samples in which it is known; null = before the first. */
function endHistory(points: readonly LagPoint[], partition: number): (offset: number) => number | null {
  const known = points.flatMap(({ atS, ends }) => {
    const end = ends[partition]
    return end == null ? [] : [{ atS, end }]
  })
  let at = 0
  return (offset) => {
    // Committed offsets go forward (a reset would go back: start over).
    if (known[at]!.end > offset) at = 0
    const first = known[at]!
    if (first.end > offset) return null
    while (at + 1 < known.length && known[at + 1]!.end <= offset) at++
    const before = known[at]!
    const after = known[at + 1]
    if (!after) return before.atS
    return before.atS + ((offset - before.end) / (after.end - before.end)) * (after.atS - before.atS)
  }
}

function maximum(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}
