import type { Command } from 'commander'
import { exitCodes } from '../core/errors.ts'
import { addSetOption, type Sets } from './set-option.ts'

interface RunOptions {
  set: Sets
  results: string
  quiet?: boolean
  json?: boolean
}

/** `kbench run <profile…>`: each profile in turn; the exit code is the most important of theirs. */
export function registerRun(program: Command): void {
  addSetOption(program.command('run'))
    .description('run profiles: start the cluster, drive the load, audit, report')
    .argument('<profile...>', 'files, or names of profiles that come with kbench')
    .option('--results <folder>', 'where the run folders go', 'results')
    .option('--json', 'print the result as JSON instead of the summary')
    .option('-q, --quiet', 'no progress, only the result')
    .action(async (files: string[], options: RunOptions) => {
      const { runProfiles } = await import('./run-profiles.ts')
      const code = await runProfiles(files, options)
      process.exitCode = code ?? exitCodes.ok
    })
}
