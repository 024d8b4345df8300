import type { Segment } from '../contracts/plan.ts'

/** The records that a rate of straight lines adds up to over time, and back. ns from the start, records as real numbers. */
export interface Integral {
  endNs: number
  /** Records up to `ns`; clamped to the segments. */
  upTo(ns: number): number
  /**
   * The moment from which on there are more than `records` of them, whole ns: where nothing is due, none is found. It is within the
   * segment that holds it. Infinity = the segments do not add up to so many. Cheapest for ascending records.
   */
  inverseNs(records: number): number
  ratePerSec(ns: number): number
}

/** Sums of rates × times are off by a few units of the last place, and a record must not move to the other side of an edge by them. */
const relativeError = 4e-15

/** Throws RangeError where the segments are not ascending from 0 without gaps, not of whole ns, or have rates that are not finite or negative. */
export function createIntegral(segments: readonly Segment[]): Integral {
  checkSegments(segments)
  const count = segments.length
  /** Start of each segment and the end of the last: ns, and records so far. */
  const fromNs = new Float64Array(count + 1)
  const records = new Float64Array(count + 1)
  const perSec = new Float64Array(count)
  /** Records/s per second. */
  const slope = new Float64Array(count)
  let sum = 0
  let lost = 0
  for (const [at, { toNs, perSec: rates, ...segment }] of segments.entries()) {
    const seconds = (toNs - segment.fromNs) / 1e9
    perSec[at] = rates[0]
    slope[at] = (rates[1] - rates[0]) / seconds
    fromNs[at + 1] = toNs
    // Neumaier's compensated sum: a million segments do not drift. Scaled by 1e9 only at the end, so that whole rates stay whole.
    const added = (((rates[0] + rates[1]) / 2) * (toNs - segment.fromNs)) / 1e9
    const next = sum + added
    lost += Math.abs(sum) >= added ? sum - next + added : added - next + sum
    sum = next
    records[at + 1] = snapped(sum + lost)
  }
  const endNs = fromNs[count]!

  // The segment of the last inverse, out of the arrays: this is done for every record that is sent.
  let at = 0
  let [fromRecords, toRecords, startNs, stopNs, rate, bend] = [0, 0, 0, 0, 0, 0]
  const enter = (segment: number) => {
    at = segment
    fromRecords = records[segment]!
    toRecords = records[segment + 1]!
    startNs = fromNs[segment]!
    stopNs = fromNs[segment + 1]!
    rate = perSec[segment]!
    bend = slope[segment]!
  }

  /** Index of the segment with starts[i] ≤ x < starts[i + 1]; segments of nothing are passed over. */
  const find = (starts: Float64Array, x: number): number => {
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= x) low = middle
      else high = middle - 1
    }
    return low
  }

  return {
    endNs,
    upTo(ns) {
      if (ns <= 0 || count === 0) return 0
      if (ns >= endNs) return records[count]!
      const segment = find(fromNs, ns)
      const seconds = (ns - fromNs[segment]!) / 1e9
      return records[segment]! + seconds * (perSec[segment]! + (slope[segment]! * seconds) / 2)
    },
    inverseNs(x) {
      if (x < fromRecords || !(x < toRecords)) {
        if (!(x < records[count]!)) return Number.POSITIVE_INFINITY
        enter(at + 1 < count && x >= records[at + 1]! && x < records[at + 2]! ? at + 1 : find(records, x))
      }
      const within = x - fromRecords
      // The root that does not cancel: 2m / (a + √(a² + 2sm)).
      const divisor = bend === 0 ? rate : (rate + Math.sqrt(Math.max(0, rate * rate + 2 * bend * within))) / 2
      const ns = within === 0 ? startNs : Math.floor(startNs + (within * 1e9) / divisor + 0.5)
      return ns < stopNs ? ns : stopNs - 1
    },
    ratePerSec(ns) {
      if (ns < 0 || ns >= endNs) return 0
      const segment = find(fromNs, ns)
      return perSec[segment]! + (slope[segment]! * (ns - fromNs[segment]!)) / 1e9
    },
  }
}

function snapped(records: number): number {
  const whole = Math.round(records)
  return Math.abs(records - whole) <= relativeError * records ? whole : records
}

function checkSegments(segments: readonly Segment[]): void {
  let endNs = 0
  for (const [at, { fromNs, toNs, perSec }] of segments.entries()) {
    const isRate = (rate: number) => Number.isFinite(rate) && rate >= 0
    if (fromNs !== endNs || !Number.isSafeInteger(toNs) || toNs <= fromNs || !perSec.every(isRate)) {
      throw new RangeError(`segment ${at} of a schedule: [${fromNs}, ${toNs}) at ${perSec.join(' to ')} records/s`)
    }
    endNs = toNs
  }
}
