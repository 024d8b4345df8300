import kafkajs, { type CompressionTypes, type Kafka, type Message, type PartitionMetadata } from 'kafkajs'
import { z } from 'zod'
import {
  acked,
  type Consumer,
  type ConsumerContext,
  type ConsumerSettings,
  type DriverContext,
  type InRecord,
  type OutRecord,
  type Producer,
  type ProducerSettings,
  type Settled,
} from '../core/api.ts'
import { defineDriver } from '../core/define.ts'
import { KbenchError, messageOf } from '../core/errors.ts'
import { createKafka } from '../kafka/client.ts'
import { createAccumulator } from './_accumulator.ts'
import { classifySend } from './_kafkajs-errors.ts'
import { rangeAssigner } from './_range-assigner.ts'

/** A send groups its records by partition in time quadratic in the records per partition: more than this costs more than it saves. */
const maxRecordsPerSend = 1000

export default defineDriver({
  summary: 'kafkajs: pure JavaScript, worker threads, with an accumulator for linger and batch size',
  isolation: 'thread',
  package: 'kafkajs',
  options: z.record(z.string(), z.unknown()),
  unsupported(producer, consumer) {
    if (producer?.compression === 'zstd') return 'kafkajs has no zstd'
    if (consumer?.assignor === 'cooperative-sticky') return 'kafkajs has no cooperative assignor'
    if (consumer?.instanceId) return 'kafkajs has no static membership (instanceId)'
    return null
  },
  producer: createProducer,
  consumer: createConsumer,
})

function createClient(
  context: DriverContext,
  settings: { requestTimeoutMs: number; retries: number; backoffMs: number },
): Kafka {
  return createKafka(context.network, {
    clientId: context.clientId,
    connectionTimeoutMs: Math.min(10_000, settings.requestTimeoutMs),
    requestTimeoutMs: settings.requestTimeoutMs,
    // factor 0 and multiplier 1: a constant back-off, as librdkafka's.
    retry: {
      retries: settings.retries,
      initialRetryTime: settings.backoffMs,
      maxRetryTime: 1000,
      factor: 0,
      multiplier: 1,
    },
    onLog: (level, message) => context.event(`client-${level}`, message),
  })
}

async function createProducer(settings: ProducerSettings, context: DriverContext): Promise<Producer> {
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
  await producer.connect()

  let settle: Settled = () => {}
  const inSends = new Set<OutRecord[]>()
  const compression = compressionTypes[settings.compression]
  const brokers = Math.max(1, context.network.bootstrap.length)
  const maxSends = settings.sendScope === 'topic' ? maxInFlightRequests : maxInFlightRequests * brokers

  // kafkajs copies every field of a message at every attempt: it gets objects with no more than it needs, made once per slot.
  const slots: RecordMessage[] = []
  const messageOf = (record: OutRecord): RecordMessage => {
    let message = slots[record.slot]
    if (message === undefined) {
      message = { key: null, value: null, headers: undefined, record }
      slots[record.slot] = message
    }
    message.key = record.key
    message.value = record.value
    message.headers = record.headers
    return message
  }

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
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, Buffer> | undefined
  record: OutRecord
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

async function createConsumer(settings: ConsumerSettings, context: ConsumerContext): Promise<Consumer> {
  const kafka = createClient(context, { requestTimeoutMs: 30_000, retries: 1000, backoffMs: 100 })
  const config = {
    groupId: settings.group,
    sessionTimeout: settings.sessionTimeoutMs,
    heartbeatInterval: settings.heartbeatMs,
    maxWaitTimeInMs: settings.fetch.maxWaitMs,
    minBytes: settings.fetch.minBytes,
    maxBytes: settings.fetch.maxBytes,
    maxBytesPerPartition: settings.fetch.maxPartitionBytes,
    readUncommitted: settings.isolation === 'read_uncommitted',
    allowAutoTopicCreation: false,
    ...settings.clientConfig,
  }
  const consumer = kafka.consumer({
    ...config,
    partitionAssigners: [settings.assignor === 'range' ? rangeAssigner : kafkajs.PartitionAssigners.roundRobin],
  })
  const crashed = new AbortController()
  const topics = context.topics.map(({ name }) => ({ topic: name }))
  let held = context.hold !== null
  let joined = false
  void context.hold?.then(() => {
    held = false
    // Interrupted before it had joined: there is nothing to resume.
    if (joined) consumer.resume(topics)
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, ids]) =>
      ids.map((partition) => ({ topic, partition })),
    )
    joined = true
    if (held) consumer.pause(topics)
    context.event('rebalance', `assigned ${partitions.length} partitions`)
    context.assigned(partitions)
  })
  consumer.on(consumer.events.REBALANCING, () => {
    context.event('rebalance', 'rebalancing')
    context.assigned([])
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    context.event('client-error', `consumer crashed: ${messageOf(payload.error)}`)
    if (!payload.restart) crashed.abort(payload.error)
  })
  await consumer.connect()
  await consumer.subscribe({
    topics: context.topics.map((topic) => topic.name),
    fromBeginning: settings.from === 'earliest',
  })

  return {
    effectiveConfig: { ...config, assignor: settings.assignor, 'kbench.commitIntervalMs': settings.commitIntervalMs },
    async run(onBatch, signal) {
      const positions = new Map<string, { topic: string; partition: number; offset: string }>()
      // With autoCommit kafkajs waits for a commit after every batch, hundreds a second: a timer does it, as in other clients.
      const commit = async () => {
        const offsets = [...positions.values()]
        positions.clear()
        if (offsets.length === 0) return
        await consumer.commitOffsets(offsets).catch((error: unknown) => context.event('client-error', messageOf(error)))
      }
      const timer = setInterval(() => void commit(), settings.commitIntervalMs)
      // The last moment at which this generation's commits are taken: what is not committed is delivered again.
      consumer.on(consumer.events.REBALANCING, () => void commit())
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: true,
        async eachBatch({ batch }) {
          if (signal.aborted) return
          const { topic, partition } = batch
          await onBatch(batch.messages.map((message) => toRecord(topic, partition, message)))
          positions.set(`${topic}-${partition}`, { topic, partition, offset: String(BigInt(batch.lastOffset()) + 1n) })
        },
      })
      await aborted(AbortSignal.any([signal, crashed.signal]))
      clearInterval(timer)
      await commit()
      if (crashed.signal.aborted && !signal.aborted) {
        throw new KbenchError('environment', `kafkajs consumer crashed: ${messageOf(crashed.signal.reason)}`)
      }
    },
    async [Symbol.asyncDispose]() {
      await consumer.disconnect()
    },
  }
}

function toRecord(
  topic: string,
  partition: number,
  message: { offset: string; value: Buffer | null; headers?: unknown },
): InRecord {
  const headers = message.headers as InRecord['headers'] | undefined
  return { topic, partition, offset: Number(message.offset), value: message.value, headers: headers ?? null }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
