import { nowNs } from '../base/clock.ts'
import { KbenchError } from '../base/errors.ts'
import { resolveSettings } from '../base/references.ts'
import type { BrokerNode, Cluster, InjectedFault } from '../contracts/api.ts'
import { type ConfigsBefore, changeConfigs, forgets, restoreConfigs } from '../kafka/change-configs.ts'
import { type ConfigEntry, type ConfigResource, describeConfigsRequest } from '../kafka/change-requests.ts'
import type { BrokerConnection } from '../kafka/wire.ts'
import { everyBrokerSays } from './_ask.ts'
import { createUndo, orUndo } from './_heal.ts'
import { becomes } from './_wait.ts'

export type Settings = Readonly<Record<string, string | number | boolean>>

/** Settings of one topic or broker, and how to ask for them. */
export interface Configured {
  resource: ConfigResource
  /** "topic t" */
  name: string
  ask<T>(use: (connection: BrokerConnection) => Promise<T>): Promise<T>
  /** These have to know of the change. */
  seenBy: readonly BrokerNode[]
}

/** Brokers apply a change a moment after it was taken; for so long healing waits to see it, ms. */
const restoreTimeoutMs = 10_000

/** Sets them on every resource, all or none; healing restores what was set there, and removes what was not. */
export async function changed(
  cluster: Cluster,
  resources: readonly Configured[],
  settings: Settings,
): Promise<InjectedFault> {
  const texts = Object.entries(settings).map(([name, value]) => [name, String(value)] as const)
  const wanted = await resolveSettings(Object.fromEntries(texts))
  const before = await Promise.all(resources.map((each) => ownSettings(each, Object.keys(wanted))))
  const undo = createUndo()
  const atNs = nowNs()
  await orUndo(undo, async () => {
    for (const [index, configured] of resources.entries()) {
      const { resource, name, ask } = configured
      await ask((connection) => changeConfigs(connection, resource, name, wanted))
      undo.add(() => restore(cluster, configured, before[index]!))
    }
  })
  // As they were written: references stay references.
  const words = texts.map(([name, value]) => `${name}=${value}`)
  return {
    atNs,
    detail: `${words.join(', ')} on ${resources.map(({ name }) => name).join(', ')}`,
    verify: async () => (await Promise.all(resources.map((each) => isInEffect(cluster, each, wanted)))).every(Boolean),
    [Symbol.asyncDispose]: undo.run,
  }
}

/** Throws `environment` for what cannot be restored, or does not exist. */
async function ownSettings({ resource, name, ask }: Configured, names: readonly string[]): Promise<ConfigsBefore> {
  const { entries, canForget } = await ask(async (connection) => ({
    entries: await connection.send(describeConfigsRequest(resource, names)),
    canForget: forgets(connection, resource),
  }))
  const own: Record<string, string | null> = {}
  const inEffect: Record<string, string> = {}
  for (const key of names) {
    const entry = entries.find((candidate) => candidate.name === key)
    if (!entry) throw new KbenchError('environment', `${name} has no setting "${key}"`)
    if (entry.own && entry.value === null) {
      throw new KbenchError('environment', `${key} of ${name} is set and secret: it could not be restored`)
    }
    if (entry.value === null && !canForget) {
      throw new KbenchError(
        'environment',
        `${key} of ${name} has no value: before Kafka 2.3 a broker keeps the next one`,
      )
    }
    own[key] = entry.own ? entry.value : null
    if (entry.value !== null) inEffect[key] = entry.value
  }
  return { own, inEffect }
}

/** Throws `environment` when the brokers still report the fault's values after {@link restoreTimeoutMs}. */
async function restore(cluster: Cluster, configured: Configured, before: ConfigsBefore): Promise<void> {
  const { resource, name, ask } = configured
  await ask((connection) => restoreConfigs(connection, resource, name, before))
  // A broker that is down takes what is stored when it comes up: those that answer have to know, and none has to answer.
  const isBack = () => isInEffect(cluster, configured, before.own, true)
  if (await becomes(isBack, { timeoutMs: restoreTimeoutMs })) return
  const keys = Object.keys(before.own).join(', ')
  throw new KbenchError('environment', `${name} still has the fault's ${keys}, though its broker took the change back`)
}

/** As every broker that answers and has to know reports it; null = not set on the resource itself. */
async function isInEffect(
  cluster: Cluster,
  { resource, seenBy }: Configured,
  wanted: Readonly<Record<string, string | null>>,
  ifNoneAnswers = false,
) {
  const isSet = (entries: readonly ConfigEntry[]) =>
    Object.entries(wanted).every(([key, value]) => {
      const entry = entries.find((candidate) => candidate.name === key)
      return value === null ? !entry?.own : entry?.own === true && entry.value === value
    })
  return everyBrokerSays(
    { ...cluster, nodes: seenBy },
    () => describeConfigsRequest(resource, Object.keys(wanted)),
    isSet,
    ifNoneAnswers,
  )
}
