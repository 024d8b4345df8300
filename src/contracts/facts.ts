import type { ClientTally } from './clients.ts'
import type { PartitionState } from './faults.ts'
import type { FindingFacts } from './findings.ts'
import type { WorkerSpec } from './plan.ts'
import type { Integrity, ReferenceResult } from './result.ts'
import type { EventCounts, LatencyName, WorkerReport } from './workloads.ts'

// What a recording is made of. Facts are appended in the order in which they arrive, never changed, and are all that a result is assembled
// from. `atNs` is CLOCK_MONOTONIC of the machine that measured; the fact `started` gives the origin of a variant's time axis.

/** The non-zero counts of an HDR histogram as [index, count, …] (recording/counts.ts), with exact extremes, in µs. */
export interface SparseCounts {
  pairs: Float64Array
  total: number
  sumUs: number
  /** Infinity where total is 0. */
  minUs: number
  maxUs: number
  overflow: number
  negative: number
}

/** What a worker adds to one row of the time axis. */
export interface Cell {
  /** Row of the axis. */
  interval: number
  events: EventCounts
  latencies: Partial<Record<LatencyName, SparseCounts>>
}

/** Offsets [from, to] that a group member was handed without a gap. */
export interface OffsetRange {
  topic: string
  partition: number
  from: number
  to: number
}

/** When a producer had no acknowledgements from a partition; ns of CLOCK_MONOTONIC. */
export interface Silence {
  /**
   * [partition, from, to, …]: gaps longer than `shortestSilenceNs` between two acknowledgements, or between the due time of the first record
   * and its acknowledgement, that ended since the last frame.
   */
  gaps: Float64Array
  /** Due time of the first record by partition; NaN = none was due yet. */
  firstDues: Float64Array
  /** Last acknowledgement by partition; NaN = none yet. */
  lastAcks: Float64Array
  /** By partition: the longest of the gaps that ended since the last frame and are too short for `gaps`, ns; 0 = none. */
  longestNs: Float64Array
}

/**
 * Records that a member was handed right after a partition was assigned to it in the midst of a run: some of them another member may have
 * been handed before. They are reported one by one, and counted once a group.
 */
export interface HandedOver {
  partition: number
  offsets: Float64Array
  /** Due times, ns of CLOCK_MONOTONIC. */
  dueNs: Float64Array
  /** When they were handed over. */
  atNs: Float64Array
}

/** Throttle times in a client's responses, whole ms each. */
export interface ThrottleTimes {
  responses: number
  sumMs: number
  maxMs: number
}

/** What a worker sends at every full second of the axis and when it ends: only what is new since the last one. */
export interface FrameFact {
  fact: 'frame'
  worker: number
  atNs: number
  cells: Cell[]
  /** Error code → records. */
  errors: Record<string, number>
  inFlight: number
  /** null = not watched. */
  silence: Silence | null
  /** Consumers: what was handed over since the last frame. */
  delivered: OffsetRange[]
  handedOver: HandedOver[]
  /** When the first and the last record since the last frame were received; null = none was. */
  receivedNs: { first: number; last: number } | null
  /** Of the worker's event loop since the last frame, 0 to 1. */
  utilisation: number
  gcMs: number
  gcMaxMs: number
  /** Since the last frame, of the responses that had any; absent = the client does not show them. */
  throttle?: ThrottleTimes
  /** Since the last frame; absent = the client has reported nothing. */
  tally?: ClientTally
}

export interface TopicFact {
  fact: 'topic'
  atNs: number
  name: string
  /** What the topic really has; null = could not be asked. */
  partitions: number
  replicationFactor: number | null
  minInsyncReplicas: number | null
  maxMessageBytes: number | null
  /** kbench made it for this variant. */
  created: boolean
  /** By partition; null = nobody leads it. */
  firstOffsets: readonly (number | null)[]
  /** Where it is not what the profile says. */
  differs: readonly { what: string; planned: string; actual: string }[]
  /** By group and partition: where it begins in what was there; absent = at the first offsets. */
  starts?: Record<string, readonly (number | null)[]>
  /** Records are removed when they are so old, ms; absent = never, or not known. */
  retentionMs?: number
  /** Permissions that the user of the connection lacks, and what that costs; absent = none that is known. */
  lacking?: { operation: string; resource: string; without: string }[]
  /** Records with a later one of the same key may be removed from it; absent = they are not. */
  compacted?: boolean
  /** Partitions that nobody led, or that took no record, 10 s long before the load; absent = none. */
  offline?: readonly number[]
  /** Brokers with a replica of it that were not there; absent = none. */
  brokersDown?: readonly number[]
  /** Records that asked whether the partitions are there, before the first offsets; absent = none. */
  probes?: number
}

export interface FilledFact {
  fact: 'filled'
  atNs: number
  scheduled: number
  acked: number
  failed: number
  unknown: number
  errors: Record<string, number>
}

export interface StartedFact {
  fact: 'started'
  atNs: number
  /** Origin of the time axis, ns of CLOCK_MONOTONIC. */
  startNs: number
  /** The same moment, ms since 1970. */
  wallMs: number
}

export type WorkerFact = { fact: 'worker'; atNs: number; worker: number } & (
  | { is: 'joined'; spec: WorkerSpec }
  | { is: 'ready' | 'paused' | 'resumed' | 'killed' | 'left' }
  | { is: 'assigned'; partitions: number }
  | { is: 'done'; report: WorkerReport }
  | { is: 'lost'; reason: string; hint: string | null; silentS: number | null }
)

export interface LagFact {
  fact: 'lag'
  atNs: number
  /** By partition; null = unknown. */
  ends: readonly (number | null)[]
  /** By the group's name on the cluster. */
  groups: Record<string, { committed: readonly (number | null)[]; positions: readonly (number | null)[] }>
}

