import type { KbenchError } from '../../base/errors.ts'
import type { ConnectionNeeds, Driver, Inspection, Reference } from '../../contracts/api.ts'
import { readClientConfig } from '../../kafka/client-config.ts'
import type { Cell } from '../../profile/matrix.ts'
import {
  connectionNeeds,
  consumerSettings,
  needsOf,
  type PlannedVariant,
  planVariants,
  producerSettings,
  referenceCells,
} from '../../profile/plan.ts'
import type { Profile } from '../../profile/schema.ts'
import { loadPlugin } from '../../registry.ts'
import { inspectClients, problemOf, type Written } from './inspect-clients.ts'
import { absentClients } from './packages.ts'

/** What a run will do, known before anything is started. */
export interface RunPlan {
  profile: Profile
  /** In the order they run. */
  variants: readonly PlannedVariant[]
  /** Variant id → why its client cannot do it. */
  unsupported: ReadonlyMap<string, string>
  /** Client → what it takes to have it here. */
  absent: ReadonlyMap<string, KbenchError>
  /** By client. */
  drivers: ReadonlyMap<string, Driver<unknown>>
  /** By client, for those that call a native library. */
  inspected: ReadonlyMap<string, Inspection>
  /** The tool whose variants have its name as their client; null = none was asked for. */
  reference: Reference | null
}

/**
 * Every variant in order, and those that a client cannot run. Starts nothing. Throws `profile` for settings that a client's library refuses;
 * `written` says where a value stands.
 */
export async function planRun(profile: Profile, cells: readonly Cell[], written?: Written): Promise<RunPlan> {
  const drivers = new Map<string, Driver<unknown>>()
  for (const client of profile.clients) drivers.set(client, await loadPlugin('drivers', client))
  const { reference: name } = profile
  const reference = name === undefined ? null : await loadPlugin('references', name)
  const beside = name === undefined ? [] : referenceCells(cells, name)
  const variants = planVariants([...cells, ...beside], profile.repeat)
  const { security, config } = profile.cluster
  const connection =
    config === undefined ? connectionNeeds(security) : needsOf((await readClientConfig(config)).security)
  const unsupported = new Map<string, string>()
  for (const variant of variants) {
    const driver = drivers.get(variant.client)
    const reason = driver
      ? reasonAgainst(variant, driver, connection)
      : reference!.unsupported(variant.profile, connection)
    if (reason !== null) unsupported.set(variant.id, reason)
  }
  const [absent, inspected] = await Promise.all([absentClients(drivers), inspectClients(drivers, variants, written)])
  for (const [client, { problem }] of inspected) if (problem) absent.set(client, problemOf(client, problem))
  return { profile, variants, unsupported, absent, drivers, inspected, reference }
}

function reasonAgainst(
  { client, profile }: PlannedVariant,
  driver: Driver<unknown>,
  connection: ConnectionNeeds | null,
): string | null {
  const producer = producerSettings(profile, client)
  const groups = profile.consumers.map((group) => consumerSettings(group, client, group.group, 0))
  const all = [null, ...groups].map((group) => driver.unsupported(producer, group, connection))
  return all.find((reason) => reason !== null) ?? null
}
