import { median } from 'simple-statistics'
import { cliffsDelta, type Effect } from './effect.ts'
import { mannWhitney, smallestP } from './mann-whitney.ts'
import type { Direction } from './metric.ts'
import { differences, type Interval, medianShift, shiftInterval } from './shift.ts'

// MEASURING, "Comparing". The sample is one fresh run: every value here is one number of one repetition.

const alpha = 0.05

/** higher and lower are differences of a metric that is neither good nor bad. */
export type Verdict = 'better' | 'worse' | 'higher' | 'lower' | 'no-difference' | 'equivalent' | 'inconclusive'

/** One metric of two variants. Infinity stands for what is worse than can be measured (p99 with more than 1 % not acknowledged). */
export interface Samples {
  metric: string
  direction: Direction
  base: readonly number[]
  other: readonly number[]
  /** Share of the base's median that a shift has to be beyond. */
  noise: number
  /** One of the family whose p values are corrected together. */
  gated: boolean
}

export interface MetricComparison extends Samples {
  verdict: Verdict
  baseMedian: number
  otherMedian: number
  /** Hodges–Lehmann, in the metric's unit. */
  shift: number
  /** Of the shift, 95 %. */
  interval: Interval
  /** Shift and interval as shares of the base's median; null where that is 0 or not finite. */
  relative: { shift: number; low: number; high: number } | null
  /** Beyond this, in the metric's unit, a shift counts. */
  threshold: number
  /** The smallest shift that would have been shown, given this scatter; null = none, however large. */
  detectable: number | null
  p: number
  /** After Holm (1979) over the gated metrics; the same as p where it is not gated. */
  pAdjusted: number
  /** The smallest p that samples of these sizes can give, times the size of the family. */
  pSmallest: number
  effect: Effect
}

/** Compares every metric; neither sample of any is empty. */
export function compareMetrics(all: readonly Samples[]): MetricComparison[] {
  const family = all.filter((one) => one.gated).length
  const tests = all.map((one) => mannWhitney(one.base, one.other))
  const adjusted = holm(tests.filter((_, at) => all[at]!.gated).map(({ p }) => p))
  let next = 0
  return all.map((samples, at) => {
    const pAdjusted = samples.gated ? adjusted[next++]! : tests[at]!.p
    return compareOne(samples, tests[at]!, pAdjusted, samples.gated ? family : 1)
  })
}

function compareOne(
  samples: Samples,
  test: { u: number; p: number },
  pAdjusted: number,
  family: number,
): MetricComparison {
  const { base, other, noise } = samples
  const [n, m] = [base.length, other.length]
  const sorted = differences(base, other)
  const [shift, baseMedian] = [medianShift(sorted), median([...base])]
  const interval = shiftInterval(sorted, n, m, alpha)
  const threshold = Number.isFinite(baseMedian) ? noise * Math.abs(baseMedian) : 0
  const pSmallest = Math.min(1, smallestP(n, m) * family)
  const facts = {
    baseMedian,
    otherMedian: median([...other]),
    shift,
    interval,
    relative: relativeTo(baseMedian, shift, interval),
    threshold,
    detectable:
      pSmallest < alpha ? detectableShift(shift, shiftInterval(sorted, n, m, alpha / family), threshold) : null,
    p: test.p,
    pAdjusted,
    pSmallest,
    effect: cliffsDelta(test.u, n, m),
  }
  return { ...samples, ...facts, verdict: verdictOf(samples.direction, facts) }
}

function verdictOf(direction: Direction, facts: Omit<MetricComparison, keyof Samples | 'verdict'>): Verdict {
  const { shift, interval, threshold, pAdjusted, pSmallest } = facts
  if (pSmallest >= alpha) return 'inconclusive'
  if (pAdjusted < alpha && Math.abs(shift) > threshold) {
    if (direction === 'neither') return shift > 0 ? 'higher' : 'lower'
    return shift > 0 === (direction === 'higher') ? 'better' : 'worse'
  }
  return interval.low >= -threshold && interval.high <= threshold ? 'equivalent' : 'no-difference'
}

/** The same scatter around a larger shift: the one from which the interval no longer holds 0, and which is beyond the noise. */
function detectableShift(shift: number, interval: Interval, threshold: number): number | null {
  const reach = Math.max(shift - interval.low, interval.high - shift, threshold)
  return Number.isFinite(reach) ? reach : null
}

function relativeTo(baseMedian: number, shift: number, interval: Interval): MetricComparison['relative'] {
  if (baseMedian === 0 || !Number.isFinite(baseMedian)) return null
  const share = (value: number) => value / Math.abs(baseMedian)
  return { shift: share(shift), low: share(interval.low), high: share(interval.high) }
}

/** Adjusted p values in the order given (Holm 1979, Scand. J. Statist. 6): reject where below alpha, and the family errs at most that often. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, at) => at).sort((a, b) => ps[a]! - ps[b]!)
  const adjusted = new Array<number>(ps.length)
  let highest = 0
  for (const [rank, at] of order.entries()) {
    highest = Math.max(highest, Math.min(1, ps[at]! * (ps.length - rank)))
    adjusted[at] = highest
  }
  return adjusted
}
