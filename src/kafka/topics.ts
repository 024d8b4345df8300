import { KbenchError } from '../base/errors.ts'
import type { Network, TopicSpec } from '../contracts/api.ts'
import { awaitTopic } from './await-topic.ts'
import { type Brokers, createBrokers } from './brokers.ts'
import { clientIdOf } from './client-id.ts'
import { deleteGroup } from './group-offsets.ts'
import { rootMessage, typeOf } from './refusals.ts'
import { refusalOf, type TopicMetadata } from './wire.ts'

/** A topic as any broker tells it; null = there is none. Rejects with the broker's refusal, for one that may not be looked at, say. */
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
    throw topicError(name, 'cannot be looked at', cause, { operation: 'Describe' })
  })
  if (found !== null) return false
  try {
    await createOn(brokers, spec)
  } catch (cause) {
    // Somebody else was quicker.
    if (typeOf(cause) === 'TOPIC_ALREADY_EXISTS') return false
    const hint = `partitions ${partitions}, replicationFactor ${replicationFactor}: are there as many brokers?`
    throw topicError(name, 'does not exist and cannot be created', cause, { operation: 'Create', hint })
  }
  await awaitTopic(network, name, partitions, signal)
  return true
}

interface TopicErrors {
  topicErrors: { topic: string; errorCode: number; errorMessage?: string | null }[]
}

/** By any broker (KRaft), or by the one that is the controller (ZooKeeper). Rejects with the broker's refusal. */
export async function createOn(brokers: Brokers, spec: TopicSpec): Promise<void> {
  const topic = {
    topic: spec.name,
    numPartitions: spec.partitions,
    replicationFactor: spec.replicationFactor,
    configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value: String(value) })),
  }
  await brokers.controller(async (connection) => {
    const { topicErrors } = await connection.call<TopicErrors>('CreateTopics', { topics: [topic], timeout: 30_000 })
    const failed = topicErrors.find(({ errorCode }) => errorCode !== 0)
    if (failed) throw refusalOf(failed.errorCode, failed.errorMessage)
  })
}

/** What a person has to know of a broker's refusal about a topic: the permission that is missing, where it is one. */
export function topicError(
  topic: string,
  what: string,
  cause: unknown,
  { operation, hint }: { operation: string; hint?: string },
): KbenchError {
  const isMissing = /_AUTHORIZATION_FAILED$/.test(typeOf(cause) ?? '')
  const text = `topic ${topic} ${what}: ${isMissing ? `permission ${operation} on it is missing` : rootMessage(cause)}`
  const advice = isMissing ? `grant ${operation} on topic ${topic} to the user of cluster.security` : hint
  return new KbenchError('environment', text, { cause, ...(advice === undefined ? {} : { hint: advice }) })
}

/** As {@link createOn}. */
export async function deleteOn(brokers: Brokers, topics: readonly string[]): Promise<void> {
  await brokers.controller(async (connection) => {
    const { topicErrors } = await connection.call<TopicErrors>('DeleteTopics', { topics: [...topics], timeout: 30_000 })
    const failed = topicErrors.find(({ errorCode }) => errorCode !== 0)
    if (failed) throw refusalOf(failed.errorCode)
  })
}

/** Deletes topics and groups of a run, also while a broker is down; returns what could not be deleted. */
export async function deleteTopicAndGroups(
  network: Network,
  topic: string | null,
  groups: readonly string[],
): Promise<string[]> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 30_000 })
  const problems: string[] = []
  if (topic !== null) {
    await deleteOn(brokers, [topic]).catch((error: unknown) => problems.push(`${topic}: ${rootMessage(error)}`))
  }
  for (const group of groups) {
    await deleteGroup(brokers, group).catch((error: unknown) => problems.push(`${group}: ${rootMessage(error)}`))
  }
  return problems
}
