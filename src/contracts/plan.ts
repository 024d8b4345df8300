import type { ConsumerSettings, ProducerSettings } from './clients.ts'
import type { FaultTarget } from './faults.ts'

// The plan of one variant: an immutable, serialisable value that is complete before anything starts. It holds no secret, no connection, and
// nothing that only the cluster knows: that arrives as the fact `topic` (contracts/facts.ts). Times are integer ns from the variant's start.

export type Role = { kind: 'producer'; index: number } | { kind: 'consumer'; group: string; member: number }

export type PhaseName = 'warmup' | 'measure' | 'drain'

/** A stretch of the schedule: the rate goes from perSec[0] to perSec[1], records/s over all producers, in a straight line. */
export interface Segment {
  fromNs: number
  toNs: number
  perSec: readonly [number, number]
}

/** When records are due; load/schedule.ts is the one place that computes with it. */
export interface ScheduleSpec {
  /** Ascending, from 0, without gaps; null = as fast as the client takes records (`max`). */
  segments: readonly Segment[] | null
  /** Records of the whole schedule, at most; null = no bound. */
  count: number | null
  /** Due times are those of a Poisson process with the segments' rates, drawn from `seed`. */
  poisson: boolean
  seed: number
}

/** The time axis: cut at every phase boundary, at every full second of a phase and at the schedule's own end. */
export interface AxisSpec {
  /** Start of each row and the end of the last. */
  edges: readonly number[]
  /** In order, without gaps; a phase of no length is left out. */
  phases: readonly { name: PhaseName; fromNs: number; toNs: number }[]
}

export interface GroupSpec {
  /** As the profile names it. */
  label: string
  /** Its name on the cluster. */
  group: string
  isolation: 'read_uncommitted' | 'read_committed'
  /** Where it begins in a topic whose records were there before; absent = at this run's first record. */
  from?: GroupStart
  /** Its name is the user's: it stays when the run is over. */
  stays?: true
}

export type GroupStart =
  | { at: 'earliest' | 'latest' }
  | { sinceMs: number }
  | { offsets: Readonly<Record<string, number>> }

/** One worker, without what only the cluster knows; `workersOf` makes the WorkerPlan of it. */
export interface WorkerSpec {
  /** Unique in the variant, dense from 0. */
  worker: number
  role: Role
  clientId: string
  producer: ProducerSettings | null
  consumer: ConsumerSettings | null
}

export interface FaultSpec {
  use: string
  /** ms from the start of the measure phase. */
  atMs: number
  /** null = to the end of the load. */
  forMs: number | null
  everyMs: number | null
  target: FaultTarget | null
  /** The fault's own options, as its schema takes them. */
  options: Readonly<Record<string, unknown>>
}

/** What a record is like. */
export interface RecordSpec {
  size: number | { uniform: readonly [number, number] } | { list: readonly number[] }
  keys: { cardinality: number; distribution: 'none' | 'sequential' | 'uniform' | 'zipf'; exponent: number }
  compressibility: number
  stampIn: 'value' | 'header'
}

/** What bounds one stage of a variant in time, ms; every stage has one. */
export type Stage = 'topic' | 'fill' | 'ready' | 'load' | 'drain' | 'stop' | 'audit' | 'clean-up'

/** What ends the load immediately; each absent = no such limit. */
export interface LimitSpec {
  /** Bytes of a record, key and value, on average: what limits in bytes are counted with. */
  recordBytes: number
  /** Records sent in a full second. Counts at rate max alone: a schedule above it is refused beforehand. */
  recordsPerSec?: number
  /** Of the whole run, as the profile has it, and what of it is left to this variant. `records`: where it bounds the schedule, which has no other end. */
  bytes?: { ofRun: number; left: number; records?: number }
  /** Records by which the lag of a group that is not this run's may rise. */
  foreignLag?: number
  /** Partitions. */
  underReplicated?: number
}

export interface VariantPlan {
  version: 1
  /** rehearsal: discarded load that warms the cluster; no audit, no faults, no thresholds. */
  kind: 'load' | 'rehearsal' | 'reference'
  id: string
  runId: string
  /** Position in the run. */
  index: number
  client: string
  workload: string
  params: Readonly<Record<string, string | number | boolean>>
  /** From 1. */
  repeat: number
  names: {
    topic: string
    /** It was there before, or is somebody else's: never deleted, and strangers' records in it are not corrupt. */
    ownTopic: boolean
    /** Begins the client id of everything that this variant starts. */
    clients: string
  }
  topic: {
    partitions: number
    replicationFactor: number
    config: Readonly<Record<string, string | number | boolean>>
    /** Which of the two the profile states; the others are defaults, which say nothing about a topic that is there. Absent = neither. */
    stated?: readonly ('partitions' | 'replicationFactor')[]
  }
  groups: readonly GroupSpec[]
  load: ScheduleSpec
  /** Records that are written before the measurement; null = none. Then `load` says nothing is due while measured. */
  fill: {
    records: number
    /** None is written: what is there is read, `records` by each group, 0 = all. */
    existing?: boolean
    /** What is there is timed by its own timestamps. */
    byTimestamp?: boolean
  } | null
  record: RecordSpec
  axis: AxisSpec
  /** How long drain may take after the end of the load, ms. */
  drainMs: number
  workers: readonly WorkerSpec[]
  /** Producers that share the schedule: producer p of W sends records p, p + W, … */
  producers: number
  acks: 0 | 1 | 'all'
  idempotence: boolean
  faults: readonly FaultSpec[]
  samplers: { lagMs: number; brokersMs: number; leadersMs: number }
  /** Endpoints of the brokers' metrics, host:port; absent = none. */
  metrics?: readonly string[]
  /** null = none. */
  canary: { partitions: number; recordsPerSec: number } | null
  /** Expressions as the profile has them; judge reads them. */
  thresholds: readonly unknown[]
  /** Absent = none. */
  limits?: LimitSpec
  audit: boolean
  deadlinesMs: Readonly<Record<Stage, number>>
  seed: number
  /** Tag in every stamp of this variant (load/stamp.ts). */
  run: number
}
