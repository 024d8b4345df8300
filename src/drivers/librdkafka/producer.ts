import {
  acked,
  type DriverContext,
  type Outcome,
  type OutRecord,
  type Producer,
  type ProducerSettings,
  type Settled,
} from '../../contracts/api.ts'
import { classify, nameOfError, producerConfig, withoutSecrets } from '../_librdkafka-config.ts'
import { createStatistics } from '../_librdkafka-statistics.ts'
import { keepOwn } from '../_own-values.ts'
import { createHand } from './batch.ts'
import type { Address } from './calls.ts'
import { type Client, createClient, isQueueFull } from './client.ts'
import { requireCodec } from './codec.ts'
import { openLibrary } from './library.ts'
import { splitOptions } from './options.ts'
import { createReports } from './reports.ts'

/** So long after the queue was full the records that had no room are handed over again, ms. */
const retryMs = 1
/** What is in flight when the producer is closed is waited for so long, ms. */
const flushMs = 800
/** RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT */
const purgeAll = 3

export async function createProducer(given: ProducerSettings, context: DriverContext): Promise<Producer> {
  const { library: where, settings } = splitOptions(given)
  const library = openLibrary(where)
  requireCodec(library, settings)
  const { calls } = library
  const limits = context.topics.flatMap(({ maxMessageBytes }) => maxMessageBytes ?? [])
  const config = producerConfig(settings, context.network, context.clientId, Math.max(0, ...limits))
  const { dr_cb: _, ...global } = config.global
  const statistics = createStatistics(context.tally)
  const client: Client = createClient(library, 'producer', { ...global, ...config.topic }, context, {
    woken: () => take(client),
    statistics: (json) => statistics.read(json),
  })

  const topics = new Map<string, Address>()
  const topicOf = (name: string): Address => {
    const known = topics.get(name)
    if (known !== undefined) return known
    const topic = calls.newTopic(client.handle, name, 0)
    topics.set(name, topic)
    return topic
  }
  const close = async () => {
    for (const topic of topics.values()) calls.destroyTopic(topic)
    topics.clear()
    await client[Symbol.asyncDispose]()
  }

  const inFlight: (OutRecord | undefined)[] = []
  let outstanding = 0
  let settle: Settled = () => {}
  let waiting: OutRecord[] = []
  let retryTimer: NodeJS.Timeout | null = null

  const outcomes = new Map<number, Outcome>([[0, settings.acks === 0 ? { kind: 'unknown', error: 'acks=0' } : acked]])
  /** One object per error, not per record. */
  const outcomeOf = (code: number): Outcome => {
    const known = outcomes.get(code)
    if (known) return known
    const text = calls.errorText(code)
    const outcome: Outcome = { kind: classify(text), error: nameOfError(text) }
    outcomes.set(code, outcome)
    return outcome
  }
  const succeeded = outcomeOf(0)
  const finish = (record: OutRecord, outcome: Outcome, atNs: number): void => {
    inFlight[record.slot] = undefined
    outstanding--
    settle(record, outcome, atNs)
  }

  const read = createReports(calls)
  let atNs = 0
  const onReport = (code: number, partition: number, offset: number, slot: number): void => {
    const record = inFlight[slot]
    if (!record) return
    if (record.partition < 0) record.partition = partition
    if (context.reportOffsets && offset >= 0) record.offset = offset
    finish(record, code === 0 ? succeeded : outcomeOf(code), atNs)
  }

  /** All that is there: a few calls for each batch that was answered, none for each record. */
  function take({ mainQueue, serve }: Client): void {
    for (;;) {
      const event = calls.poll(mainQueue, 0)
      if (event === 0) return
      try {
        atNs = context.clock.nowNs()
        if (read(event, onReport) === 0) serve(event, calls.eventType(event))
      } finally {
        calls.destroyEvent(event)
      }
    }
  }

  const refusedNow: OutRecord[] = []
  const hand = createHand(client, topicOf, (record, code) => {
    if (isQueueFull(code)) refusedNow.push(record)
    else finish(record, { kind: 'failed', error: nameOfError(calls.errorText(code)) }, context.clock.nowNs())
  })
  const handAll = (records: readonly OutRecord[]): void => {
    for (let at = 0; at < records.length; ) {
      at = hand(records, at)
      if (refusedNow.length === 0) continue
      waiting = waiting.concat(refusedNow.splice(0).map(keepOwn), records.slice(at).map(keepOwn))
      retryTimer ??= setTimeout(retry, retryMs)
      return
    }
  }
  const retry = (): void => {
    retryTimer = null
    take(client)
    const records = waiting
    waiting = []
    handAll(records)
  }

  try {
    await client.connect()
  } catch (error) {
    await close()
    throw error
  }

  return {
    effectiveConfig: {
      ...withoutSecrets({ ...config, global }),
      'kbench.library': library.path,
      'kbench.libraryVersion': library.version,
    },
    recordsPerBatch: statistics.recordsPerBatch,
    send(batch, settled) {
      settle = settled
      for (const record of batch) inFlight[record.slot] = record
      outstanding += batch.length
      if (waiting.length > 0) waiting = waiting.concat(batch.map(keepOwn))
      else handAll(batch)
    },
    async [Symbol.asyncDispose]() {
      if (retryTimer) clearTimeout(retryTimer)
      const nowNs = context.clock.nowNs()
      for (const record of waiting.splice(0)) {
        finish(record, { kind: 'failed', error: 'kbench: never handed to the client' }, nowNs)
      }
      // What is under way may still be answered; librdkafka's own flush would cancel linger and hold this thread.
      const untilNs = nowNs + flushMs * 1e6
      while (outstanding > 0 && context.clock.nowNs() < untilNs) {
        await context.clock.sleepUntil(context.clock.nowNs() + 5e6)
        take(client)
      }
      const lastNs = context.clock.nowNs()
      for (const record of inFlight) {
        if (record) finish(record, { kind: 'unknown', error: 'kbench: not acknowledged by the deadline' }, lastNs)
      }
      // A handle that still holds records waits for them when it is closed.
      calls.purge(client.handle, purgeAll)
      take(client)
      await close()
    },
  }
}
