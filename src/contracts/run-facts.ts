import type { ErrorCode } from '../base/errors.ts'
import type { ClusterInfo, Environment, FindMaxSearch, ThresholdOutcome, Variant } from './result.ts'

// What a run's journal is made of: one line of JSON each. What was measured is in recordings/<n>.ndjson, a file per variant.

/** A variant as the run planned it. */
export interface PlannedRef {
  id: string
  client: string
  params: Record<string, string | number | boolean>
  /** From 1. */
  repeat: number
  /** Why its client cannot run it; null = it can. */
  unsupported: string | null
}

/** Distinguishes a process from a later one with the same pid; null where the system does not say when it started. */
export interface Supervisor {
  pid: number
  started: string | null
}

/** A session begins: a call of kbench. */
export interface RunBegun {
  type: 'run'
  runId: string
  /** ISO 8601. */
  startedAt: string
  /** Resolved. */
  profile: unknown
  /** As it was written; absent = the run cannot be resumed. */
  input?: unknown
  environment: Environment
  /** Digest of the layout's file and the variables that it takes. */
  layout: string
  supervisor: Supervisor
  /** Absent in journals of kbench 0.1. */
  variants?: PlannedRef[]
  /** Of `kbench find-max` alone. */
  findMax?: { sloMs: number; stepMs: number }
}

export interface VariantEnded {
  type: 'variant'
  id: string
  status: Variant['status']
  /** From 1. */
  session: number
  /** ISO 8601. */
  at: string
  /** Its recording, recordings/<n>.ndjson; null or absent = there is none. */
  recording?: number | null
  /** Of `result`: a cache, which an equal number makes good (contracts/result.ts, definitions). */
  definitions?: number
  /** The whole variant: --resume does not run it again. */
  result?: Variant
  /** What there is of one that was cut short: --resume runs it again. */
  partial?: Variant
  thresholds?: ThresholdOutcome[]
}

export type RunFact =
  | RunBegun
  | { type: 'cluster'; cluster: ClusterInfo }
  | { type: 'note'; text: string }
  | { type: 'begun'; id: string; session: number; at: string; recording: number | null }
  | VariantEnded
  /** The search as it stands, whole; the last one of an index counts. */
  | { type: 'search'; index: number; search: FindMaxSearch }
  | { type: 'error'; code: ErrorCode; message: string }
  /** The session is over; without it, it was killed. */
  | { type: 'over'; at: string; durationS: number; interrupted: boolean }
