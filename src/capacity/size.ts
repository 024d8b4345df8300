import {
  type Candidate,
  type Constraint,
  type ConstraintName,
  ceilingPerBroker,
  constraintsOf,
  expressIngressShare,
  expressOut,
  sizingGiB,
  volumeOf,
} from './constraints.ts'
import { type Costs, costOf } from './cost.ts'
import type { MskData } from './data.ts'
import { gibPerMBpsHour, type Load } from './load.ts'
import type { Readings } from './readings.ts'

/** How many brokers a candidate needs, what decides it, and what it costs. */
export interface Size {
  candidate: Candidate
  brokers: number
  binding: ConstraintName | 'zones'
  constraints: readonly Constraint[]
  costs: Costs
}

export const roundedUp = (brokers: number, zones: number): number => Math.ceil(brokers / zones) * zones

/** Sizes a candidate, without asking whether a cluster may be that large. Pure arithmetic. */
export function sizeOf(candidate: Candidate, load: Load, data: MskData, readings: Readings): Size {
  const constraints = constraintsOf(candidate, load, data, readings)
  const needed = constraints.reduce((most, { brokers }) => Math.max(most, brokers), 1)
  const least = roundedUp(load.replication, load.zones)
  const brokers = roundedUp(Math.max(needed, load.replication), load.zones)
  const costs = costOf(candidate, brokers, load, data, readings)
  return { candidate, brokers, binding: bindingOf(constraints, needed, least), constraints, costs }
}

/** The constraint that is used most; "zones" where replication factor and zones alone ask for more brokers than any of them. */
export function bindingOf(constraints: readonly Constraint[], needed: number, least: number): ConstraintName | 'zones' {
  // That one is about partitions: it binds where the load has too few of them, however many brokers there are.
  const rate = constraints.find(({ name }) => name === 'partition-rate')
  if (rate && rate.demand > rate.capacity) return rate.name
  if (needed < least) return 'zones'
  return constraints.reduce((a, b) => (b !== rate && use(b) > use(a) ? b : a)).name
}

const use = ({ demand, capacity }: Constraint): number => demand / capacity

/** MB/s in that n brokers carry at 100 %: F1 for standard brokers, the sustained quotas for express ones. `g` of its own, for catching up. */
export function baselineMBps(
  { candidate, brokers }: Pick<Size, 'candidate' | 'brokers'>,
  load: Load,
  readings: Readings,
  g = load.g,
): number {
  const { broker } = candidate
  if (broker.family === 'standard')
    return brokers * ceilingPerBroker(volumeOf(candidate, readings), broker, g, load.replication)
  return brokers * Math.min(broker.inSustainedMBps, expressOut(broker, readings) / g)
}

/** MB/s in that the plan may use of it. */
export function usableMBps(size: Pick<Size, 'candidate' | 'brokers'>, load: Load, readings: Readings): number {
  const { broker } = size.candidate
  if (broker.family === 'standard') return baselineMBps(size, load, readings) * load.headroom
  return size.brokers * Math.min(broker.inSustainedMBps * expressIngressShare, expressOut(broker, readings) / load.g)
}

/** GiB: what is paid for, and of standard brokers AWS's own guide (20 % above what is stored). */
export function storageOf(
  { broker }: Candidate,
  load: Load,
  readings: Readings,
): { sizing: number; guide: number | null } {
  if (broker.family === 'express')
    return { sizing: load.averageInMBps * load.retentionHours * gibPerMBpsHour * readings.expressCopies, guide: null }
  return { sizing: sizingGiB(load), guide: (sizingGiB(load) / 2) * 1.2 }
}
