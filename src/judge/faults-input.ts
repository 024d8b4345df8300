import type { FaultFact } from '../contracts/facts.ts'
import type { LagPoint } from '../recording/lag.ts'
import type { Leaders } from '../recording/partition-history.ts'
import type { Silences } from '../recording/silences.ts'
import type { CanaryRecord } from './canary-gaps.ts'

/** One occurrence of a fault, folded from its facts; times are ns of CLOCK_MONOTONIC. */
export interface FaultOccurrence {
  use: string
  /** In words: "broker 2, leader of partition 0". */
  target: string
  brokers: readonly number[]
  workers: readonly number[]
  /** What was done, in words; '' = it was not. */
  detail: string
  injectedNs: number
  verifiedNs: number | null
  evidence?: string
  healedNs: number | null
  problem: Extract<FaultFact, { is: 'failed' }>['problem'] | null
}

export interface FaultsInput {
  topic: string
  partitions: number
  /** In force for the topic; null = not known. */
  minInsyncReplicas: number | null
  /** In the order in which they began. */
  occurrences: readonly FaultOccurrence[]
  /** Origin of the time axis; all times are ns of CLOCK_MONOTONIC. */
  startNs: number
  measureFromNs: number
  /** Nothing was due from here on: the cut, wherever the load really ended. */
  loadEndNs: number
  /** Nothing is known from here on. */
  endNs: number
  leaders: Leaders
  canary: CanaryRecord & {
    /** Of its records by partition, ascending: they are taken out of lag. */
    offsets: readonly (readonly number[])[]
  }
  silences: Silences
  /** By the group's name in the profile; seconds count from the start. */
  lag: readonly { group: string; points: readonly LagPoint[] }[]
}
