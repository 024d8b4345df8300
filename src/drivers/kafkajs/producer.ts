import kafkajs, { type CompressionTypes, type Message, type PartitionMetadata } from 'kafkajs'
import {
  acked,
  type DriverContext,
  type OutRecord,
  type Producer,
  type ProducerSettings,
  type Settled,
} from '../../contracts/api.ts'
import { createAccumulator } from '../_accumulator.ts'
import { createClient } from './client.ts'
import { classifySend } from './errors.ts'
import { reportRequests } from './requests.ts'

/** A send groups its records by partition in time quadratic in the records per partition: more than this costs more than it saves. */
const maxRecordsPerSend = 1000

export async function createProducer(settings: ProducerSettings, context: DriverContext): Promise<Producer> {
  const deadlineNs = settings.deliveryTimeoutMs * 1e6
  const maxInFlightRequests = settings.idempotence ? 1 : settings.maxInFlightRequests
  const config = {
    allowAutoTopicCreation: false,
    idempotent: settings.idempotence,
    maxInFlightRequests,
    metadataMaxAge: 30_000,
    ...settings.clientConfig,
  }
  const kafka = createClient(context, { ...settings, backoffMs: settings.retryBackoffMs })
  const fallback = kafkajs.Partitioners.DefaultPartitioner()
  // Good enough to give up by, and a clock reading per record and attempt is not free.
  let roughNowNs = context.clock.nowNs()
  const roughClock = setInterval(() => {
    roughNowNs = context.clock.nowNs()
  }, 100)
  const producer = kafka.producer({
    ...config,
    createPartitioner: () => (args) => partitionOf(args, fallback, roughNowNs - deadlineNs),
  })
  reportRequests(producer, context)
  await producer.connect()

  let settle: Settled = () => {}
  const inSends = new Set<OutRecord[]>()
  const compression = compressionTypes[settings.compression]
  const brokers = Math.max(1, context.network.bootstrap.length)
  const maxSends = settings.sendScope === 'topic' ? maxInFlightRequests : maxInFlightRequests * brokers

  // kafkajs copies every field of a message at every attempt: it gets objects with no more than it needs.
  const messageOf = (record: OutRecord): RecordMessage =>
    record.key === null && record.headers === undefined
      ? { value: record.value, record }
      : { value: record.value, record, key: record.key, headers: record.headers }

  const send = async (records: OutRecord[]): Promise<void> => {
    inSends.add(records)
    let outcome: Parameters<Settled>[1] = acked
    try {
      await producer.send({
        topic: records[0]!.topic,
        acks: settings.acks === 'all' ? -1 : settings.acks,
        timeout: settings.requestTimeoutMs,
        compression,
        // Its type does not know that a missing header may also be undefined; its code does.
        messages: records.map(messageOf) as Message[],
      })
      if (settings.acks === 0) outcome = { kind: 'unknown', error: 'acks=0' }
    } catch (error) {
      const failure = classifySend(error, new Set(records.map((record) => record.partition)).size, settings.acks)
      outcome = { kind: failure.kind, error: failure.code }
    }
    if (!inSends.delete(records)) return
    const atNs = context.clock.nowNs()
    for (const record of records) settle(record, outcome, atNs)
  }

  const accumulator = createAccumulator({
    batch: settings.batch,
    scope: settings.sendScope,
    maxSends,
    maxRecordsPerSend,
    clock: context.clock,
    send,
    ...(context.tally && { tally: context.tally }),
  })

  return {
    effectiveConfig: {
      ...config,
      acks: settings.acks === 'all' ? -1 : settings.acks,
      compression: settings.compression,
      requestTimeout: settings.requestTimeoutMs,
      'retry.retries': settings.retries,
      'retry.initialRetryTime': settings.retryBackoffMs,
      'kbench.lingerMs': settings.batch.lingerMs,
      'kbench.batchMaxBytes': settings.batch.maxBytes,
      'kbench.batchMaxRecords': settings.batch.maxRecords,
      'kbench.maxRecordsPerSend': maxRecordsPerSend,
      'kbench.sendScope': settings.sendScope,
      'kbench.maxSends': maxSends,
      'kbench.deliveryTimeoutMs': settings.deliveryTimeoutMs,
    },
    recordsPerBatch() {
      const { records, batches } = accumulator.sends()
      return batches === 0 ? null : records / batches
    },
    send(batch, settled) {
      settle = settled
      accumulator.add(batch)
    },
    async [Symbol.asyncDispose]() {
      const atNs = context.clock.nowNs()
      for (const record of accumulator.rest()) {
        settle(record, { kind: 'failed', error: 'kbench: never handed to the client' }, atNs)
      }
      for (const records of inSends) {
        for (const record of records) {
          settle(record, { kind: 'unknown', error: 'kbench: not acknowledged by the deadline' }, atNs)
        }
      }
      inSends.clear()
      clearInterval(roughClock)
      await producer.disconnect()
    },
  }
}

/** A message of kafkajs that leads back to its record; the partition is the record's. */
interface RecordMessage {
  value: Buffer | null
  record: OutRecord
  key?: Buffer | null
  headers?: Record<string, Buffer> | undefined
}

const compressionTypes: Record<ProducerSettings['compression'], CompressionTypes> = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
}

/**
 * kafkajs asks for the partition anew at every attempt, which makes this the place to give up: it has no delivery timeout.
 * A record whose partition was chosen keeps it; otherwise the client's own choice is noted in the record.
 */
function partitionOf(
  args: { topic: string; partitionMetadata: PartitionMetadata[]; message: Message },
  fallback: (args: { topic: string; partitionMetadata: PartitionMetadata[]; message: Message }) => number,
  tooOldNs: number,
): number {
  const { record } = args.message as RecordMessage
  if (record.sentNs < tooOldNs) {
    const error = new Error('delivery timeout')
    error.name = 'DeliveryTimeout'
    throw error
  }
  if (record.partition < 0) {
    record.partition = fallback({ ...args, message: { key: record.key, value: record.value } })
  }
  return record.partition
}
