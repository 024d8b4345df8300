import type { Clock } from '../base/clock.ts'
import type { BrokerNode, Cluster, ClusterFeature } from './clusters.ts'
import type { Plugin } from './plugin.ts'

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
  /** Seen to have happened; asked again until it is true or its time is over. Text = true, and by which evidence. */
  verify(): Promise<boolean | string>
  /** Has to be seen within this, ms, where the profile says so; absent = as the fault's own `verifyMs`. */
  verifyMs?: number
  /** Resolves when it is over by itself, which is before `for` for what has an end of its own (a rolling restart); absent = when `for` is over. */
  done?: Promise<void>
}

/** What a fault may use. Everything about one occurrence of it. */
export interface FaultContext {
  cluster: Cluster
  clock: Clock
  /** The targets, where the fault is on brokers. */
  brokers: readonly BrokerNode[]
  topic: { name: string; partitions: number }
  /** Partition state as a broker reports it now. */
  metadata(): Promise<ClusterState>
  /** Members and producers of the run that are the target, and what can be done to them. */
  workers: FaultWorkers
  /** A number in [0, n), from the profile's seed. */
  below(n: number): number
  signal: AbortSignal
  /** Appends to a file in the logs of the run's folder; nothing where there is none. */
  log(file: string, text: string): Promise<void>
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
  /** Grows with every election; −1 = the broker does not report it. */
  leaderEpoch: number
  isr: readonly number[]
  /** The first is the preferred leader. */
  replicas: readonly number[]
}
