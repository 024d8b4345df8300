import { type Candidate, partitionsNeeded } from './constraints.ts'
import type { MskData, Price, Tag } from './data.ts'
import { isTiered, type Load } from './load.ts'
import { counted, hoursText, percentText, plainNumber } from './number-text.ts'
import { readingsTaken } from './readings.ts'
import { catchUpOf, oneZoneDown } from './resilience.ts'
import type { Size } from './size.ts'

const manyBrokers = 30
/** Longer than this, a reconnect of all clients is worth a warning, s. */
const slowReconnectS = 30

/** What the reader has to know about a candidate, a sentence each, the most serious first. */
export function warningsOf(size: Size, load: Load, data: MskData): string[] {
  const { candidate, brokers } = size
  const { broker } = candidate
  const isExpress = broker.family === 'express'
  const found: string[] = []
  const down = oneZoneDown(size, load, readingsTaken)
  if (!down.fits) {
    const share =
      down.shareOfCeiling === null
        ? 'no broker is left'
        : `the peak is ${percentText(down.shareOfCeiling)} of the ceiling`
    found.push(`with one zone down the load does not fit: ${share}`)
  }
  const behind = catchUpOf(size, load, readingsTaken)
  if (behind.hours === null) found.push(`a group ${hoursText(behind.hoursBehind)} behind never catches up at the peak`)
  else if (!behind.fits)
    found.push(
      `a group ${hoursText(behind.hoursBehind)} behind has lost records: retention is ${hoursText(load.retentionHours)}`,
    )
  if (brokers > manyBrokers) found.push(`${brokers} brokers: more than 30 take KRaft, ZooKeeper ends there (S7)`)
  if (isExpress && load.partitions !== null && load.partitions < partitionsNeeded(load, data)) {
    const needed = partitionsNeeded(load, data)
    found.push(
      `${counted(load.partitions, 'partition')} are too few: ${needed} at least at 15 MB/s in each, counted with ${needed} (S7)`,
    )
  }
  if (isExpress && load.partitions === null)
    found.push(`at least ${counted(partitionsNeeded(load, data), 'partition')}: one takes 15 MB/s in (S7)`)
  if (isExpress && isTiered(load)) found.push('express brokers have no local retention: all of it is stored alike')
  if (load.partitions === null) found.push('partitions are not known, and not checked: --partitions')
  if (load.connections !== null && load.auth !== 'iam')
    found.push('connections: no quota without IAM, so they ask for no brokers')
  if (load.connections !== null && load.auth === 'iam') {
    const seconds = load.connections / brokers / broker.iamConnectionsPerSec
    if (seconds > slowReconnectS)
      found.push(
        `connections: a broker takes ${broker.iamConnectionsPerSec} new ones a second with IAM, so that all need ${Math.ceil(seconds)} s to come back (S7)`,
      )
  }
  if (load.replication !== 3 && !isExpress)
    found.push('replication factor other than 3: the K factors are an estimate (conflict 7)')
  if (broker.origins.network.isThirdParty || (!isExpress && broker.origins.network.ids[0] === 'S9'))
    found.push(`${broker.type}: its network and price come from third parties (S9)`)
  if (candidate.provisionedMiBps !== null)
    found.push(
      `${plainNumber(candidate.provisionedMiBps)} MiB/s provisioned: how it is billed is an estimate (the whole value, per broker)`,
    )
  return [...found, ...regionWarnings(candidate, data)]
}

/** Where a file has replaced some of the prices that a candidate rests on, and left others of another region. */
function regionWarnings(candidate: Candidate, data: MskData): string[] {
  if (data.pricesFile === null) return []
  const items = itemsOf(candidate)
  const left = Object.entries(items).filter(([, item]) => !data.replaced.has(item))
  if (left.length === 0) return []
  return [`prices not in ${data.pricesFile} are those of kbench's data: ${left.map(([part]) => part).join(', ')}`]
}

/** Cost part → item of the prices, for what the candidate pays. */
function itemsOf({ broker, provisionedMiBps }: Candidate): Record<string, string> {
  const isExpress = broker.family === 'express'
  return {
    brokers: broker.type,
    storage: isExpress ? 'express_storage' : 'ebs_storage',
    ...(isExpress ? { dataIn: 'express_data_in' } : { tiered: 'tiered_storage' }),
    ...(provisionedMiBps === null ? {} : { provisionedThroughput: 'provisioned_throughput' }),
    crossZone: 'cross_zone',
  }
}

/** Source and certainty of each cost part's price. */
export function costSources(candidate: Candidate, data: MskData): Record<string, { tag: Tag; source: string }> {
  return Object.fromEntries(
    Object.entries(itemsOf(candidate)).map(([part, item]) => {
      const tag: Tag =
        part === 'provisionedThroughput' || (part === 'brokers' && candidate.broker.origins.price.isThirdParty)
          ? 'estimate'
          : 'derived'
      return [part, { tag, source: priceSource(item, candidate, data) }]
    }),
  )
}

function priceSource(item: string, { broker }: Candidate, data: MskData): string {
  const price: Price | undefined = data.prices.get(item)
  const isHour = item === broker.type
  const value = isHour ? `${broker.usdPerHour} USD/h` : `${price!.value} ${price!.unit}`
  if (data.replaced.has(item)) return `${data.pricesFile}: ${value}`
  const hour = data.prices.get('broker_hour')!
  const ids = isHour ? broker.origins.price.ids.join(';') : price!.source
  return `${ids}: ${value}, ${isHour ? hour.region : price!.region}, ${isHour ? hour.asOf : price!.asOf}`
}
