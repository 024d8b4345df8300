import type { Clock, ConsumerSettings, Driver, ProducerSettings } from './clients.ts'
import type { Network } from './plugin.ts'

export type Role = { kind: 'producer'; index: number } | { kind: 'consumer'; group: string; member: number }

/** What one worker is to do; plain and serialisable. */
export interface WorkerPlan {
  /** Unique in the variant, dense from 0. */
  worker: number
  workload: string
  driver: string
  role: Role
  network: Network
  clientId: string
  topic: { name: string; partitions: number }
  producer: ProducerSettings | null
  consumer: ConsumerSettings | null
  load: {
    ratePerSec: number | 'max'
    /** Stop after so many records of the global schedule; null = at `loadEndNs`. */
    count: number | null
    size: number | { uniform: [number, number] } | { list: number[] }
    keys: { cardinality: number; distribution: 'none' | 'sequential' | 'uniform' | 'zipf'; exponent: number }
    compressibility: number
    stampIn: 'value' | 'header'
  }
  /** Producers that share the schedule: worker w of W sends records w, w + W, … */
  producers: number
  /** Start of each interval and the end of the last, ns from the start (core/intervals). */
  edges: Float64Array
  /** No record is due at or after this, ns from the start. */
  loadEndNs: number
  /** Nothing is handed over or waited for after this, ns from the start. */
  deadlineNs: number
  seed: number
  /** Tag in every stamp (core/stamp). */
  run: number
  /** A fault is to come: the producers tell when a partition was silent. */
  watchSilence: boolean
  /** The records are written before the consumers start: no due times, no end-to-end latency. */
  prefill: boolean
}

/** What a worker says when it is done. */
export interface WorkerReport {
  scheduled: number
  unsent: number
  effectiveConfig: Record<string, unknown>
  recordsPerBatch: number | null
  /** Leaves the cluster, once all this has been told: nothing that is measured depends on it, and native clients have crashed in it. */
  close?: () => Promise<void>
}

export interface WorkerContext {
  plan: WorkerPlan
  driver: Driver<unknown>
  clock: Clock
  /** Says that everything is connected; resolves with the start time, ns of CLOCK_MONOTONIC, that all workers get. */
  ready(): Promise<number>
  /** Measurements since the start; not to be used before {@link ready} resolved. */
  recorder: Recorder
  /** Aborted: end now, keep what there is. */
  signal: AbortSignal
  /** Current number of records in flight, for the frames. */
  gauge(inFlight: () => number): void
  /** So many ns of this worker's time went into asking for room that was not there: not counted as use of its event loop. */
  waited?(ns: number): void
  assigned(partitions: readonly { topic: string; partition: number }[]): void
  delivered(topic: string, partition: number, from: number, to: number): void
  /** A rebalance that this member has been through. `pauseMs`: null = no record came afterwards. */
  rebalanced(atNs: number, pauseMs: number | null, partitionsMoved: number): void
  event(kind: string, detail: string): void
}

/** Where a worker's measurements go; metrics/recorder implements it. */
export interface Recorder {
  at(atNs: number): EventCounts
  latency(name: LatencyName, atNs: number, valueNs: number): void
  settled(sequence: number, partition: number, outcome: number): void
  /** An acknowledgement of a partition, for its silences; nothing happens where they are not watched. */
  acknowledged(partition: number, atNs: number): void
  error(code: string): void
}

/** What is counted by when it happened. */
export interface EventCounts {
  sent: number
  acked: number
  ackedBytes: number
  failed: number
  unknown: number
  received: number
  receivedBytes: number
}

/** Latencies, by the interval in which the record was due (generator health: in which it happened). */
export type LatencyName = 'response' | 'service' | 'endToEnd' | 'scheduleLag' | 'backpressure' | 'eventLoopDelay'

export interface Workload {
  summary: string
  /** Records are written before the measurement starts, and only then read. */
  prefill: boolean
  roles(load: { producers: number; groups: readonly { group: string; members: number }[] }): readonly Role[]
  run(context: WorkerContext): Promise<WorkerReport>
}
