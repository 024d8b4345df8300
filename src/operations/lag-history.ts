import { type LagPoint, lagSums } from '../recording/lag.ts'
import { slopeOf } from '../search/slope.ts'

/** Lag of one group on one topic; null = unknown. */
export interface LagFigures {
  records: number | null
  /** Age of the next record that the group has to read, in the worst partition. */
  seconds: number | null
  /** By which the lag grows, records per second; negative = it shrinks. */
  perSecond: number | null
  /** Until the lag is 0, if it goes on to shrink like that; null = it does not shrink. */
  zeroInS: number | null
}

export interface LagHistory {
  add(point: LagPoint): void
  /** Partitions whose next record is older than the first look: when it was written is not known from the looks. */
  unknown(): { partition: number; offset: number }[]
  /** The record at this offset was written at this moment, in seconds as the points have them; null = it cannot be read. */
  written(partition: number, offset: number, atS: number | null): void
  figures(): LagFigures
}

/** The trend is that of the looks of the last minute. */
const trendS = 60
/** With more looks than this every second of the older half is given up. */
const mostLooks = 240

/** What the looks at one group and topic amount to, by the run's own definitions (docs/measuring.md). Pure. */
export function createLagHistory(): LagHistory {
  let points: LagPoint[] = []
  const anchors = new Map<number, { offset: number; atS: number | null }>()

  const unknown: LagHistory['unknown'] = () => {
    const last = points.at(-1)
    if (!last) return []
    return last.committed.flatMap((offset, partition) => {
      const end = last.ends[partition]
      if (offset === null || end == null || offset >= end || last.offline?.includes(partition)) return []
      const first = points.find(({ ends }) => ends[partition] != null)!.ends[partition]!
      return first <= offset || anchors.get(partition)?.offset === offset ? [] : [{ partition, offset }]
    })
  }

  /** An anchor is a look of which only one end is known. */
  const withAnchors = (): LagPoint[] => {
    const [first] = points
    if (!first) return []
    const nothing = first.ends.map(() => null)
    const before = [...anchors].flatMap(([partition, { offset, atS }]) =>
      atS === null
        ? []
        : [
            {
              // A producer's clock may be ahead of this one.
              ...{ atS: Math.min(atS, first.atS), committed: nothing, positions: nothing },
              ends: nothing.map((_, at) => (at === partition ? offset : null)),
            },
          ],
    )
    return [...before, ...points]
  }

  return {
    add(point) {
      points.push(point)
      if (points.length <= mostLooks) return
      points = points.filter((_, at) => at === 0 || at >= mostLooks / 2 || at % 2 === 1)
    },
    unknown,
    written: (partition, offset, atS) => void anchors.set(partition, { offset, atS }),
    figures() {
      const last = lagSums(withAnchors()).at(-1)
      if (!last) return { records: null, seconds: null, perSecond: null, zeroInS: null }
      const { records, seconds, atS } = last
      const recent = lagSums(points).filter((sum) => sum.atS >= atS - trendS && sum.records !== null)
      const slope = slopeOf(recent.map((sum) => ({ atS: sum.atS, value: sum.records! })))
      const perSecond = records === null ? null : (slope?.perSec ?? null)
      const shrinks = slope !== null && slope.upper < 0
      const zeroInS = records === 0 ? 0 : records !== null && shrinks ? records / -slope.perSec : null
      return { records, seconds, perSecond, zeroInS }
    },
  }
}
