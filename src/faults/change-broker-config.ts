import { z } from 'zod'
import type { BrokerNode, Cluster } from '../core/api.ts'
import { defineFault } from '../core/define.ts'
import { KbenchError, messageOf } from '../core/errors.ts'
import type { RawRequest } from '../kafka/state-requests.ts'
import { askBroker } from './_ask.ts'
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
      ask: <T>(request: RawRequest<T>) => askPatiently(cluster, broker, request),
      seenBy: [broker],
    }))
    return changed(cluster, resources, set)
  },
})

async function askPatiently<T>(cluster: Cluster, broker: BrokerNode, request: RawRequest<T>): Promise<T> {
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    try {
      return await askBroker(cluster, broker, request)
    } catch (cause) {
      const isOver = performance.now() >= deadlineMs || (cause as { name?: string }).name === 'KafkaJSProtocolError'
      if (isOver) {
        const { apiName } = request.request
        throw new KbenchError('environment', `broker ${broker.id} refuses ${apiName}: ${messageOf(cause)}`, { cause })
      }
      await pause(200)
    }
  }
}
