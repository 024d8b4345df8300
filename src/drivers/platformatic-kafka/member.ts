import type { Readable } from 'node:stream'
import { plural } from '../../base/plural.ts'
import type { ConsumerContext, ConsumerSettings, InRecord } from '../../contracts/api.ts'
import { settledWithin } from '../_settled-within.ts'
import { reportEvents } from './client.ts'
import { createPositions } from './positions.ts'
import type { ConsumedMessage, GroupAssignment, Platformatic, PlatformaticConsumer } from './types.ts'

const watchIntervalMs = 100

export interface Member {
  /** Joins and delivers; throws when the client has stopped delivering, or is out of its group for good. */
  run(onBatch: (records: readonly InRecord[]) => void | Promise<void>, signal: AbortSignal): Promise<void>
  hasJoined(): boolean
  /** Leaves the group, once. */
  close(): Promise<void>
}

/** One life of the client's consumer, from joining to leaving. */
export function createMember(
  { Consumer: PlatformaticConsumerClass }: Platformatic,
  config: Record<string, unknown>,
  settings: ConsumerSettings,
  context: ConsumerContext,
): Member {
  const consumer: PlatformaticConsumer = new PlatformaticConsumerClass({ ...config })
  const closed = new AbortController()
  const positions = createPositions(consumer, context)
  let joined = false
  let lastHeartbeatNs = context.clock.nowNs()
  reportEvents(consumer, context, closed.signal)
  consumer.on('consumer:heartbeat:end', () => {
    lastHeartbeatNs = context.clock.nowNs()
  })
  consumer.on('consumer:group:join', ({ assignments }: { assignments?: GroupAssignment }) => {
    joined = true
    lastHeartbeatNs = context.clock.nowNs()
    const partitions = (assignments ?? []).flatMap((each) =>
      each.partitions.map((partition) => ({ topic: each.topic, partition })),
    )
    positions.keepOnly(partitions)
    context.event('rebalance', `assigned ${plural(partitions.length, 'partition')}`)
    context.assigned(partitions)
  })
  consumer.on('consumer:group:rebalance', () => {
    context.event('rebalance', 'rebalancing')
    context.assigned([])
    // The last moment at which this generation's commits are taken: what is not committed is delivered again.
    void positions.commit()
  })

  /** The client asks the coordinator that it once found for ever: when another one has taken over, only a new member is heard. */
  const isOut = () => context.clock.nowNs() - lastHeartbeatNs > settings.sessionTimeoutMs * 1e6

  return {
    hasJoined: () => joined,
    async run(onBatch, signal) {
      const stream: Readable = await consumer.consume({
        topics: context.topics.map(({ name }) => name),
        mode: 'committed',
        fallbackMode: settings.from,
      })
      let failure: unknown = null
      let wake = () => {}
      stream.on('error', (error) => {
        failure = error
        wake()
      })
      stream.on('close', () => {
        failure ??= new Error('the stream has ended')
        wake()
      })
      signal.addEventListener('abort', () => wake(), { once: true })
      const timer = setInterval(() => void positions.commit(), settings.commitIntervalMs)
      const watch = setInterval(() => {
        if (!isOut()) return
        failure ??= new Error('no heartbeat was answered within the session timeout')
        wake()
      }, watchIntervalMs)
      try {
        await Promise.race([context.hold, untilAborted(signal)])
        // Nothing is fetched before this: the stream begins with its first reader.
        stream.on('readable', () => wake())
        while (!signal.aborted && failure === null) {
          const batch = takeAll(stream)
          if (batch.length === 0) {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
            continue
          }
          await onBatch(batch)
          positions.delivered(batch)
        }
      } finally {
        clearInterval(timer)
        clearInterval(watch)
        await settledWithin(2000, positions.commit())
      }
      if (failure !== null && !signal.aborted) throw failure
    },
    async close() {
      if (closed.signal.aborted) return
      closed.abort()
      await settledWithin(3000, consumer.close(true))
    },
  }
}

/** Everything that was fetched and not delivered yet. */
function takeAll(stream: Readable): InRecord[] {
  const records: InRecord[] = []
  for (let message = stream.read(); message !== null; message = stream.read()) records.push(toRecord(message))
  return records
}

function toRecord({ topic, partition, offset, value, headers }: ConsumedMessage): InRecord {
  return {
    topic,
    partition,
    offset: Number(offset),
    value: value ?? null,
    headers:
      headers.size === 0
        ? null
        : Object.fromEntries([...headers].map(([name, each]) => [String(name), each ?? undefined])),
  }
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
