import type { Command } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import type { CleanOptions } from '../actions/run-clean.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { addExamples } from './help-text.ts'
import { collect } from './option-values.ts'

/** Mounts `kbench clean`: removes what runs left, on this machine or on a cluster, that were killed before they could tidy up. */
export function registerClean(program: Command): void {
  const command = program
    .command('clean')
    .description('remove what killed runs left on this machine, or with -b on a cluster')
  addConnection(command)
    .option('--execute', 'on a cluster: remove it; without this it is only listed')
    .option(
      '--prefix <prefix>',
      'on a cluster: of these names; may be given several times (default: kbench-)',
      collect,
      [],
    )
    .option('--run <run>', 'on a cluster: of this run, in use or not; may be given several times', collect, [])
    .option('--results <folder>', 'folder of the results, whose journals name the runs', 'results')
    .option('--json', 'print JSON')
    .action(async (options: ConnectionOptions & CleanOptions) => {
      // The environment alone does not make it a cluster's.
      const isCluster = connectionKeys.some((key) => command.getOptionValueSource(key) === 'cli')
      if (!isCluster && (options.execute || options.prefix.length > 0 || options.run.length > 0)) {
        throw new KbenchError('usage', '--execute, --prefix and --run are for what is on a cluster', {
          hint: 'name it: --bootstrap-server 127.0.0.1:9092, or --cluster kraft-3',
        })
      }
      if (!isCluster) return clean(options)
      const { cleanNetwork } = await import('../actions/run-clean.ts')
      await cleanNetwork(await networkOf(options), options)
    })
  addExamples(
    command,
    ['kbench clean', 'kbench clean -b 127.0.0.1:9092', 'kbench clean -b 127.0.0.1:9092 --execute'],
    'Runs that are under way are left alone, and so are results.',
  )
}

const connectionKeys: readonly (keyof ConnectionOptions)[] = [
  ...(['bootstrapServer', 'config', 'profile', 'cluster'] as const),
]

/** Asks every provider, also after one failed; then throws `environment` with all failures. */
async function clean(options: { json?: true }): Promise<void> {
  const { loadPlugin, pluginNames } = await import('../../registry.ts')
  const removed: { provider: string; what: string }[] = []
  const failures: KbenchError[] = []
  for (const provider of await pluginNames('clusters')) {
    try {
      const plugin = await loadPlugin('clusters', provider)
      const lines = (await plugin.clean?.(new AbortController().signal)) ?? []
      removed.push(...lines.map((what) => ({ provider, what })))
      if (!options.json) process.stdout.write(lines.map((what) => `${provider}: ${what}\n`).join(''))
    } catch (error) {
      if (!(error instanceof KbenchError)) throw error
      failures.push(error)
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(removed, null, 2)}\n`)
  else if (removed.length === 0 && failures.length === 0) process.stderr.write('nothing to clean\n')
  const [first, ...others] = failures
  if (!first) return
  throw new KbenchError('environment', first.message, {
    cause: first,
    details: [...first.details, ...others.flatMap((other) => [other.message, ...other.details])],
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  })
}
