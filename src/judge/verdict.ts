import { type FindingCode, type FindingFacts, finding } from '../contracts/findings.ts'
import type { Integrity } from '../contracts/result.ts'

/** What the generator's own health is judged by; µs, records/s, shares. */
export interface GeneratorFacts {
  /** Length of the measure phase. */
  seconds: number
  offeredPerSec: number | null
  sentPerSec: number
  ackedPerSec: number
  /** Records of the last third of the warm-up, which is so long; null = no warm-up, or nothing is acknowledged. */
  warmup: { acked: number; due: number; seconds: number } | null
  scheduleLagP99Us: number | null
  responseP99Us: number | null
  utilisation: number | null
  /** Workers that ended by themselves, faults that did not happen. */
  problems: readonly FindingFacts[]
  negativeLatencies: number
}

/** The codes that say that the client's process was the limit (and not that it was lost, or that clocks disagree). */
export const clientLimitCodes: readonly FindingCode[] = ['schedule-late', 'client-busy']

/** Warm-up is steady within this share of the records that were due, or within so many records; so many say nothing of measure either. */
const steadyShare = 0.05
const steadyRecords = 2

/** The rules of MEASURING, "When a run is not to be trusted". Those of level invalid make the generator invalid. */
export function judgeGenerator(facts: GeneratorFacts): FindingFacts[] {
  const findings = [...facts.problems]
  const { offeredPerSec, sentPerSec, ackedPerSec, warmup, scheduleLagP99Us } = facts
  const limitUs = Math.max(5000, 0.1 * (facts.responseP99Us ?? 0))
  if (scheduleLagP99Us !== null && scheduleLagP99Us > limitUs) {
    findings.push(finding('schedule-late', { p99Us: scheduleLagP99Us, limitUs }))
  }
  if (facts.negativeLatencies > 0) findings.push(finding('negative-latency', { count: facts.negativeLatencies }))
  // A record that is due in the last moment may be sent in the next phase.
  const saturated =
    offeredPerSec !== null &&
    sentPerSec < 0.98 * offeredPerSec &&
    (offeredPerSec - sentPerSec) * facts.seconds > steadyRecords
  if (saturated) {
    const rates = { sentPerSec, offeredPerSec }
    const { utilisation } = facts
    findings.push(
      utilisation !== null && utilisation >= 0.9
        ? finding('client-busy', { ...rates, utilisation })
        : finding('saturated', rates),
    )
  }
  if (offeredPerSec !== null && warmup !== null) {
    const near = (due: number) => Math.abs(warmup.acked - due) <= Math.max(steadyRecords, steadyShare * due)
    if (!near(warmup.due) && !(saturated && near(ackedPerSec * warmup.seconds))) {
      findings.push(finding('warm-up-unsteady', warmup))
    }
  }
  return findings
}

/** violated = lost, corrupt or failed-but-read records; with idempotence also duplicates and reordering. */
export function judgeIntegrity(
  counts: Omit<Integrity, 'verdict' | 'reasons'>,
  idempotence: boolean,
): Integrity['verdict'] {
  const wrong = counts.lost + counts.corrupt + counts.failedButRead
  const twisted = idempotence ? counts.duplicated + counts.reordered : 0
  return wrong + twisted > 0 ? 'violated' : 'ok'
}
