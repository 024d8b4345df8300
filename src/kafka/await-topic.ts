import { setTimeout as sleep } from 'node:timers/promises'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { createBrokers } from './brokers.ts'
import { clientIdOf } from './client-id.ts'
import type { ClusterMetadata, TopicMetadata } from './wire.ts'

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
 * Waits (60 s at most) until the topic's partitions are all led and in sync, as every broker reports it. What stays so because a broker is
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

/** What one broker reports: the topic's partitions, and the brokers with a replica that it does not list. */
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
      const answers = await Promise.all(
        listed.map((broker) => brokers.on(broker, (connection) => connection.metadata([topic])).catch(onlyDown)),
      )
      const silent = listed.filter((_, at) => answers[at] === null).map(({ nodeId }) => nodeId)
      const seen = answers.flatMap((answer) => (answer === null ? [] : [seenIn(answer, topic, silent)]))
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
    await sleep(50)
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

/** Offline = as every broker reports it; a broker is down that any of them misses. */
function stateIn(seen: readonly Seen[]): TopicState {
  const [first, ...others] = seen.map(({ all }) => all.filter(({ leader }) => leader < 0).map((each) => each.partition))
  const offline = first!.filter((partition) => others.every((each) => each.includes(partition)))
  return { offline, brokersDown: [...new Set(seen.flatMap(({ down }) => down))].sort((a, b) => a - b) }
}
