import { KbenchError, messageOf } from '../base/errors.ts'
import { suggestion } from '../base/suggest.ts'
import type { Network } from '../contracts/api.ts'
import { type Brokers, createBrokers } from '../kafka/brokers.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import { reachCluster } from '../kafka/reach-cluster.ts'
import { topicIn } from '../kafka/topics.ts'
import type { TopicMetadata } from '../kafka/wire.ts'

/** What an operation speaks to the cluster with. */
export interface Session {
  /** Single requests to single brokers: what is down takes nothing else with it (FACTS 17). */
  brokers: Brokers
  /** Names of all topics, those without a leader too. */
  topicNames(): Promise<string[]>
  /** A topic as the metadata have it; throws `environment` where there is none. */
  topic(name: string): Promise<TopicMetadata>
}

/**
 * Runs an operation; everything here uses it to reach a cluster. Throws `environment` where the brokers cannot be
 * reached or do not let kbench in, within 15 s and with the likely cause. Throws it also when a broker refuses, in the
 * broker's words. `checkAddresses`: for operations that would retry an address that clients cannot reach; it is found
 * before.
 */
export async function operate<T>(
  network: Network,
  run: (session: Session) => Promise<T>,
  { checkAddresses = false } = {},
): Promise<T> {
  if (checkAddresses) await reachCluster(network)
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 5000 })
  await brokers.metadata([]).catch(async (cause: unknown) => {
    await reachCluster(network)
    throw new KbenchError('environment', `no broker answers at ${network.bootstrap.join(', ')}`, { cause })
  })
  const topicNames = async () => (await brokers.metadata('all')).topics.map(({ topic }) => topic)
  const topic = async (name: string) => (await topicIn(brokers, name)) ?? noTopic(name, await topicNames())
  try {
    return await run({ brokers, topicNames, topic })
  } catch (error) {
    if (error instanceof KbenchError) throw error
    // No refusal: the bootstrap server answered, and another, by its advertised address, did not.
    if (refusalType(error) === null) await reachCluster(network)
    throw new KbenchError('environment', refusal(error), { cause: error })
  }
}

function noTopic(name: string, all: readonly string[]): never {
  const visible = all.filter((each) => !each.startsWith('__'))
  throw new KbenchError('environment', `there is no topic ${name}`, {
    hint: visible.length === 0 ? 'the cluster has no topics' : suggestion(name, visible),
  })
}

/** The broker's words, and its name for the error where that says more: "UNKNOWN_TOPIC_OR_PARTITION: This server …". */
export function refusal(error: unknown): string {
  const first = firstOf(error)
  const { type, cause } = first as { type?: unknown; cause?: unknown }
  if (typeof type === 'string') return `${type}: ${messageOf(first)}`
  return cause instanceof Error && 'type' in cause ? refusal(cause) : messageOf(first)
}

/** Code of a broker's refusal, "TOPIC_ALREADY_EXISTS"; null = it was none. */
export function refusalType(error: unknown): string | null {
  const first = firstOf(error)
  const { type, cause } = (first ?? {}) as { type?: unknown; cause?: unknown }
  return typeof type === 'string' ? type : cause instanceof Error ? refusalType(cause) : null
}

/** Of several errors the first: JavaScript's own aggregate, and kafkajs' of a request about several topics. */
function firstOf(error: unknown): unknown {
  const { errors } = (error ?? {}) as { errors?: unknown }
  return Array.isArray(errors) && errors.length > 0 ? errors[0] : error
}
