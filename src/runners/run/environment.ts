import { readFile } from 'node:fs/promises'
import { cpus, type as osType, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../base/root.ts'
import type { Driver } from '../../contracts/api.ts'
import type { Environment } from '../../contracts/result.ts'
import { loadPlugin, pluginNames } from '../../registry.ts'
import { packageVersion } from './packages.ts'

/** The machine and the software of this run. `versionOf` and `libraryOf` for tests. */
export async function describeEnvironment(
  versionOf = packageVersion,
  libraryOf = libraryVersion,
): Promise<Environment> {
  const processors = cpus()
  return {
    kbench: await versionIn(join(packageRoot, 'package.json')),
    node: process.versions.node,
    os: `${osType()} ${release()}`,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cpus: processors.length,
    memoryBytes: totalmem(),
    clients: await clientVersions(versionOf, libraryOf),
  }
}

/** Of the native library that a driver calls without a package; null = there is none that can be used. */
const libraryVersion = async ({ inspect }: Driver<unknown>): Promise<string | null> =>
  (await inspect?.([]))?.library?.version ?? null

async function clientVersions(
  versionOf: typeof packageVersion,
  libraryOf: typeof libraryVersion,
): Promise<Record<string, string>> {
  const versions: Record<string, string> = {}
  for (const name of await pluginNames('drivers')) {
    const driver = await loadPlugin('drivers', name)
    const { package: packageName } = driver
    if (driver.inspect) versions[name] = (await libraryOf(driver)) ?? 'not installed'
    if (packageName === undefined) continue
    versions[packageName] = (await versionOf(packageName)) ?? 'not installed'
  }
  return versions
}

async function versionIn(file: string): Promise<string> {
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string }
  return version
}
