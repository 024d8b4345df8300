import {
  acked,
  type DriverContext,
  type Outcome,
  type OutRecord,
  type Producer,
  type ProducerSettings,
  type Settled,
} from '../../contracts/api.ts'
import { createAccumulator } from '../_accumulator.ts'
import { settledWithin } from '../_settled-within.ts'
import { connection, effective, load, reportEvents, unusable } from './client.ts'
import { classifySend } from './errors.ts'
import { messageOf, noteOffsets, type Offsets, oldestNs, ownPartitioner } from './messages.ts'
import type { Platformatic } from './types.ts'

/** As for kafkajs, so that both are given the same work at a time. */
const maxRecordsPerSend = 1000

export const createProducer = async (settings: ProducerSettings, context: DriverContext): Promise<Producer> =>
  produceWith(await load(), settings, context)

export async function produceWith(
  platformatic: Platformatic,
  settings: ProducerSettings,
  context: DriverContext,
): Promise<Producer> {
  const closed = new AbortController()
  const acks = settings.acks === 'all' ? -1 : settings.acks
  const config = {
    ...connection(context, settings),
    acks,
    idempotent: settings.idempotence,
    compression: settings.compression,
    maxInflights: settings.maxInFlightRequests,
    autocreateTopics: false,
    ...settings.clientConfig,
  }
  const producer = new platformatic.Producer({ ...config, ...ownPartitioner(settings, context, platformatic) })
  reportEvents(producer, context, closed.signal)
  try {
    await producer.connectToBrokers()
    await producer.metadata({ topics: context.topics.map(({ name }) => name) })
    if (settings.idempotence) await producer.initIdempotentProducer({})
  } catch (cause) {
    closed.abort()
    await settledWithin(1000, producer.close(true))
    throw unusable('connect', cause)
  }

  let settle: Settled = () => {}
  const inSends = new Set<readonly OutRecord[]>()
  const deadlineNs = settings.deliveryTimeoutMs * 1e6
  const brokers = Math.max(1, context.network.bootstrap.length)
  // Its sequence numbers grow when an answer has come: with two sends to a partition under way both would carry the same.
  const maxSends = settings.idempotence
    ? 1
    : settings.maxInFlightRequests * (settings.sendScope === 'topic' ? 1 : brokers)

  /** Settles each record once, whatever comes later. */
  const finish = (records: readonly OutRecord[], outcomeOf: (record: OutRecord) => Outcome, offsets: Offsets = []) => {
    if (!inSends.delete(records)) return
    const atNs = context.clock.nowNs()
    if (context.reportOffsets) noteOffsets(records, offsets)
    for (const record of records) settle(record, outcomeOf(record), atNs)
  }

  const send = async (batch: OutRecord[]): Promise<void> => {
    const nowNs = context.clock.nowNs()
    const records = batch.filter((record) => nowNs - record.sentNs < deadlineNs)
    for (const record of batch) {
      if (nowNs - record.sentNs >= deadlineNs) settle(record, { kind: 'failed', error: 'DeliveryTimeout' }, nowNs)
    }
    if (records.length === 0) return
    inSends.add(records)
    const answered = producer.send({ messages: records.map(messageOf), acks }).then(
      ({ offsets }) => finish(records, () => (acks === 0 ? { kind: 'unknown', error: 'acks=0' } : acked), offsets),
      (error: unknown) => {
        const partitions = new Set(records.map((record) => record.partition))
        const { code, kind, offsets } = classifySend(error, partitions.size, settings.acks)
        const appended = new Set(offsets.map(({ partition }) => partition))
        finish(records, ({ partition }) => (appended.has(partition) ? acked : { kind, error: code }), offsets)
      },
    )
    // It has no delivery timeout, and nothing takes a send back: the records are given up, it may still append its copies of them.
    let timer: NodeJS.Timeout | undefined
    const givenUp = new Promise<void>((resolve) => {
      timer = setTimeout(
        () => {
          finish(records, () => ({ kind: 'unknown', error: 'DeliveryTimeout' }))
          resolve()
        },
        (oldestNs(records) + deadlineNs - nowNs) / 1e6,
      )
    })
    await (settings.idempotence ? answered : Promise.race([answered, givenUp]))
    clearTimeout(timer)
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
      ...effective(config),
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
      closed.abort()
      const atNs = context.clock.nowNs()
      for (const record of accumulator.rest()) {
        settle(record, { kind: 'failed', error: 'kbench: never handed to the client' }, atNs)
      }
      for (const records of [...inSends]) {
        finish(records, () => ({ kind: 'unknown', error: 'kbench: not acknowledged by the deadline' }))
      }
      await settledWithin(1000, producer.close(true))
    },
  }
}
