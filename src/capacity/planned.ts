import type { ConflictTaken } from './conflicts.ts'
import type { Costs } from './cost.ts'
import type { Tag } from './data.ts'
import type { Load } from './load.ts'
import type { CatchUp, OneZoneDown } from './resilience.ts'

/** A constraint as it is printed; `working` shows how its capacity comes about. */
export interface PlannedConstraint {
  name: string
  /** null = not known, and not checked (serverless). */
  demand: number | null
  capacity: number
  unit: string
  /** null = serverless. */
  brokers: number | null
  tag: Tag
  source: string
  working: string
}

/** An MSK cluster that takes the load. Rates in MB/s, storage in GiB, costs in USD a month. */
export interface PlannedCandidate {
  type: string
  family: 'standard' | 'express' | 'serverless'
  brokers: number | null
  /** Name of the constraint that is used most, or "zones". */
  binding: string
  constraints: PlannedConstraint[]
  ceiling: { baselineMBps: number; usableMBps: number }
  oneZoneDown: OneZoneDown
  catchUp: CatchUp
  /** Replicas; null = the number of partitions is not known. */
  partitionsPerBroker: number | null
  /** Partitions of the load, raised where an express partition would take too much; null = not known. */
  partitions: number | null
  storageGiB: { sizing: number; guide: number | null }
  costPerMonth: Costs | null
  /** Where the price of each part comes from. */
  costSources: Record<string, { tag: Tag; source: string }>
  /** By how much the load may grow before a constraint is exceeded, which one, and in which month that is at --growth; null = never. */
  growth: { factor: number; by: string; month: number | null }
  conflicts: ConflictTaken[]
  warnings: string[]
}

/** One whose brokers are known and priced: every one but serverless. */
export type PricedCandidate = PlannedCandidate & { brokers: number; costPerMonth: Costs }

export interface Excluded {
  type: string
  reasons: string[]
}

export interface Plan {
  inputs: Load
  candidates: PlannedCandidate[]
  excluded: Excluded[]
  dataVersion: string
}
