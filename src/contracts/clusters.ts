import type { AuditReport, AuditRequest } from './audit.ts'
import type { PermissionNeed } from './permissions.ts'
import type { Network, Plugin } from './plugin.ts'

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
  /** The load has a schedule to keep: where it shares a machine with the brokers it goes first (ADR 16). */
  paced?: boolean
  /** A cluster that people work with and that may come back, not one of a run. */
  standing?: Standing
}

/** Its ports are those that the layout names. */
export interface Standing {
  /** Folder for the data of its nodes, where the provider keeps it in one. Files that are there are used again. */
  data: string
  /** The id under which Kafka knows it again, 22 characters of base64url. */
  clusterId: string
  /** Asked when it is disposed of: is its data to stay? */
  keep(): boolean
}

/**
 * isolation: every broker in a network namespace of its own, so that it can be cut off. proxies: the brokers advertise
 * a Toxiproxy in front of each. small-disks: each broker's log directory on a file system of its own, small enough to
 * be filled. metrics: the brokers report their quotas, where the provider supports that. It is a wish, not a need.
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
  /** How a cluster that is there already is reached, secrets resolved; nothing is asked of it. Absent = it is started. Throws `environment`. */
  network?(options: O): Promise<Network>
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
  /** Those of these permissions that the user lacks for certain; absent = there are none to have. */
  missingPermissions?(needs: readonly PermissionNeed[]): Promise<PermissionNeed[]>
  /** Looks for it and creates it only where it is not there; true = it was not there before. What is there is left as it is. */
  createTopic(spec: TopicSpec, signal: AbortSignal): Promise<boolean>
  /** What the topic really is; null = it cannot be asked. `settings`: names of settings that are wanted beside those that always are. */
  describeTopic(name: string, settings?: readonly string[]): Promise<TopicDescription | null>
  /**
   * Waits, 10 s at most, until each partition has answered a probe; resolves with what is not there. Throws `environment` where the topic
   * refuses records of that kind. Absent = all is there.
   */
  probe?(topic: { name: string; partitions: number }, options: ProbeOptions): Promise<ProbeReport>
  /** Makes a group without members begin at these offsets; absent = its consumers' settings decide. */
  commitStart?(group: string, topic: string, offsets: ReadonlyMap<number, number>): Promise<void>
  /** First or end offsets by partition, or those since a time (ms since 1970; -1 = no record is so late); of those named, absent = of all. */
  offsets(
    topic: string,
    at: 'earliest' | 'latest' | { sinceMs: number },
    partitions?: readonly number[],
  ): Promise<ReadonlyMap<number, number>>
  lagSampler(options: LagSamplerOptions): LagSampler
  /** Reads the log back and reports on it; absent = it is read by Kafka's protocol. */
  audit?(request: AuditRequest): Promise<AuditReport>
  /** Deletes a topic (null = none) and groups; returns what could not be deleted. */
  remove(topic: string | null, groups: readonly string[]): Promise<string[]>
  /** Throws when the cluster is gone; absent = it cannot go. */
  answers?(): Promise<void>
}

/** A record as clients take it. */
export interface ProbeRecord {
  key: Buffer | null
  value: Buffer | null
  headers?: Record<string, Buffer>
}

export interface ProbeOptions {
  /** kbench made the topic for this: it is waited until it is whole. */
  created: boolean
  acks: 1 | 'all'
  /** null = none is written, it is only looked. */
  record: ProbeRecord | null
  signal: AbortSignal
}

export interface ProbeReport {
  /** Partitions that nobody led, or that did not acknowledge a record. */
  offline: readonly number[]
  /** Brokers that hold a replica and are not there. */
  brokersDown: readonly number[]
  /** Records that were written and acknowledged. */
  probes: number
}

export interface TopicDescription {
  partitions: number
  replicationFactor: number
  /** In force: the topic's own, else the brokers'; null = the cluster does not say. */
  minInsyncReplicas: number | null
  /** Largest batch that it takes, bytes; null = the cluster does not say. */
  maxMessageBytes: number | null
  /** In force, in Kafka's names: what was asked for and what always is; a setting that is not known is absent. */
  settings?: Readonly<Record<string, string | null>>
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
  /** Why a group's committed offsets are unknown in this sample. */
  unanswered?(group: string, cause: unknown): void
}

export interface ClusterFacts {
  layout: string
  kafkaVersion: string | null
  /** How kbench started the brokers' processes, beyond what the layout says; absent = it did not start them. */
  brokerOptions?: Record<string, string | number>
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
  /** The last lines of its log. */
  logTail?(): Promise<string[]>
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
