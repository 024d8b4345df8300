import type { WorkerPlan, WorkerReport } from '../../contracts/api.ts'
import type { FrameFact } from '../../contracts/facts.ts'
import type { SettledRecords } from '../../recording/frame.ts'

/**
 * The messages between supervisor and load hosts: plain serialisable values, no shared memory. A worker's life is
 * init → ready → start → frame* → (stop) → done | error.
 */
export type ToWorker =
  | { type: 'init'; plan: WorkerPlan }
  | { type: 'start'; startNs: number }
  /** The load ends at `atNs`, for all workers at the same moment; acknowledgements are waited for until `untilNs`. CLOCK_MONOTONIC. */
  | { type: 'stop'; atNs: number; untilNs: number }

/** To the host itself: ends a thread as a crash would, or stops and resumes it. A process of its own is signalled instead. */
export type Handling = { type: 'kill' } | { type: 'pause' } | { type: 'resume' }

export type FromWorker =
  | { type: 'ready' }
  | { type: 'assigned'; atNs: number; partitions: readonly { topic: string; partition: number }[] }
  /** By partition the next offset that this member will be handed; −1 = none yet. For the lag by position, a few times a second. */
  | { type: 'positions'; positions: Float64Array }
  /** `settled`: the outcomes of single records, for the audit alone. */
  | { type: 'frame'; frame: FrameFact; settled: SettledRecords | null }
  | { type: 'rebalanced'; atNs: number; pauseMs: number | null; partitionsMoved: number }
  | { type: 'event'; atNs: number; kind: string; detail: string }
  | { type: 'done'; report: WorkerReport }
  | { type: 'error'; message: string; hint: string | null }

/** What travels over the IPC channel of a host: which worker, and its message; `usage` is the host's own, once a second. */
export type ToHost = { worker: number; message: ToWorker | Handling }
export type FromHost = { worker: number; message: FromWorker } | HostUsage

export interface HostUsage {
  type: 'usage'
  atNs: number
  /** User and system time of the process with all its threads, cumulative. */
  cpuMs: number
  rssBytes: number
}

/** One end of a worker's channel, however it travels. */
export interface WorkerPort {
  send(message: FromWorker): void
  onMessage(listener: (message: ToWorker) => void): void
}
