import type { z } from 'zod'
import type { Profile } from './profile.ts'
import type { Integrity, ReferenceResult, RunResult } from './result.ts'

/** What every plugin has: the zod object that checks its options and fills in defaults. */
export interface Plugin<O> {
  options: z.ZodType<O>
}

/** How to reach the cluster; plain and serialisable, so that it can go to a worker. */
export interface Network {
  bootstrap: readonly string[]
  security?: Security
}

export interface Security {
  tls?: boolean
  /** PEM text. */
  ca?: string
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
}

// ── clusters ────────────────────────────────────────────────────────────────

export interface ProvisionContext {
  /** Unique on this machine; names everything the provider creates. */
  runId: string
  /** Folder for state and logs; the caller created it. */
  directory: string
  signal: AbortSignal
  /** One line of progress for people. */
  say(line: string): void
  /** What the run's faults need of the cluster; a provider that cannot have one throws `environment`. */
  features?: ReadonlySet<ClusterFeature>
  /** A cluster that people work with and that may come back, not one of a run. */
  standing?: Standing
}

/** Its ports are those that the layout names. */
export interface Standing {
  /** Folder for the data of its nodes, where the provider keeps it in one. What lies there is used again. */
  data: string
  /** The id under which Kafka knows it again, 22 characters of base64url. */
  clusterId: string
  /** Asked when it is disposed of: is its data to stay? */
  keep(): boolean
}

/**
 * isolation: every broker in a network namespace of its own, so that it can be cut off. proxies: what the brokers advertise is a
 * Toxiproxy in front of each. small-disks: each broker's log directory on a file system of its own, small enough to be filled.
 * metrics: the brokers tell of their quotas, where the provider can have that; a wish, not a need.
 */
export type ClusterFeature = 'isolation' | 'proxies' | 'small-disks' | 'metrics'

export interface ClusterProvider<O> extends Plugin<O> {
  /** One line for `kbench list`. */
  summary: string
  /** What numbers from such a cluster are good for, in words (result.cluster.transferable). */
  transferable: string
  /** Can it run here? A reason when not. Used by provider auto and by doctor. Must not take more than a few seconds. */
  available(options: O, signal: AbortSignal): Promise<{ ok: true } | { ok: false; reason: string; hint: string }>
  /** Starts it and waits until every broker is registered; tears everything down again before it throws. */
  provision(options: O, context: ProvisionContext): Promise<Cluster>
  /** What it needs on this machine and what it found, for doctor. Must not take more than a few seconds. */
  findings?(options: O, signal: AbortSignal): Promise<Finding[]>
  /** Removes the data that a cluster of `ProvisionContext.standing` kept outside of its folder; `runId` as it was provisioned with. */
  forget?(runId: string): Promise<void>
  /** Removes whatever runs of this provider left on the machine whose supervisor is dead; returns a line per thing removed. */
  clean?(signal: AbortSignal): Promise<string[]>
}

export interface Finding {
  what: string
  /** Version, path or the like; null = not there. */
  found: string | null
  /** What to do about it, where something is to be done. */
  hint?: string
}

export interface Cluster extends AsyncDisposable {
  network: Network
  nodes: readonly BrokerNode[]
  describe(): Promise<ClusterFacts>
  /** Topics that cannot be created by the protocol (mock) are created here, and go with the cluster; absent = use the Admin. */
  createTopic?(name: string, partitions: number, replicationFactor: number): Promise<void>
  /** How kbench itself talks to a cluster that does not speak Kafka's protocol (fake); absent = as to any Kafka. */
  access?: ClusterAccess
  /** A command that prints the last lines of its services' logs, of all of them where none is named. */
  logCommand?(wanted: { services: readonly string[]; tail: number; follow: boolean }): string[]
}

