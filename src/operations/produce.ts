import kafkajs from 'kafkajs'
import { KbenchError } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { createKafka } from '../kafka/client.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import { createPartitioner } from '../load/partition.ts'
import { operate, refusal } from './admin-session.ts'

export interface NewRecord {
  key: Buffer | null
  value: Buffer | null
}

export interface ProduceOptions {
  topic: string
  acks: 0 | 1 | 'all'
  /** null = by the partitioner. */
  partition: number | null
  /** murmur2: as the Java client does; without a key any partition. */
  partitioner: 'murmur2' | 'random' | 'round-robin'
  headers: Readonly<Record<string, string>>
}

/** Partition and offset of a record; offset −1 with acks 0, for no broker reports it. */
export interface Written {
  partition: number
  offset: number
}

/**
 * Writes what `batches` yields, one batch after the other, so that the order within a partition is that of the input. Reports every
 * batch once it is acknowledged. Throws `environment` with the broker's refusal; batches reported before are in the log.
 */
export async function produceRecords(
  network: Network,
  batches: AsyncIterable<readonly NewRecord[]>,
  options: ProduceOptions,
  report: (records: readonly NewRecord[], written: readonly Written[]) => void,
): Promise<number> {
  const partitions = await partitionsOf(network, options)
  const choose = createPartitioner(options.partitioner, partitions, {
    seed: Math.floor(Math.random() * 2 ** 32),
    producer: 0,
    // Without a key another partition for every record: people expect to see them spread.
    batch: { lingerMs: 0, maxBytes: 1, maxRecords: 1 },
  })
  const kafka = createKafka(network, {
    clientId: clientIdOf(network, 'produce'),
    connectionTimeoutMs: 5000,
    requestTimeoutMs: 30_000,
    retry: { retries: 8, initialRetryTime: 100 },
  })
  // One request at a time: a retry must not overtake what comes after it.
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  let count = 0
  try {
    for await (const records of batches) {
      const chosen = records.map(({ key }, index) => options.partition ?? choose(key, count + index, 1))
      const messages = records.map((record, index) => ({
        ...record,
        partition: chosen[index]!,
        headers: { ...options.headers },
      }))
      const acks = options.acks === 'all' ? -1 : options.acks
      const answers = await producer.send({ topic: options.topic, acks, messages }).catch((error: unknown) => {
        throw new KbenchError('environment', `not written: ${refusal(error)}`, { cause: error })
      })
      const next = new Map(answers?.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))
      report(
        records,
        chosen.map((partition) => {
          const offset = next.get(partition) ?? -1
          if (offset >= 0) next.set(partition, offset + 1)
          return { partition, offset }
        }),
      )
      count += records.length
    }
  } finally {
    await producer.disconnect()
  }
  return count
}

async function partitionsOf(network: Network, { topic, partition }: ProduceOptions): Promise<number> {
  const count = await operate(network, async (session) => (await session.topic(topic)).partitions.length)
  if (partition === null || partition < count) return count
  throw new KbenchError('environment', `topic ${topic} has no partition ${partition}`, {
    hint: `it has ${count}, from 0`,
  })
}
