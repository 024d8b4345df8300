import type { Integrity } from './result.ts'

/** Records that settled since the last such message, one entry a record; parallel arrays, plain and serialisable. */
export interface SettledRecords {
  /** Whole numbers below 2⁴⁸, which a Uint32Array could not hold. */
  sequences: Float64Array
  /** Partition that the record was sent to; 0 where that is not known. */
  partitions: Uint16Array
  /** See `outcomeCodes` in recording/frame.ts. */
  outcomes: Uint8Array
}

/** By partition: offsets [from, to, from, to, …], both included, disjoint and ascending. A partition without any may be left out. */
export type DeliveredRanges = readonly (Float64Array | undefined)[]

export interface AuditRequest {
  topic: string
  /** How many partitions the topic had when the load started. */
  partitions: number
  /** Offsets before the first record of this variant, by partition; a partition that is not in it is read from offset 0. */
  firstOffsets: ReadonlyMap<number, number>
  /** Tag in the stamps of this variant. */
  run: number
  /** Producers 0 to this − 1 wrote to the topic: a stamp that names another is corrupt. */
  producers: number
  /** The topic contains nothing but this run's records: a record without a stamp is corrupt, not foreign. */
  exclusive: boolean
  /** [start, end) of the measure phase, ns of CLOCK_MONOTONIC. */
  measure: readonly [number, number]
  /** By the group's name on the cluster: what its members were handed. */
  delivered: Readonly<Record<string, DeliveredRanges>>
  redelivered: number
  idempotence: boolean
  /** The topic is compacted, and its records have keys that are drawn like this; absent = nothing but retention removes records. */
  compacted?: {
    keys: { cardinality: number; distribution: 'none' | 'sequential' | 'uniform' | 'zipf'; exponent: number }
    seed: number
  }
  /** Aborted: the audit ends now, as not audited. */
  signal: AbortSignal
  /** Called as long as it comes forward: an audit that stands still is given up. */
  alive?(): void
}

/** Acknowledged records that were due in the measure phase and read in the log, by whether the group was handed them. */
export interface GroupReceipts {
  received: number
  notReceived: number
}

export interface AuditReport {
  integrity: Integrity
  /** By the group's name on the cluster; empty where nothing was audited. */
  groups: Record<string, GroupReceipts>
}

/** The audit of one variant, open from before its load until after its report. None of its methods throws when the audit's process dies. */
export interface AuditSession extends AsyncDisposable {
  /** Passes on what a producer's records came to; keeps nothing. */
  settled(producer: number, records: SettledRecords): void
  /** Records that were passed on and are not entered yet. */
  backlog(): number
  /** Why there will be no audit, as far as that is known now; null = nothing is wrong. */
  problem(): string | null
  /** Reads the log back, with every producer closed, and compares. Once per session. */
  audit(request: AuditRequest): Promise<AuditReport>
}