/** What kbench asks of a cluster around the measurement: topics, offsets, lag, the log. */
export interface ClusterAccess {
  /** Creates it, waits until it takes records; true = it was not there before. */
  createTopic(spec: TopicSpec, signal: AbortSignal): Promise<boolean>
  /** First or end offsets by partition. */
  offsets(topic: string, at: 'earliest' | 'latest'): Promise<ReadonlyMap<number, number>>
  lagSampler(options: LagSamplerOptions): LagSampler
  /** Reads the log from the given offsets to its end and compares it with the ledgers. */
  audit(request: AuditRequest): Promise<Integrity>
  /** Deletes a topic (null = none) and groups; returns what could not be deleted. */
  remove(topic: string | null, groups: readonly string[]): Promise<string[]>
  /** Throws when the cluster is gone; absent = it cannot go. */
  answers?(): Promise<void>
}

export interface TopicSpec {
  name: string
  partitions: number
  replicationFactor: number
  config: Readonly<Record<string, string | number | boolean>>
}

/** One look at the log's ends and the groups' committed offsets, by partition; null = unknown (no answer in time). */
export interface LagSample {
  /** CLOCK_MONOTONIC, when the end offsets were known. */
  atNs: number
  ends: (number | null)[]
  groups: Record<string, { committed: (number | null)[] }>
}

export interface LagSampler extends AsyncDisposable {
  sample(): Promise<LagSample>
}

export interface LagSamplerOptions {
  topic: string
  partitions: number
  groups: readonly { group: string; isolation: 'read_uncommitted' | 'read_committed' }[]
  /** Where a group without a commit starts, by partition. */
  startOffsets: ReadonlyMap<number, number>
  nowNs(): number
}

export interface AuditRequest {
  topic: string
  partitions: number
  /** Offsets before the first record of this variant, by partition. */
  firstOffsets: ReadonlyMap<number, number>
  /** Tag in the stamps of this variant. */
  run: number
  ledgers: readonly AuditedLedger[]
  /** The topic holds nothing but this run's records: a record without a stamp is corrupt, not a stranger's. */
  exclusive: boolean
  /** [start, end) of the measure phase, ns of CLOCK_MONOTONIC. */
  measure: readonly [number, number]
  redelivered: number
  idempotence: boolean
  signal: AbortSignal
}

/** Outcome and partition of every record of one producer, by sequence; plain and serialisable. */
export interface AuditedLedger {
  producer: number
  length: number
  outcomes: Uint8Array
  partitions: Uint16Array
}

export interface ClusterFacts {
  layout: string
  kafkaVersion: string | null
}

export interface BrokerNode {
  id: number
  host: string
  port: number
  /** Process to sample on this machine, where there is one. */
  pid?: number | undefined
  /** Sends a signal to the broker's process; SIGSTOP and SIGCONT stop and go on with all of it. */
  signal?(signal: NodeJS.Signals): Promise<void>
  /** Starts it again once it has ended; resolves when the process is there, not when the broker is. */
  start?(): Promise<void>
  /** Drops what goes to and from it; disposing lets it through again. With feature `isolation` only. */
  isolate?(from: IsolatedFrom): Promise<AsyncDisposable>
  /** The Toxiproxy in front of its client listener. With feature `proxies` only. */
  proxy?: BrokerProxy
  /** Folder of its log data on this machine and as the broker names it. With feature `small-disks` only. */
  disk?: { path: string }
  usage?(): Promise<NodeUsage>
  /** Its quotas' metrics in Prometheus' text format. With feature `metrics` only. */
  metricsUrl?: string
}

export type IsolatedFrom = 'all' | 'clients' | 'peers'

/** A proxy of Toxiproxy, by its HTTP interface. */
export interface BrokerProxy {
  /** Adds a toxic, "latency" or the like, in one direction; disposing removes it. */
  toxic(
    type: string,
    stream: 'upstream' | 'downstream',
    attributes: Readonly<Record<string, number>>,
  ): Promise<AsyncDisposable>
  /** Disabled: closes every connection and takes no new one; disposing enables it. */
  disable(): Promise<AsyncDisposable>
}

/** Cumulative counters and levels of one broker process or container; null = unknown. */
export interface NodeUsage {
  cpuMs: number | null
  rssBytes: number | null
  diskBytes: number | null
  networkInBytes: number | null
  networkOutBytes: number | null
}