/** Cumulative counters and levels, as they were read; null = unknown. */
export type UsageFact = { fact: 'usage'; atNs: number } & (
  | { of: 'host'; host: number; cpuMs: number; rssBytes: number }
  | {
      of: 'broker'
      broker: number
      cpuMs: number | null
      rssBytes: number | null
      diskBytes: number | null
      networkInBytes: number | null
      networkOutBytes: number | null
      /** Processors that it may use: those of its CPU set, or the share of time that its group may take. */
      cores: number | null
    }
  | {
      of: 'machine'
      /** Processors' time since boot, all of them together. */
      busyMs: number | null
      totalMs: number | null
      /** Time in which some task waited for a processor, or for the disk (Linux PSI, `some total`), ms since boot. */
      cpuStallMs: number | null
      ioStallMs: number | null
      /** Time with a request under way of the busiest disk, ms since boot, by device. */
      diskBusyMs: Record<string, number> | null
      /** Bytes since boot, by interface and direction: `eth0 in`, `eth0 out`; loopback is `lo`. */
      networkBytes: Record<string, number> | null
      /** Speed of each physical interface that reports one, bytes/s in each direction. */
      linkBytesPerSec: Record<string, number> | null
    }
)

export interface QuotaFact {
  fact: 'quota'
  atNs: number
  broker: number
  produceMs: number | null
  fetchMs: number | null
  requestMs: number | null
  produceBytes: number | null
}

/** A broker by its own metrics, of whichever cluster; counters and levels as they were read, null = not known. */
export interface MetricsFact {
  fact: 'metrics'
  atNs: number
  broker: number
  /** Of its request handlers' time, 0 to 1, over the last minute. */
  handlerIdle: number | null
  /** Of produce and fetch requests of clients since the broker began. */
  bytesIn: number | null
  bytesOut: number | null
  /** Partitions that it leads. */
  underReplicated: number | null
}

/** One attempt to read one endpoint of `cluster.metrics`; `problem` null = it answered. */
export interface ScrapeFact {
  fact: 'scrape'
  atNs: number
  endpoint: string
  problem: string | null
}

/** What is watched for the profile's limits beside the load itself; null = not known, or not asked for. */
export interface GuardFact {
  fact: 'guard'
  atNs: number
  /** The group that is not this run's whose lag has risen most since it was seen first; records. `group` null = there is none. */
  foreign: { group: string | null; lag: number; risen: number } | null
  /** Partitions of the topic with fewer replicas in sync than they have. */
  underReplicated: number | null
  /** Why something is not known; null = nothing failed. */
  problem: string | null
}

export interface LeadersFact {
  fact: 'leaders'
  atNs: number
  /** As first seen; otherwise a change. */
  initial: boolean
  states: readonly PartitionState[]
}

/**
 * Acknowledgements of the canary since the last such fact: [partition, offset, acknowledged at ns, …]; offset −1 = not known. The first such
 * fact comes with the first probe of every partition and has none; all acknowledgements until `atNs` have been reported.
 */
export interface CanaryFact {
  fact: 'canary'
  atNs: number
  acks: Float64Array
}

/** From here on no probe was sent any more: what is missing after it says nothing. `problem`: why, when it was not by order. */
export interface CanaryStoppedFact {
  fact: 'canary-stopped'
  atNs: number
  problem: string | null
}

export type FaultFact = { fact: 'fault'; atNs: number; occurrence: number } & (
  | { is: 'begun'; use: string }
  | {
      is: 'injected'
      target: string
      brokers: readonly number[]
      workers: readonly number[]
      detail: string
    }
  | { is: 'verified'; evidence?: string }
  | { is: 'healed' }
  | { is: 'failed'; problem: 'not-injected' | 'not-verified' | 'not-healed'; target: string; detail: string }
)

export interface RebalanceFact {
  fact: 'rebalance'
  atNs: number
  worker: number
  /** null = no record came afterwards. */
  pauseMs: number | null
  partitionsMoved: number
}

export interface EventFact {
  fact: 'event'
  atNs: number
  kind: string
  detail: string
  worker?: number
  partition?: number
  broker?: number
}

/** The one cut of everything: nothing was due at or after `loadEndNs` (ns from the start). */
export interface LoadEndedFact {
  fact: 'load-ended'
  atNs: number
  loadEndNs: number
  by: 'plan' | 'count' | 'threshold' | 'limit' | 'interrupt'
  /** null = as planned. */
  why: FindingFacts | null
}

export interface AuditedFact {
  fact: 'audited'
  atNs: number
  integrity: Integrity
  /**
   * By the group's name on the cluster: records that were acknowledged, due in the measure phase and read in the log, by whether the group
   * was handed them. Empty where nothing was audited.
   */
  groups: Record<string, { received: number; notReceived: number }>
}

export interface ReferenceFact {
  fact: 'reference'
  atNs: number
  result: ReferenceResult
  durationS: number
}

/** The variant is over: nothing follows. */
export interface OverFact {
  fact: 'over'
  atNs: number
}

export type Fact =
  | TopicFact
  | FilledFact
  | StartedFact
  | WorkerFact
  | FrameFact
  | LagFact
  | UsageFact
  | QuotaFact
  | GuardFact
  | MetricsFact
  | ScrapeFact
  | LeadersFact
  | CanaryFact
  | CanaryStoppedFact
  | FaultFact
  | RebalanceFact
  | EventFact
  | LoadEndedFact
  | AuditedFact
  | ReferenceFact
  | OverFact

export type FactName = Fact['fact']
