import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { KbenchError } from '../../base/errors.ts'
import { buildCommand, installCommand, packageFolder } from '../../base/npm-command.ts'
import { packageRoot } from '../../base/root.ts'
import type { Driver } from '../../contracts/api.ts'

/** Version of an npm package as kbench would load it; null = not installed. */
export async function packageVersion(name: string): Promise<string | null> {
  const folder = packageFolder(name)
  if (folder === null) return null
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  // node-rdkafka writes a v before it.
  return version.replace(/^v/, '')
}

/**
 * Whether an installed package can be loaded, in a process of its own: native code that is built for another system may take its
 * process with it.
 */
export async function canLoad(name: string): Promise<boolean> {
  return promisify(execFile)(process.execPath, ['-e', `import(${JSON.stringify(name)})`], { cwd: placeOf(name) }).then(
    () => true,
    () => false,
  )
}

/** Version of the librdkafka that a package of native code was built with; null = it does not report it. In a process of its own, as {@link canLoad}. */
export async function librdkafkaVersion(name: string): Promise<string | null> {
  const script = `import(${JSON.stringify(name)}).then(({ default: all, ...own }) => console.log((all ?? own).librdkafkaVersion ?? ''))`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: placeOf(name) })
  return stdout.trim() || null
}

/** The folder whose node_modules has it. */
const placeOf = (name: string): string =>
  packageFolder(name)?.slice(0, -join('node_modules', name).length) ?? packageRoot

/** What to do about a package that is there and cannot be loaded; `install` is what its driver says where it is not there. */
export function rebuildHint(name: string, install: string): string {
  const build = buildCommand(name)
  return build === null ? install : `${build}${install.replace(/^[^;]*/, '')}`
}

/** Clients whose package is not installed, or was never built, each with what to say about it. */
export async function absentClients(drivers: ReadonlyMap<string, Driver<unknown>>): Promise<Map<string, KbenchError>> {
  const absent = new Map<string, KbenchError>()
  const look = async (client: string, { package: name, install, isolation }: Driver<unknown>) => {
    if (name === undefined) return
    const how = install ?? installCommand(name)
    const without = (what: string, hint: string) => {
      absent.set(client, new KbenchError('environment', `client ${client}: the package ${name} ${what}`, { hint }))
    }
    if ((await packageVersion(name)) === null) without('is not installed', how)
    // Native code, which an install without its compiler leaves out.
    else if (isolation === 'process' && !(await canLoad(name)))
      without('is there but cannot be loaded', rebuildHint(name, how))
  }
  await Promise.all([...drivers].map(([client, driver]) => look(client, driver)))
  return absent
}
