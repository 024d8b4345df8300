import type { Cluster, ClusterAccess, Driver, Network, WorkerPlan, Workload } from '../../contracts/api.ts'
import type { RunEvent, ThresholdOutcome, Variant } from '../../contracts/result.ts'
import type { Interval } from '../../load/intervals.ts'
import type { PlannedVariant } from '../../profile/plan.ts'
import type { ThresholdEntry } from '../../profile/threshold-entry.ts'
import type { Collector } from '../../recording/collector.ts'
import type { Delivered } from '../../recording/delivered.ts'
import type { Frame } from '../../recording/frame.ts'
import type { LagPoint } from '../../recording/lag.ts'
import type { PartitionHistory } from '../../recording/partition-history.ts'
import type { Silences } from '../../recording/silences.ts'
import type { Usage } from '../../recording/usage.ts'
import type { BrokerSampler } from '../../samplers/brokers.ts'
import type { MachineSampler } from '../../samplers/machine.ts'
import type { ThrottleSampler } from '../../samplers/throttle.ts'
import type { Canary } from './canary.ts'
import type { Crew } from './crew.ts'

/** One time that a fault of the profile was done; times are ns of CLOCK_MONOTONIC. */
export interface Occurrence {
  use: string
  target: string
  detail: string
  injectedNs: number
  verifiedNs: number | null
  healedNs: number | null
  /** Why it could not be done, was not seen, or could not be undone. */
  problem: string | null
}

/** What a live run tells while it goes on; every call is one step or one second. */
export interface Progress {
  stage(stage: string, detail: string): void
  tick(tick: Tick): void
  frame(variant: string, frame: Frame): void
  log(line: string): void
}

export interface Tick {
  variant: string
  phase: string
  atS: number
  sentPerSec: number
  ackedPerSec: number
  responseP99Us: number | null
  lagRecords: number | null
}

export interface VariantJob {
  variant: PlannedVariant
  runId: string
  /** Position in the run: makes topic and group names unique. */
  index: number
  cluster: Cluster
  driver: Driver<unknown>
  workload: Workload
  progress: Progress
  signal: AbortSignal
  /** Discarded load to warm the cluster: no audit. */
  rehearsal: boolean
  /** Judges thresholds while it runs; absent = there are none. */
  thresholds?: ThresholdWatch
}

/** The thresholds of one variant, from its first frame to its outcome. */
export interface ThresholdWatch {
  frame(plan: WorkerPlan, frame: Frame): void
  /** The first threshold with abortOnFail that can no longer be met, by what is known for certain so far. */
  broken(session: Session, nowNs: number): Broken | null
  /** Windows are judged while there still is a session. */
  over(session: Session): void
  outcomes(variant: Variant): ThresholdOutcome[]
}

export interface Broken {
  entry: ThresholdEntry
  value: number | null
  /** Start of the window, or end of what is known; s from the variant's start. */
  atS: number
}

/** Everything of a variant while it runs. */
export interface Session {
  job: VariantJob
  access: ClusterAccess
  network: Network
  topic: { name: string; partitions: number }
  groups: readonly { group: string; isolation: 'read_uncommitted' | 'read_committed' }[]
  run: number
  intervals: Interval[]
  plans: WorkerPlan[]
  collector: Collector
  delivered: Map<string, Delivered>
  lag: Map<string, LagPoint[]>
  brokers: BrokerSampler
  throttle: ThrottleSampler
  machine: MachineSampler
  usage: Usage
  events: RunEvent[]
  crew: Crew
  /** What went wrong by order of the profile, in the order in which it began. */
  faults: Occurrence[]
  canary: Canary | null
  /** Leaders and in-sync sets; null = not watched. */
  leaders: PartitionHistory | null
  silences: Silences
  rebalances: { plan: WorkerPlan; atNs: number; pauseMs: number | null; partitionsMoved: number }[]
  firstOffsets: ReadonlyMap<number, number>
  startNs: number
  endNs: number
  /** Aborted: the load is to end now, with a reason in words; what was measured is kept, drained and audited. */
  early: AbortController
}

/** Seconds from the start of the variant, to the ms. */
export function secondsOf(session: Pick<Session, 'startNs'>, atNs: number): number {
  return Math.round((atNs - session.startNs) / 1e6) / 1000
}
