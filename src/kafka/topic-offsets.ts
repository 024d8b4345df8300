import { setTimeout as sleep } from 'node:timers/promises'
import type { Network } from '../contracts/api.ts'
import { type Brokers, createBrokers } from './brokers.ts'
import { clientIdOf } from './client-id.ts'
import type { LogPosition } from './wire.ts'

/**
 * First or end offsets of a topic, by partition. Asks again, for 15 s at most, where a broker fails, is no longer the
 * leader, or there is no leader. Leadership moves also after a load, when a broker that was down gets its own back.
 * Partitions without a leader even then are absent.
 */
export async function topicOffsets(
  network: Network,
  topic: string,
  at: LogPosition | { sinceMs: number },
  wanted: readonly number[] | null = null,
): Promise<Map<number, number>> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 10_000 })
  const deadline = Date.now() + 15_000
  while (true) {
    const isLate = Date.now() >= deadline
    try {
      const { offsets, leaderless } = await readOffsets(brokers, topic, at, wanted)
      if (leaderless === 0 || isLate) return offsets
    } catch (error) {
      if (isLate) throw error
    }
    await sleep(250)
  }
}

/**
 * Waits until followers have what the leaders of these partitions have now, 5 s at most. Only then do consumers and
 * requests for the end of the log see a record that a leader alone acknowledged.
 */
export async function awaitReplicated(
  network: Network,
  topic: string,
  partitions: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const written = await topicOffsets(network, topic, 'written', partitions)
  const deadline = performance.now() + 5000
  while (!signal.aborted && performance.now() < deadline) {
    const seen = await topicOffsets(network, topic, 'latest', partitions)
    if ([...written].every(([partition, end]) => (seen.get(partition) ?? end) >= end)) return
    await sleep(20)
  }
}

async function readOffsets(
  brokers: Brokers,
  topic: string,
  at: LogPosition | { sinceMs: number },
  wanted: readonly number[] | null,
): Promise<{ offsets: Map<number, number>; leaderless: number }> {
  const metadata = await brokers.metadata([topic])
  const offsets = new Map<number, number>()
  const all = metadata.topics.find((candidate) => candidate.topic === topic)?.partitions ?? []
  const partitions = all.filter(({ partition }) => wanted === null || wanted.includes(partition))
  await Promise.all(
    metadata.brokers.map(async (broker) => {
      const led = partitions.filter((partition) => partition.leader === broker.nodeId).map(({ partition }) => partition)
      if (led.length === 0) return
      const answer = await brokers.on(broker, (connection) => connection.offsets(topic, led, at))
      for (const [partition, offset] of answer) offsets.set(partition, offset)
    }),
  )
  return { offsets, leaderless: partitions.length - offsets.size }
}
