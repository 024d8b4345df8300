import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Argument, type Command } from 'commander'
import { messageOf } from '../../base/errors.ts'
import { packageRoot } from '../../base/root.ts'
import { addExamples } from './help-text.ts'
import { addPluginOption } from './plugin-option.ts'

const plugins = ['drivers', 'workloads', 'shapes', 'clusters', 'faults', 'references', 'reports'] as const
const kinds = [...plugins, 'profiles', 'layouts'] as const
type Kind = (typeof kinds)[number]

/** What a plugin says of itself, as far as the list shows it. */
interface Listed {
  summary: string
  needs: readonly string[]
  package: string
  install: string
}

interface Entry {
  name: string
  /** One line; null where there is none. */
  summary: string | null
}

/** Mounts `kbench list`: what can be named in a profile or on the command line. */
export function registerList(program: Command): void {
  const command = addPluginOption(program.command('list'))
    .description('list what a profile can name: clients, workloads, clusters, …')
    .addArgument(new Argument('[kind]', 'list these alone').choices(kinds))
    .option('--json', 'print the list as JSON')
    .action(list)
  addExamples(command, ['kbench list', 'kbench list profiles', 'kbench list faults --json'])
}

async function list(kind: Kind | undefined, options: { json?: true }): Promise<void> {
  const wanted = kind ? [kind] : kinds
  const lists = await Promise.all(wanted.map(async (each) => [each, await entries(each)] as const))
  if (options.json) {
    process.stdout.write(`${JSON.stringify(Object.fromEntries(lists), null, 2)}\n`)
    return
  }
  const width = Math.max(...lists.flatMap(([, found]) => found.map(({ name }) => name.length)), 0)
  const blocks = lists.map(([each, found]) => {
    const indent = kind ? '' : '  '
    const lines = found.map(({ name, summary }) => `${indent}${name.padEnd(width)}  ${summary ?? '–'}`.trimEnd())
    return [...(kind ? [] : [each]), ...lines].join('\n')
  })
  process.stdout.write(`${blocks.join('\n\n')}\n`)
}

async function entries(kind: Kind): Promise<Entry[]> {
  if (kind === 'profiles' || kind === 'layouts') return shipped(kind)
  const { loadPlugin, pluginNames } = await import('../../registry.ts')
  return Promise.all((await pluginNames(kind)).map(async (name) => ({ name, summary: await summaryOf(kind, name) })))

  async function summaryOf(folder: (typeof plugins)[number], name: string): Promise<string | null> {
    try {
      const plugin: unknown = await loadPlugin(folder, name)
      const { summary, needs, package: client, install } = (plugin ?? {}) as Partial<Listed>
      if (typeof summary !== 'string') return null
      if (client !== undefined) {
        const { packageVersion } = await import('../../runners/run/packages.ts')
        const { installCommand } = await import('../../base/npm-command.ts')
        if ((await packageVersion(client)) === null)
          return `${summary} (not installed: ${install ?? installCommand(client)})`
      }
      return needs && needs.length > 0 ? `${summary} (needs ${needs.join(', ')})` : summary
    } catch (error) {
      // A plugin that lacks a package is still there to be chosen, once the package is.
      return `cannot be loaded: ${messageOf(error).split('\n')[0]}`
    }
  }
}

async function shipped(kind: 'profiles' | 'layouts'): Promise<Entry[]> {
  const { shippedLayouts, shippedProfiles } = await import('../actions/shipped.ts')
  const folder = kind === 'profiles' ? 'profiles' : 'compose'
  const names = kind === 'profiles' ? await shippedProfiles() : await shippedLayouts()
  const { parseProfile } = await import('../../profile/parse.ts')
  const { rateText } = await import('../../profile/shapes.ts')
  return Promise.all(
    names.map(async (name) => {
      const file = join(packageRoot, folder, `${name}.yaml`)
      const text = await readFile(file, 'utf8')
      if (kind === 'layouts' || firstComment(text) !== null) return { name, summary: firstComment(text) }
      const { clients, load, producers, cluster } = parseProfile(text, { file, sets: [], env: {} }).profile
      return {
        name,
        summary: `${rateText(load.rate)}, acks ${producers.acks}, layout ${cluster.layout}: ${clients.join(' against ')}`,
      }
    }),
  )
}

/** The first comment line that is for people, not for an editor. */
function firstComment(text: string): string | null {
  const comments = text.split('\n').filter((line) => /^# /.test(line) && !line.includes('yaml-language-server'))
  return comments[0]?.slice(2).trim() ?? null
}
