/**
 * What kbench has to say about a variant: a code and its fields. Decisions are made from these; the text is written last, in one place
 * (judge/finding-texts.ts). docs/findings.md lists every code with what to do about it.
 */

export type FindingLevel = 'failed' | 'invalid' | 'interrupted' | 'warning' | 'info'

/** Every code with its level, the most important first: reports show findings in this order. A level above warning decides the status. */
export const findingLevels = {
  // Nothing was measured: status failed.
  'variant-failed': 'failed',
  'nothing-acknowledged': 'failed',
  'nothing-received': 'failed',
  // Records are missing: reported before everything that explains it.
  'records-failed': 'invalid',
  'some-records-failed': 'warning',
  // The measurement cannot be trusted: status invalid.
  'nothing-due': 'invalid',
  'worker-lost': 'invalid',
  'worker-stood-still': 'invalid',
  'fault-failed': 'invalid',
  'canary-failed': 'invalid',
  'schedule-late': 'invalid',
  'client-busy': 'invalid',
  'negative-latency': 'invalid',
  'warm-up-unsteady': 'invalid',
  // Ended before its plan: status interrupted.
  'limit-reached': 'interrupted',
  'threshold-missed': 'interrupted',
  interrupted: 'interrupted',
  'known-until': 'interrupted',
  'not-begun': 'interrupted',
  'left-for-later': 'interrupted',
  // Worth a sentence; the status stays.
  unsupported: 'warning',
  saturated: 'warning',
  degraded: 'warning',
  'topic-differs': 'warning',
  'short-retention': 'warning',
  'permission-missing': 'warning',
  'not-audited': 'warning',
  'metrics-silent': 'warning',
  'short-measure': 'warning',
  'short-consume': 'warning',
  'count-used-up': 'info',
  'no-undisturbed-before': 'info',
  'redelivered-uncounted': 'info',
  /** A sentence of a result with definitions 1 that no code fits. */
  other: 'warning',
} as const satisfies Record<string, FindingLevel>

export type FindingCode = keyof typeof findingLevels
export const findingCodes = Object.keys(findingLevels) as readonly FindingCode[]

/** What makes the generator itself untrustworthy; other findings of level invalid are about the records. */
export const generatorCodes = [
  'worker-lost',
  'worker-stood-still',
  'fault-failed',
  'canary-failed',
  'schedule-late',
  'client-busy',
  'negative-latency',
  'warm-up-unsteady',
] as const satisfies readonly FindingCode[]
export type GeneratorCode = (typeof generatorCodes)[number]

export type FindingField = string | number | boolean | null | readonly string[] | readonly number[]

/** Keys of `limits` in a profile. */
export type LimitName = 'rate' | 'bytes' | 'foreignLag' | 'underReplicated'

interface RecordCounts {
  /** Records handed to the client in warm-up and measure. */
  sent: number
  failed: number
  unknown: number
  /** The most common error code and its records; null = none was reported. */
  error: string | null
  errorCount: number | null
  /** Why, where it is known: "the client's message.max.bytes is 1 000 000"; null = it is not. */
  explanation: string | null
}

