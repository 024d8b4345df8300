import { KbenchError } from '../../base/errors.ts'
import type { Consumer, ConsumerContext, ConsumerSettings, InRecord } from '../../contracts/api.ts'
import { consumerConfig, withoutSecrets } from '../_librdkafka-config.ts'
import { createStatistics } from '../_librdkafka-statistics.ts'
import type { Address } from './calls.ts'
import { type Client, check, createClient } from './client.ts'
import { createMembership } from './group.ts'
import { eventType } from './layout.ts'
import { openLibrary } from './library.ts'
import { splitOptions } from './options.ts'
import { withPartitions } from './partitions.ts'
import { createBatches } from './records.ts'

/** The group's queue is looked at at least so often, ms: the library counts it as the sign that the member is alive (max.poll.interval.ms). */
const idleMs = 100
/** Leaving the group takes at most so long, ms. */
const leaveMs = 5000

export async function createConsumer(given: ConsumerSettings, context: ConsumerContext): Promise<Consumer> {
  const { library: where, settings } = splitOptions(given)
  const library = openLibrary(where)
  const { calls } = library
  const config = consumerConfig(settings, context.network, context.clientId)
  const statistics = createStatistics(context.tally)
  let wake = () => {}
  const client = createClient(library, 'consumer', { ...config.global, ...config.topic }, context, {
    woken() {
      // While a batch is being handed over, nobody else would answer the library.
      serveMain()
      wake()
    },
    statistics: (json) => statistics.read(json),
  })
  const groupQueue = calls.groupQueue(client.handle)
  const records = calls.newQueue(client.handle)
  client.own(groupQueue)
  client.own(records)
  const membership = createMembership(client, records, context)
  const serveMain = () => serve(client, client.mainQueue, () => {})
  const serveGroup = () => serve(client, groupQueue, membership.rebalance)
  const take = createBatches(calls, records, {
    headers: context.reads?.headers ?? true,
    timestamps: context.reads?.timestamps ?? true,
  })

  try {
    await client.connect()
    const code = withPartitions(
      calls,
      context.topics.map(({ name }) => ({ topic: name, partition: -1 })),
      (list) => calls.subscribe(client.handle, list),
    )
    if (code !== 0) throw new KbenchError('environment', `librdkafka cannot subscribe: ${calls.errorText(code)}`)
  } catch (error) {
    await client[Symbol.asyncDispose]()
    throw error
  }

  /** Resolves in a later turn of the event loop, when the library has something to say or after a while. */
  const somethingCame = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, idleMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  return {
    effectiveConfig: {
      ...withoutSecrets(config),
      'kbench.library': library.path,
      'kbench.libraryVersion': library.version,
    },
    async run(onBatch, signal) {
      signal.addEventListener('abort', () => wake(), { once: true })
      while (!signal.aborted) {
        const came = somethingCame()
        serveGroup()
        const isMore = await handOver(take(), onBatch, context)
        if (isMore) await new Promise(setImmediate)
        else await came
        wake()
      }
    },
    async [Symbol.asyncDispose]() {
      membership.close()
      await leave(client, groupQueue, serveGroup)
      await client[Symbol.asyncDispose]()
    },
  }
}

async function handOver(
  { records, errors }: ReturnType<ReturnType<typeof createBatches>>,
  onBatch: (records: readonly InRecord[]) => void | Promise<void>,
  context: ConsumerContext,
): Promise<boolean> {
  for (const error of errors) context.event('client-error', error)
  if (records.length > 0) {
    const handed = onBatch(records)
    if (handed) await handed
  }
  return records.length + errors.length > 0
}

/** All events of a queue. */
function serve({ calls, serve: serveOther }: Client, queue: Address, rebalance: (event: Address) => void): void {
  for (;;) {
    const event = calls.poll(queue, 0)
    if (event === 0) return
    try {
      const type = calls.eventType(event)
      if (type === eventType.rebalance) rebalance(event)
      else serveOther(event, type)
    } finally {
      calls.destroyEvent(event)
    }
  }
}

/** Commits what was delivered and leaves, answering the last rebalance; what hangs is given up. */
async function leave(client: Client, groupQueue: Address, serveGroup: () => void): Promise<void> {
  const { calls, handle } = client
  check(calls, calls.leaveGroup(handle, groupQueue))
  const deadline = performance.now() + leaveMs
  while (calls.hasLeft(handle) === 0 && performance.now() < deadline) {
    serveGroup()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
