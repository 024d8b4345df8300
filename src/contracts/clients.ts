import type { Clock } from '../base/clock.ts'
import type { ConnectionNeeds, Network, Plugin } from './plugin.ts'

export type { Clock }

/** A record on its way out. Workers pool these objects: a driver must not keep one after it settled it. */
export interface OutRecord {
  topic: string
  /** −1 = the client's own partitioner decides; the driver then writes the partition the record went to. */
  partition: number
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, Buffer> | undefined
  /** Its offset in the log, written by drivers whose client reports it, if the context asks for it. */
  offset?: number
  /** Index of this object in its producer's pool: small, dense, unique among the records in flight. */
  slot: number
  /** Sequence within its producer, from 0. */
  readonly sequence: number
  readonly dueNs: number
  /** When the driver was handed the record. */
  readonly sentNs: number
}

/** failed = refused before the append, for certain; unknown = it may be in the log. */
export type Outcome = { kind: 'acked' } | { kind: 'failed' | 'unknown'; error: string }

export const acked: Outcome = Object.freeze({ kind: 'acked' })

/** `atNs`: when the driver learned of it. */
export type Settled = (record: OutRecord, outcome: Outcome, atNs: number) => void

export type Partitioner =
  | 'murmur2'
  | 'crc32'
  | 'round-robin'
  | 'random'
  | 'sticky'
  | 'native'
  | { explicit: readonly number[] }

export interface ProducerSettings {
  acks: 0 | 1 | 'all'
  idempotence: boolean
  partitioner: Partitioner
  compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  batch: { lingerMs: number; maxBytes: number; maxRecords: number }
  /** Records handed to the client and not settled, per producer. */
  maxInFlight: number
  /** Produce requests in flight per broker connection. */
  maxInFlightRequests: number
  sendScope: 'topic' | 'partition'
  retries: number
  retryBackoffMs: number
  requestTimeoutMs: number
  /** From hand-over to the latest settlement. */
  deliveryTimeoutMs: number
  /** Raw settings of this client alone. */
  clientConfig: Readonly<Record<string, unknown>>
}

export interface ConsumerSettings {
  group: string
  /** Position among the members of the group, from 0. */
  member: number
  assignor: 'range' | 'roundrobin' | 'cooperative-sticky'
  /** consumer = KIP-848: the broker assigns, and neither assignor nor session settings count. */
  protocol: 'classic' | 'consumer'
  isolation: 'read_uncommitted' | 'read_committed'
  from: 'earliest' | 'latest'
  fetch: { maxWaitMs: number; minBytes: number; maxBytes: number; maxPartitionBytes: number }
  commitIntervalMs: number
  sessionTimeoutMs: number
  heartbeatMs: number
  instanceId: string | null
  /** Kafka's client.rack; absent = none, and records come from leaders. */
  clientRack?: string
  clientConfig: Readonly<Record<string, unknown>>
}

export interface DriverContext {
  network: Network
  clientId: string
  clock: Clock
  /** `maxMessageBytes`: largest batch that the topic takes; absent = not known. */
  topics: readonly { name: string; partitions: number; maxMessageBytes?: number }[]
  /** Write the offset into an acknowledged record. */
  reportOffsets?: boolean
  /** A response had this throttle time, above 0 ms: a quota of the broker. Called by drivers with `showsThrottle`. */
  throttled?(ms: number): void
  /** What the client reports of its own requests: only what is new since it reported last. */
  tally?(tally: ClientTally): void
  /** Something worth a line in the result's events: an error the client reported, a reconnect. */
  event(kind: string, detail: string): void
}

/** A sum, and of how many. */
export interface Sum {
  sum: number
  count: number
}

/** Of a client's own requests; what it does not report is absent. Times are in µs. */
export interface ClientTally {
  /** Per record: from the hand-over until it is part of a request, linger included. */
  queueUs?: Sum
  /** Per request: until it is written to its connection. */
  sendUs?: Sum
  /** Per request: from there to its response. */
  roundTripUs?: Sum
  /** Records, and the batches that they were in. */
  batch?: Sum
  requests?: number
  /** On the wire, of all requests and responses. */
  sentBytes?: number
  receivedBytes?: number
}

