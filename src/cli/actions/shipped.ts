import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { packageRoot } from '../../base/root.ts'

/** Names of the profiles that come with kbench, without .yaml, sorted. */
export const shippedProfiles = (): Promise<string[]> => yamlNames('profiles')

/** Names of the layouts. */
export const shippedLayouts = (): Promise<string[]> => yamlNames('compose')

async function yamlNames(folder: string): Promise<string[]> {
  const files = await readdir(join(packageRoot, folder))
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort()
}
