import type { ScheduleSpec } from '../contracts/plan.ts'
import { createArrivals } from './arrivals.ts'
import { createIntegral } from './integral.ts'

/**
 * When every record of a variant is due; the one answer to "how many were due in [a, b)". Times are ns from the start, due times are whole.
 * A record of a segment is due within it, so that the counts of segments add up to the schedule.
 */
export interface Schedule {
  /** False = as fast as the client takes records (max): there are no due times. */
  paced: boolean
  /** No record is due at or after it: the end of the last segment, or dueNs(count) where the count is used up earlier; Infinity at max. */
  endNs: number
  /** Records due in all; null = no bound (max without a count). */
  total: number | null
  /** When record n is due; Infinity = there is no such record; 0 at max. Cheapest for ascending n. */
  dueNs(n: number): number
  /** The number of n with dueNs(n) < ns; null at max. */
  dueBefore(ns: number): number | null
  /** Records due in [fromNs, toNs); null at max. */
  dueIn(fromNs: number, toNs: number): number | null
  /** Of these, the ones of producer `producer` of `of`, which sends producer, producer + of, …; null at max. */
  shareIn(fromNs: number, toNs: number, producer: number, of: number): number | null
  /** The schedule's rate at `ns`, records/s; 0 outside of the schedule; null at max. */
  ratePerSec(ns: number): number | null
}

/** How many of the first `total` records are producer `producer`'s of `of`, when it sends producer, producer + of, … */
export function shareOf(total: number, producer: number, of: number): number {
  return total <= producer ? 0 : Math.floor((total - producer - 1) / of) + 1
}

/** One implementation for every shape. Throws RangeError where the segments are not ascending from 0 without gaps, or not finite. Pure. */
export function createSchedule(spec: ScheduleSpec): Schedule {
  return Object.freeze(spec.segments === null ? unpaced(spec.count) : paced(spec))
}

function unpaced(count: number | null): Schedule {
  return {
    paced: false,
    endNs: Number.POSITIVE_INFINITY,
    total: count,
    dueNs: (n) => (count !== null && n >= count ? Number.POSITIVE_INFINITY : 0),
    dueBefore: () => null,
    dueIn: () => null,
    shareIn: () => null,
    ratePerSec: () => null,
  }
}

function paced({ segments, count, poisson, seed }: ScheduleSpec): Schedule {
  const integral = createIntegral(segments!)
  const arrivals = poisson ? createArrivals(seed) : null
  /** Of the whole process that the segments stand for, without the bounds by count and end. */
  const rawDueNs = arrivals ? (n: number) => integral.inverseNs(arrivals.at(n)) : (n: number) => integral.inverseNs(n)
  const rawDueBefore = (ns: number): number => {
    if (ns <= 0) return 0
    // The closed form, corrected for rounding so that it agrees with the due times to the record.
    const records = integral.upTo(ns)
    let n = arrivals ? arrivals.before(records) : Math.ceil(records)
    while (n > 0 && rawDueNs(n - 1) >= ns) n--
    while (rawDueNs(n) < ns) n++
    return n
  }
  const all = rawDueBefore(integral.endNs)
  const total = count === null ? all : Math.min(count, all)
  const endNs = total < all ? rawDueNs(total) : integral.endNs
  const dueBefore = (ns: number) => (ns >= endNs ? total : Math.min(total, rawDueBefore(ns)))
  return {
    paced: true,
    endNs,
    total,
    dueNs: (n) => (n < total ? rawDueNs(n) : Number.POSITIVE_INFINITY),
    dueBefore,
    dueIn: (fromNs, toNs) => Math.max(0, dueBefore(toNs) - dueBefore(fromNs)),
    shareIn: (fromNs, toNs, producer, of) =>
      Math.max(0, shareOf(dueBefore(toNs), producer, of) - shareOf(dueBefore(fromNs), producer, of)),
    ratePerSec: (ns) => (ns < endNs ? integral.ratePerSec(ns) : 0),
  }
}
