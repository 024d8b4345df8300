import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, sep } from 'node:path'
import { packageRoot } from './root.ts'

const require = createRequire(import.meta.url)

/** Files from elsewhere that load packages of their own. */
const others: string[] = []

/** From now on packages that this file could load count as those that kbench could. */
export function alsoLookFrom(file: string): void {
  if (!others.includes(file)) others.push(file)
}

/**
 * Folder of an npm package as kbench, or a plug-in, would load it; null = not installed. Packages that export no package.json have one as
 * well.
 */
export function packageFolder(name: string): string | null {
  const loaders = [require, ...others.map((file) => createRequire(file))]
  const places = loaders.flatMap(({ resolve }) => resolve.paths(name) ?? []).map((folder) => join(folder, name))
  return places.find((folder) => existsSync(join(folder, 'package.json'))) ?? null
}

/**
 * The shell command that puts an optional package of kbench where this kbench loads it from: beside it, in the prefix or the project that
 * it was installed into. The version is the one that kbench's package.json names. `root` for tests.
 */
export function installCommand(name: string, root = packageRoot): string {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>
  const version = own.optionalDependencies?.[name] ?? own.peerDependencies?.[name]
  const spec = quoted(version === undefined ? name : `${name}@${version}`)
  const holder = dirname(root.replace(/[\\/]$/, ''))
  // A checkout: what package.json and the lock file name stays as it is.
  if (basename(holder) !== 'node_modules')
    return `npm install --no-save --prefix ${quoted(join(root, '.').replace(/[\\/]$/, ''))} ${spec}`
  if (holder.split(sep).includes('.pnpm')) return `pnpm add ${spec}`
  const project = dirname(holder)
  if (existsSync(join(project, 'package.json'))) return `npm install --prefix ${quoted(project)} ${spec}`
  const prefix = basename(project) === 'lib' ? dirname(project) : project
  return `npm install --global --prefix ${quoted(prefix)} ${spec}`
}

/**
 * The shell command that compiles a package that is there without its binary, as with `--ignore-scripts`: its own install script, which
 * runs whatever the settings of npm are. null = it has none, or is not there.
 */
export function buildCommand(name: string, folder = packageFolder(name)): string | null {
  if (folder === null) return null
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    scripts?: Record<string, string>
  }
  return scripts?.install === undefined ? null : `npm run install --prefix ${quoted(folder)}`
}

/** For a POSIX shell; plain words stay as they are. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
