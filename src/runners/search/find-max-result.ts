import { exitCodes, mostImportant } from '../../base/errors.ts'
import type { FindMaxResult, FindMaxSearch, FindMaxStep, RunResult, Variant } from '../../contracts/result.ts'
import { couldNotRun, factsOf, judgeStep } from '../../search/find-max-judge.ts'
import type { FindMaxOptions } from '../../search/find-max-plan.ts'
import { surfaceOf } from '../../search/usl.ts'
import { assemble, type BenchJob, runStatus } from '../run/bench.ts'

export interface Measured {
  variants: Variant[]
  searches: FindMaxSearch[]
}

/** What the table says of a step. */
export function stepResult(
  { kind, ratePerSec, attempt }: Pick<FindMaxStep, 'kind' | 'ratePerSec' | 'attempt'>,
  variant: Variant,
  { sloMs }: FindMaxOptions,
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

/** Steps fail by design: what the run is worth is decided by its searches, its thresholds by the confirmed steps. */
export async function assembleFindMax(
  job: BenchJob,
  options: FindMaxOptions,
  startedAt: Date,
  { variants, searches }: Measured,
  notes: string[],
  errors: readonly unknown[],
  cluster: RunResult['cluster'] | null,
): Promise<RunResult> {
  const confirmed = variants.filter(({ id }) =>
    searches.some(({ confirmedPerSec, steps }) =>
      steps.some(
        ({ variant, kind, ratePerSec, verdict }) =>
          variant === id && kind === 'confirm' && ratePerSec === confirmedPerSec && verdict === 'SUSTAINED',
      ),
    ),
  )
  const judged = await assemble(job, startedAt, confirmed, notes, errors, cluster)
  const codes = new Set(judged.exitCodes)
  if (variants.some(({ integrity }) => integrity.verdict === 'violated')) codes.add(exitCodes.integrity)
  const last = (search: FindMaxSearch) => variants.find(({ id }) => id === search.steps.at(-1)?.variant)
  if (searches.some((search) => last(search)?.status === 'failed')) codes.add(exitCodes.environment)
  if (!job.signal.aborted) {
    const lost = searches.filter(({ confirmedPerSec }) => confirmedPerSec === null)
    const inconclusive = lost.filter(({ verdict }) => ['INCONCLUSIVE', 'CLIENT_BOUND'].includes(verdict))
    if (inconclusive.length > 0) codes.add(exitCodes.invalid)
    // No rate keeps to the limits that were asked for.
    if (lost.length > inconclusive.length) codes.add(exitCodes.threshold)
  }
  const exitCode = mostImportant([...codes])
  const surface = surfaceOf(searches, job.plan.profile.seed)
  const findMax: FindMaxResult = {
    sloUs: options.sloMs * 1000,
    stepS: options.stepMs / 1000,
    searches,
    ...(surface ? { surface } : {}),
  }
  return {
    ...judged,
    variants,
    findMax,
    exitCode,
    exitCodes: [...codes].sort((a, b) => a - b),
    status: runStatus(exitCode, codes),
  }
}
