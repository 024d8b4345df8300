import type { Admin } from 'kafkajs'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { connectAdmin } from '../kafka/admin.ts'
import { type Brokers, createBrokers } from '../kafka/brokers.ts'

/** What an operation speaks to the cluster with. */
export interface Session {
  /** kafkajs' own client, connected when first asked for: it may wait long for a broker that hangs. */
  admin(): Promise<Admin>
  /** Single requests to single brokers. */
  brokers: Brokers
  /** Names of all topics, those without a leader too, which make kafkajs' own admin client give up. */
  topicNames(): Promise<string[]>
}

/** Runs an operation; throws `environment` when no broker answers within 5 s, or when the broker refuses, in its own words. */
export async function operate<T>(network: Network, run: (session: Session) => Promise<T>): Promise<T> {
  await using brokers = createBrokers(network, { clientId: 'kbench-admin', timeoutMs: 5000 })
  // The admin client of kafkajs would try for half a minute before it says so.
  await brokers.metadata([]).catch((cause: unknown) => {
    throw new KbenchError('environment', `no broker answers at ${network.bootstrap.join(', ')}`, {
      cause,
      hint: 'is the cluster up, and is this the address that it tells to clients?',
    })
  })
  const topicNames = async () => (await brokers.metadata([])).topics.map(({ topic }) => topic)
  let connecting: Promise<Admin> | null = null
  const admin = () => {
    // It would begin with any of the bootstrap list, also with one that hangs.
    connecting ??= connectAdmin({ ...network, bootstrap: [brokers.quickest() ?? network.bootstrap[0]!] })
    return connecting
  }
  try {
    return await run({ admin, brokers, topicNames })
  } catch (error) {
    if (error instanceof KbenchError) throw error
    throw new KbenchError('environment', refusal(error), { cause: error })
  } finally {
    const connected = await (connecting as Promise<Admin> | null)?.catch(() => null)
    await connected?.disconnect()
  }
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
