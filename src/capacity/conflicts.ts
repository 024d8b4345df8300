import { type Candidate, kFactors, volumeOf } from './constraints.ts'
import type { MskData } from './data.ts'
import type { Load } from './load.ts'
import { plainNumber, usd } from './number-text.ts'
import { isLargeM7g, type Readings, readingsTaken } from './readings.ts'
import { type Size, sizeOf } from './size.ts'

/** A contradiction in AWS's material that a candidate rests on. */
export interface ConflictTaken {
  /** Of conflicts.csv. */
  id: number
  what: string
  taken: string
  /** What the other reading would give for this candidate. */
  other: string
}

interface Case {
  applies(candidate: Candidate, load: Load): boolean
  /** The other reading, in words, and as readings to size with. */
  other: string
  readings: Partial<Readings>
  /** Instead of a size, where the other reading changes none. */
  effect?(candidate: Candidate, load: Load): string
}

const isStandard = ({ broker }: Candidate) => broker.family === 'standard'
const isExpress = ({ broker }: Candidate) => broker.family === 'express'
const isProvisioned = ({ provisionedMiBps }: Candidate) => provisionedMiBps !== null

const cases: Readonly<Record<number, Case>> = {
  1: {
    applies: (candidate) => isLargeM7g(candidate.broker.type) && !isProvisioned(candidate),
    other: 'at 1000 MiB/s',
    readings: { largeM7gVolumeMBps: 1000 },
  },
  2: {
    applies: (candidate) => candidate.broker.type === 'kafka.m7g.2xlarge' && isProvisioned(candidate),
    other: 'not possible',
    readings: {},
    effect: () => 'this candidate would not exist',
  },
  3: {
    applies: ({ broker }, { partitions }) => broker.type === 'kafka.m5.24xlarge' && partitions !== null,
    other: 'at most 4000',
    readings: {},
    effect: () => 'the same brokers, as the plan keeps to the 4000 recommended',
  },
  4: { applies: isExpress, other: 'egress 2.5 × ingress', readings: { expressEgressPerIngress: 2.5 } },
  5: { applies: isExpress, other: 'three copies billed', readings: { expressCopies: 3 } },
  6: {
    applies: ({ broker }) => broker.type === 'kafka.m5.large',
    other: '4.8 MB/s in per broker',
    readings: { m5LargeInMBps: 4.8 },
  },
  7: {
    applies: (candidate, { replication }) => isStandard(candidate) && replication !== 3,
    other: 'only storage follows the replication factor',
    readings: { kFollowsReplication: false },
  },
  8: { applies: isStandard, other: 'MiB/s converted', readings: { mbPerVolumeMiB: 1.048576 } },
  9: {
    applies: ({ broker }) => broker.type === 'kafka.m7g.16xlarge',
    other: 'without utilization 0.5',
    readings: { utilization: 1 },
  },
}

/** The conflicts that a candidate rests on, with what the other reading would give. */
export function conflictsOf(size: Size, load: Load, data: MskData): ConflictTaken[] {
  return data.conflicts.flatMap(({ id, what, taken }) => {
    const found = cases[id]
    if (!found?.applies(size.candidate, load)) return []
    const effect = found.effect?.(size.candidate, load) ?? difference(size, load, data, found.readings)
    const raw = id === 9 ? rawText(size.candidate, load) : ''
    return [{ id, what, taken, other: `${found.other}: ${effect}${raw}` }]
  })
}

function difference(size: Size, load: Load, data: MskData, changed: Partial<Readings>): string {
  const readings = { ...readingsTaken, ...changed }
  const other = sizeOf(size.candidate, load, data, readings)
  const brokers = other.brokers === size.brokers ? `${size.brokers} brokers as well` : `${other.brokers} brokers`
  const cost = other.costs.total - size.costs.total
  const costs = Math.abs(cost) < 0.5 ? 'the same cost' : `${usd(other.costs.total)} a month`
  return `${brokers}, ${costs}`
}

/** F2 before the utilization, as AWS prints it for this type. */
function rawText(candidate: Candidate, load: Load): string {
  const { broker } = candidate
  const k = kFactors(load, readingsTaken)
  const volume = volumeOf(candidate, readingsTaken)
  const raw = Math.min(volume, broker.ebsNetMBps) / k.ebs
  return `; raw figure ${plainNumber(raw)} MB/s in per broker`
}
