import { KbenchError } from '../core/errors.ts'
import {
  alterConfigsRequest,
  type ConfigResource,
  describeConfigsRequest,
  replaceConfigsRequest,
} from './change-requests.ts'
import type { BrokerConnection } from './wire.ts'

/**
 * Sets values of a resource, and removes those that are null. Brokers before Kafka 2.3 know only how to replace all settings at once: what
 * is set is read, changed, and written back, and a change that another makes in between is lost. A setting that is secret cannot be read,
 * and would be lost: then nothing is done, and `environment` thrown. `name` is for that message.
 */
export async function changeConfigs(
  { send, supports }: BrokerConnection,
  resource: ConfigResource,
  name: string,
  values: Readonly<Record<string, string | null>>,
): Promise<void> {
  const incremental = alterConfigsRequest(resource, values)
  if (supports(incremental)) {
    await send(incremental)
    return
  }
  const source = 'topic' in resource ? 1 : resource.broker === 'default' ? 3 : 2
  const set = (await send(describeConfigsRequest(resource, []))).filter((entry) => entry.source === source)
  const secret = set.find((entry) => entry.value === null && !(entry.name in values))
  if (secret) {
    throw new KbenchError('environment', `${name} not changed: its ${secret.name} is secret`, {
      details: ['a broker before Kafka 2.3 takes all settings at once, and does not tell this one'],
      hint: `give ${secret.name} as well`,
    })
  }
  const merged = { ...Object.fromEntries(set.map((entry) => [entry.name, entry.value])), ...values }
  const kept = Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null)
  await send(replaceConfigsRequest(resource, Object.fromEntries(kept)))
}

/** Settings as they were: what was set on the resource itself (null = nothing), and what was in effect there. */
export interface ConfigsBefore {
  own: Readonly<Record<string, string | null>>
  inEffect: Readonly<Record<string, string>>
}

/**
 * Makes them so again. A broker before Kafka 2.3 goes on with a setting of its own that was removed: there the value that was in effect is
 * set first.
 */
export async function restoreConfigs(
  connection: BrokerConnection,
  resource: ConfigResource,
  name: string,
  { own, inEffect }: ConfigsBefore,
): Promise<void> {
  const isForgotten = 'topic' in resource || connection.supports(alterConfigsRequest(resource, own))
  if (!isForgotten) {
    await changeConfigs(connection, resource, name, inEffect)
    await untilInEffect(connection, resource, inEffect)
  }
  await changeConfigs(connection, resource, name, own)
}

/** The broker is told through ZooKeeper, and reads then what is set then: both changes at once would be the second alone. 10 s at most. */
async function untilInEffect(
  { send }: BrokerConnection,
  resource: ConfigResource,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const deadline = performance.now() + 10_000
  while (performance.now() < deadline) {
    const entries = await send(describeConfigsRequest(resource, Object.keys(wanted)))
    if (entries.every(({ name, value }) => value === wanted[name])) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
