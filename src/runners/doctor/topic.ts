import { plural } from '../../base/plural.ts'
import type { TopicDescription } from '../../contracts/api.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import { describeTopic } from '../../kafka/describe-topic.ts'
import { isPermissionType } from '../../kafka/missing-permission.ts'
import { stateRequest } from '../../kafka/state-requests.ts'
import { contradictionOf } from '../variant/topic.ts'
import { type Check, defineCheck, lines } from './check.ts'
import type { DoctorJob } from './job.ts'

export interface FoundTopic {
  plan: VariantPlan
  /** null = it is not there, or may not be looked at. */
  actual: TopicDescription | null
  mayLook: boolean
  /** Partitions that nobody leads. */
  leaderless: readonly number[]
  /** Why it could not be created; null = it could, or is there. */
  refused: { type: string; message: string } | null
}

/** The topics of the profile: those that are there against what is asked of them, those that are not by a request that only validates. */
export default defineCheck<readonly FoundTopic[]>({
  id: 'topic',
  subject: 'topic',
  of: 'cluster',
  look: (job) => Promise.all(topicPlans(job).map((plan) => lookAt(plan, job))),
  judge: (found) => found.map(ofTopic),
})

/** One plan for each topic that variants use; two that differ in their settings are two. */
export function topicPlans({ plans }: Pick<DoctorJob, 'plans'>): VariantPlan[] {
  const byTopic = new Map(plans.map((plan) => [JSON.stringify([plan.names.topic, plan.topic]), plan]))
  return [...byTopic.values()]
}

const unknownTopic = 3

async function lookAt(plan: VariantPlan, { target }: DoctorJob): Promise<FoundTopic> {
  const { network, brokers, dryCreate } = target!
  const { topic: name } = plan.names
  const state = await brokers.any((connection) => connection.send(stateRequest(name)))
  const actual = state.error === 0 ? await describeTopic(network, name) : null
  const creates = state.error === unknownTopic && plan.fill?.existing !== true
  return {
    plan,
    actual,
    mayLook: state.error === 0 || state.error === unknownTopic,
    leaderless: state.partitions.filter(({ leader }) => leader < 0).map(({ partition }) => partition),
    refused: creates ? await dryCreate({ ...plan.topic, name }) : null,
  }
}

function ofTopic({ plan, actual, mayLook, leaderless, refused }: FoundTopic): Check {
  const { ok, warning, failure, unknown } = lines('topic')
  const { names, topic, fill } = plan
  const subject = `topic ${names.topic}`
  if (!mayLook) return unknown(subject, 'may not be looked at: its permissions are below')
  if (actual === null) {
    if (fill?.existing)
      return failure(
        subject,
        'is not there, and load.fill: none reads what is in it',
        'kbench topics list shows what there is',
      )
    if (refused === null) {
      const made = names.ownTopic
        ? 'is made for each variant, under a name like this'
        : 'is not there: the run creates it'
      return ok(
        subject,
        `${made}, ${plural(topic.partitions, 'partition')}, replication factor ${topic.replicationFactor}`,
      )
    }
    if (isPermissionType(refused.type)) return unknown(subject, 'may not be created: its permissions are below')
    return failure(
      subject,
      `cannot be created: ${refused.message} (${refused.type})`,
      'change topic.replicationFactor, topic.partitions or topic.config',
    )
  }
  const contradiction = contradictionOf(plan, actual.partitions, actual)
  if (contradiction) return failure(subject, contradiction.message, contradiction.hint ?? 'name another topic')
  const is = `is there: ${plural(actual.partitions, 'partition')}, replication factor ${actual.replicationFactor}`
  if (leaderless.length === 0) return ok(subject, is)
  const remedy =
    'kbench topics describe shows which brokers are missing; records to these partitions count apart (finding degraded)'
  return warning(subject, `${is}; nobody leads ${leaderless.join(', ')}`, remedy)
}
