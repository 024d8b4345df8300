import { z } from 'zod'
import { defineFault } from '../contracts/define.ts'
import { onAny } from './_ask.ts'
import { changed } from './_configs.ts'
import { settings } from './_options.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** Settings of the topic are changed under load. Healing restores them. */
export default defineFault({
  summary: 'settings of the topic are changed under load; afterwards they are as before',
  on: 'topic',
  target: null,
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  options: z.strictObject({ set: settings.describe("Settings in Kafka's own names, like max.message.bytes") }),
  inject({ set }, { cluster, topic }) {
    const resource = { topic: topic.name }
    return changed(
      cluster,
      [
        {
          resource,
          name: `topic ${topic.name}`,
          ask: (use) => onAny(cluster, `a change of topic ${topic.name}`, use),
          seenBy: cluster.nodes,
        },
      ],
      set,
    )
  },
})
