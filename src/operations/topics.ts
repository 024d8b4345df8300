import { setTimeout as sleep } from 'node:timers/promises'
import { KbenchError } from '../base/errors.ts'
import { plural } from '../base/plural.ts'
import type { Network } from '../contracts/api.ts'
import { awaitTopic } from '../kafka/await-topic.ts'
import type { Brokers } from '../kafka/brokers.ts'
import { addPartitionsRequest, describeAllRequest } from '../kafka/change-requests.ts'
import { createOn, deleteOn, topicIn } from '../kafka/topics.ts'
import { operate, refusal, refusalType, type Session } from './admin-session.ts'

export interface TopicPartition {
  partition: number
  /** −1 = nobody. */
  leader: number
  /** In the order of preference. */
  replicas: number[]
  inSync: number[]
}

export interface TopicDescription {
  topic: string
  partitions: TopicPartition[]
  /** Settings of its own, not the cluster's defaults; null = they are not reported. */
  configs: Record<string, string> | null
}

export interface NewTopic {
  topic: string
  /** null = the cluster's default. */
  partitions: number | null
  replicationFactor: number | null
  configs: Readonly<Record<string, string>>
}

/** Names of topics, sorted; without those that begin with two underscores unless `internal`. */
export async function listTopics(network: Network, internal: boolean): Promise<string[]> {
  const names = await operate(network, ({ topicNames }) => topicNames())
  return names.filter((name) => internal || !name.startsWith('__')).sort()
}

/** Throws `environment` for a topic that does not exist; none named = all. */
export async function describeTopics(
  network: Network,
  topics: readonly string[],
  internal: boolean,
): Promise<TopicDescription[]> {
  return operate(network, async (session) => {
    const found =
      topics.length > 0
        ? await Promise.all(topics.map((name) => session.topic(name)))
        : (await session.brokers.metadata('all')).topics
            .filter(({ topic }) => internal || !topic.startsWith('__'))
            .sort((a, b) => (a.topic < b.topic ? -1 : 1))
    if (found.length === 0) return []
    // Who may see a topic need not be allowed to see its settings.
    const names = found.map(({ topic }) => topic)
    const configs = await ownConfigs(session, names).catch(() => null)
    return found.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, leader, replicas, isr }) => ({
        partition,
        leader,
        replicas,
        inSync: isr,
      })),
      configs: configs === null ? null : (configs.get(topic) ?? {}),
    }))
  })
}

/** What was set on each. Not by kafkajs' admin client, which asks nothing while any partition is without a leader. */
async function ownConfigs(
  { brokers }: Session,
  topics: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const request = describeAllRequest(
    topics.map((topic) => ({ topic })),
    [],
  )
  const entriesOf = await brokers.any(({ send }) => send(request))
  return new Map(
    entriesOf.map((entries, index) => {
      const own = entries.filter((entry) => entry.own).map(({ name, value }) => [name, value ?? ''] as const)
      return [topics[index]!, Object.fromEntries(own)]
    }),
  )
}

/** Creates it and waits until every partition is led and in sync. `ifNotExists`: false = it was there already. */
export async function createTopic(
  network: Network,
  { topic, partitions, replicationFactor, configs }: NewTopic,
  { ifNotExists }: { ifNotExists: boolean },
): Promise<boolean> {
  const created = await operate(network, async ({ brokers }) => {
    if ((await topicIn(brokers, topic)) !== null) {
      if (ifNotExists) return false
      throw new KbenchError('environment', `topic ${topic} exists already`, {
        hint: '--if-not-exists takes it as it is; kbench topics delete removes it',
      })
    }
    try {
      const spec = { name: topic, partitions: partitions ?? -1, replicationFactor: replicationFactor ?? -1 }
      await createOn(brokers, { ...spec, config: configs })
    } catch (error) {
      throw new KbenchError('environment', `topic ${topic} was not created: ${refusal(error)}`, { cause: error })
    }
    return true
  })
  if (created) await awaitTopic(network, topic, partitions ?? 1, new AbortController().signal)
  return created
}

/** Deletes them and waits until no broker lists them any more. */
export async function deleteTopics(
  network: Network,
  topics: readonly string[],
  { ifExists }: { ifExists: boolean },
): Promise<string[]> {
  return operate(network, async ({ brokers, topic: find }) => {
    const found = await Promise.all(topics.map((name) => (ifExists ? topicIn(brokers, name) : find(name))))
    const there = found.flatMap((each) => each?.topic ?? [])
    if (there.length === 0) return []
    try {
      await deleteOn(brokers, there)
    } catch (error) {
      const disabled = refusalType(error) === 'TOPIC_DELETION_DISABLED'
      throw new KbenchError('environment', `${there.join(', ')} not deleted: ${refusal(error)}`, {
        cause: error,
        ...(disabled && {
          hint: 'the brokers run with delete.topic.enable=false, which cannot be changed while they run',
        }),
      })
    }
    const deadline = Date.now() + 30_000
    while (await anyBrokerLists(brokers, there)) {
      if (Date.now() > deadline) throw new KbenchError('environment', `${there.join(', ')}: still there after 30 s`)
      await sleep(100)
    }
    return there
  })
}

/** One broker hears of it later than another; one that is down has nothing to say. */
async function anyBrokerLists(brokers: Brokers, topics: readonly string[]): Promise<boolean> {
  const { brokers: all } = await brokers.metadata([])
  const answers = await Promise.all(
    all.flatMap((broker) =>
      topics.map((topic) => brokers.on(broker, (connection) => connection.metadata([topic])).catch(() => null)),
    ),
  )
  return answers.some((answer) => answer !== null)
}

/** To `count` in all: a topic cannot lose partitions. */
export async function addPartitions(network: Network, topic: string, count: number): Promise<number> {
  const before = await operate(network, async ({ brokers, topic: find }) => {
    const now = (await find(topic)).partitions.length
    if (count <= now) {
      throw new KbenchError('environment', `topic ${topic} has ${plural(now, 'partition')}: ${count} is no more`, {
        hint: 'partitions can be added, not taken away',
      })
    }
    await brokers.controller(({ send }) => send(addPartitionsRequest(topic, count)))
    return now
  })
  await awaitTopic(network, topic, count, new AbortController().signal)
  return before
}
