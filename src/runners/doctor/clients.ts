import { installCommand } from '../../base/npm-command.ts'
import type { Inspection } from '../../contracts/api.ts'
import { libraryText } from '../run/inspect-clients.ts'
import { canLoad, librdkafkaVersion, packageVersion, rebuildHint } from '../run/packages.ts'
import { type Check, defineCheck, lines } from './check.ts'

export interface FoundClient {
  client: string
  package: string
  /** null = not installed. */
  version: string | null
  loads: boolean
  /** null = it is not made with librdkafka, or does not report its version. */
  librdkafka: string | null
  /** What installs it. */
  install: string
}

interface Found {
  clients: readonly FoundClient[]
  /** Clients that call a native library. */
  native: readonly { client: string; found: Inspection }[]
  /** Why a client cannot do variants of the profile, and how many. */
  unsupported: readonly { reason: string; variants: number }[]
  variants: number
}

/** The packages of the profile's clients, loaded for real, and what the clients cannot do of it. */
export default defineCheck<Found>({
  id: 'client',
  subject: 'clients',
  of: 'machine',

  async look({ run }) {
    const wanted = [...run.drivers].flatMap(([client, { package: name, install, isolation }]) =>
      name === undefined ? [] : [{ client, package: name, install: install ?? installCommand(name), isolation }],
    )
    const clients = wanted.map(async ({ isolation, ...rest }): Promise<FoundClient> => {
      const version = await packageVersion(rest.package)
      const loads = version !== null && (await canLoad(rest.package))
      const librdkafka = loads && isolation === 'process' ? await librdkafkaVersion(rest.package) : null
      return { ...rest, version, loads, librdkafka }
    })
    const counts = new Map<string, number>()
    for (const reason of run.unsupported.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    const unsupported = [...counts].map(([reason, variants]) => ({ reason, variants }))
    const native = [...run.inspected].map(([client, found]) => ({ client, found }))
    return { clients: await Promise.all(clients), native, unsupported, variants: run.variants.length }
  },

  judge({ clients, native, unsupported, variants }): Check[] {
    const { ok, failure } = lines('client')
    const { warning } = lines('unsupported')
    return [
      ...clients.map(({ client, package: name, version, loads, librdkafka, install }) => {
        if (version === null) return failure(client, `the package ${name} is not installed`, install)
        if (!loads) return failure(client, `${name} ${version} cannot be loaded`, rebuildHint(name, install))
        return ok(client, `${name} ${version}${librdkafka === null ? '' : `, librdkafka ${librdkafka}`}`)
      }),
      ...native.map(({ client, found: { library, problem } }) =>
        library === null
          ? failure(client, problem?.message ?? 'its library cannot be used', problem?.hint ?? 'docs/clients.md')
          : ok(client, libraryText(library)),
      ),
      ...unsupported.map(({ reason, variants: count }) =>
        warning(
          'variants',
          `${count} of ${variants} unsupported: ${reason}`,
          'leave the client out, or change the setting',
        ),
      ),
    ]
  },
})
