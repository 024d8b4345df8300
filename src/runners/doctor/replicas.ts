import { plural } from '../../base/plural.ts'
import { describeTopic } from '../../kafka/describe-topic.ts'
import { stateRequest } from '../../kafka/state-requests.ts'
import { type Check, defineCheck, lines } from './check.ts'
import { topicPlans } from './topic.ts'

export interface FoundReplicas {
  topic: string
  acks: 0 | 1 | 'all'
  /** null = not known. */
  minInsyncReplicas: number | null
  /** By partition, of a topic that is there; a new one has its replication factor everywhere. */
  insync: readonly number[]
  replicas: readonly number[]
}

/** min.insync.replicas against the replicas that are there. */
export default defineCheck<readonly FoundReplicas[]>({
  id: 'replicas',
  subject: 'replicas',
  of: 'cluster',

  async look(job) {
    const { network, brokers, brokerSetting } = job.target!
    const found = topicPlans(job).map(async ({ names, topic, acks }): Promise<FoundReplicas> => {
      const state = await brokers.any((connection) => connection.send(stateRequest(names.topic)))
      if (state.error !== 0) {
        const all = [topic.replicationFactor]
        const least = topic.config['min.insync.replicas'] ?? (await brokerSetting('min.insync.replicas'))
        return {
          topic: names.topic,
          acks,
          minInsyncReplicas: least === null ? null : Number(least),
          insync: all,
          replicas: all,
        }
      }
      const actual = await describeTopic(network, names.topic)
      return {
        ...{ topic: names.topic, acks, minInsyncReplicas: actual?.minInsyncReplicas ?? null },
        insync: state.partitions.map(({ isr }) => isr.length),
        replicas: state.partitions.map(({ replicas }) => replicas.length),
      }
    })
    return Promise.all(found)
  },

  judge: (found) => found.map(ofReplicas),
})

function ofReplicas({ topic, acks, minInsyncReplicas: least, insync, replicas }: FoundReplicas): Check {
  const { ok, warning, failure, unknown } = lines('replicas')
  const subject = `replicas of topic ${topic}`
  const behind = insync.filter((count, at) => count < replicas[at]!).length
  const of = plural(insync.length, 'partition')
  const refusing = least === null ? 0 : insync.filter((count) => count < least).length
  if (acks === 'all' && refusing > 0) {
    const text = `${refusing} of ${of} have fewer replicas in sync than min.insync.replicas (${least}): acks all is refused there`
    return failure(
      subject,
      text,
      'bring the missing brokers back, lower min.insync.replicas, or raise the replication factor',
    )
  }
  if (behind > 0) {
    const text = `${behind} of ${of} are under-replicated: the cluster is degraded`
    return warning(subject, text, 'kbench topics describe shows which brokers are missing or behind')
  }
  if (least === null && acks === 'all')
    return unknown(
      subject,
      'min.insync.replicas is not known: DescribeConfigs is missing, on the topic or, for the default of a new one, on the cluster',
    )
  return ok(subject, `all in sync${least === null ? '' : `; min.insync.replicas is ${least}`}`)
}
