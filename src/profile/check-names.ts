import type { z } from 'zod'
import { suggestion } from '../base/suggest.ts'
import type { FaultSubject } from '../contracts/api.ts'
import { type Finding, fault } from './issues.ts'
import type { Path } from './paths.ts'
import type { Profile } from './schema.ts'

/** The names that exist where kbench runs; what is absent is not checked. */
export interface KnownNames {
  clients?: readonly string[]
  workloads?: readonly string[]
  references?: readonly string[]
  providers?: readonly string[]
  /** Layout → number of brokers, null = unknown. */
  layouts?: Readonly<Record<string, number | null>>
  faults?: Readonly<Record<string, KnownFault>>
}

/** What of a fault a profile's check has to know. */
export interface KnownFault {
  on: FaultSubject
  options: z.ZodType
  hasTarget: boolean
}

/** Names of clients, workload, provider and layout that are not there, or are there twice. */
export function checkNames(profile: Profile, known: KnownNames): Finding[] {
  const check = (path: Path, name: string, names: readonly string[] | undefined, noun: string): Finding[] =>
    names === undefined || names.includes(name)
      ? []
      : [fault(path, `there is no ${noun} "${name}", ${suggestion(name, names)}`)]
  const { provider, layout } = profile.cluster
  const providers = known.providers && ['auto', ...known.providers.filter((name) => name !== 'auto')]
  const layouts = known.layouts && Object.keys(known.layouts)
  return [
    ...profile.clients.flatMap((client, index) => check(['clients', index], client, known.clients, 'client')),
    ...profile.clients.flatMap((client, index) =>
      profile.clients.indexOf(client) < index ? [fault(['clients', index], `"${client}" is listed twice`)] : [],
    ),
    ...check(['workload'], profile.workload, known.workloads, 'workload'),
    ...(profile.reference === undefined ? [] : check(['reference'], profile.reference, known.references, 'reference')),
    ...rawSettings(profile).flatMap(({ path, config }) =>
      Object.keys(config).flatMap((client) =>
        check(
          [...path, client],
          client,
          known.clients && [...known.clients, ...(known.references ?? [])],
          'client',
        ).map((finding) => ({
          ...finding,
          of: 'key' as const,
        })),
      ),
    ),
    ...profile.faults.flatMap(({ use }, index) =>
      check(['faults', index, 'use'], use, known.faults && Object.keys(known.faults), 'fault'),
    ),
    ...check(['cluster', 'provider'], provider, providers, 'provider'),
    ...check(['cluster', 'layout'], layout, layouts, 'file compose/*.yaml for layout'),
  ]
}

/** Every clientConfig, and where it is. */
function rawSettings({
  producers,
  consumers,
}: Profile): { path: Path; config: Profile['producers']['clientConfig'] }[] {
  return [
    { path: ['producers', 'clientConfig'], config: producers.clientConfig },
    ...consumers.map(({ clientConfig }, index) => ({
      path: ['consumers', index, 'clientConfig'] as Path,
      config: clientConfig,
    })),
  ]
}
