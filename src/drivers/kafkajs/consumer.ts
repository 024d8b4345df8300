import kafkajs from 'kafkajs'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { plural } from '../../base/plural.ts'
import type { Consumer, ConsumerContext, ConsumerSettings, InRecord } from '../../contracts/api.ts'
import { rangeAssigner } from '../platformatic-kafka/range-assigner.ts'
import { createClient } from './client.ts'
import { reportRequests } from './requests.ts'

export async function createConsumer(settings: ConsumerSettings, context: ConsumerContext): Promise<Consumer> {
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
    ...(settings.clientRack !== undefined && { rackId: settings.clientRack }),
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
    context.event('rebalance', `assigned ${plural(partitions.length, 'partition')}`)
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
  reportRequests(consumer, context)
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
  message: { offset: string; timestamp: string; value: Buffer | null; headers?: unknown },
): InRecord {
  const headers = message.headers as InRecord['headers'] | undefined
  const { offset, timestamp, value } = message
  return { topic, partition, offset: Number(offset), timestampMs: Number(timestamp), value, headers: headers ?? null }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
