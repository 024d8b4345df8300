import type { Command } from 'commander'
import { exitCodes } from '../core/errors.ts'
import { addSetOption, type Sets } from './set-option.ts'

interface RunOptions {
  set: Sets
  results: string
  quiet?: boolean
  json?: boolean
  junit?: string
}

/** `kbench run <profile…>`: each profile in turn; the exit code is the most important of theirs. */
export function registerRun(program: Command): void {
  addSetOption(program.command('run'))
    .description('run profiles: start the cluster, drive the load, audit, report')
    .argument('<profile...>', 'files, or names of profiles that come with kbench (kbench list profiles)')
    .option('--results <folder>', 'folder for the results; each run gets one of its own in it', 'results')
    .option('--json', 'print the result as JSON instead of the summary')
    .option('--junit <file>', 'also write a JUnit XML file: a test case per threshold and variant, of all profiles')
    .option('-q, --quiet', 'no progress, only the result')
    .addHelpText(
      'after',
      '\nProgress goes to stderr, the summary to stdout. Ctrl-C ends a run in order and\n' +
        'keeps what was measured; a second one ends it at once.\n' +
        '\nExamples:\n' +
        '  kbench run quickstart\n' +
        '  kbench run profiles/3broker-acks-all.yaml --set load.rate=2000\n' +
        '  kbench run my.yaml --set clients=kafkajs --set phases.measure=60s',
    )
    .action(async (files: string[], options: RunOptions) => {
      const { runProfiles } = await import('./run-profiles.ts')
      const code = await runProfiles(files, options)
      process.exitCode = code ?? exitCodes.ok
    })
}
