import { formatCount } from '../base/units.ts'
import type { FindMaxStep, FindMaxVerdict } from '../contracts/result.ts'

/** Where a search starts and ends; records/s. */
export interface SearchLimits {
  startPerSec: number
  /** Nothing above is asked for; null = no such limit. */
  maxPerSec: number | null
  /** What the generator reached against something that is no cluster; null = not known. */
  ceilingPerSec: number | null
}

export interface PlannedStep {
  kind: FindMaxStep['kind']
  ratePerSec: number
  /** From 1; a failing step is tried once more. */
  attempt: number
}

export type StepOutcome = Pick<FindMaxStep, 'kind' | 'ratePerSec' | 'attempt' | 'verdict'>

/** The result of a search: verdict, highest confirmed rate, and why, a sentence each. */
export interface SearchOutcome {
  verdict: FindMaxVerdict
  confirmedPerSec: number | null
  reasons: string[]
}

/** The generator has to be able to do so many times the top rate, or it may be what is measured (MEASURING, "Finding the maximum"). */
const headroom = 1.5
/** Between the lowest rate that failed and the highest that passed. */
const closeEnough = 1.05
/** A start rate that fails is halved so often. */
const halvings = 6
/** So much below the winner is tried, in turn, after it did not last: each counts from the winner, not from the one before. */
const retreat = [1.1, 1.2, 1.5]

/** The highest rate that a search may ask for. */
function topRate({ maxPerSec, ceilingPerSec }: SearchLimits): number {
  const provable = ceilingPerSec === null ? Number.POSITIVE_INFINITY : Math.floor(ceilingPerSec / headroom)
  return Math.max(1, Math.min(maxPerSec ?? Number.POSITIVE_INFINITY, provable))
}

/**
 * The steps of a search, one at a time. The rate doubles until one fails (halves while the first does), and is then
 * bisected until the lowest failing rate is within 5 % of the highest passing one. That one is confirmed. Each step
 * takes the verdict of the one before: `search.next(verdict)`. Pure.
 */
export function* searchMaximum(limits: SearchLimits): Generator<PlannedStep, void, FindMaxVerdict> {
  const top = topRate(limits)
  const passed: number[] = []
  let high = Number.POSITIVE_INFINITY

  function* passes(kind: PlannedStep['kind'], ratePerSec: number): Generator<PlannedStep, boolean, FindMaxVerdict> {
    for (const attempt of [1, 2]) {
      if ((yield { kind, ratePerSec, attempt }) === 'SUSTAINED') return true
    }
    return false
  }
  const low = () => Math.max(0, ...passed.filter((rate) => rate < high))

  let rate = Math.min(Math.max(1, Math.round(limits.startPerSec)), top)
  while (high === Number.POSITIVE_INFINITY) {
    if (!(yield* passes('double', rate))) high = rate
    else passed.push(rate)
    if (rate >= top) break
    rate = Math.min(rate * 2, top)
  }
  for (let times = 0; low() === 0; times++) {
    const half = Math.floor(high / 2)
    if (times === halvings || half < 1) return
    if (yield* passes('halve', half)) passed.push(half)
    else high = half
  }
  yield* close('bisect')
  const winner = low()
  if (yield* passes('confirm', winner)) return
  high = winner
  // Short steps have promised too much: long ones decide from here on.
  passed.length = 0
  for (const factor of retreat) {
    const lower = Math.floor(winner / factor)
    if (lower < 1) return
    if (yield* passes('confirm', lower)) {
      passed.push(lower)
      return yield* close('confirm')
    }
    high = lower
  }

  function* close(kind: PlannedStep['kind']): Generator<PlannedStep, void, FindMaxVerdict> {
    while (high / low() > closeEnough && high !== Number.POSITIVE_INFINITY) {
      const middle = Math.round(Math.sqrt(low() * high))
      if (middle <= low() || middle >= high) break
      if (yield* passes(kind, middle)) passed.push(middle)
      else high = middle
    }
  }
}

/** What the steps so far amount to; `ended`: the search came to its own end. Pure. */
export function concludeSearch(
  steps: readonly StepOutcome[],
  limits: SearchLimits,
  ended: 'done' | 'interrupted' | 'broken',
): SearchOutcome {
  const sustained = steps.filter(({ verdict }) => verdict === 'SUSTAINED')
  const highest = (of: readonly StepOutcome[]) => Math.max(0, ...of.map(({ ratePerSec }) => ratePerSec))
  const best = highest(sustained)
  const confirmed = highest(sustained.filter(({ kind }) => kind === 'confirm'))
  const failing = lowestFailing(steps, confirmed)
  if (ended !== 'done') {
    const why = ended === 'interrupted' ? 'the search was interrupted' : 'two steps in a row could not be run'
    const known = best > 0 ? `; ${formatCount(best)} records/s had passed, not confirmed` : ''
    return { verdict: 'INCONCLUSIVE', confirmedPerSec: null, reasons: [`${why}${known}`] }
  }
  if (confirmed === 0) {
    if (best === 0 && failing) {
      const reasons = [`no rate passed, down to ${formatCount(failing.ratePerSec)} records/s`]
      if (failing.verdict === 'CLIENT_BOUND' && limits.ceilingPerSec !== null) {
        reasons.push(
          'the generator could not keep to rates far below its ceiling: is this machine busy with other work?',
        )
      }
      return { verdict: failing.verdict, confirmedPerSec: null, reasons }
    }
    const reason = `no rate lasted three times as long, though ${formatCount(best)} records/s had passed`
    return { verdict: 'INCONCLUSIVE', confirmedPerSec: null, reasons: [reason] }
  }
  if (failing) {
    const reason = `${formatCount(failing.ratePerSec)} records/s did not pass: ${verdictWords[failing.verdict]}`
    return { verdict: failing.verdict, confirmedPerSec: confirmed, reasons: [reason] }
  }
  if (limits.maxPerSec !== null && confirmed >= limits.maxPerSec) {
    return { verdict: 'SUSTAINED', confirmedPerSec: confirmed, reasons: ['the highest rate asked for passed'] }
  }
  const reason = `the generator reached ${formatCount(Math.round(limits.ceilingPerSec ?? 0))} records/s without a cluster to wait for: above 1/${headroom} of that it might be what is measured`
  return { verdict: 'CLIENT_BOUND', confirmedPerSec: confirmed, reasons: [reason] }
}

/** The lowest rate above `from` that failed twice, by its last attempt. A rate whose confirmation failed counts. */
function lowestFailing(steps: readonly StepOutcome[], from: number): StepOutcome | undefined {
  return steps
    .filter(({ ratePerSec, attempt, verdict }) => attempt === 2 && verdict !== 'SUSTAINED' && ratePerSec > from)
    .sort((a, b) => a.ratePerSec - b.ratePerSec)[0]
}

/** What each verdict says of a step, for people. */
export const verdictWords: Readonly<Record<FindMaxVerdict, string>> = {
  SUSTAINED: 'passed',
  SLO_LATENCY: 'response p99 above the limit',
  LAG_GROWTH: 'a consumer group fell behind',
  UNDER_SEND: 'fewer records acknowledged than offered',
  ERRORS: 'too many records failed or unknown',
  THROTTLED: 'a quota of the broker held the clients back',
  CLIENT_BOUND: 'the generator could not keep up',
  INCONCLUSIVE: 'inconclusive',
}
