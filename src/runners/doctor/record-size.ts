import { formatBytes } from '../../base/units.ts'
import { describeTopic } from '../../kafka/describe-topic.ts'
import { largestBatchOfOne } from '../../profile/notes.ts'
import { defineCheck, lines } from './check.ts'

export interface FoundSize {
  topic: string
  /** Of the largest record in a batch of its own, uncompressed. */
  largestBytes: number
  /** max.message.bytes in force; null = not known. */
  limitBytes: number | null
  compression: string
}

/** The profile's largest record against the limit of the topic. */
export default defineCheck<readonly FoundSize[]>({
  id: 'record-size',
  subject: 'record size',
  of: 'cluster',

  async look({ run, plans, target }) {
    const byTopic = new Map<string, FoundSize>()
    for (const plan of plans) {
      const { profile } = run.variants.find(({ id }) => id === plan.id)!
      const writes = plan.workers.some(({ role }) => role.kind === 'producer')
      const largestBytes = largestBatchOfOne(profile.load)
      const known = byTopic.get(plan.names.topic)
      if (!writes || (known && known.largestBytes >= largestBytes)) continue
      const actual = await describeTopic(target!.network, plan.names.topic)
      // A topic that is not there yet gets what the profile states, else what the brokers take.
      const limit =
        actual === null
          ? (plan.topic.config['max.message.bytes'] ?? (await target!.brokerSetting('message.max.bytes')))
          : actual.maxMessageBytes
      byTopic.set(plan.names.topic, {
        ...{ topic: plan.names.topic, largestBytes, compression: profile.producers.compression },
        limitBytes: limit === null ? null : Number(limit),
      })
    }
    return [...byTopic.values()]
  },

  judge: (found) =>
    found.map(({ topic, largestBytes, limitBytes, compression }) => {
      const { ok, warning, failure, unknown } = lines('record-size')
      const subject = `record size in topic ${topic}`
      const largest = `up to ${formatBytes(largestBytes)} in a batch`
      if (limitBytes === null) {
        const why = 'DescribeConfigs is missing, on the topic or, for the default of a new one, on the cluster'
        return unknown(subject, `${largest}; max.message.bytes is not known: ${why}`)
      }
      const text = `${largest}; the topic takes ${formatBytes(limitBytes)} (max.message.bytes)`
      if (largestBytes <= limitBytes) return ok(subject, text)
      const remedy = 'lower load.record.size, or use a topic with a larger max.message.bytes'
      return compression === 'none'
        ? failure(subject, text, remedy)
        : warning(subject, `${text}: it has to be compressed enough`, remedy)
    }),
})
