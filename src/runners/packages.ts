import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Driver } from '../core/api.ts'
import { KbenchError } from '../core/errors.ts'

const require = createRequire(import.meta.url)

/** Version of an npm package as kbench would load it; null = not installed. Packages that export no package.json have one as well. */
export async function packageVersion(name: string): Promise<string | null> {
  const file = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name, 'package.json')).find(existsSync)
  if (file === undefined) return null
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string }
  // node-rdkafka writes a v before it.
  return version.replace(/^v/, '')
}

/** Clients whose package is not installed, each with what to say about it. */
export async function absentClients(drivers: ReadonlyMap<string, Driver<unknown>>): Promise<Map<string, KbenchError>> {
  const absent = new Map<string, KbenchError>()
  for (const [client, { package: name, install }] of drivers) {
    if (name === undefined || (await packageVersion(name)) !== null) continue
    const message = `client ${client}: the package ${name} is not installed`
    absent.set(client, new KbenchError('environment', message, { hint: install ?? `npm i ${name}` }))
  }
  return absent
}
