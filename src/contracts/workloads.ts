import type { ClientTally, Clock, ConsumerSettings, Driver, ProducerSettings } from './clients.ts'
import type { RecordSpec, Role, ScheduleSpec } from './plan.ts'
import type { Network } from './plugin.ts'

export type { Role }

/** What one worker is to do; plain and serialisable. It holds the network, and with it secrets: it is never written down. */
export interface WorkerPlan {
  /** Unique in the variant, dense from 0. */
  worker: number
  workload: string
  driver: string
  role: Role
  network: Network
  clientId: string
  /** As the cluster has it. */
  topic: { name: string; partitions: number; offline?: readonly number[]; maxMessageBytes?: number }
  producer: ProducerSettings | null
  consumer: ConsumerSettings | null
  record: RecordSpec
  /** All producers' together: producer p of W sends records p, p + W, … */
  schedule: ScheduleSpec
  producers: number
  /** Start of each row of the time axis and the end of the last, ns from the start. */
  edges: readonly number[]
  /** No record is due at or after this, ns from the start. */
  loadEndNs: number
  /** Nothing is handed over or waited for after this, ns from the start. */
  deadlineNs: number
  seed: number
  /** Tag in every stamp (load/stamp.ts). */
  run: number
  /** A fault is to come: the producers report when a partition was silent. */
  watchSilence: boolean
  /** The records are written before the consumers start: no due times, no end-to-end latency. */
  prefill: boolean
  /** They are whatever the topic holds: all of them count. */
  existing?: boolean
  /** They are timed by their own timestamps. */
  byTimestamp?: boolean
}

/** What a worker reports when it is done. */
export interface WorkerReport {
  /** Records handed to the client; the rest of what was due is unsent. */
  sent: number
  /** When the last of them was handed over, ns from the start; null = none was. */
  lastSentNs: number | null
  effectiveConfig: Record<string, unknown>
  recordsPerBatch: number | null
}

/** How a workload's part ends. */
export interface WorkerEnd extends WorkerReport {
  /** Leaves the cluster, after everything was reported: no measurement depends on it, and native clients have crashed in it. */
  close?: () => Promise<void>
}

/** The moment at which the supervisor ends the load, for all workers the same; ns of CLOCK_MONOTONIC. Infinity = as planned. */
export interface StopRequest {
  /** No record that is due at or after this is sent, and nothing is handed over after it. */
  atNs: number
  /** Acknowledgements are waited for until then. */
  untilNs: number
}

export interface WorkerContext {
  plan: WorkerPlan
  driver: Driver<unknown>
  clock: Clock
  /** Reports that everything is connected; resolves with the start time, ns of CLOCK_MONOTONIC, that all workers get. */
  ready(): Promise<number>
  /** Measurements since the start; not to be used before {@link ready} resolved. */
  recorder: Recorder
  /** Changes when the supervisor asks for the end. */
  stop: Readonly<StopRequest>
  /** Aborted: a consumer ends now; a producer looks at {@link stop}. */
  signal: AbortSignal
  /** Current number of records in flight, for the frames. */
  gauge(inFlight: () => number): void
  /** So many ns of this worker's time went into asking for room that was not there: not counted as use of its event loop. */
  waited?(ns: number): void
  /** Of a response, above 0 ms. */
  throttled?(ms: number): void
  tally?(tally: ClientTally): void
  assigned(partitions: readonly { topic: string; partition: number }[]): void
  /** Records of the load were received at this moment. */
  received(atNs: number): void
  delivered(topic: string, partition: number, from: number, to: number): void
  /** A record that another member may have been handed before (contracts/facts.ts, HandedOver), instead of {@link delivered}. */
  handedOver(partition: number, offset: number, dueNs: number, atNs: number): void
  /** A rebalance that this member has been through. `pauseMs`: null = no record came afterwards. */
  rebalanced(atNs: number, pauseMs: number | null, partitionsMoved: number): void
  event(kind: string, detail: string): void
}

/** Where a worker's measurements go; metrics/recorder implements it. */
export interface Recorder {
  at(atNs: number): EventCounts
  latency(name: LatencyName, atNs: number, valueNs: number): void
  settled(sequence: number, partition: number, outcome: number): void
  /** A record of a partition is handed over: from the first one on its silences count. Nothing happens where they are not watched. */
  due(partition: number, dueNs: number): void
  /** An acknowledgement of a record of a partition that was due at `dueNs`; as {@link due}. */
  acknowledged(partition: number, atNs: number, dueNs: number): void
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
  /** Of those sent: to partitions that were offline before the load began; absent = none. */
  toOffline?: number
}

/** Latencies, by the row in which the record was due (eventLoopDelay: in which it happened). */
export type LatencyName = 'response' | 'service' | 'endToEnd' | 'scheduleLag' | 'backpressure' | 'eventLoopDelay'

export interface Workload {
  summary: string
  /** Records are written before the measurement starts, and only then read. */
  prefill: boolean
  roles(load: { producers: number; groups: readonly { group: string; members: number }[] }): readonly Role[]
  run(context: WorkerContext): Promise<WorkerEnd>
}
