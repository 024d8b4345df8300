import type { RunResult, Variant } from '../contracts/result.ts'
import { assemble } from '../judge/assemble.ts'
import type { RunSums } from '../judge/run-sums.ts'
import type { Recording } from '../recording/recording.ts'
import { resultOf } from '../search/assemble-search.ts'

/** The result of a run that goes on: its whole variants, and of the one that runs what is known up to now; null = nothing was begun. */
export function resultSoFar(sums: RunSums, running: Recording | null): RunResult | null {
  if (sums.sessions.length === 0) return null
  const whole = resultOf(sums)
  const known = new Set([...sums.variants].flatMap(([id, { variant }]) => (variant === null ? [] : [id])))
  const variants = whole.variants.filter(({ id }) => known.has(id))
  const now = running && !known.has(running.plan.id) ? variantSoFar(running) : null
  const session = sums.sessions.at(-1)!
  return {
    ...whole,
    durationS: Math.max(0, (Date.now() - Date.parse(session.begun.startedAt)) / 1000),
    status: 'ok',
    exitCode: 0,
    exitCodes: [],
    variants: now === null ? variants : [...variants, now],
    thresholds: whole.thresholds.filter(({ variant }) => known.has(variant)),
    notes: [...sums.notes],
  }
}

/** As its journal would give it now; that it is not over is no finding. */
function variantSoFar({ plan, sums }: Recording): Variant | null {
  if (plan.kind === 'rehearsal' || sums.startNs === null || sums.knownUntilNs <= 0) return null
  const { variant } = assemble(plan, sums)
  const findings = (variant.findings ?? []).filter(({ level }) => level !== 'interrupted' && level !== 'invalid')
  return { ...variant, status: 'ok', findings, reasons: findings.map(({ text }) => text) }
}