// ── faults ──────────────────────────────────────────────────────────────────

export type FaultSubject = 'broker' | 'topic' | 'consumer' | 'producer'

/** What a fault acts on, as a profile names it. */
export type FaultTarget =
  | 'random'
  | 'all'
  | 'controller'
  | { broker: number }
  | { leaderOf: number }
  | { followerOf: number }
  | { coordinatorOf: string }
  | { member: number; group?: string | undefined }
  | { producer: number }

/** Something that goes wrong, or is done to a cluster under load. */
export interface Fault<O> extends Plugin<O> {
  summary: string
  on: FaultSubject
  /** When the profile names no target; null = this fault needs none. */
  target: FaultTarget | null
  /** The target is what others will be like (add-members), and may have ended itself. */
  targetIsModel?: true
  /** What it needs beside a cluster that kbench started, for people: "root", "NET_ADMIN", "Toxiproxy". */
  needs: readonly string[]
  /** What the provider has to prepare before it starts the cluster. */
  features: readonly ClusterFeature[]
  /** Why a cluster of this provider cannot have it; null = it can. Pure: asked before anything starts. */
  refused(provider: string): string | null
  /** Has to be seen to have happened within this, ms; default 2000. */
  verifyMs?: number
  /** Makes it happen. What it did is undone by disposing (heal), also when the run throws. */
  inject(options: O, context: FaultContext): Promise<InjectedFault>
}

export interface InjectedFault extends AsyncDisposable {
  /** When it happened, ns of CLOCK_MONOTONIC, where that is known better than when inject() was called. */
  atNs?: number
  /** What was done, in words: "SIGKILL to broker 2". */
  detail: string
  /** Seen to have happened; asked again until it is true or its time is over. */
  verify(): Promise<boolean>
  /** Resolves when it is over by itself, which is before `for` for what has an end of its own (a rolling restart); absent = when `for` is over. */
  done?: Promise<void>
}

/** What a fault may use. Everything about one occurrence of it. */
export interface FaultContext {
  cluster: Cluster
  /** The targets, where the fault is on brokers. */
  brokers: readonly BrokerNode[]
  topic: { name: string; partitions: number }
  /** Partition state as a broker tells it now. */
  metadata(): Promise<ClusterState>
  /** Members and producers of the run that are the target, and what can be done to them. */
  workers: FaultWorkers
  /** A number in [0, n), from the profile's seed. */
  below(n: number): number
  signal: AbortSignal
  /** For the result's events and the terminal. */
  note(detail: string): void
}

/** The load side as a fault sees it. */
export interface FaultWorkers {
  targets: readonly number[]
  /** Ends a worker as a crash would: no goodbye to the broker. */
  kill(worker: number): Promise<void>
  /** Stops a worker's whole thread or process until disposed. */
  pause(worker: number): Promise<AsyncDisposable>
  /** Ends a member as an application would: commits and leaves. */
  leave(worker: number): Promise<void>
  /** Starts a further member of a group, or a worker like one that is gone; resolves with it when it is at work. */
  join(like: number): Promise<number>
  isRunning(worker: number): boolean
}

export interface ClusterState {
  brokers: readonly { id: number; host: string; port: number; rack: string | null }[]
  controllerId: number
  partitions: readonly PartitionState[]
}

export interface PartitionState {
  partition: number
  /** −1 = none. */
  leader: number
  /** Grows with every election; −1 = the broker does not tell. */
  leaderEpoch: number
  isr: readonly number[]
  /** The first is the preferred leader. */
  replicas: readonly number[]
}

// ── clients ─────────────────────────────────────────────────────────────────

/** Where the time of day and the monotonic clock come from; a fake one in tests. */
export interface Clock {
  /** CLOCK_MONOTONIC, ns, as a double: common to all threads and processes of a machine. */
  nowNs(): number
  /** Resolves no earlier than `atNs`, or when aborted. */
  sleepUntil(atNs: number, signal?: AbortSignal): Promise<void>
}

