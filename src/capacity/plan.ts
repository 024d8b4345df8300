import { candidatesOf, isMeant, serverless } from './candidates.ts'
import { conflictsOf } from './conflicts.ts'
import { type Constraint, nameOf, partitionsOf } from './constraints.ts'
import { dataVersion, type MskData } from './data.ts'
import type { Load } from './load.ts'
import type { Excluded, Plan, PlannedCandidate, PricedCandidate } from './planned.ts'
import { readingsTaken } from './readings.ts'
import { catchUpOf, growthLeft, monthOfOverload, oneZoneDown } from './resilience.ts'
import { serverlessPlan } from './serverless-plan.ts'
import { baselineMBps, type Size, sizeOf, storageOf, usableMBps } from './size.ts'
import { costSources, warningsOf } from './warnings.ts'
import { workingOf } from './working.ts'

/** Most brokers of a cluster under KRaft, the default. */
export const mostBrokers = 60

/** Every candidate that takes the load, the cheapest first and serverless last, and why the others do not. */
export function planOf(load: Load, data: MskData, patterns: readonly string[] | null = null): Plan {
  const { fitting, tooLarge, refused } = sizesOf(load, data, patterns)
  const excluded = [...tooLarge.map((size) => tooMany(size, load)), ...refused]
  const planned: PlannedCandidate[] = fitting.map((size) => plannedOf(size, load, data))
  if (isMeant(serverless, patterns)) {
    const { candidate, reasons } = serverlessPlan(load, data)
    if (reasons.length === 0) planned.push(candidate)
    else excluded.push({ type: serverless, reasons })
  }
  return { inputs: load, candidates: planned, excluded, dataVersion: dataVersion(data) }
}

/** The cheapest candidate with brokers alone; null = there is none. */
export function cheapestFor(load: Load, data: MskData, patterns: readonly string[] | null): PricedCandidate | null {
  const [first] = sizesOf(load, data, patterns).fitting
  return first ? plannedOf(first, load, data) : null
}

function sizesOf(load: Load, data: MskData, patterns: readonly string[] | null) {
  const { candidates, refused } = candidatesOf(data, patterns, load.provisionedMiBps, readingsTaken)
  const sizes = candidates.map((candidate) => sizeOf(candidate, load, data, readingsTaken))
  return {
    fitting: sizes.filter(({ brokers }) => brokers <= mostBrokers).sort(byCost),
    tooLarge: sizes.filter(({ brokers }) => brokers > mostBrokers),
    refused,
  }
}

/** By cost, then by brokers, then by name. */
function byCost(a: Size, b: Size): number {
  const cost = a.costs.total - b.costs.total
  if (Math.abs(cost) > 1e-6) return cost
  return a.brokers - b.brokers || (nameOf(a.candidate) < nameOf(b.candidate) ? -1 : 1)
}

function tooMany({ candidate, brokers, constraints }: Size, { replication, zones }: Load): Excluded {
  const reasons = constraints
    .filter((constraint) => constraint.brokers > mostBrokers - (mostBrokers % zones))
    .map((constraint) => `${constraint.name}: ${brokersText(constraint)}, a cluster has at most ${mostBrokers}`)
  if (reasons.length > 0) return { type: nameOf(candidate), reasons }
  return {
    type: nameOf(candidate),
    reasons: [
      `zones: ${brokers} brokers for replication factor ${replication} in ${zones} zones, a cluster has at most ${mostBrokers}`,
    ],
  }
}

const brokersText = ({ brokers, demand, capacity, unit }: Constraint): string =>
  `${brokers} brokers for ${Number(demand.toPrecision(4))} ${unit} at ${Number(capacity.toPrecision(4))} each`

function plannedOf(size: Size, load: Load, data: MskData): PricedCandidate {
  const { candidate, brokers } = size
  const partitions = partitionsOf(candidate.broker, load, data)
  const { factor, by } = growthLeft(size)
  return {
    type: nameOf(candidate),
    family: candidate.broker.family,
    brokers,
    binding: size.binding,
    constraints: size.constraints.map((constraint) => ({
      ...constraint,
      working: workingOf(constraint, candidate, load, readingsTaken),
    })),
    ceiling: {
      baselineMBps: baselineMBps(size, load, readingsTaken),
      usableMBps: usableMBps(size, load, readingsTaken),
    },
    oneZoneDown: oneZoneDown(size, load, readingsTaken),
    catchUp: catchUpOf(size, load, readingsTaken),
    partitionsPerBroker: partitions === null ? null : (partitions * load.replication) / brokers,
    partitions,
    storageGiB: storageOf(candidate, load, readingsTaken),
    costPerMonth: size.costs,
    costSources: costSources(candidate, data),
    growth: { factor, by, month: monthOfOverload(factor, load.growthPerYear) },
    conflicts: conflictsOf(size, load, data),
    warnings: warningsOf(size, load, data),
  }
}
