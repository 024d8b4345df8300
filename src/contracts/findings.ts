/**
 * What kbench has to say about a variant or a run: a code and its fields. Decisions are made from these; the text is written last, in one
 * place (judge/finding-texts.ts). docs/findings.md lists every code with what to do about it.
 */
export const findingCodes = [
  // The measurement cannot be trusted: status invalid.
  'schedule-late',
  'client-busy',
  'negative-latency',
  'warm-up-unsteady',
  'worker-lost',
  'worker-stood-still',
  'fault-failed',
  'canary-failed',
  'records-failed',
  'nothing-due',
  // Nothing was measured: status failed.
  'nothing-acknowledged',
  'nothing-received',
  'variant-failed',
  // Ended before its plan.
  'interrupted',
  'threshold-missed',
  'count-used-up',
  'known-until',
  // Worth a sentence; the status stays.
  'saturated',
  'some-records-failed',
  'short-measure',
  'short-consume',
  'topic-differs',
  'no-undisturbed-before',
  'redelivered-uncounted',
  'degraded',
  'not-audited',
  'unsupported',
  'not-begun',
  'left-for-later',
  'bound-by',
] as const

export type FindingCode = (typeof findingCodes)[number]
export type FindingLevel = 'failed' | 'invalid' | 'interrupted' | 'warning' | 'info'
export type FindingField = string | number | boolean | null | readonly string[] | readonly number[]

/** Without its text: what judge code makes and passes on. */
export interface FindingFacts {
  code: FindingCode
  level: FindingLevel
  [field: string]: FindingField
}

/** As result.json holds it. */
export interface Finding extends FindingFacts {
  text: string
}

/** What bound a variant; the thresholds are in docs/measuring.md. */
export type BoundBy =
  | 'schedule'
  | 'client-cpu'
  | 'broker-cpu'
  | 'host-cpu'
  | 'disk'
  | 'network'
  | 'quota'
  | 'in-flight'
  | 'unknown'

export interface Bound {
  /** Every one that applies; 'unknown' and 'schedule' stand alone. */
  by: BoundBy[]
  /** One line of evidence per entry of `by`, with what was observed: { by, metric, value, limit, unit }. */
  evidence: { by: BoundBy; metric: string; value: number | null; limit: number | null; unit: string }[]
}
