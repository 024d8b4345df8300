import { KbenchError } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { changeConfigs } from '../kafka/change-configs.ts'
import { type ConfigResource, describeConfigsRequest } from '../kafka/change-requests.ts'
import type { BrokerConnection } from '../kafka/wire.ts'
import { operate, refusal, type Session } from './admin-session.ts'

/** Whose settings: a topic's, a broker's, or the default of all brokers. */
export type Subject = { topic: string } | { broker: number } | { broker: 'default' }

export interface Config {
  name: string
  /** null = not reported, because it is secret. */
  value: string | null
  /** Where the value is from, in Kafka's words. */
  source: string
  /** It cannot be changed while the broker runs. */
  readOnly: boolean
}

/** ConfigSource of Kafka's DescribeConfigs answers. */
const sources = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
]

/** Values that were set for it while it ran; `all`: also defaults and what its file says. */
export async function describeConfigs(network: Network, subject: Subject, all: boolean): Promise<Config[]> {
  return operate(network, async (session) => {
    await assertSubject(session, subject)
    const entries = await ask(session, subject, ({ send }) => send(describeConfigsRequest(resourceOf(subject), [])))
    return entries
      .map(({ name, value, source, readOnly }) => ({
        name,
        value,
        source: sources[source] ?? String(source),
        readOnly,
      }))
      .filter(({ source }) => all || source.startsWith('DYNAMIC'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  })
}

/** Sets values, and removes those that are null. The broker's refusal comes as it is. */
export async function alterConfigs(
  network: Network,
  subject: Subject,
  values: Readonly<Record<string, string | null>>,
): Promise<void> {
  await operate(network, async (session) => {
    await assertSubject(session, subject)
    try {
      await ask(session, subject, (connection) =>
        changeConfigs(connection, resourceOf(subject), subjectName(subject), values),
      )
    } catch (error) {
      if (error instanceof KbenchError) throw error
      throw new KbenchError('environment', `${subjectName(subject)} not changed: ${refusal(error)}`, { cause: error })
    }
  })
}

/** Settings of a broker are asked of that broker, and set there; all others of any. */
async function ask<T>(
  { brokers }: Session,
  subject: Subject,
  use: (connection: BrokerConnection) => Promise<T>,
): Promise<T> {
  if ('topic' in subject || subject.broker === 'default') return brokers.any(use)
  const { broker } = subject
  const { brokers: known } = await brokers.metadata([])
  const address = known.find(({ nodeId }) => nodeId === broker)
  if (!address) throw new KbenchError('environment', `broker ${broker} has left the cluster`)
  return brokers.on(address, use)
}

const resourceOf = (subject: Subject): ConfigResource =>
  'topic' in subject ? { topic: subject.topic } : { broker: subject.broker }

export const subjectName = (subject: Subject): string =>
  'topic' in subject
    ? `topic ${subject.topic}`
    : subject.broker === 'default'
      ? 'default of all brokers'
      : `broker ${subject.broker}`

async function assertSubject({ brokers, topic }: Session, subject: Subject): Promise<void> {
  if ('topic' in subject) return void (await topic(subject.topic))
  if (subject.broker === 'default') return
  const ids = (await brokers.metadata([])).brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b)
  if (ids.includes(subject.broker)) return
  throw new KbenchError('environment', `there is no broker ${subject.broker}`, { hint: `there are ${ids.join(', ')}` })
}
