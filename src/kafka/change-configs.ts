import { setTimeout as sleep } from 'node:timers/promises'
import { KbenchError } from '../base/errors.ts'
import {
  alterConfigsRequest,
  type ConfigResource,
  describeConfigsRequest,
  replaceConfigsRequest,
} from './change-requests.ts'
import type { BrokerConnection } from './wire.ts'

/**
 * Sets values of a resource, and removes those that are null. Brokers before Kafka 2.3 can only replace all settings together: what
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
      details: ['a broker before Kafka 2.3 replaces all settings together, and does not report this one'],
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
  if (!forgets(connection, resource)) {
    await changeConfigs(connection, resource, name, inEffect)
    await untilInEffect(connection, resource, name, inEffect)
  }
  await changeConfigs(connection, resource, name, own)
}

/** Does it take back a setting that is removed? A broker before Kafka 2.3 does not, for its own. */
export const forgets = ({ supports }: BrokerConnection, resource: ConfigResource): boolean =>
  'topic' in resource || supports(alterConfigsRequest(resource, {}))

/**
 * The broker gets a notice through ZooKeeper, and then reads the settings of that moment: of two changes together it would see the second alone. Throws
 * `environment` after 10 s.
 */
async function untilInEffect(
  { send }: BrokerConnection,
  resource: ConfigResource,
  name: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const names = Object.keys(wanted)
  // None named would be all of them.
  if (names.length === 0) return
  const deadline = performance.now() + 10_000
  for (;;) {
    const entries = await send(describeConfigsRequest(resource, names))
    if (entries.every((entry) => entry.value === wanted[entry.name])) return
    if (performance.now() > deadline) {
      throw new KbenchError('environment', `${name} does not take back ${names.join(', ')} within 10 s`)
    }
    await sleep(100)
  }
}
