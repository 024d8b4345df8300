/** The result file: every field is explained in docs/results.md. Names carry units; unknown is null, never 0; every *S counts from the variant's start. */

import type { Bound, Finding } from './findings.ts'

export type { Bound, BoundBy, Finding, FindingCode, FindingLevel } from './findings.ts'

export const schemaVersion = 1

/** Of a run: a day of them at 45 s each. Profiles that plan more are refused, and so are results. */
export const variantsAtMost = 2000

/** Which definitions of docs/measuring.md the numbers of a result follow; absent in a result = 1. */
export const definitions = 2

export type Status = 'ok' | 'invalid' | 'failed' | 'unsupported' | 'interrupted'

export interface RunResult {
  schemaVersion: 1
  runId: string
  name: string
  /** See {@link definitions}; absent = 1. */
  definitions?: number
  /** ISO 8601. */
  startedAt: string
  durationS: number
  status: Exclude<Status, 'unsupported'>
  exitCode: number
  exitCodes: number[]
  /** The resolved profile: every default filled in, secrets replaced by their reference. */
  profile: Record<string, unknown>
  environment: Environment
  cluster: ClusterInfo
  variants: Variant[]
  thresholds: ThresholdOutcome[]
  /** What the reader should know of the whole run, one sentence each. */
  notes: string[]
  /** Stretches in which it ran: one, unless it was resumed. Absent in results of kbench 0.1. */
  sessions?: SessionInfo[]
  /** Of `kbench find-max` alone: its variants are the steps. */
  findMax?: FindMaxResult
}

export interface SessionInfo {
  /** From 1. */
  session: number
  /** ISO 8601. */
  startedAt: string
  /** To the end of its teardown; of one that was killed, to the end of its last whole variant. */
  durationS: number
  environment: Environment
  /** null = it ended before its cluster was there. */
  cluster: ClusterInfo | null
}

export type FindMaxVerdict =
  | 'SUSTAINED'
  | 'SLO_LATENCY'
  | 'LAG_GROWTH'
  | 'UNDER_SEND'
  | 'ERRORS'
  | 'THROTTLED'
  | 'CLIENT_BOUND'
  | 'INCONCLUSIVE'

export interface FindMaxResult {
  /** Highest response p99 that passes, µs. */
  sloUs: number
  /** Measure phase of a step; the confirmation takes three times as long. */
  stepS: number
  /** One per client and combination of the matrix. */
  searches: FindMaxSearch[]
  /** Over the matrix; absent = nothing numeric varies. */
  surface?: FindMaxSurface
}

export interface FindMaxSearch {
  params: Record<string, string | number | boolean>
  /** What limits it: SUSTAINED = nothing up to the highest rate asked for. */
  verdict: FindMaxVerdict
  /** Highest rate that passed three times as long, records/s; null = none. */
  confirmedPerSec: number | null
  /** Produce requests at that rate as the brokers count them, bytes/s; null = they do not report it. */
  confirmedWireBytesPerSec: number | null
  /** What the generator reached against the mock cluster with the same settings; null = not tested, and why is in the notes. */
  ceilingPerSec: number | null
  reasons: string[]
  steps: FindMaxStep[]
}

export interface FindMaxStep {
  /** Id of the step's variant. */
  variant: string
  kind: 'double' | 'halve' | 'bisect' | 'confirm'
  ratePerSec: number
  /** From 1; a failing step is tried once more. */
  attempt: number
  verdict: FindMaxVerdict
  /** Everything that was not held. */
  failed: FindMaxVerdict[]
  /** Acknowledged of offered, measure phase. */
  ackedShare: number
  responseP99Us: number | null
  /** Upper confidence bound of the fastest growing lag, records/s; null = no group, or not known. */
  lagSlopePerSec: number | null
  /** Longest mean delay that a broker imposed on producers, ms; null = the brokers do not report it. */
  throttleMs: number | null
  wireBytesPerSec: number | null
}

/** Confirmed rates over one numeric dimension, and the Universal Scalability Law fitted to each series of them. */
export interface FindMaxSurface {
  /** The dimension, "topic.partitions". */
  over: string
  fits: FindMaxFit[]
}

