import { nearestRank } from '../base/rank.ts'
import type { FaultResult } from '../contracts/result.ts'
import type { LagSum } from '../recording/lag.ts'

/** Lag has to stay below its p99 of before for so long to count as drained, s. */
const calmS = 5

type Point = Pick<LagSum, 'atS' | 'records' | 'seconds'>

export interface FaultLag {
  peak: FaultResult['lagPeak'][string]
  /** From the injection; 0 = it never rose, null = not drained, or the level is not known. */
  drainS: number | null
  drainRecordsPerSec: number | null
}

/** p99 of the lag sampled in [fromS, toS), records: the level that it has to come back to; null = nothing is known. */
export function calmLevel(sums: readonly Point[], fromS: number, toS: number): number | null {
  const known = sums.flatMap(({ atS, records }) => (records !== null && atS >= fromS && atS < toS ? [records] : []))
  return nearestRank(known, 0.99)
}

/**
 * How far one group's lag rose after a fault and when it was drained. `nextS`: the next fault, from which on lag is that one's; null = none, up to
 * `endS`. All seconds count as the samples do. Pure.
 */
export function faultLag(
  sums: readonly Point[],
  window: { injectedS: number; nextS: number | null; endS: number; level: number | null },
): FaultLag {
  const { injectedS, nextS, endS, level } = window
  const isIn = (atS: number) => atS >= injectedS && (nextS === null ? atS <= endS : atS < nextS)
  const after = sums.filter(({ atS }) => isIn(atS))
  const highest = after.reduce<Point | null>(
    (most, point) => (point.records !== null && point.records > (most?.records ?? -1) ? point : most),
    null,
  )
  const seconds = after.flatMap((point) => (point.seconds === null ? [] : [point.seconds]))
  const peak = {
    records: highest?.records ?? null,
    seconds: seconds.length === 0 ? null : seconds.reduce((most, value) => Math.max(most, value)),
    atS: highest?.atS ?? null,
  }
  if (!highest || level === null) return { peak, drainS: null, drainRecordsPerSec: null }
  if (highest.records! <= level) return { peak, drainS: 0, drainRecordsPerSec: null }
  const drainedS = calmSince(
    after.filter(({ atS }) => atS >= highest.atS),
    level,
    nextS === null,
  )
  if (drainedS === null) return { peak, drainS: null, drainRecordsPerSec: null }
  const fellS = drainedS - highest.atS
  return {
    peak,
    drainS: Math.round((drainedS - injectedS) * 1000) / 1000,
    drainRecordsPerSec: fellS > 0 ? Math.round((highest.records! - level) / fellS) : null,
  }
}

/**
 * First moment from which on lag is known to be at most `level` for 5 s. Where the samples end with the variant, lag 0 at their end is enough:
 * everything was read, and that lasts.
 */
function calmSince(points: readonly Point[], level: number, isEnd: boolean): number | null {
  let sinceS: number | null = null
  for (const { atS, records } of points) {
    if (records === null || records > level) sinceS = null
    else sinceS ??= atS
    if (sinceS !== null && atS - sinceS >= calmS) return sinceS
  }
  return isEnd && points.at(-1)?.records === 0 ? sinceS : null
}
