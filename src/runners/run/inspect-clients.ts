import { KbenchError } from '../../base/errors.ts'
import type { Driver, InspectedSettings, Inspection } from '../../contracts/api.ts'
import type { Origin } from '../../profile/parse.ts'
import { pathText } from '../../profile/paths.ts'
import { consumerSettings, type PlannedVariant, producerSettings } from '../../profile/plan.ts'

/** Where a value of a profile stands. */
export interface Written {
  file: string
  origins: ReadonlyMap<string, Origin>
}

/** What each client's native library is, by client. Throws `profile` with every setting that one of them refuses, in its own words. */
export async function inspectClients(
  drivers: ReadonlyMap<string, Driver<unknown>>,
  variants: readonly PlannedVariant[],
  written?: Written,
): Promise<Map<string, Inspection>> {
  const inspected = new Map<string, Inspection>()
  const refusals: string[] = []
  const look = async ([client, driver]: [string, Driver<unknown>]) => {
    if (!driver.inspect) return
    const asked = settingsOf(client, variants)
    const found = await driver.inspect(asked.map(({ given }) => given))
    inspected.set(client, found)
    for (const { index, name, words } of found.refused) {
      const path = [...asked[index]!.path, client, ...(name === null ? [] : [name])]
      refusals.push(`${placeOf(pathText(path), written)}: ${words}`)
    }
  }
  await Promise.all([...drivers].map(look))
  if (refusals.length === 0) return inspected
  const unique = [...new Set(refusals)].sort()
  throw new KbenchError('profile', `${written?.file ?? 'the profile'} has settings that a client refuses`, {
    details: unique,
    hint: 'the client’s own words; docs/clients.md says where its settings are explained',
  })
}

/** `x.yaml:12:9 producers.clientConfig.librdkafka.acks`, as errors of a profile are shown. */
function placeOf(path: string, written?: Written): string {
  const origin = written?.origins.get(path)
  if (origin?.kind === 'profile') return `${written!.file}:${origin.line}:${origin.col} ${path}`
  return origin && 'label' in origin ? `${origin.label} ${path}` : path
}

interface Asked {
  path: readonly (string | number)[]
  given: InspectedSettings
}

/** Each producer and group of the client's variants once, however many repetitions it has. */
function settingsOf(client: string, variants: readonly PlannedVariant[]): Asked[] {
  const all = variants
    .filter((variant) => variant.client === client)
    .flatMap(({ profile }): Asked[] => [
      { path: ['producers', 'clientConfig'], given: { of: 'producer', settings: producerSettings(profile, client) } },
      ...profile.consumers.map(
        (group, index): Asked => ({
          path: ['consumers', index, 'clientConfig'],
          given: { of: 'consumer', settings: consumerSettings(group, client, group.group, 0) },
        }),
      ),
    ])
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()]
}

/** The library of a client, for people. */
export const libraryText = ({ name, version, path, features }: NonNullable<Inspection['library']>): string =>
  `${name} ${version} (${path}): ${features.join(', ')}`

/** Why a client cannot run here, as an error of the run. */
export function problemOf(client: string, { code, message, hint }: NonNullable<Inspection['problem']>): KbenchError {
  return new KbenchError(code, `client ${client}: ${message}`, hint === null ? {} : { hint })
}
