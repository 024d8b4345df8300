import type { FaultResult } from '../contracts/result.ts'
import { type LagPoint, lagSums } from '../recording/lag.ts'

/** Lag has to stay below its p99 of before for so long to count as drained, s. */
const calmS = 5

/** How far one group's lag rose after a fault and when it was drained. All seconds count as the points do. Pure. */
export function faultLag(
  points: readonly LagPoint[],
  window: { calmFromS: number; injectedS: number; untilS: number; endS: number },
): { peak: FaultResult['lagPeak'][string]; drainS: number | null; drainRecordsPerSec: number | null } {
  const sums = lagSums(points)
  const calm = sums.flatMap(({ atS, records }) =>
    records !== null && atS >= window.calmFromS && atS < window.injectedS ? [records] : [],
  )
  const p99 = [...calm].sort((a, b) => a - b)[Math.max(0, Math.ceil(calm.length * 0.99) - 1)] ?? 0
  const after = sums.filter(({ atS }) => atS >= window.injectedS && atS <= window.endS)
  const during = after.filter(({ atS }) => atS <= window.untilS)
  const highest = during.reduce<(typeof sums)[number] | null>(
    (most, point) => (point.records !== null && point.records > (most?.records ?? -1) ? point : most),
    null,
  )
  const seconds = during.flatMap((point) => (point.seconds === null ? [] : [point.seconds]))
  const peak = {
    records: highest?.records ?? null,
    seconds: seconds.length === 0 ? null : Math.max(...seconds),
    atS: highest?.atS ?? null,
  }
  if (!highest || highest.records! <= p99) return { peak, drainS: highest ? 0 : null, drainRecordsPerSec: null }
  const drainedS = firstCalm(
    after.filter(({ atS }) => atS >= highest.atS),
    p99,
  )
  if (drainedS === null) return { peak, drainS: null, drainRecordsPerSec: null }
  const fellS = drainedS - highest.atS
  return {
    peak,
    drainS: Math.round((drainedS - window.injectedS) * 1000) / 1000,
    drainRecordsPerSec: fellS > 0 ? Math.round((highest.records! - p99) / fellS) : null,
  }
}

/** First moment from which on lag is known to be at most `limit` for calmS, or to the end of what was sampled. */
function firstCalm(points: readonly { atS: number; records: number | null }[], limit: number): number | null {
  let sinceS: number | null = null
  for (const { atS, records } of points) {
    if (records === null || records > limit) sinceS = null
    else sinceS ??= atS
    if (sinceS !== null && atS - sinceS >= calmS) return sinceS
  }
  // Samples end when everything is read: that lasts.
  return sinceS !== null && points.at(-1)?.records === 0 ? sinceS : null
}