export interface FindMaxFit {
  /** What is the same in the series, the client first. */
  params: Record<string, string | number | boolean>
  points: { n: number; perSec: number }[]
  /** perSec = lambda · n ÷ (1 + sigma · (n − 1) + kappa · n · (n − 1)); null = too few points, see `reason`. */
  usl: { lambda: Interval; sigma: Interval; kappa: Interval; peakN: Interval | null } | null
  reason: string | null
}

/** An estimate with its 95 % confidence interval (bootstrap). */
export interface Interval {
  value: number
  low: number
  high: number
}

export interface Environment {
  kbench: string
  node: string
  os: string
  cpu: string
  cpus: number
  memoryBytes: number
  /** Client package → version. */
  clients: Record<string, string>
}

export interface ClusterInfo {
  provider: string
  layout: string
  kafkaVersion: string | null
  /** In words: what numbers from this cluster are good for. */
  transferable: string
  /** How kbench started the brokers' processes, beyond what the layout says: `nice`, `KBENCH_JVM_OPTS`. Absent where it did not. */
  brokerOptions?: Record<string, string | number>
  brokers: { id: number; host: string; port: number }[]
}

export interface ThresholdOutcome {
  expression: string
  /** Variant id. */
  variant: string
  /** With windows that of the worst one. */
  value: number | null
  ok: boolean
  /** Length of the windows in each of which it had to hold; absent = over the run. */
  windowS?: number
  /** How many windows there were, and how many of them missed it. */
  windows?: number
  windowsMissed?: number
  /** Start of the first window that missed it, or the end of what was known when it ended its variant. */
  atS?: number
  /** Start of the worst window. */
  worstAtS?: number
  /** It ended its variant early. */
  aborted?: true
}

/** Quantiles in µs; null where more records than 1 − q were not acked, or nothing was recorded. */
export interface Latency {
  count: number
  /** Due records that were not acked: they count as slower than any that was. */
  notAcked: number
  /** Values above the highest trackable one (1 h). */
  overflow: number
  min: number | null
  mean: number | null
  p50: number | null
  p90: number | null
  p95: number | null
  p99: number | null
  p999: number | null
  p9999: number | null
  max: number | null
  /** HDR histogram, V2 compressed encoding, base64; values in µs. */
  histogram: string
}

export interface Ledger {
  scheduled: number
  acked: number
  failed: number
  unknown: number
  unsent: number
}

export interface Integrity {
  /** Records that were compared with the log. */
  audited: number
  /** Of these, the ones in the log that were due in the measure phase. */
  auditedMeasure: number
  lost: number
  duplicated: number
  reordered: number
  redelivered: number
  corrupt: number
  failedButRead: number
  unknownRead: number
  /** End offset − first offset, summed over the partitions. */
  logRecords: number
  verdict: 'ok' | 'violated' | 'not-audited'
  /** Why not (or not all) was audited, and examples of what was violated. */
  reasons: string[]
}

export interface ProduceResult {
  offeredPerSec: number | null
  sentPerSec: number
  ackedPerSec: number
  ackedBytesPerSec: number
  recordsPerBatch: number | null
  responseUs: Latency | null
  serviceUs: Latency | null
  /** Error code → records. */
  errors: Record<string, number>
  /** Absent in results of earlier versions. */
  throttle?: ClientThrottle
  /** Absent in results of earlier versions. */
  client?: ClientParts
}

export interface ConsumeResult {
  receivedPerSec: number
  receivedBytesPerSec: number
  endToEndUs: Latency | null
  /** Of records that others wrote: received − the record's own timestamp, by the clock of another machine (`load.latency: timestamp`). */
  byTimestampUs?: Latency & { clock: 'other' }
  /** Absent in results of earlier versions. */
  throttle?: ClientThrottle
  /** Absent in results of earlier versions. */
  client?: ClientParts
}

export interface LagResult {
  maxRecords: number | null
  p99Records: number | null
  endRecords: number | null
  positionMaxRecords: number | null
  maxSeconds: number | null
  /** End of the load until lag 0; null = not drained. */
  drainS: number | null
}

/** Health of the load hosts alone. */
export interface Generator {
  scheduleLagUs: Latency
  backpressureUs: Latency
  eventLoopDelayUs: Latency
  cpuPercent: number | null
  rssBytes: number | null
  /** Total pause of garbage collections, ms, and the longest one. */
  gcMs: number
  gcMaxMs: number
  valid: boolean
  reasons: string[]
}

