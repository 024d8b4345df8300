import { readdir } from 'node:fs/promises'
import { KbenchError } from './base/errors.ts'
import { suggestion } from './base/suggest.ts'
import type { ClusterProvider, Driver, Fault, Reference, Report, Workload } from './contracts/api.ts'
import type { Shape } from './contracts/shapes.ts'

export { suggestion }

/** Plugins by file name: `drivers/kafkajs.ts` is what `clients: [kafkajs]` means. There is no list to edit. */
export interface Kinds {
  clusters: ClusterProvider<unknown>
  drivers: Driver<unknown>
  faults: Fault<unknown>
  references: Reference
  reports: Report
  /** For lists; profiles import them (profile/shapes.ts). */
  shapes: Shape<unknown>
  workloads: Workload
}

/** The names in a folder, sorted. Files that start with "_" are helpers of that folder, not plugins. */
export async function pluginNames(kind: keyof Kinds): Promise<string[]> {
  const files = await readdir(new URL(`./${kind}/`, import.meta.url))
  return files
    .filter((file) => /^[a-z0-9][a-z0-9-]*\.(js|ts)$/.test(file))
    .map((file) => file.replace(/\.(js|ts)$/, ''))
    .sort()
}

/** Imports one plugin. A name that is not in the folder is a profile error with a suggestion. */
export async function loadPlugin<K extends keyof Kinds>(kind: K, name: string): Promise<Kinds[K]> {
  const names = await pluginNames(kind)
  if (!names.includes(name)) {
    throw new KbenchError('profile', `there is no "${name}" in ${kind}`, { hint: suggestion(name, names) })
  }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const module: { default: Kinds[K] } = await import(new URL(`./${kind}/${name}.${extension}`, import.meta.url).href)
  return module.default
}
