import { readdir } from 'node:fs/promises'
import { KbenchError } from './base/errors.ts'
import { suggestion } from './base/suggest.ts'
import type { ClusterProvider, Driver, Fault, Reference, Report, Workload } from './contracts/api.ts'
import type { PluginKind } from './contracts/kinds.ts'
import type { Shape } from './contracts/shapes.ts'
import { type ExternalPlugin, type LoadedExternal, readExternal } from './registry/external.ts'

export { suggestion }

/** Plugins by file name: `drivers/kafkajs.ts` is what `clients: [kafkajs]` means. There is no list to edit. */
export interface Kinds extends Record<PluginKind, unknown> {
  clusters: ClusterProvider<unknown>
  drivers: Driver<unknown>
  faults: Fault<unknown>
  references: Reference
  reports: Report
  /** For lists; profiles import them (profile/shapes.ts). */
  shapes: Shape<unknown>
  workloads: Workload
}

/** Variable that hands the processes of a run which plugins come from outside; set for them alone. */
const handedOn = 'KBENCH_PLUGINS'
const external: ExternalPlugin[] = JSON.parse(process.env[handedOn] ?? '[]') as ExternalPlugin[]

/** The names in a folder and those that were added, sorted. Files that start with "_" are helpers of that folder, not plugins. */
export async function pluginNames(kind: keyof Kinds): Promise<string[]> {
  const added = external.filter((one) => one.kind === kind).map(({ name }) => name)
  return [...(await shippedNames(kind)), ...added].sort()
}

async function shippedNames(kind: keyof Kinds): Promise<string[]> {
  const files = await readdir(new URL(`./${kind}/`, import.meta.url))
  return files
    .filter((file) => /^[a-z0-9][a-z0-9-]*\.(js|ts)$/.test(file))
    .map((file) => file.replace(/\.(js|ts)$/, ''))
}

/** Imports one plugin. A name that is not in the folder is a profile error with a suggestion. */
export async function loadPlugin<K extends keyof Kinds>(kind: K, name: string): Promise<Kinds[K]> {
  const added = external.find((one) => one.kind === kind && one.name === name)
  if (added) return (await readExternal(added.file)).plugin as Kinds[K]
  const names = await pluginNames(kind)
  if (!names.includes(name)) {
    throw new KbenchError('profile', `there is no "${name}" in ${kind}`, { hint: suggestion(name, names) })
  }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const module: { default: Kinds[K] } = await import(new URL(`./${kind}/${name}.${extension}`, import.meta.url).href)
  return module.default
}

/** Takes a plugin from a file of the user's: from now on it is there by its name. The same file again is no other. Throws `usage`. */
export async function addPlugin(path: string): Promise<LoadedExternal> {
  const loaded = await readExternal(path)
  const { kind, name, file } = loaded
  const twin = external.find((one) => one.kind === kind && one.name === name)
  if (twin?.file === file) return loaded
  if (twin || (await shippedNames(kind)).includes(name)) {
    throw new KbenchError('usage', `plug-in ${path}: ${kind} has "${name}" already${twin ? ` (${twin.file})` : ''}`, {
      hint: 'the name of a plug-in is that of its file: rename it',
    })
  }
  external.push({ kind, name, file })
  return loaded
}

/** Variables for the processes of a run, so that they find what was added here. */
export const pluginVariables = (): Record<string, string> =>
  external.length === 0 ? {} : { [handedOn]: JSON.stringify(external) }
