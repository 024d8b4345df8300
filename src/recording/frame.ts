import type { EventCounts, LatencyName } from '../contracts/api.ts'
import type { Silence } from '../contracts/facts.ts'
import type { SparseCounts } from './counts.ts'

export type { Silence }

/** What a worker adds to one interval of the time axis. */
export interface Cell {
  interval: number
  events: EventCounts
  latencies: Partial<Record<LatencyName, SparseCounts>>
}

/** Outcomes since the last frame, one entry a settled record; parallel arrays. */
export interface SettledRecords {
  sequences: Uint32Array
  partitions: Uint16Array
  /** See {@link outcomeCodes}. */
  outcomes: Uint8Array
}

export const outcomeCodes = { none: 0, acked: 1, failed: 2, unknown: 3 } as const

/** Offsets [from, to] a group member was handed without a gap. */
export interface OffsetRange {
  topic: string
  partition: number
  from: number
  to: number
}

/** Gaps up to this are not told one by one: of them a frame has the longest. */
export const shortestSilenceNs = 20e6

/** What a worker sends once a second and when it ends: only what is new since the last one. Plain and serialisable. */
export interface Frame {
  worker: number
  atNs: number
  cells: Cell[]
  settled: SettledRecords | null
  errors: Record<string, number>
  inFlight: number
  /** What of the partitions was silent since the last frame; null = not watched. */
  silence: Silence | null
  /** Of the worker's event loop since the last frame, 0 to 1. */
  utilisation: number
  gcMs: number
  gcMaxMs: number
}