export interface BrokerUsage {
  id: number
  cpuPercent: number | null
  rssBytes: number | null
  diskBytes: number | null
  networkInBytes: number | null
  networkOutBytes: number | null
  // By its own metrics (`cluster.metrics`), over the measure phase; each absent = they were not read.
  /** Idle time of its request handlers, mean of the readings, each of which looks back a minute. */
  handlerIdlePercent?: number | null
  /** Of clients' produce and fetch requests. */
  inBytesPerSec?: number | null
  outBytesPerSec?: number | null
  /** The most at a time, of the partitions that it leads. */
  underReplicated?: number | null
}

/** What brokers' quotas did to a client, by the throttle time in the responses that it got while measured. */
export interface ClientThrottle {
  /** Longest throttle time of a response, ms, and the sum of all; whole ms, as the protocol has them. null = the client does not show them. */
  maxMs: number | null
  sumMs: number | null
  /** Responses with any. */
  responses: number | null
  /** Why it is not known; null = it is. */
  reason: string | null
}

/** Names of the figures in {@link ClientParts}, and of the columns of the timelines `client:producer` and `client:consumer`. */
export type ClientPart =
  | 'queueUs'
  | 'lingerUs'
  | 'sendUs'
  | 'roundTripUs'
  | 'throttleMs'
  | 'recordsPerBatch'
  | 'requestsPerSec'
  | 'sentBytesPerSec'
  | 'receivedBytesPerSec'

/**
 * What the client itself reports of its requests in measure. Values are means in µs (throttleMs in ms, per request),
 * records per batch, and requests and bytes on the wire a second over all workers of the kind. null = it does not
 * report that; `reasons` says why, for each that is null.
 */
export interface ClientParts extends Record<ClientPart, number | null> {
  reasons: Partial<Record<ClientPart, string>>
}

/** What a reference tool printed about its own run; no number here is kbench's. */
export interface ReferenceResult {
  /** "kafka-perf-test". */
  tool: string
  /** Of the tool, hence of the Java client. */
  version: string
  produce: {
    records: number
    /** Over the tool's whole run, its start included: the line it prints last; of several producers the sum. */
    recordsPerSec: number
    bytesPerSec: number
    /** From the lines that it prints every 5 s, those of the warm-up left out; null = there were none after it. */
    steadyRecordsPerSec: number | null
    /** From send() to the callback. Percentiles are null with several producers: they cannot be merged. */
    latencyMs: {
      mean: number
      max: number
      p50: number | null
      p95: number | null
      p99: number | null
      p999: number | null
    }
  } | null
  /** One per consumer group, one consumer each. */
  consume: {
    group: string
    records: number
    recordsPerSec: number
    bytesPerSec: number
    /** Without the time until the group was joined. */
    fetchRecordsPerSec: number
  }[]
  /** Command lines, without what is secret, and the lines they printed last. */
  runs: { command: string; printed: string }[]
}

/** What a broker's quotas did to clients, from its own metrics; mean delays of the measure phase, ms, null = none or unknown. */
export interface BrokerThrottle {
  id: number
  produceMs: number | null
  fetchMs: number | null
  requestMs: number | null
  /** Produce requests, all of them, while measured. */
  produceBytesPerSec: number | null
}

export interface RunEvent {
  atS: number
  kind: string
  topic?: string
  partition?: number
  broker?: number
  detail: string
}

export interface Timeline {
  atS: number[]
  columns: Record<string, (number | null)[]>
}

