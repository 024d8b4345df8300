import type { MskData } from './data.ts'
import type { Load } from './load.ts'

/** One quota of MSK Serverless; `demand` null = not known, and not checked. */
export interface ServerlessConstraint {
  name: string
  demand: number | null
  capacity: number
  unit: string
  brokers: null
  tag: 'vendor-limit'
  source: string
}

/** Every quota of MSK Serverless with what the load asks of it. */
export function serverlessConstraints(load: Load, data: MskData): ServerlessConstraint[] {
  return data.quotas
    .filter(({ scope }) => scope === 'serverless')
    .map(({ quota, value, unit, source }) => ({
      name: quota,
      demand: demands[quota]?.(load) ?? null,
      capacity: value,
      unit,
      brokers: null,
      tag: 'vendor-limit',
      source,
    }))
}

const perPartition = (load: Load, rate: number): number | null =>
  load.partitions === null ? null : rate / load.partitions

const demands: Readonly<Record<string, (load: Load) => number | null>> = {
  in: (load) => load.inMBps,
  out: (load) => load.outMBps,
  partition_in: (load) => perPartition(load, load.inMBps),
  partition_out: (load) => perPartition(load, load.outMBps),
  leader_partitions: (load) => load.partitions,
  connections: (load) => load.connections,
  requests: (load) => (load.requestsPerMB === null ? null : load.requestsPerMB * (load.inMBps + load.outMBps)),
  groups: (load) => load.groups,
  message_max: (load) => (load.recordSizeBytes === null ? null : load.recordSizeBytes / 2 ** 20),
}

/** Quotas that the load exceeds; empty = it fits as far as it is known. */
export const exceeded = (constraints: readonly ServerlessConstraint[]): ServerlessConstraint[] =>
  constraints.filter(({ demand, capacity }) => demand !== null && demand > capacity * (1 + 1e-12))

/** Prices older than this against the broker prices are not shown as a cost. */
const staleDays = 366

const items = [
  'serverless_cluster_hour',
  'serverless_partition_hour',
  'serverless_in',
  'serverless_out',
  'serverless_storage',
]

/** Whether the prices of MSK Serverless are too old to plan with. */
export const areStale = (data: MskData): boolean =>
  items.some((item) => {
    const { asOf } = data.prices.get(item)!
    return !(Date.parse(data.asOf) - Date.parse(asOf) <= staleDays * 86_400_000)
  })
