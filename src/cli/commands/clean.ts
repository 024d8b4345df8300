import type { Command } from 'commander'
import { KbenchError } from '../../base/errors.ts'

/** Mounts `kbench clean`: removes what runs left on this machine that were killed before they could tidy up. */
export function registerClean(program: Command): void {
  program
    .command('clean')
    .description('remove processes, containers and data that killed runs left behind')
    .option('--json', 'print what was removed as JSON')
    .addHelpText(
      'after',
      '\nRuns that are still under way are left alone, and so are results.\n\nExample:\n  kbench clean',
    )
    .action(clean)
}

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