export interface FaultResult {
  /** Name of the fault, as in the profile. */
  use: string
  /** In words: "broker 2, leader of partition 0". */
  target: string
  /** What was done: "SIGKILL to broker 2". */
  detail: string
  /** Ids of the brokers and workers that were hit. Absent in results with definitions 1; judge/upgrade.ts fills them in. */
  brokers?: number[]
  workers?: number[]
  /** What became of it; null = it was done, seen and undone. Absent in results with definitions 1. */
  problem?: 'not-injected' | 'not-verified' | 'not-healed' | null
  injectedAtS: number
  /** Seen to have happened; null = not within its deadline, which makes the variant invalid. */
  verifiedAtS: number | null
  /** By what it was seen, where a fault can be seen in several ways (command). */
  evidence?: string
  /** Undone; null = it had nothing to undo, or the run ended first. */
  healedAtS: number | null
  /**
   * Seconds of undisturbed time right before it, which resolutionMs and the level of drainS are taken from; null = there was none, and both are
   * null. Absent in results with definitions 1.
   */
  calmBeforeS?: number | null
  /** Group → highest lag from the injection to the next fault, or the end. */
  lagPeak: Record<string, { records: number | null; seconds: number | null; atS: number | null }>
  /** Group → from the injection until lag was at most its p99 before for 5 s; null = not drained before the next fault, or not known (`calmBeforeS`). */
  drainS: Record<string, number | null>
  /** Group → records/s by which lag fell from its peak until drained. */
  drainRecordsPerSec: Record<string, number | null>
  /** From the injection until every partition is led by its preferred replica again; null = not before the end, or never left. */
  leadershipRestoredS: number | null
  /** Partition-seconds of the topic in the state, from the injection to the next fault or the end; null = not known. */
  underReplicatedS: number | null
  underMinIsrS: number | null
  offlineS: number | null
  /** A leader that was not in the last in-sync set that was seen; null = not known. */
  uncleanElections: number | null
  partitions: FaultPartition[]
}

/** All *Ms are lengths, or count from the injection; null = did not happen (or is not known). */
export interface FaultPartition {
  topic: string
  id: number
  leaderBefore: number | null
  /** First new leader. */
  leaderAfter: number | null
  /** Longest gap between acknowledged records of the canary, from its first probe on, while it sent. */
  unavailableMs: number | null
  /** The same of the measured client's own load, from its first record that was due in the partition. */
  clientGapMs: number | null
  /** What unavailableMs is exact to: the canary's longest gap in undisturbed time before the fault. */
  resolutionMs: number | null
  /** Until the first look at metadata that names another leader. */
  electionMs: number | null
  /** Until the canary's first acknowledgement after that. */
  firstAckMs: number | null
  /** Until the in-sync set was smaller. */
  isrShrunkMs: number | null
  /** Seconds until it was full again. */
  isrRestoredS: number | null
  /** False: it was still unavailable when the run ended, and unavailableMs counts up to then. */
  recovered: boolean
}

export interface Rebalance {
  group: string
  member: number
  /** Partitions were revoked, or (where none were) assigned. */
  atS: number
  /** From revocation to the first record that this member received afterwards; null = none came. */
  pauseMs: number | null
  /** Partitions this member has now and had not, or had and has not. */
  partitionsMoved: number
  /** eager, cooperative or consumer (KIP-848). */
  protocol: string
}

export interface Variant {
  /** Unique in the run: "client=kafkajs" (and "#2" for the second repetition). */
  id: string
  status: Status
  /** The texts of `findings`. */
  reasons: string[]
  /** What there is to say, the most important first; docs/findings.md lists the codes. Absent in results with definitions 1. */
  findings?: Finding[]
  /** What bound the variant; null = nothing was measured. Absent in results with definitions 1. */
  bound?: Bound | null
  params: Record<string, string | number | boolean>
  repeat: number
  /** In which of the run's sessions it ran; absent = in none, or in a result of kbench 0.1. */
  session?: number
  phases: { name: string; startS: number; endS: number }[]
  /** What the client really used, secrets left out. */
  effectiveConfig: { producer: Record<string, unknown> | null; consumer: Record<string, unknown> | null }
  ledger: Ledger
  integrity: Integrity
  produce: ProduceResult
  consume: ConsumeResult | null
  /** Consumer group → lag. */
  lag: Record<string, LagResult>
  generator: Generator
  brokers: BrokerUsage[] | null
  /** Absent or null = the brokers' metrics were not read. */
  throttle?: BrokerThrottle[] | null
  /** One entry per occurrence: a fault with `every` has several. */
  faults: FaultResult[]
  rebalances: Rebalance[]
  events: RunEvent[]
  /** One row a second. Columns: see docs/results.md. */
  series: { tickS: number[]; columns: Record<string, (number | null)[]> }
  /** Finer than a second or per partition: `lag` has a column "<group>/<topic>-<partition>" and "<group>" (sum), each also with ":position". */
  timelines: Record<string, Timeline>
  /** Response latency (service latency at rate max) per second of due time, encoded as in {@link Latency}. */
  heat: { atS: number[]; histograms: string[] }
  /** Only where the variant was a reference tool's: what it printed. */
  reference?: ReferenceResult
}