/** The fields of each code. Units are in the names; null = not known. */
export interface FindingFieldsByCode {
  'variant-failed': { reason: string; hint: string | null }
  'nothing-acknowledged': RecordCounts
  /** `before`: records that were received before the clock started. */
  'nothing-received': { before: number }
  'records-failed': RecordCounts
  'some-records-failed': RecordCounts
  /** Why the measure phase had no due record: `load.count` was used up, the schedule's rate is 0, or the load ended before it. */
  'nothing-due': { why: 'count' | 'rate' | 'ended' }
  /** `who`: "producer 0", "member 1 of group g1". `silentS`: it stopped reporting for so long; null = it ended by itself. */
  'worker-lost': { worker: number; who: string; reason: string; hint: string | null; silentS: number | null }
  'worker-stood-still': { worker: number; who: string; stillS: number; phase: string }
  'fault-failed': {
    use: string
    /** From 0, in the order of the faults of the result. */
    occurrence: number
    target: string
    problem: 'not-injected' | 'not-verified' | 'not-healed'
    detail: string
  }
  'canary-failed': { problem: string }
  'schedule-late': { p99Us: number; limitUs: number }
  'client-busy': { sentPerSec: number; offeredPerSec: number; utilisation: number }
  'negative-latency': { count: number }
  /** Records of the last third of the warm-up, which is `seconds` long. */
  'warm-up-unsteady': { acked: number; due: number; seconds: number }
  /** `windowS` null = over the run; `atS`: start of the window, or how far the measurement was known. */
  'threshold-missed': { expression: string; windowS: number | null; atS: number; value: number | null }
  /**
   * `limit`: rate (records/s), bytes (of the run), foreignLag (records; `group` whose) or underReplicated (partitions). `value`: what went beyond
   * `most`; `atS`: when, s from the start; null = before the load began.
   */
  'limit-reached': { limit: LimitName; value: number; most: number; group: string | null; atS: number | null }
  /** `atS`: when the load ended; null = it had not begun. */
  interrupted: { atS: number | null }
  /** Assembled from a recording that ends early: everything is known up to there. */
  'known-until': { untilS: number }
  'not-begun': Record<never, never>
  'left-for-later': Record<never, never>
  unsupported: { client: string; reason: string }
  saturated: { sentPerSec: number; offeredPerSec: number }
  /**
   * Partitions without a leader or without an answer to a probe, and brokers that were down, before the load began. `records`: those that were
   * sent to these partitions, which count for nothing else that is judged.
   */
  degraded: { partitions: readonly number[]; brokers: readonly number[]; records: number }
  /** `what`: a path of the profile: topic.partitions, topic.replicationFactor, topic.config.min.insync.replicas. */
  'topic-differs': { what: string; planned: string; actual: string }
  /** Records of the topic are removed after `retentionMs`, and the variant took up to `runMs`. */
  'short-retention': { retentionMs: number; runMs: number }
  /** `resource`: "topic orders"; `without`: what the variant did without it, a sentence's second half. */
  'permission-missing': { operation: string; resource: string; without: string }
  'not-audited': { reason: string }
  /** An endpoint of `cluster.metrics` that failed in more than a tenth of the `attempts` to read it; `reason` of the last one. */
  'metrics-silent': { endpoint: string; attempts: number; failed: number; reason: string }
  'short-measure': { seconds: number; plannedS: number }
  'short-consume': { seconds: number; records: number }
  'count-used-up': { count: number; atS: number }
  /** `reason`: begins-with-measure, fault-active, not-recovered, not-drained or drain-unknown; `earlier`: occurrence of the fault before it, null = none. */
  'no-undisturbed-before': {
    fault: string
    occurrence: number
    atS: number
    reason: string
    earlier: number | null
  }
  /** Records that a group was handed again after a rebalance and that could not be distinguished from new ones. */
  'redelivered-uncounted': { group: string; records: number }
  other: Record<never, never>
}

/** Without its text: what judge code makes and passes on. */
export interface FindingFacts {
  code: FindingCode
  level: FindingLevel
  [field: string]: FindingField
}

/** As result.json holds it. One that was made from a sentence of a result with definitions 1 has no fields. */
export interface Finding extends FindingFacts {
  text: string
}

/** A finding with the fields of its code, and the level of its code. */
export function finding<C extends FindingCode>(code: C, fields: FindingFieldsByCode[C]): FindingFacts {
  return { ...fields, code, level: findingLevels[code] }
}

/** What bound a variant; the thresholds are in docs/measuring.md. */
export type BoundBy =
  | 'schedule'
  | 'client-cpu'
  | 'broker-cpu'
  | 'request-handlers'
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
