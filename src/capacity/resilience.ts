import type { Load } from './load.ts'
import type { Readings } from './readings.ts'
import { baselineMBps, type Size } from './size.ts'

export interface OneZoneDown {
  /** null = serverless, where AWS decides. */
  brokers: number | null
  /** Peak in ÷ what the remaining brokers carry at 100 %; null = there are none. */
  shareOfCeiling: number | null
  fits: boolean
}

/** The same demand on the brokers of the other zones, against their ceiling at 100 %. */
export function oneZoneDown(size: Size, load: Load, readings: Readings): OneZoneDown {
  const brokers = (size.brokers * (load.zones - 1)) / load.zones
  if (brokers === 0) return { brokers, shareOfCeiling: null, fits: false }
  const shareOfCeiling = load.inMBps / baselineMBps({ ...size, brokers }, load, readings)
  return { brokers, shareOfCeiling, fits: shareOfCeiling <= 1 + 1e-9 }
}

export interface CatchUp {
  hoursBehind: number
  /** null = never. */
  hours: number | null
  fits: boolean
}

/** How long a group that is so far behind reads until it has caught up: what F1 leaves for one more group beside the peak. */
export function catchUp(baselineForOneMore: number, load: Load): CatchUp {
  const hoursBehind = load.behindHours
  const spare = baselineForOneMore - load.inMBps
  // What floating point leaves over is no spare.
  const hours = spare > 1e-9 * load.inMBps ? (load.averageInMBps * hoursBehind) / spare : null
  // What is older than the retention is gone, however fast it would be read.
  return { hoursBehind, hours, fits: hours !== null && hoursBehind <= load.retentionHours }
}

export const catchUpOf = (size: Size, load: Load, readings: Readings): CatchUp =>
  catchUp(baselineMBps(size, load, readings, load.g + 1), load)

/** By how much the load may grow on these brokers, constraint by constraint: the smallest is what is left. */
export function growthLeft(size: Size): { factor: number; by: string } {
  const growing = size.constraints.filter(({ name }) => !['partitions', 'connections', 'partition-rate'].includes(name))
  return growing
    .map(({ name, demand, capacity }) => ({ factor: (size.brokers * capacity) / demand, by: name as string }))
    .reduce((a, b) => (b.factor < a.factor ? b : a))
}

/** The first month in which a load that grows so much a year no longer fits; 0 = it does not fit today, null = it does not grow. */
export function monthOfOverload(factor: number, growthPerYear: number): number | null {
  if (factor < 1 - 1e-9) return 0
  if (growthPerYear <= 0) return null
  return Math.floor((12 * Math.log(factor)) / Math.log(1 + growthPerYear) + 1e-9) + 1
}

/** The peak month by month, for three years. */
export const byMonth = ({ inMBps, growthPerYear }: Load): { month: number; inMBps: number }[] =>
  Array.from({ length: 37 }, (_, month) => ({ month, inMBps: inMBps * (1 + growthPerYear) ** (month / 12) }))
