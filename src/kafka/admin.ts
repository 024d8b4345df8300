import type { Admin } from 'kafkajs'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network, Resource, TopicSpec } from '../contracts/api.ts'
import { type Brokers, createBrokers } from './brokers.ts'
import { createKafka } from './client.ts'
import { clientIdOf } from './client-id.ts'
import { refusedStep, refusalType as typeOf } from './missing-permission.ts'
import { type BrokerConnection, type ClusterMetadata, type LogPosition, refusalOf, type TopicMetadata } from './wire.ts'

/** Runs with a connected kafkajs Admin and disconnects it. */
export async function withAdmin<T>(network: Network, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = await connectAdmin(network)
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** To be disconnected by the caller. */
export async function connectAdmin(network: Network): Promise<Admin> {
  const kafka = createKafka(network, {
    clientId: clientIdOf(network, 'admin'),
    connectionTimeoutMs: 5000,
    requestTimeoutMs: 30_000,
    retry: { retries: 8, initialRetryTime: 200 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return admin
  } catch (error) {
    await admin.disconnect()
    throw error
  }
}

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

/** How far a topic is there, when it was waited for. */
export interface TopicState {
  /** Partitions that nobody led after 10 s. */
  offline: number[]
  /** Brokers that hold a replica and are not there. */
  brokersDown: number[]
}

/** A cluster that is whole shows each partition led within this; after it what is not led is named and not waited for, ms. */
const patienceMs = 10_000

/**
 * Waits (60 s at most) until the topic's partitions are all led and in sync, as every broker tells it. What stays so because a broker is
 * down is waited for 10 s, and then named.
 */
export async function awaitTopic(
  network: Network,
  topic: string,
  partitions: number,
  signal: AbortSignal,
): Promise<TopicState> {
  return awaitState(network, topic, signal, (seen) => {
    if (seen.some(({ all }) => all.length < partitions)) return null
    const whole = ({ leader, isr, replicas }: Partition) => leader >= 0 && isr.length === replicas.length
    if (seen.every(({ all }) => all.every(whole))) return 'whole'
    // Somebody is missing, and that explains each partition that is not whole.
    const excused = seen.every(({ all, down }) =>
      all.every((each) => whole(each) || each.replicas.some((replica) => down.includes(replica))),
    )
    return excused ? 'degraded' : null
  })
}

/** The same of a topic that was there before: it is waited until each partition is led, 10 s at most. */
export async function awaitLeaders(network: Network, topic: string, signal: AbortSignal): Promise<TopicState> {
  return awaitState(network, topic, signal, (seen) =>
    seen.every(({ all }) => all.every(({ leader }) => leader >= 0)) ? 'whole' : 'degraded',
  )
}

type Partition = TopicMetadata['partitions'][number]

/** What one broker tells: the topic's partitions, and the brokers with a replica that it does not list. */
interface Seen {
  all: readonly Partition[]
  down: readonly number[]
}

async function awaitState(
  network: Network,
  topic: string,
  signal: AbortSignal,
  judge: (seen: readonly Seen[]) => 'whole' | 'degraded' | null,
): Promise<TopicState> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 5000 })
  const beganMs = performance.now()
  let state = 'no answer'
  while (performance.now() - beganMs < 60_000) {
    signal.throwIfAborted()
    try {
      const { brokers: listed } = await brokers.metadata([topic])
      const told = await Promise.all(
        listed.map((broker) => brokers.on(broker, (connection) => connection.metadata([topic])).catch(onlyDown)),
      )
      const silent = listed.filter((_, at) => told[at] === null).map(({ nodeId }) => nodeId)
      const seen = told.flatMap((answer) => (answer === null ? [] : [seenIn(answer, topic, silent)]))
      const verdict = seen.length === 0 ? null : judge(seen)
      if (verdict === 'whole' || (verdict === 'degraded' && performance.now() - beganMs >= patienceMs)) {
        return stateIn(seen)
      }
      const led = Math.min(...seen.map(({ all }) => all.filter(({ leader }) => leader >= 0).length))
      state = seen.length === 0 ? state : `${led} of its partitions are led, as every broker knows`
    } catch (error) {
      // Not there yet: the metadata of a new topic takes a moment to reach every broker.
      state = messageOf(error)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new KbenchError('environment', `topic ${topic} is not ready after 60 s: ${state}`)
}

/** A broker that is down has nothing to say; one that does not know the topic yet says so. */
function onlyDown(error: Error): null {
  if (error.name === 'KafkaJSProtocolError') throw error
  return null
}

function seenIn({ topics, brokers }: ClusterMetadata, topic: string, silent: readonly number[]): Seen {
  const all = topics.find((candidate) => candidate.topic === topic)?.partitions ?? []
  const alive = brokers.map(({ nodeId }) => nodeId).filter((id) => !silent.includes(id))
  const down = [...new Set(all.flatMap(({ replicas }) => replicas))].filter((id) => !alive.includes(id))
  return { all, down: down.sort((a, b) => a - b) }
}

/** Offline = as every broker tells it; a broker is down that any of them misses. */
function stateIn(seen: readonly Seen[]): TopicState {
  const [first, ...others] = seen.map(({ all }) => all.filter(({ leader }) => leader < 0).map((each) => each.partition))
  const offline = first!.filter((partition) => others.every((each) => each.includes(partition)))
  return { offline, brokersDown: [...new Set(seen.flatMap(({ down }) => down))].sort((a, b) => a - b) }
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

/** On the group's coordinator. A group of which nothing was ever stored is not there, which is as good. */
export async function deleteGroup(brokers: Brokers, group: string): Promise<void> {
  await onCoordinator(brokers, group, async (connection) => {
    const { results } = await connection.call<{ results: { errorCode: number }[] }>('DeleteGroups', [group])
    const failed = results.find(({ errorCode }) => errorCode !== 0 && errorCode !== groupIdNotFound)
    if (failed) throw refusalOf(failed.errorCode)
  })
}

const groupIdNotFound = 69
/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: they pass. */
const coordinatorMoves: readonly (string | null)[] = [
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]

/** Runs on the broker that coordinates a group; looks for it again, for 15 s at most, while it moves or is just being made, and for 5 s where nobody answers. */
export async function onCoordinator<T>(
  brokers: Brokers,
  group: string,
  use: (connection: BrokerConnection) => Promise<T>,
): Promise<T> {
  const beganMs = performance.now()
  for (;;) {
    try {
      const address = await brokers.any((connection) => connection.coordinator(group))
      return await brokers.on(address, use)
    } catch (error) {
      const isRefused = typeOf(error) !== null
      const passes = isRefused ? coordinatorMoves.includes(typeOf(error)) : !(error instanceof KbenchError)
      // A cluster that does not answer at all is not waited for as long as one that is about to.
      if (!passes || performance.now() - beganMs >= (isRefused ? 15_000 : 5000)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/**
 * Commits where a group begins, before it has members: what was in the topic before is not read, and no record that comes while a member
 * still looks for its position is missed.
 */
export async function commitStart(
  network: Network,
  group: string,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<void> {
  if (offsets.size === 0) return
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 10_000 })
  try {
    await commitOffsets(brokers, group, topic, offsets)
  } catch (cause) {
    // To commit takes Read on the topic as well.
    const resource: Resource =
      typeOf(cause) === 'TOPIC_AUTHORIZATION_FAILED' ? { type: 'topic', name: topic } : { type: 'group', name: group }
    throw refusedStep({ operation: 'Read', resource, what: 'cannot be committed to' }, cause)
  }
}

/** Of a group without members, as nobody: brokers refuse it (UNKNOWN_MEMBER_ID) while the group has any, whatever its protocol. */
export async function commitOffsets(
  brokers: Brokers,
  group: string,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<void> {
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }))
  const request = { groupId: group, groupGenerationId: -1, memberId: '', topics: [{ topic, partitions }] }
  await onCoordinator(brokers, group, async (connection) => {
    const { responses } = await connection.call<CommitAnswer>('OffsetCommit', request)
    const failed = responses.flatMap((each) => each.partitions).find(({ errorCode }) => errorCode !== 0)
    if (failed) throw refusalOf(failed.errorCode)
  })
}

interface CommitAnswer {
  responses: { partitions: { partition: number; errorCode: number }[] }[]
}

/**
 * First or end offsets of a topic, by partition. Asks again, for 15 s at most, where a broker fails, or says that it leads no more, or nobody
 * leads: leadership moves also after a load, when a broker that was down gets its own back. Those without a leader even then are absent.
 */
export async function topicOffsets(
  network: Network,
  topic: string,
  at: LogPosition | { sinceMs: number },
  wanted: readonly number[] | null = null,
): Promise<Map<number, number>> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 10_000 })
  const deadline = Date.now() + 15_000
  while (true) {
    const isLate = Date.now() >= deadline
    try {
      const { offsets, leaderless } = await readOffsets(brokers, topic, at, wanted)
      if (leaderless === 0 || isLate) return offsets
    } catch (error) {
      if (isLate) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/**
 * Waits until followers have what the leaders of these partitions have now, 5 s at most: only then do consumers, and whoever asks for the end
 * of the log, see a record that a leader alone acknowledged.
 */
export async function awaitReplicated(
  network: Network,
  topic: string,
  partitions: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const written = await topicOffsets(network, topic, 'written', partitions)
  const deadline = performance.now() + 5000
  while (!signal.aborted && performance.now() < deadline) {
    const seen = await topicOffsets(network, topic, 'latest', partitions)
    if ([...written].every(([partition, end]) => (seen.get(partition) ?? end) >= end)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function readOffsets(
  brokers: Brokers,
  topic: string,
  at: LogPosition | { sinceMs: number },
  wanted: readonly number[] | null,
): Promise<{ offsets: Map<number, number>; leaderless: number }> {
  const metadata = await brokers.metadata([topic])
  const offsets = new Map<number, number>()
  const all = metadata.topics.find((candidate) => candidate.topic === topic)?.partitions ?? []
  const partitions = all.filter(({ partition }) => wanted === null || wanted.includes(partition))
  await Promise.all(
    metadata.brokers.map(async (broker) => {
      const led = partitions.filter((partition) => partition.leader === broker.nodeId).map(({ partition }) => partition)
      if (led.length === 0) return
      const answer = await brokers.on(broker, (connection) => connection.offsets(topic, led, at))
      for (const [partition, offset] of answer) offsets.set(partition, offset)
    }),
  )
  return { offsets, leaderless: partitions.length - offsets.size }
}
