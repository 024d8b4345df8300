import { realpath, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KbenchError, messageOf } from '../base/errors.ts'
import { alsoLookFrom } from '../base/npm-command.ts'
import { within } from '../base/within.ts'
import type { Consumer, Driver, Producer } from '../contracts/api.ts'
import { kindOf, type PluginKind } from '../contracts/kinds.ts'

/** A plugin from outside of kbench, by its file: plain, so that it can be passed to a worker. */
export interface ExternalPlugin {
  kind: PluginKind
  /** The file's, without its ending: what profiles call it. */
  name: string
  /** Absolute path. */
  file: string
}

export interface LoadedExternal extends ExternalPlugin {
  plugin: unknown
}

/** How long a file may take to load, ms. */
const loadMs = 10_000
const hint = 'docs/adding.md, "From outside", says what a plug-in has to have'
const endings = ['.js', '.mjs', '.cjs', '.ts']

/** Reads a file that `--plugin` names, checks what it exports, and gives it. Throws `usage`, one line that names the file and what is wrong. */
export async function readExternal(path: string): Promise<LoadedExternal> {
  const wrong = (what: string, cause?: unknown) => new KbenchError('usage', `plug-in ${path}: ${what}`, { cause, hint })
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) throw wrong(found ? 'it is no file' : 'there is no such file')
  const ending = extname(path)
  const name = basename(path, ending)
  if (!endings.includes(ending)) throw wrong(`expected a file that ends in ${endings.join(', ')}`)
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw wrong(
      `"${name}" is what profiles call it: expected lower-case letters, digits and hyphens, like my-driver.js`,
    )
  }
  const file = await realpath(resolve(path))
  alsoLookFrom(file)
  const plugin = await exported(file, wrong)
  const kind = kindOf(plugin)
  if (kind === null) {
    const found = plugin === undefined ? 'there is no default export' : 'its default export is no plug-in'
    throw wrong(`${found}, expected what defineDriver, defineFault, defineWorkload, … made`)
  }
  const { contractProblems } = await import('./contract.ts')
  const problems = contractProblems(kind, plugin)
  if (problems.length > 0) throw wrong(`it is not what ${kind} have to be: ${problems.join('; ')}`)
  return { kind, name, file, plugin: kind === 'drivers' ? checkedDriver(plugin as Driver<unknown>, path) : plugin }
}

/** The default export; of a function, what it makes of kbench's own definitions: a file needs no package for it. */
async function exported(file: string, wrong: (what: string, cause?: unknown) => KbenchError): Promise<unknown> {
  const load = async () => {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown }
    // What TypeScript makes of an ES module for CommonJS has it once more.
    const isNested = typeof module.default === 'object' && module.default !== null && '__esModule' in module.default
    const value = isNested ? (module.default as { default?: unknown }).default : module.default
    return typeof value === 'function' ? await value(await toolkit()) : value
  }
  try {
    return await within(loadMs, `plug-in ${basename(file)}: loading it`, load)
  } catch (error) {
    if (error instanceof KbenchError) throw error
    const [line] = messageOf(error).split('\n', 1)
    throw wrong(`it cannot be loaded: ${line}${placeIn(file, error)}`, error)
  }
}

/** What a plug-in is made of, for a file that is a function of it. */
export async function toolkit(): Promise<Record<string, unknown>> {
  const [{ z }, define, { defineShape }, { acked }] = await Promise.all([
    import('zod'),
    import('../contracts/define.ts'),
    import('../contracts/shapes.ts'),
    import('../contracts/clients.ts'),
  ])
  return { ...define, defineShape, acked, z }
}

/** " (line 12)", where the error says so. */
function placeIn(file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  // ES modules by their address, CommonJS by its path.
  for (const place of [pathToFileURL(file).href, file]) {
    const at = stack.indexOf(`${place}:`)
    const line = at < 0 ? null : /^:(\d+)/.exec(stack.slice(at + place.length))?.[1]
    if (line) return ` (line ${line})`
  }
  return ''
}

/** What its producers and consumers lack is said when they are made, not by whoever calls them. */
function checkedDriver(driver: Driver<unknown>, path: string): Driver<unknown> {
  const checked = async <C>(of: 'producer' | 'consumer', client: C): Promise<C> => {
    const { clientProblems } = await import('./contract.ts')
    const problems = clientProblems(of, client)
    if (problems.length === 0) return client
    throw new KbenchError('usage', `plug-in ${path}: its ${of} is not what it has to be: ${problems.join('; ')}`, {
      hint,
    })
  }
  const own: Pick<Driver<unknown>, 'producer' | 'consumer'> = {
    producer: async (settings, context): Promise<Producer> =>
      checked('producer', await driver.producer(settings, context)),
    consumer: async (settings, context): Promise<Consumer> =>
      checked('consumer', await driver.consumer(settings, context)),
  }
  return Object.assign(Object.create(driver) as Driver<unknown>, own)
}
