import { exitCodes, mostImportant } from '../base/errors.ts'
import { finding } from '../contracts/findings.ts'
import {
  type ClusterInfo,
  definitions,
  type RunResult,
  schemaVersion,
  type ThresholdOutcome,
  type Variant,
} from '../contracts/result.ts'
import type { PlannedRef } from '../contracts/run-facts.ts'
import { evaluateThreshold } from '../profile/threshold.ts'
import { emptyVariant } from './empty-variant.ts'
import { type RunSums, sessionInfos } from './run-sums.ts'
import { entriesOf } from './threshold-watch.ts'

/** What a run's profile has that its result is made from. */
interface KnownProfile {
  name: string
  thresholds: readonly unknown[]
  reference?: string
  cluster: { provider: string; layout: string }
}

/** The result of a run, from the fold of its facts. Pure: whatever was live is in the facts. */
export function assembleRun(sums: RunSums): RunResult {
  const { sessions: all } = sums
  const last = all.at(-1)!
  const profile = last.begun.profile as KnownProfile
  const sessions = sessionInfos(sums)
  const isKilled = last.over === null
  const isInterrupted = isKilled || last.over!.interrupted
  const { variants, left } = inPlannedOrder(sums, isInterrupted)
  const thresholds = thresholdsOf(sums, profile, variants, left)
  const codes = codesOf(sums, variants, thresholds, isInterrupted)
  const exitCode = mostImportant([...codes])
  return {
    schemaVersion,
    runId: last.begun.runId,
    name: profile.name,
    definitions,
    startedAt: sessions[0]!.startedAt,
    durationS: Math.round(sessions.reduce((sum, { durationS }) => sum + durationS, 0) * 1000) / 1000,
    status: left.size > 0 ? 'interrupted' : runStatus(exitCode, codes),
    exitCode,
    exitCodes: [...codes].sort((a, b) => a - b),
    profile: last.begun.profile as Record<string, unknown>,
    environment: last.begun.environment,
    cluster: clusterOf(sums, profile),
    variants,
    thresholds,
    notes: notesOf(sums, last.begun.runId, left, isKilled),
    sessions,
  }
}

/** A limit of the profile ended it. */
export const wasLimited = ({ findings = [] }: Pick<Variant, 'findings'>): boolean =>
  findings.some(({ code }) => code === 'limit-reached')

export function runStatus(exitCode: number, codes: ReadonlySet<number>): RunResult['status'] {
  if (codes.has(exitCodes.interrupted)) return 'interrupted'
  if (exitCode === exitCodes.invalid) return 'invalid'
  return exitCode === 0 ? 'ok' : 'failed'
}

function clusterOf({ sessions }: RunSums, { cluster }: KnownProfile): ClusterInfo {
  return (
    sessions.findLast((session) => session.cluster !== null)?.cluster ?? {
      provider: cluster.provider,
      layout: cluster.layout,
      kafkaVersion: null,
      transferable: 'nothing was started',
      brokers: [],
    }
  )
}

function notesOf(sums: RunSums, runId: string, left: ReadonlySet<string>, isKilled: boolean): string[] {
  const errors = sums.errors.map(({ message }) => `error: ${message}`)
  const again = left.size > 0 ? [`${left.size} left for a later session: kbench run --resume ${runId}`] : []
  const killed = isKilled
    ? ['rebuilt from the journal and the recordings: the process that ran it did not come to its end']
    : []
  return [...sums.notes, ...errors, ...again, ...killed]
}

/** The variants that were measured, and for each of the others why it was not; `left` = those that the last session stopped before, as asked. */
function inPlannedOrder(sums: RunSums, isInterrupted: boolean) {
  const left = new Set<string>()
  const planned: readonly PlannedRef[] =
    sums.planned ??
    [...sums.variants].flatMap(([id, { variant }]) =>
      variant
        ? [
            {
              id,
              client: String(variant.params.client),
              params: variant.params,
              repeat: variant.repeat,
              unsupported: null,
            },
          ]
        : [],
    )
  const variants = planned.map((ref): Variant => {
    const known = sums.variants.get(ref.id)
    if (known?.variant) return { ...known.variant, session: known.session }
    const { client, unsupported } = ref
    if (unsupported !== null)
      return emptyVariant(ref, 'unsupported', [finding('unsupported', { client, reason: unsupported })])
    if (isInterrupted || sums.errors.length > 0) return notBegun(ref, isInterrupted)
    left.add(ref.id)
    return emptyVariant(ref, 'interrupted', [finding('left-for-later', {})])
  })
  return { variants, left }
}

function notBegun(ref: PlannedRef, isInterrupted: boolean): Variant {
  return isInterrupted
    ? emptyVariant(ref, 'interrupted', [finding('not-begun', {})])
    : emptyVariant(ref, 'failed', [finding('variant-failed', { reason: 'not begun', hint: null })])
}

function thresholdsOf(
  sums: RunSums,
  profile: KnownProfile,
  variants: readonly Variant[],
  left: ReadonlySet<string>,
): ThresholdOutcome[] {
  return (
    variants
      // Of a reference tool most of what a threshold may ask for is not known, and it is not what is put to the test.
      .filter(
        ({ id, status, params }) => status !== 'unsupported' && !left.has(id) && params.client !== profile.reference,
      )
      .flatMap((variant) => sums.variants.get(variant.id)?.thresholds ?? withoutRecording(profile, variant))
  )
}

/** Of a variant that was never measured. */
function withoutRecording({ thresholds }: KnownProfile, variant: Variant): ThresholdOutcome[] {
  return entriesOf({ thresholds, params: variant.params }).map((entry): ThresholdOutcome => {
    const base = { expression: entry.expression, variant: variant.id }
    if (entry.windowS === null) return { ...base, ...evaluateThreshold(entry, variant) }
    return { ...base, value: null, ok: false, windowS: entry.windowS, windows: 0, windowsMissed: 0 }
  })
}

function codesOf(
  sums: RunSums,
  variants: readonly Variant[],
  thresholds: readonly ThresholdOutcome[],
  isInterrupted: boolean,
): Set<number> {
  const codes = new Set<number>()
  if (isInterrupted) codes.add(exitCodes.interrupted)
  for (const { code } of sums.errors) codes.add(exitCodes[code])
  if (variants.some(({ status }) => status === 'failed')) codes.add(exitCodes.environment)
  if (variants.some(({ integrity }) => integrity.verdict === 'violated')) codes.add(exitCodes.integrity)
  if (variants.some(({ status }) => status === 'invalid')) codes.add(exitCodes.invalid)
  if (thresholds.some(({ ok }) => !ok) && !isInterrupted) codes.add(exitCodes.threshold)
  // A limit is a threshold of the one whose cluster it is.
  if (variants.some(wasLimited) && !isInterrupted) codes.add(exitCodes.threshold)
  return codes
}
