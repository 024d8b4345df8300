import { readFile, stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { parse } from 'yaml'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import { suggestion } from '../../base/suggest.ts'
import { trust } from '../../base/trust.ts'
import { verbose } from '../../base/verbose.ts'
import type { KnownFault, KnownNames } from '../../profile/check-names.ts'
import type { Sets } from '../../profile/overrides.ts'
import {
  type ParsedProfile,
  type ParseOptions,
  type Problem,
  parseProfile,
  tryParseProfile,
} from '../../profile/parse.ts'
import { loadPlugin, pluginNames } from '../../registry.ts'
import { readerBeside } from './read-beside.ts'
import { shippedLayouts, shippedProfiles } from './shipped.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface LoadedProfile extends ParsedProfile {
  /** As messages call it. */
  file: string
  text: string
}

/** Reads and checks a profile, names of plugins and layouts included. Throws one KbenchError with everything that is wrong. */
export async function loadProfile(file: string, sets: Sets = [], env: Environment = {}): Promise<LoadedProfile> {
  const source = await readProfile(file)
  const parsed = parseProfile(source.text, await parseOptions(source.file, sets, env))
  showReplaced(parsed)
  return { ...source, ...parsed }
}

/** For --verbose: which values came from outside. */
function showReplaced({ origins }: ParsedProfile): void {
  for (const [path, origin] of origins) {
    if (origin.kind === 'flag' || origin.kind === 'env') verbose(() => `${path} is set by ${origin.label}`)
  }
}

/** As {@link tryLoadProfile}, of a profile that is no file; files that it names are looked for in the current folder. */
export async function tryReadProfile(
  text: string,
  sets: Sets,
  env: Environment,
): Promise<LoadedProfile | { file: string; problems: Problem[] }> {
  const file = 'profile'
  return { file, text, ...tryParseProfile(text, await parseOptions(file, sets, env)) }
}

/** The profile that a run was begun with, from the `input` it was parsed to; nothing from outside is laid over it. */
export async function reloadProfile(input: unknown, file: string): Promise<LoadedProfile> {
  const text = JSON.stringify(input)
  return {
    file,
    text,
    ...parseProfile(text, {
      file,
      sets: [],
      env: {},
      known: await knownNames(),
      bytesAtMost: storedBytesAtMost,
      trust: trust(),
    }),
  }
}

/** With the texts of the files that it names. */
const storedBytesAtMost = 64 * 1024 ** 2

/** As {@link loadProfile}, with what is wrong as data. */
export async function tryLoadProfile(
  file: string,
  sets: Sets,
  env: Environment,
): Promise<LoadedProfile | { file: string; problems: Problem[] }> {
  const source = await readProfile(file)
  const result = tryParseProfile(source.text, await parseOptions(source.file, sets, env))
  if (!('problems' in result)) showReplaced(result)
  return { ...source, ...result }
}

/** Layout → number of brokers in compose/<layout>.yaml; null where the file does not say. */
export async function layouts(): Promise<Record<string, number | null>> {
  const names = await shippedLayouts()
  const entries = names.map(async (name) => {
    const text = await readFile(join(packageRoot, 'compose', `${name}.yaml`), 'utf8')
    return [name, countBrokers(parse(text, { merge: true }))] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** Text of a profile: a path, or the name of one that comes with kbench. */
async function readProfile(file: string): Promise<{ file: string; text: string }> {
  try {
    const { size, isCharacterDevice } = await stat(file).then((found) => ({
      size: found.size,
      isCharacterDevice: found.isCharacterDevice(),
    }))
    // What never ends, and what is far too much to be read for an error. A pipe is fine: <(…) of a shell is one.
    if (isCharacterDevice || size > storedBytesAtMost) throw new KbenchError('usage', `${file} is no profile`)
    verbose(() => `profile: ${file}`)
    return { file, text: await readFile(file, 'utf8') }
  } catch (error) {
    if (error instanceof KbenchError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EISDIR') {
      throw new KbenchError('usage', `${file} is a folder, expected a profile`, {
        hint: `kbench validate ${file}/*.yaml`,
      })
    }
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new KbenchError('usage', `cannot read ${file}: ${messageOf(error)}`, { cause: error })
    }
    const shipped = await shippedProfiles()
    const name = basename(file, '.yaml')
    if (!shipped.includes(name)) {
      const known = suggestion(name, shipped).replace(/[^?]$/, '$&.')
      const hint = `${known} Or "kbench init ${file}" writes one to start from`
      throw new KbenchError('usage', `there is no file ${file}, and no profile of that name comes with kbench`, {
        hint,
      })
    }
    const path = join(packageRoot, 'profiles', `${name}.yaml`)
    verbose(() => `profile: ${path}`)
    return { file: relative(process.cwd(), path), text: await readFile(path, 'utf8') }
  }
}

async function parseOptions(file: string, sets: Sets, env: Environment): Promise<ParseOptions> {
  return { file, sets, env, known: await knownNames(), readText: readerBeside(file), trust: trust() }
}

async function knownNames(): Promise<KnownNames> {
  const [clients, workloads, references, providers, known, faults] = await Promise.all([
    pluginNames('drivers'),
    pluginNames('workloads'),
    pluginNames('references'),
    pluginNames('clusters'),
    layouts(),
    knownFaults(),
  ])
  return { clients, workloads, references, providers, layouts: known, faults }
}

async function knownFaults(): Promise<Record<string, KnownFault>> {
  const names = await pluginNames('faults')
  const entries = names.map(async (name) => {
    const { on, options, target } = await loadPlugin('faults', name)
    return [name, { on, options, hasTarget: target !== null }] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** Services that are brokers by their environment: KRaft roles, or a broker id of the ZooKeeper era. */
function countBrokers(compose: { services?: Record<string, { environment?: unknown }> } | null): number | null {
  const environments = Object.values(compose?.services ?? {}).map(({ environment }) => asMap(environment))
  const count = environments.filter(
    (environment) => /broker/.test(environment.KAFKA_PROCESS_ROLES ?? '') || 'KAFKA_BROKER_ID' in environment,
  ).length
  return count === 0 ? null : count
}

function asMap(environment: unknown): Record<string, string> {
  const pairs = Array.isArray(environment)
    ? environment.map((line) => [String(line).split('=')[0], String(line).slice(String(line).indexOf('=') + 1)])
    : Object.entries(environment ?? {}).map(([key, value]) => [key, String(value)])
  return Object.fromEntries(pairs)
}
