import { messageOf } from '../../base/errors.ts'
import { plural } from '../../base/plural.ts'
import type { Consumer, ConsumerContext, ConsumerSettings, InRecord } from '../../contracts/api.ts'
import { consumerConfig, withoutSecrets } from '../_librdkafka-config.ts'
import { createStatistics } from '../_librdkafka-statistics.ts'
import { type Binding, connect, load, reportThrottle, tokenCallback, within } from './client.ts'
import type { RdConsumer, RdError, RdMessage, RdPartition } from './types.ts'

export async function createConsumer(
  binding: Binding,
  settings: ConsumerSettings,
  context: ConsumerContext,
): Promise<Consumer> {
  const { KafkaConsumer } = load(binding)
  const config = consumerConfig(settings, context.network, context.clientId)
  const consumer: RdConsumer = new KafkaConsumer(
    {
      ...config.global,
      ...tokenCallback(binding, context.network),
      rebalance_cb: (event: RdError, partitions: RdPartition[]) => rebalance(event, partitions),
    },
    config.topic,
  )
  reportThrottle(consumer, context)
  const statistics = createStatistics(context.tally)
  consumer.on('event.stats', ({ message }: { message: string }) => statistics.read(message))
  let held = context.hold !== null
  let joined = false
  void context.hold?.then(() => {
    held = false
    // Interrupted before it had joined: there is nothing to resume.
    if (joined) consumer.resume(consumer.assignments())
  })
  const assigned = new Map<string, { topic: string; partition: number }>()
  consumer.on('event.error', (error: RdError) => context.event('client-error', messageOf(error)))
  // What the binding's own handler does, and the pause in the same breath: nothing is fetched in between.
  const rebalance = (event: RdError, partitions: RdPartition[]) => {
    const cooperative = consumer.rebalanceProtocol() === 'COOPERATIVE'
    try {
      if (event.code === -175) {
        if (cooperative) consumer.incrementalAssign(partitions)
        else consumer.assign(partitions)
        joined = true
        if (held) consumer.pause(partitions)
      } else if (cooperative) consumer.incrementalUnassign(partitions)
      else consumer.unassign()
    } catch (error) {
      // Revoked while closing.
      if (consumer.isConnected()) context.event('client-error', messageOf(error))
    }
    for (const { topic, partition } of partitions) {
      if (event.code === -175) assigned.set(`${topic}-${partition}`, { topic, partition })
      else assigned.delete(`${topic}-${partition}`)
    }
    context.event(
      'rebalance',
      `${event.code === -175 ? 'assigned' : 'revoked'} ${plural(partitions.length, 'partition')}`,
    )
    context.assigned([...assigned.values()])
  }
  const tokens = await connect(binding, consumer, context)
  consumer.subscribe(context.topics.map((topic) => topic.name))
  return {
    effectiveConfig: withoutSecrets(config),
    run: (onBatch, signal) => consumeUntil(consumer, onBatch, signal, context),
    async [Symbol.asyncDispose]() {
      // Commits what was delivered, leaves the group. Once only: a second call crashes the process (FACTS 9).
      tokens[Symbol.dispose]()
      await within(5000, (done) => consumer.disconnect(done))
    },
  }
}

/** Waits for one record, then takes all that are there without waiting: no record waits for others to fill a batch. */
async function consumeUntil(
  consumer: RdConsumer,
  onBatch: (records: readonly InRecord[]) => void | Promise<void>,
  signal: AbortSignal,
  context: ConsumerContext,
): Promise<void> {
  const take = (count: number, timeoutMs: number) =>
    new Promise<RdMessage[]>((resolve) => {
      consumer.setDefaultConsumeTimeout(timeoutMs)
      consumer.consume(count, (error, messages) => {
        if (error) context.event('client-error', messageOf(error))
        resolve(error ? [] : messages)
      })
    })
  let draining = false
  while (!signal.aborted) {
    const messages = await take(draining ? 1000 : 1, draining ? 0 : 100)
    if (messages.length > 0) await onBatch(messages.map(toRecord))
    draining = messages.length > 0 && (!draining || messages.length === 1000)
  }
}

function toRecord(message: RdMessage): InRecord {
  const { topic, partition, offset, timestamp, value, headers } = message
  const record = { topic, partition, offset, value, headers: headers ? Object.assign({}, ...headers) : null }
  return timestamp === undefined ? record : { ...record, timestampMs: timestamp }
}
