import { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import { plural } from '../base/plural.ts'
import { defineFault } from '../contracts/define.ts'
import { electRequest } from '../kafka/change-requests.ts'
import { askAny } from './_ask.ts'
import { refusedWithoutBrokers } from './_refused.ts'

/** Elects the preferred leader of every partition, or any replica that is left where none is in sync. Nothing to undo. */
export default defineFault({
  summary: 'leaders are elected anew: the preferred ones, or any replica that is left (unclean, loses records)',
  on: 'topic',
  target: null,
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  options: z.strictObject({
    unclean: z
      .boolean()
      .default(false)
      .describe('Where a partition has no leader, elect a replica that is not in sync: acknowledged records are lost'),
  }),
  async inject({ unclean }, { cluster, topic, metadata, note }) {
    const partitions = (await metadata()).partitions.map(({ partition }) => partition)
    const atNs = nowNs()
    const answers = await askAny(cluster, electRequest(topic.name, partitions, unclean))
    const failed = answers.filter(({ error }) => error !== null)
    for (const { partition, error } of failed) note(`no election of partition ${partition}: ${error}`)
    return {
      atNs,
      detail: `${unclean ? 'unclean' : 'preferred'} leaders of ${plural(partitions.length, 'partition')} elected`,
      verify: async () => {
        const now = (await metadata()).partitions
        const isLed = unclean
          ? now.every(({ leader }) => leader >= 0)
          : now.every(({ leader, replicas }) => leader === replicas[0])
        return failed.length === 0 && isLed
      },
      done: Promise.resolve(),
      async [Symbol.asyncDispose]() {},
    }
  },
})
