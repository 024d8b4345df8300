import { serverless } from './candidates.ts'
import { type Costs, costParts } from './cost.ts'
import { type MskData, quotaOf } from './data.ts'
import { gibPerMBpsHour, hoursPerMonth, type Load } from './load.ts'
import type { PlannedCandidate } from './planned.ts'
import { catchUp, monthOfOverload } from './resilience.ts'
import { areStale, exceeded, serverlessConstraints } from './serverless.ts'

/** MSK Serverless as a candidate; `reasons` are the quotas that the load exceeds, none where it fits. */
export function serverlessPlan(load: Load, data: MskData): { candidate: PlannedCandidate; reasons: string[] } {
  const constraints = serverlessConstraints(load, data)
  const known = constraints.filter((one): one is typeof one & { demand: number } => one.demand !== null)
  const most = known.reduce((a, b) => (b.demand / b.capacity > a.demand / a.capacity ? b : a))
  const ceiling = (g: number) =>
    Math.min(quotaOf(data.quotas, serverless, 'in').value, quotaOf(data.quotas, serverless, 'out').value / g)
  const rates = known.filter(({ name }) => ['in', 'out', 'partition_in', 'partition_out', 'requests'].includes(name))
  const tight = rates.reduce((a, b) => (b.demand / b.capacity > a.demand / a.capacity ? b : a))
  const factor = tight.capacity / tight.demand
  const costs = areStale(data) ? null : costOf(load, data)
  const unknown = constraints.filter(({ demand }) => demand === null).map(({ name }) => name)
  const warnings = [
    ...(areStale(data)
      ? [`prices are stale (${data.prices.get('serverless_in')!.asOf}, a third party's copy), so no cost: --prices`]
      : []),
    ...(unknown.length > 0 ? [`not known, and not checked: ${unknown.join(', ')}`] : []),
    ...(load.auth === 'scram' || load.auth === 'tls' ? ['serverless clusters take IAM alone for logging in'] : []),
  ]
  const gib = load.averageInMBps * load.retentionHours * gibPerMBpsHour
  return {
    reasons: exceeded(constraints).map(
      ({ name, demand, capacity, unit }) =>
        `${name}: ${Number(demand!.toPrecision(4))} ${unit}, the quota is ${capacity} (S7)`,
    ),
    candidate: {
      type: serverless,
      family: 'serverless',
      brokers: null,
      binding: most.name,
      constraints: constraints.map((one) => ({ ...one, working: 'quota of the cluster' })),
      ceiling: { baselineMBps: ceiling(load.g), usableMBps: ceiling(load.g) },
      oneZoneDown: {
        brokers: null,
        shareOfCeiling: load.inMBps / ceiling(load.g),
        fits: load.inMBps <= ceiling(load.g),
      },
      catchUp: catchUp(ceiling(load.g + 1), load),
      partitionsPerBroker: null,
      partitions: load.partitions,
      storageGiB: { sizing: gib, guide: null },
      costPerMonth: costs,
      costSources: {},
      growth: { factor, by: tight.name, month: monthOfOverload(factor, load.growthPerYear) },
      conflicts: [],
      warnings,
    },
  }
}

/** With prices of one's own: hours of cluster and partitions, storage, and data in and out; null = the partitions are not known. */
function costOf(load: Load, data: MskData): Costs | null {
  if (load.partitions === null) return null
  const price = (item: string) => data.prices.get(item)!.value
  const perMonth = hoursPerMonth * gibPerMBpsHour
  const parts = {
    brokers: hoursPerMonth * (price('serverless_cluster_hour') + load.partitions * price('serverless_partition_hour')),
    storage: load.averageInMBps * load.retentionHours * gibPerMBpsHour * price('serverless_storage'),
    tiered: 0,
    provisionedThroughput: 0,
    dataIn: perMonth * (load.averageInMBps * price('serverless_in') + load.averageOutMBps * price('serverless_out')),
    crossZone: 0,
  }
  return { total: costParts.reduce((sum, part) => sum + parts[part], 0), ...parts }
}
