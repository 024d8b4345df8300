import type { Command } from 'commander'
import { exitCodes, KbenchError } from '../../base/errors.ts'
import { parseDurationMs } from '../../base/units.ts'
import { addOutputOptions, type OutputFlags, outputsOf } from './output-options.ts'
import { addProviderOption, addSetOption, type Sets, withProvider } from './set-option.ts'

interface RunOptions extends OutputFlags {
  set: Sets
  results: string
  quiet?: boolean
  json?: boolean
  dryRun?: boolean
  resume?: string
  limit?: number
  for?: number
  junit?: string
  cluster?: string
  provider?: string
  bootstrapServer?: string
  yes?: boolean
  config?: string
}

/** `kbench run <profile…>`: each profile in turn; the exit code is the most important of theirs. */
export function registerRun(program: Command): void {
  addOutputOptions(addProviderOption(addSetOption(program.command('run'))))
    .description('run profiles: start the cluster, drive the load, audit, report')
    .argument('[profile...]', 'files, or names of profiles that come with kbench (kbench list profiles)')
    .option('--results <folder>', 'folder for the results; each run gets one of its own in it', 'results')
    .option('--cluster <name>', 'on one that kbench cluster up started, whatever the profile says')
    .option('--json', 'print the result as JSON instead of the summary')
    .option('--junit <file>', 'also write a JUnit XML file: a test case per threshold and variant, of all profiles')
    .option('--no-reports', 'keep result.json and the journal alone; kbench report renders them later')
    .option('-q, --quiet', 'no progress, only the result')
    .option('--dry-run', 'print the plan and start nothing; with --json as data')
    .option('--resume <run>', 'go on with a run that was interrupted or limited: its id or its folder')
    .option('--limit <variants>', 'stop after so many variants; --resume runs the others', countOption)
    .option('--for <duration>', 'stop before a variant that would not end within this, like 60m', durationOption)
    .addHelpText(
      'after',
      '\nProgress goes to stderr, the summary to stdout. Ctrl-C ends a run in order and\n' +
        'keeps what was measured; a second one ends it at once.\n' +
        '\nExamples:\n' +
        '  kbench run quickstart\n' +
        '  kbench run profiles/3broker-acks-all.yaml --set load.rate=2000\n' +
        '  kbench run my.yaml --set clients=kafkajs --set phases.measure=60s\n' +
        '  kbench run clients-by-partitions --for 60m\n' +
        '  kbench run my.yaml --web --metrics 127.0.0.1:9464\n' +
        '  kbench run --resume 20261121-093312-clients-by-partitions-4f2a --for 60m',
    )
    .action(async (files: string[], options: RunOptions) => {
      const { runProfiles } = await import('../actions/run-profiles.ts')
      const elsewhere = options.provider ?? options.bootstrapServer ?? options.config
      if (options.cluster !== undefined && elsewhere !== undefined) {
        throw new KbenchError(
          'usage',
          '--cluster and --provider, -b or --config: one of them, a cluster that stays has its own',
        )
      }
      const set = [...(await setsOfStanding(options.cluster)), ...(await withProvider(options))]
      const code = await runProfiles(files, { ...options, set, outputs: outputsOf(options) })
      process.exitCode = code ?? exitCodes.ok
    })
}

async function setsOfStanding(name: string | undefined): Promise<Sets> {
  return name === undefined ? [] : (await import('../actions/run-cluster.ts')).setsOfStanding(name)
}

function countOption(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new KbenchError('usage', `--limit ${text}: expected a number of variants, 1 or more`)
}

/** In seconds. */
function durationOption(text: string): number {
  const lengthMs = parseDurationMs(text)
  if (lengthMs !== undefined && lengthMs > 0) return lengthMs / 1000
  throw new KbenchError('usage', `--for ${text}: expected a duration with a unit, like 60m`)
}
