import { exitCodes, mostImportant } from '../base/errors.ts'
import type { FindMaxResult, FindMaxSearch, FindMaxStep, RunResult, Variant } from '../contracts/result.ts'
import { assembleRun, runStatus, wasLimited } from '../judge/assemble-run.ts'
import type { RunSums } from '../judge/run-sums.ts'
import { couldNotRun, factsOf, judgeStep } from './find-max-judge.ts'
import type { FindMaxOptions } from './find-max-plan.ts'
import { surfaceOf } from './usl.ts'

/** The result of whatever the run was: variants, or a search. Pure. */
export function resultOf(sums: RunSums): RunResult {
  return sums.sessions.at(-1)?.begun.findMax ? assembleSearch(sums) : assembleRun(sums)
}

/** What the table says of a step. */
export function stepResult(
  { kind, ratePerSec, attempt }: Pick<FindMaxStep, 'kind' | 'ratePerSec' | 'attempt'>,
  variant: Variant,
  { sloMs }: Pick<FindMaxOptions, 'sloMs'>,
): FindMaxStep {
  const facts = factsOf(variant, ratePerSec)
  const judged = couldNotRun(variant)
    ? { verdict: 'INCONCLUSIVE' as const, failed: ['INCONCLUSIVE' as const] }
    : judgeStep(facts, { sloUs: sloMs * 1000 })
  const bounds = facts.lagSlopes.map((slope) => slope?.upper ?? null)
  const wire = (variant.throttle ?? []).map(({ produceBytesPerSec }) => produceBytesPerSec)
  return {
    variant: variant.id,
    kind,
    ratePerSec,
    attempt,
    ...judged,
    ackedShare: facts.offeredPerSec > 0 ? facts.ackedPerSec / facts.offeredPerSec : 0,
    responseP99Us: facts.responseP99Us,
    lagSlopePerSec: bounds.length === 0 || bounds.includes(null) ? null : Math.max(...(bounds as number[])),
    throttleMs: facts.throttleMs,
    wireBytesPerSec:
      wire.length === 0 || wire.includes(null) ? null : wire.reduce<number>((sum, bytes) => sum + bytes!, 0),
  }
}

const isConfirmed = ({ steps, confirmedPerSec }: FindMaxSearch, id: string): boolean =>
  steps.some(
    ({ variant, kind, ratePerSec, verdict }) =>
      variant === id && kind === 'confirm' && ratePerSec === confirmedPerSec && verdict === 'SUSTAINED',
  )

/** Steps fail by design: what the run is worth is decided by its searches, its thresholds by the confirmed steps. */
function assembleSearch(sums: RunSums): RunResult {
  const searches = sums.searches.filter((search) => search !== undefined)
  const { begun, over } = sums.sessions.at(-1)!
  const all = assembleRun(sums)
  const { variants } = all
  const confirmed = new Set(
    variants.map(({ id }) => id).filter((id) => searches.some((search) => isConfirmed(search, id))),
  )
  const thresholds = all.thresholds.filter(({ variant }) => confirmed.has(variant))
  const kept = variants.filter(({ id }) => confirmed.has(id))
  const codes = new Set<number>(sums.errors.map(({ code }) => exitCodes[code]))
  const isInterrupted = over === null || over.interrupted
  if (isInterrupted) codes.add(exitCodes.interrupted)
  if (kept.some(({ status }) => status === 'invalid')) codes.add(exitCodes.invalid)
  if (thresholds.some(({ ok }) => !ok) && !isInterrupted) codes.add(exitCodes.threshold)
  if (variants.some(wasLimited) && !isInterrupted) codes.add(exitCodes.threshold)
  if (variants.some(({ integrity }) => integrity.verdict === 'violated')) codes.add(exitCodes.integrity)
  const last = (search: FindMaxSearch) => variants.filter(({ id }) => id === search.steps.at(-1)?.variant)
  if (searches.some((search) => last(search).some(couldNotRun))) codes.add(exitCodes.environment)
  if (!isInterrupted) {
    const lost = searches.filter(({ confirmedPerSec }) => confirmedPerSec === null)
    const inconclusive = lost.filter(({ verdict }) => ['INCONCLUSIVE', 'CLIENT_BOUND'].includes(verdict))
    if (inconclusive.length > 0) codes.add(exitCodes.invalid)
    // No rate keeps to the limits that were asked for.
    if (lost.length > inconclusive.length) codes.add(exitCodes.threshold)
  }
  const exitCode = mostImportant([...codes])
  const { sloMs, stepMs } = begun.findMax!
  const surface = surfaceOf(searches, Number((begun.profile as { seed?: number }).seed ?? 1))
  const findMax: FindMaxResult = {
    sloUs: sloMs * 1000,
    stepS: stepMs / 1000,
    searches,
    ...(surface ? { surface } : {}),
  }
  return {
    ...all,
    thresholds,
    findMax,
    exitCode,
    exitCodes: [...codes].sort((a, b) => a - b),
    status: runStatus(exitCode, codes),
  }
}
