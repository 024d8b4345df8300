import { z } from 'zod'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { BrokerNode, Cluster } from '../contracts/api.ts'
import { defineFault } from '../contracts/define.ts'
import type { BrokerConnection } from '../kafka/wire.ts'
import { onBroker } from './_ask.ts'
import { changed } from './_configs.ts'
import { settings } from './_options.ts'
import { refusedWithoutBrokers } from './_refused.ts'
import { pause } from './_wait.ts'

/** A broker's own settings are taken by itself only: one that is just coming back is waited for, ms. */
const patienceMs = 15_000

/** Settings of brokers that can be changed while they run. Healing restores them. */
export default defineFault({
  summary: 'settings of brokers are changed under load; afterwards they are as before',
  on: 'broker',
  target: 'all',
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  options: z.strictObject({ set: settings.describe("Dynamic settings in Kafka's own names, like num.io.threads") }),
  inject({ set }, { cluster, brokers }) {
    const resources = brokers.map((broker) => ({
      resource: { broker: broker.id },
      name: `broker ${broker.id}`,
      ask: <T>(use: (connection: BrokerConnection) => Promise<T>) => askPatiently(cluster, broker, use),
      seenBy: [broker],
    }))
    return changed(cluster, resources, set)
  },
})

async function askPatiently<T>(
  cluster: Cluster,
  broker: BrokerNode,
  use: (connection: BrokerConnection) => Promise<T>,
): Promise<T> {
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    try {
      return await onBroker(cluster, broker, use)
    } catch (cause) {
      // Not the broker's: it will not change.
      if (cause instanceof KbenchError) throw cause
      const isOver = performance.now() >= deadlineMs || (cause as { name?: string }).name === 'KafkaJSProtocolError'
      if (isOver) {
        throw new KbenchError('environment', `broker ${broker.id} refuses its settings: ${messageOf(cause)}`, { cause })
      }
      await pause(200)
    }
  }
}
