import type { Clock } from '../../base/clock.ts'
import type { Cluster, ClusterAccess, Fault, WorkerPlan } from '../../contracts/api.ts'
import type { AuditSession } from '../../contracts/audit.ts'
import type { Fact, TopicFact } from '../../contracts/facts.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import type { FromWorker, ToWorker } from '../hosts/protocol.ts'

/** Everything outside of the engine: a variant is measured with nothing else. Tests pass fakes, and time is theirs. */
export interface World {
  clock: Clock
  cluster: Cluster
  access: ClusterAccess
  hosts: LoadSite
  openAudit(plan: VariantPlan, topic: TopicFact): AuditSession
  /** null = this cluster cannot have one. */
  startCanary:
    | ((plan: VariantPlan, topic: TopicFact, report: (fact: Fact) => void, signal: AbortSignal) => Promise<Canary>)
    | null
  /** Leaders and in-sync sets of the topic, from the first answer on. */
  watchLeaders(
    plan: VariantPlan,
    topic: TopicFact,
    report: (fact: Fact) => void,
    signal: AbortSignal,
  ): Promise<AsyncDisposable>
  /** What the plan's limits need to know of others on the cluster. */
  openGuard(plan: VariantPlan, topic: TopicFact): Promise<Guard>
  /** Brokers, quotas and this machine: one look. */
  sampleUsage(): Promise<readonly Fact[]>
  /** The endpoints of the brokers' metrics: one look, which may take longer than its period. null = there are none. */
  sampleMetrics: (() => Promise<readonly Fact[]>) | null
  /** By name, every one that the plan uses. */
  faults: ReadonlyMap<string, Fault<unknown>>
  /** Appends to a file among the run's logs; absent = the run has no folder. */
  log?(file: string, text: string): Promise<void>
}

export interface Guard extends AsyncDisposable {
  /** One fact; what does not answer is not known. Never throws. */
  look(): Promise<readonly Fact[]>
}

export interface Canary extends AsyncDisposable {
  /** Ends it; resolves when its last acknowledgements were reported. */
  stop(): Promise<void>
}

/** Where load hosts are started: on this machine, later on others. Messages are plain serialisable values. */
export interface LoadSite {
  open(isolation: 'thread' | 'process', paced: boolean, on: HostListeners): LoadHosts
}

export interface LoadHosts extends AsyncDisposable {
  /** Starts the hosts of these workers: one for all of them where they are safe in threads, one each otherwise. */
  add(plans: readonly WorkerPlan[]): void
  send(worker: number, message: ToWorker): void
  /** kill: as a crash would; pause: stops everything that the worker does until it is resumed. */
  handle(worker: number, what: 'kill' | 'pause' | 'resume'): void
}

export interface HostListeners {
  message(worker: number, message: FromWorker): void
  usage(host: number, atNs: number, cpuMs: number, rssBytes: number): void
  /** The host of these workers ended although they were not done. */
  lost(workers: readonly number[], reason: string): void
  log(line: string): void
}