/** A record on its way out. Workers pool these objects: a driver must not keep one after it settled it. */
export interface OutRecord {
  topic: string
  /** −1 = the client's own partitioner decides; the driver then writes the partition the record went to. */
  partition: number
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, Buffer> | undefined
  /** Where it went in the log, written by drivers whose client tells, if the context asks for it. */
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
  clientConfig: Readonly<Record<string, unknown>>
}

export interface DriverContext {
  network: Network
  clientId: string
  clock: Clock
  topics: readonly { name: string; partitions: number }[]
  /** Write the offset into an acknowledged record. */
  tellOffsets?: boolean
  /** Something worth a line in the result's events: an error the client reported, a reconnect. */
  event(kind: string, detail: string): void
}

export interface ConsumerContext extends DriverContext {
  /** The whole assignment of this member, each time it changes (empty while revoked). */
  assigned(partitions: readonly { topic: string; partition: number }[]): void
  /** Partitions are paused, the group being joined and kept alive, until this resolves; null = read at once. */
  hold: Promise<void> | null
}

export interface Producer extends AsyncDisposable {
  /** What the client really uses, secrets left out. */
  effectiveConfig: Record<string, unknown>
  /** Records per produce request or batch where the client tells, else null. */
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
  value: Buffer | null
  headers: Readonly<Record<string, Buffer | string | undefined>> | null
}

export interface Consumer extends AsyncDisposable {
  effectiveConfig: Record<string, unknown>
  /** Joins the group and delivers until aborted, then leaves the group having committed what was delivered. Waits for `onBatch`. */
  run(onBatch: (records: readonly InRecord[]) => void | Promise<void>, signal: AbortSignal): Promise<void>
}

export interface Driver<O> extends Plugin<O> {
  summary: string
  /** thread: safe in worker_threads; process: one forked process per worker (FACTS 1). */
  isolation: 'thread' | 'process'
  /** send() copies values before it returns: they may be written anew at once. */
  copiesValues?: boolean
  /** The npm package it measures, for its version; absent = none. */
  package?: string
  /** What to do where the package is not there: "npm i …" and what that needs. */
  install?: string
  /** Why this client cannot do what the settings ask for; null = it can. Pure. */
  unsupported(producer: ProducerSettings | null, consumer: ConsumerSettings | null): string | null
  producer(settings: ProducerSettings, context: DriverContext): Promise<Producer>
  consumer(settings: ConsumerSettings, context: ConsumerContext): Promise<Consumer>
}

// ── reports ─────────────────────────────────────────────────────────────────

export interface ReportFile {
  /** Relative path inside the run's folder, "report.html". */
  name: string
  body: string | Uint8Array
}

export interface Report {
  summary: string
  /** Renders from stored results alone: no I/O, no clock. */
  render(results: readonly RunResult[]): Promise<readonly ReportFile[]>
}

// ── references ──────────────────────────────────────────────────────────────

/** What a reference tool is to do: the load of a variant, with that variant's settings in the tool's own words. */
export interface ReferenceJob {
  network: Network
  topic: { name: string; partitions: number }
  kafkaVersion: string | null
  /** Records per second over all producers, or as fast as it goes. */
  ratePerSec: number | 'max'
  /** Records over all producers; null = as many as fit into the time. */
  count: number | null
  /** How long, warm-up included. */
  durationS: number
  warmupS: number
  recordBytes: number
  producers: number
  producer: ProducerSettings | null
  /** One per group. */
  consumers: readonly ConsumerSettings[]
  /** The topic is filled first, and then read; otherwise both happen at once. */
  prefill: boolean
  /** Folder for the tool's output. */
  directory: string
  signal: AbortSignal
  say(line: string): void
}

/** A well-known tool of another language, run beside the clients on the same cluster. */
export interface Reference {
  summary: string
  /** Why it cannot measure this variant; null = it can. Pure. */
  unsupported(profile: Profile): string | null
  /** Throws `environment` when the tool cannot be had. */
  run(job: ReferenceJob): Promise<ReferenceResult>
}

// ── workloads ───────────────────────────────────────────────────────────────

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
