import { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import { plural } from '../base/plural.ts'
import { defineFault } from '../contracts/define.ts'
import { addPartitionsRequest } from '../kafka/change-requests.ts'
import { askAny } from './_ask.ts'
import { count } from './_options.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** The topic gets more partitions under load. Kafka cannot take them away again: nothing to undo. */
export default defineFault({
  summary: 'the topic gets more partitions under load; they stay',
  on: 'topic',
  target: null,
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  verifyMs: 5000,
  options: z.strictObject({ count: count.default(1).describe('How many more') }),
  async inject(options, { cluster, topic, metadata }) {
    const before = (await metadata()).partitions.length
    const total = before + options.count
    const atNs = nowNs()
    await askAny(cluster, addPartitionsRequest(topic.name, total))
    return {
      atNs,
      detail: `topic ${topic.name} from ${before} to ${plural(total, 'partition')}`,
      verify: async () => {
        const { partitions } = await metadata()
        return (
          partitions.length >= total && partitions.every(({ partition, leader }) => partition < before || leader >= 0)
        )
      },
      done: Promise.resolve(),
      async [Symbol.asyncDispose]() {},
    }
  },
})
