import { createRequire } from 'node:module'
import { nowNs } from '../../src/base/clock.ts'
import type { Network } from '../../src/contracts/api.ts'

interface Producer {
  connect(options: object, done: (error: Error | null) => void): void
  on(event: 'delivery-report', listener: (error: Error | null, report: { partition: number }) => void): void
  produce(topic: string, partition: number, value: Buffer): void
  poll(): void
  disconnect(timeoutMs: number, done: () => void): void
}

/** An independent witness: a plain client that writes 100 records/s to each partition and notes when each was acknowledged. */
export interface Observer extends AsyncDisposable {
  /** Longest time between two acknowledgements that reaches into [fromNs, toNs), ms. */
  longestGapMs(partition: number, fromNs: number, toNs: number): number
}

export async function observe(network: Network, topic: string, partitions: number): Promise<Observer> {
  const { Producer: RdProducer } = createRequire(import.meta.url)('node-rdkafka') as {
    Producer: new (global: object, topic: object) => Producer
  }
  const producer = new RdProducer(
    {
      'metadata.broker.list': network.bootstrap.join(','),
      dr_cb: true,
      'queue.buffering.max.ms': 0,
      // As the canary's: what piles up on a connection is worked off before the first record to a new leader.
      'max.in.flight': Math.max(5, 2 * partitions),
      'message.send.max.retries': 1_000_000,
      'retry.backoff.ms': 20,
      'retry.backoff.max.ms': 100,
      'reconnect.backoff.ms': 20,
      'reconnect.backoff.max.ms': 100,
      'socket.timeout.ms': 2000,
      'socket.connection.setup.timeout.ms': 1000,
      'topic.metadata.refresh.interval.ms': 250,
      'topic.metadata.refresh.fast.interval.ms': 50,
    },
    { acks: -1, 'request.timeout.ms': 2000, 'message.timeout.ms': 60_000 },
  )
  const acks: number[][] = Array.from({ length: partitions }, () => [])
  producer.on('delivery-report', (error, { partition }) => {
    if (!error) acks[partition]!.push(nowNs())
  })
  await new Promise<void>((resolve, reject) =>
    producer.connect({ timeout: 10_000 }, (error) => (error ? reject(error) : resolve())),
  )
  const value = Buffer.from('observer')
  const sending = setInterval(() => {
    for (let partition = 0; partition < partitions; partition++) producer.produce(topic, partition, value)
    producer.poll()
  }, 10)
  const polling = setInterval(() => producer.poll(), 2)
  return {
    longestGapMs(partition, fromNs, toNs) {
      const times = [...acks[partition]!, toNs]
      let longest = 0
      for (let at = 1; at < times.length; at++) {
        if (times[at]! > fromNs && times[at - 1]! < toNs) longest = Math.max(longest, times[at]! - times[at - 1]!)
      }
      return longest / 1e6
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sending)
      clearInterval(polling)
      await new Promise<void>((resolve) => producer.disconnect(500, resolve))
    },
  }
}
