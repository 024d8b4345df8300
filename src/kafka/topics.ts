import type { Network, Resource, TopicSpec } from '../contracts/api.ts'
import { awaitTopic } from './await-topic.ts'
import { type Brokers, createBrokers } from './brokers.ts'
import { clientIdOf } from './client-id.ts'
import { deleteGroup } from './group-offsets.ts'
import { refusedStep, refusalType as typeOf } from './missing-permission.ts'
import { refusalOf, type TopicMetadata } from './wire.ts'

/** A topic as any broker reports it; null = there is none. Rejects with the broker's refusal, for one that may not be looked at, say. */
export async function topicIn(brokers: Brokers, name: string): Promise<TopicMetadata | null> {
  try {
    const { topics } = await brokers.metadata([name])
    return topics.find(({ topic }) => topic === name) ?? null
  } catch (error) {
    if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return null
    throw error
  }
}

/**
 * Looks for a topic, and creates it only where it is not there: who may not create topics can work on those that exist. True = it was
 * created. What exists is left as it is.
 */
export async function createTopic(network: Network, spec: TopicSpec, signal: AbortSignal): Promise<boolean> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 30_000 })
  const { name, partitions, replicationFactor } = spec
  const found = await topicIn(brokers, name).catch((cause: unknown) => {
    throw refusedStep({ operation: 'Describe', resource: { type: 'topic', name }, what: 'cannot be looked at' }, cause)
  })
  if (found !== null) return false
  try {
    await createOn(brokers, spec)
  } catch (cause) {
    // Somebody else was quicker.
    if (typeOf(cause) === 'TOPIC_ALREADY_EXISTS') return false
    const hint = `partitions ${partitions}, replicationFactor ${replicationFactor}: are there as many brokers?`
    const what = 'does not exist and cannot be created'
    throw refusedStep({ operation: 'Create', resource: { type: 'topic', name }, what }, cause, hint)
  }
  await awaitTopic(network, name, partitions, signal)
  return true
}

interface TopicErrors {
  topicErrors: { topic: string; errorCode: number; errorMessage?: string | null }[]
}

/**
 * By any broker (KRaft), or by the one that is the controller (ZooKeeper). Rejects with the broker's refusal. `validateOnly`: it is asked, and
 * nothing is created.
 */
export async function createOn(brokers: Brokers, spec: TopicSpec, { validateOnly = false } = {}): Promise<void> {
  const topic = {
    topic: spec.name,
    numPartitions: spec.partitions,
    replicationFactor: spec.replicationFactor,
    configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value: String(value) })),
  }
  await brokers.controller(async (connection) => {
    assertDone(await connection.call<TopicErrors>('CreateTopics', { topics: [topic], validateOnly, timeout: 30_000 }))
  })
}

/** Throws the first refusal of an answer about topics. */
function assertDone({ topicErrors }: TopicErrors): void {
  const failed = topicErrors.find(({ errorCode }) => errorCode !== 0)
  if (failed) throw refusalOf(failed.errorCode, failed.errorMessage)
}

/** As {@link createOn}. */
export async function deleteOn(brokers: Brokers, topics: readonly string[]): Promise<void> {
  await brokers.controller(async (connection) => {
    assertDone(await connection.call<TopicErrors>('DeleteTopics', { topics: [...topics], timeout: 30_000 }))
  })
}

/** Deletes topics and groups of a run, also while a broker is down; returns what could not be deleted, and what would do it. */
export async function deleteTopicAndGroups(
  network: Network,
  topic: string | null,
  groups: readonly string[],
): Promise<string[]> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 30_000 })
  const problems: string[] = []
  const attempt = async (resource: Resource, remove: Promise<void>) => {
    const refused = (cause: unknown) => refusedStep({ operation: 'Delete', resource, what: 'cannot be deleted' }, cause)
    await remove.catch((cause: unknown) => problems.push(refused(cause).message))
  }
  if (topic !== null) await attempt({ type: 'topic', name: topic }, deleteOn(brokers, [topic]))
  for (const group of groups) await attempt({ type: 'group', name: group }, deleteGroup(brokers, group))
  return problems
}
