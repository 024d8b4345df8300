import type { Admin } from 'kafkajs'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network, TopicSpec } from '../contracts/api.ts'
import { type Brokers, createBrokers } from './brokers.ts'
import { createKafka } from './client.ts'
import type { ClusterMetadata, LogPosition } from './wire.ts'

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
    clientId: 'kbench-admin',
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

/** Creates a topic and waits until each partition has a leader and a full ISR. True = it was created, false = it existed. */
export async function createTopic(network: Network, spec: TopicSpec, signal: AbortSignal): Promise<boolean> {
  const created = await withAdmin(network, (admin) =>
    admin.createTopics({
      // Its own wait gives up on metadata that is a moment behind; awaitTopic does not.
      waitForLeaders: false,
      topics: [
        {
          topic: spec.name,
          numPartitions: spec.partitions,
          replicationFactor: spec.replicationFactor,
          configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value: String(value) })),
        },
      ],
    }),
  ).catch((cause: unknown) => {
    throw new KbenchError('environment', `topic ${spec.name} cannot be created: ${rootMessage(cause)}`, {
      cause,
      hint: `partitions ${spec.partitions}, replicationFactor ${spec.replicationFactor}: are there as many brokers?`,
    })
  })
  // One that was there before has as many partitions as it has.
  await awaitTopic(network, spec.name, created ? spec.partitions : 1, signal)
  return created
}

function rootMessage(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return messageOf(first)
}

/** Waits (60 s at most) until the topic's partitions are all led and in sync, as every broker tells it. */
export async function awaitTopic(
  network: Network,
  topic: string,
  partitions: number,
  signal: AbortSignal,
): Promise<void> {
  await using brokers = createBrokers(network, { clientId: 'kbench-admin', timeoutMs: 5000 })
  const deadline = Date.now() + 60_000
  let state = 'no answer'
  while (Date.now() < deadline) {
    signal.throwIfAborted()
    try {
      const { brokers: all } = await brokers.metadata([topic])
      const told = await Promise.all(
        all.map((broker) => brokers.on(broker, (connection) => connection.metadata([topic])).catch(onlyDown)),
      )
      const answers = told.filter((answer) => answer !== null).map((answer) => readyIn(answer, topic))
      if (answers.length > 0 && answers.every(({ ready, count }) => ready === count && count >= partitions)) return
      const ready = answers.length === 0 ? 0 : Math.min(...answers.map((answer) => answer.ready))
      state = `${ready} of ${partitions} partitions are led and in sync, as every broker knows`
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

/** How many partitions there are, and how many of them are led and in sync. */
function readyIn({ topics }: ClusterMetadata, topic: string): { count: number; ready: number } {
  const found = topics.find((candidate) => candidate.topic === topic)?.partitions ?? []
  const ready = found.filter(({ leader, isr, replicas }) => leader >= 0 && isr.length === replicas.length)
  return { count: found.length, ready: ready.length }
}

/** Deletes topics and groups of a run; returns what could not be deleted. */
export async function deleteTopicAndGroups(
  network: Network,
  topic: string | null,
  groups: readonly string[],
): Promise<string[]> {
  const problems: string[] = []
  await withAdmin(network, async (admin) => {
    if (topic !== null) {
      await admin
        .deleteTopics({ topics: [topic] })
        .catch((error: unknown) => problems.push(`${topic}: ${rootMessage(error)}`))
    }
    if (groups.length > 0) {
      await admin
        .deleteGroups([...groups])
        .catch((error: unknown) => problems.push(`${groups.join(', ')}: ${rootMessage(error)}`))
    }
  })
  return problems
}

/**
 * First or end offsets of a topic, by partition. Asks again, for 15 s at most, where a broker fails, or says that it leads no more, or nobody
 * leads: leadership moves also after a load, when a broker that was down gets its own back. Those without a leader even then are absent.
 */
export async function topicOffsets(
  network: Network,
  topic: string,
  at: LogPosition,
  wanted: readonly number[] | null = null,
): Promise<Map<number, number>> {
  await using brokers = createBrokers(network, { clientId: 'kbench-admin', timeoutMs: 10_000 })
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

async function readOffsets(
  brokers: Brokers,
  topic: string,
  at: LogPosition,
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
