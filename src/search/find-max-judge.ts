import type { FindingCode, FindMaxVerdict, Variant } from '../contracts/result.ts'
import { findingsOf } from '../judge/upgrade.ts'
import { clientLimitCodes } from '../judge/verdict.ts'
import { type Slope, slopeOf } from './slope.ts'

/** What a step has to hold (MEASURING, "Finding the maximum"). */
export interface Criteria {
  sloUs: number
}

/** Of what was offered. */
const ackedAtLeast = 0.995
/** Failed and unknown records, of what was scheduled. */
const errorsAtMost = 0.001
/** Growth of a group's lag, upper confidence bound, of the rate. */
const lagSlopeAtMost = 0.005

export interface StepFacts {
  offeredPerSec: number
  ackedPerSec: number
  /** Of the scheduled records. */
  errorShare: number
  responseP99Us: number | null
  /** Why the generator is not to be trusted; empty = it is. */
  generatorCodes: readonly FindingCode[]
  /** Of every group, records/s; null = its lag is not known. */
  lagSlopes: readonly (Slope | null)[]
  /** Longest mean delay that a broker imposed, ms; null = the brokers do not report it. */
  throttleMs: number | null
}

export interface StepJudgement {
  verdict: FindMaxVerdict
  /** Everything that was not held, most important first; empty when sustained. */
  failed: FindMaxVerdict[]
}

/** What a variant says of its step; `throttleMs` by the brokers' metrics and the clients' responses. */
export function factsOf(variant: Variant, ratePerSec: number): StepFacts {
  const { ledger, produce, phases } = variant
  const measure = phases.find(({ name }) => name === 'measure')
  const lag = variant.timelines.lag
  return {
    offeredPerSec: produce.offeredPerSec ?? ratePerSec,
    ackedPerSec: produce.ackedPerSec,
    errorShare: ledger.scheduled === 0 ? 0 : (ledger.failed + ledger.unknown) / ledger.scheduled,
    responseP99Us: produce.responseUs?.p99 ?? null,
    generatorCodes: findingsOf(variant).flatMap(({ code, level }) =>
      level === 'invalid' && !recordCodes.includes(code) ? [code] : [],
    ),
    lagSlopes: Object.keys(variant.lag).map((group) => {
      // Committed offsets come in steps of the commit interval, which would drown a slope; what was read does not.
      const column = lag?.columns[`${group}:position`] ?? []
      const points = (lag?.atS ?? []).flatMap((atS, at) => {
        const value = column[at] ?? null
        return value === null || !measure || atS < measure.startS || atS > measure.endS ? [] : [{ atS, value }]
      })
      return slopeOf(points)
    }),
    throttleMs: throttleOf(variant),
  }
}

/** What is wrong with the records and not with the generator: the share of errors judges it. */
const recordCodes: readonly FindingCode[] = ['records-failed', 'nothing-due']

/** The step could not be run at all, whatever its rate; one in which nothing was acknowledged was run. */
export const couldNotRun = (variant: Variant): boolean =>
  variant.status === 'failed' && findingsOf(variant).every(({ code }) => code !== 'nothing-acknowledged')

/** By the clients' responses, and by the brokers' metrics where they were read. */
function throttleOf({ throttle, produce }: Variant): number | null {
  const metered = (throttle ?? []).reduce<number | null>((most, { produceMs }) => larger(most, produceMs), null)
  return larger(metered, produce.throttle?.maxMs ?? null)
}

const larger = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))

/** Did it hold, and if not, why not? */
export function judgeStep(facts: StepFacts, { sloUs }: Criteria): StepJudgement {
  const failed: FindMaxVerdict[] = []
  const unhealthy = facts.generatorCodes.filter((code) => code !== 'warm-up-unsteady')
  const limited = unhealthy.filter((code) => clientLimitCodes.includes(code))
  if (facts.errorShare > errorsAtMost) failed.push('ERRORS')
  if (facts.ackedPerSec < ackedAtLeast * facts.offeredPerSec) failed.push('UNDER_SEND')
  if (facts.responseP99Us === null || facts.responseP99Us > sloUs) failed.push('SLO_LATENCY')
  const limit = lagSlopeAtMost * facts.offeredPerSec
  const growing = facts.lagSlopes.filter((slope) => slope === null || slope.upper > limit)
  // A slope that may as well be none is no growth that was shown: the step was too short for its noise.
  if (growing.some((slope) => slope !== null && slope.lower > 0)) failed.push('LAG_GROWTH')
  else if (growing.length > 0) failed.push('INCONCLUSIVE')
  if (unhealthy.length > limited.length) failed.push('INCONCLUSIVE')
  if (limited.length > 0) failed.unshift('CLIENT_BOUND')
  // Only where the step failed for what a quota does: brokers also delay clients that then keep their rate.
  const slowed = failed.some((each) => ['ERRORS', 'UNDER_SEND', 'SLO_LATENCY'].includes(each))
  if (slowed && (facts.throttleMs ?? 0) > 0) failed.unshift('THROTTLED')
  const unsteady = facts.generatorCodes.length > unhealthy.length
  if (failed.length === 0 && unsteady) failed.push('INCONCLUSIVE')
  return { verdict: failed[0] ?? 'SUSTAINED', failed: [...new Set(failed)] }
}
