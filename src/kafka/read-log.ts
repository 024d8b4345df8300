import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { createBrokers } from './brokers.ts'
import { clientIdOf } from './client-id.ts'
import type { ClusterMetadata, FetchedRecord } from './wire.ts'

export interface LogRange {
  partition: number
  /** First offset to read. */
  from: number
  /** One past the last. */
  to: number
}

export interface ReadLogResult {
  /** Partitions that could not be read whole, with the reason. */
  notRead: Map<number, string>
}

/**
 * Reads partitions from offset to offset without joining a group, each in order, those of one leader together. Moves with the
 * leader; gives up on a partition after `attempts` failures in a row.
 */
export async function readLog(
  network: Network,
  topic: string,
  ranges: readonly LogRange[],
  onRecord: (partition: number, offset: number, record: FetchedRecord) => void,
  options: { readCommitted: boolean; attempts?: number; onMarker?: () => void } = { readCommitted: false },
): Promise<ReadLogResult> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'audit'), timeoutMs: 15_000 })
  const notRead = new Map<number, string>()
  const next = new Map(ranges.filter(({ from, to }) => from < to).map(({ partition, from }) => [partition, from]))
  const ends = new Map(ranges.map(({ partition, to }) => [partition, to]))
  let failures = 0
  while (next.size > 0) {
    try {
      const metadata = await brokers.metadata([topic])
      const byLeader = groupByLeader(metadata, topic, [...next.keys()])
      // All to their end, also when one fails: a reader left behind would hand over what the next one reads again.
      const read = await Promise.allSettled(
        [...byLeader].map(async ([leader, partitions]) => {
          const address = metadata.brokers.find((broker) => broker.nodeId === leader)
          if (!address) throw new Error(`partitions ${partitions.join(', ')} have no leader`)
          return readFrom(address, partitions)
        }),
      )
      const failed = read.find(({ status }) => status === 'rejected')
      if (failed) throw (failed as PromiseRejectedResult).reason
    } catch (error) {
      if (++failures >= (options.attempts ?? 20)) {
        for (const partition of next.keys()) notRead.set(partition, messageOf(error))
        break
      }
      await sleep(250)
    }
  }
  return { notRead }

  async function readFrom(address: { host: string; port: number }, partitions: readonly number[]): Promise<void> {
    let mine = partitions
    while (mine.length > 0) {
      const wanted = mine.map((partition) => ({ partition, offset: next.get(partition)! }))
      const fetched = await brokers.on(address, (connection) =>
        connection.fetch(topic, wanted, {
          maxWaitMs: 500,
          maxBytes: 16_777_216,
          maxPartitionBytes: 2_097_152,
          readCommitted: options.readCommitted,
        }),
      )
      let moved = false
      for (const { partition, records } of fetched) {
        let position = next.get(partition)!
        const end = ends.get(partition)!
        for (const record of records) {
          const offset = Number(record.offset)
          if (offset < position || offset >= end) continue
          position = offset + 1
          if (record.isControlRecord) options.onMarker?.()
          else if (!record.isAborted) onRecord(partition, offset, record)
        }
        if (position > next.get(partition)!) moved = true
        // What is compacted away at the very end never arrives: after some empty answers the partition is given up as not read.
        if (position >= end) next.delete(partition)
        else next.set(partition, position)
      }
      if (moved) failures = 0
      else if (++failures >= (options.attempts ?? 20)) throw new Error('the log ends before its end offset')
      mine = mine.filter((partition) => next.has(partition))
    }
  }
}

/** How many of the records in a range are transaction markers, which no consumer is handed; null = the range cannot be read whole. */
export async function countMarkers(network: Network, topic: string, range: LogRange): Promise<number | null> {
  let markers = 0
  const options = { readCommitted: false, attempts: 3, onMarker: () => markers++ }
  const { notRead } = await readLog(network, topic, [range], () => {}, options)
  return notRead.size > 0 ? null : markers
}

/** Every partition that the topic has now, led or not. */
export async function partitionsOf(network: Network, topic: string): Promise<number[]> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'audit'), timeoutMs: 10_000 })
  const { topics } = await brokers.metadata([topic])
  return topics.flatMap((found) => (found.topic === topic ? found.partitions.map(({ partition }) => partition) : []))
}

function groupByLeader(metadata: ClusterMetadata, topic: string, partitions: readonly number[]): Map<number, number[]> {
  const leaders = new Map<number, number[]>()
  const found = metadata.topics.find((candidate) => candidate.topic === topic)
  for (const partition of partitions) {
    const leader = found?.partitions.find((candidate) => candidate.partition === partition)?.leader ?? -1
    leaders.set(leader, [...(leaders.get(leader) ?? []), partition])
  }
  return leaders
}
