import kafkajs from 'kafkajs'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { flags, prepareStamp, stampBytes, writeStamp } from '../load/stamp.ts'
import { createKafka } from './client.ts'

/** Writes one flagged record to every partition with acks=all: each is led, takes records and answers before a load starts. */
export async function probePartitions(network: Network, topic: string, partitions: number): Promise<void> {
  const kafka = createKafka(network, {
    clientId: 'kbench-probe',
    connectionTimeoutMs: 5000,
    requestTimeoutMs: 10_000,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1000 },
  })
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  const value = Buffer.alloc(stampBytes)
  const view = new DataView(value.buffer, value.byteOffset, stampBytes)
  prepareStamp(view, 0, 0, flags.probe, 0)
  writeStamp(view, 0, 0)
  try {
    await producer.connect()
    await producer.send({
      topic,
      acks: -1,
      messages: Array.from({ length: partitions }, (_, partition) => ({ partition, value })),
    })
  } catch (cause) {
    throw new KbenchError('environment', `topic ${topic} does not take records: ${messageOf(cause)}`, { cause })
  } finally {
    await producer.disconnect()
  }
}