export interface ConsumerContext extends DriverContext {
  /** The whole assignment of this member, each time it changes (empty while revoked). */
  assigned(partitions: readonly { topic: string; partition: number }[]): void
  /** Partitions are paused, the group being joined and kept alive, until this resolves; null = read immediately. */
  hold: Promise<void> | null
  /** What of a record beside its value is looked at, where asking for it costs a client something; absent = all of it. */
  reads?: { headers: boolean; timestamps: boolean }
}

export interface Producer extends AsyncDisposable {
  /** What the client really uses, secrets left out. */
  effectiveConfig: Record<string, unknown>
  /** Records per produce request or batch where the client reports them, else null. */
  recordsPerBatch(): number | null
  /** Never throws; settles each record exactly once. */
  send(batch: readonly OutRecord[], settled: Settled): void
  /** Asks for outcomes that are there; called in every turn of the event loop while a load at rate max waits for room. */
  poll?(): void
  /** Disposing settles what is left as unknown within a second or so, and disconnects. */
}

export interface InRecord {
  topic: string
  partition: number
  offset: number
  /** ms since 1970, by the clock of whoever wrote it or of its broker; absent = the client does not report it. */
  timestampMs?: number
  value: Buffer | null
  headers: Readonly<Record<string, Buffer | string | undefined>> | null
}

export interface Consumer extends AsyncDisposable {
  effectiveConfig: Record<string, unknown>
  /**
   * Joins the group and delivers until aborted, then leaves the group having committed what was delivered. Waits for `onBatch`; records and
   * their values are good until then, for a client may use their memory again.
   */
  run(onBatch: (records: readonly InRecord[]) => void | Promise<void>, signal: AbortSignal): Promise<void>
}

export interface Driver<O> extends Plugin<O> {
  summary: string
  /** thread: safe in worker_threads; process: one forked process per worker (FACTS 1). */
  isolation: 'thread' | 'process'
  /** Threads of its library go on when the thread of its worker is ended or stopped: with faults each worker gets a process. */
  ownThreads?: boolean
  /** send() copies values before it returns: they may be overwritten immediately. */
  copiesValues?: boolean
  /** Records that it is handed in one turn of the event loop at most; absent = as suits clients that copy values, or do not. */
  turnRecords?: number
  /** The npm package it measures, for its version; absent = none. */
  package?: string
  /** It reports the throttle time of its responses. */
  showsThrottle?: boolean
  /** What to do where the package is not there: "npm i …" and what that needs. */
  install?: string
  /** Why this client cannot do what the settings ask for, or connect as is needed; null = it can. Pure. */
  unsupported(
    producer: ProducerSettings | null,
    consumer: ConsumerSettings | null,
    connection?: ConnectionNeeds | null,
  ): string | null
  /**
   * Looks for the native library that it calls without an npm package, and passes settings to it. Each happens in a
   * process of its own that may crash: the caller loads nothing. Never rejects.
   */
  inspect?(settings: readonly InspectedSettings[]): Promise<Inspection>
  producer(settings: ProducerSettings, context: DriverContext): Promise<Producer>
  consumer(settings: ConsumerSettings, context: ConsumerContext): Promise<Consumer>
}

export type InspectedSettings =
  | { of: 'producer'; settings: ProducerSettings }
  | { of: 'consumer'; settings: ConsumerSettings }

export interface Inspection {
  /** null = none can be used: `problem` says why. */
  library: { name: string; version: string; path: string; features: readonly string[] } | null
  problem: { code: 'environment' | 'profile'; message: string; hint: string | null } | null
  /** Settings that it refuses, in its own words; `index` of those that were given. null = all of them together. */
  refused: readonly { index: number; name: string | null; words: string }[]
}
