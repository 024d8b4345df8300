import { type Candidate, sizingGiB } from './constraints.ts'
import type { MskData } from './data.ts'
import { gibPerMBpsHour, hoursPerMonth, type Load } from './load.ts'
import type { Readings } from './readings.ts'

/** USD a month; `total` is the sum of the others. */
export interface Costs {
  total: number
  brokers: number
  storage: number
  tiered: number
  provisionedThroughput: number
  dataIn: number
  crossZone: number
}

export const costParts = ['brokers', 'storage', 'tiered', 'provisionedThroughput', 'dataIn', 'crossZone'] as const

const price = (data: MskData, item: string): number => data.prices.get(item)!.value

/** What n brokers with this load cost a month. */
export function costOf(candidate: Candidate, brokers: number, load: Load, data: MskData, readings: Readings): Costs {
  const { broker, provisionedMiBps } = candidate
  const isExpress = broker.family === 'express'
  const inGiB = load.averageInMBps * hoursPerMonth * gibPerMBpsHour
  const outGiB = load.averageOutMBps * hoursPerMonth * gibPerMBpsHour
  const between = (load.zones - 1) / load.zones
  const tieredGiB = load.averageInMBps * (load.retentionHours - load.localRetentionHours) * gibPerMBpsHour
  const expressGiB = load.averageInMBps * load.retentionHours * gibPerMBpsHour * readings.expressCopies
  const parts = {
    brokers: brokers * broker.usdPerHour * hoursPerMonth,
    storage: isExpress ? expressGiB * price(data, 'express_storage') : sizingGiB(load) * price(data, 'ebs_storage'),
    tiered: isExpress ? 0 : tieredGiB * price(data, 'tiered_storage'),
    provisionedThroughput: brokers * (provisionedMiBps ?? 0) * price(data, 'provisioned_throughput'),
    dataIn: isExpress ? inGiB * price(data, 'express_data_in') : 0,
    crossZone: (inGiB + (load.isRackAware ? 0 : outGiB)) * between * price(data, 'cross_zone'),
  }
  return { total: costParts.reduce((sum, part) => sum + parts[part], 0), ...parts }
}
