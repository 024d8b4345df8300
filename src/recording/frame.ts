import type { EventCounts, LatencyName, SettledRecords } from '../contracts/api.ts'
import type { SparseCounts } from './counts.ts'

export type { SettledRecords } from '../contracts/api.ts'

/** What a worker adds to one interval of the time axis. */
export interface Cell {
  interval: number
  events: EventCounts
  latencies: Partial<Record<LatencyName, SparseCounts>>
}

/** How a record settled; `none` = it has not. */
export const outcomeCodes = { none: 0, acked: 1, failed: 2, unknown: 3 } as const

/** Offsets [from, to] a group member was handed without a gap. */
export interface OffsetRange {
  topic: string
  partition: number
  from: number
  to: number
}

/** When a worker had no acknowledgements from a partition; times are ns of CLOCK_MONOTONIC. */
export interface Silence {
  /** [partition, from, to, …]: gaps between two acknowledgements that are longer than `shortestSilenceNs`. */
  gaps: Float64Array
  /** Last acknowledgement by partition; NaN = none yet. */
  lastAcks: Float64Array
}

/** Gaps shorter than this are not told. */
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
