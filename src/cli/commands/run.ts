import type { Command } from 'commander'
import { exitCodes, KbenchError } from '../../base/errors.ts'
import { parseDurationMs } from '../../base/units.ts'
import { addExamples } from './help-text.ts'
import { addOutputOptions, type OutputFlags, outputsOf } from './output-options.ts'
import { addProfileOptions, addYesOption, type ProfileOptions, setsOf } from './set-option.ts'

interface RunOptions extends OutputFlags, ProfileOptions {
  results: string
  quiet?: boolean
  json?: boolean
  dryRun?: boolean
  resume?: string
  limit?: number
  for?: number
  junit?: string
  omb?: string
  yes?: boolean
}

/** `kbench run <profile…>`: each profile in turn; the exit code is the most important of theirs. */
export function registerRun(program: Command): void {
  const command = addProfileOptions(program.command('run'))
    .description('run profiles: start the cluster, drive the load, audit, report')
    .argument('[profile...]', 'files, or names of profiles that come with kbench (kbench list profiles)')
    .option('--results <folder>', 'folder of the results; each run gets a folder of its own in it', 'results')
    .option('--json', 'print the result as JSON instead of the summary')
    .option('--junit <file>', 'also write JUnit XML: a test case per threshold and variant')
    .option('--omb <file>', 'also write the result as OpenMessaging Benchmark does, a file per variant')
    .option('--no-reports', 'write result.json and the journal alone; kbench report renders the reports')
    .option('--dry-run', 'print the plan and start nothing; with --json as data')
    .option('--resume <run>', 'continue a run that was interrupted or limited: its id or its folder')
    .option('--limit <variants>', 'stop after this many variants; --resume runs the others', countOption)
    .option('--for <duration>', 'start no variant that would not end within this time: 60m', durationOption)
    .option('-q, --quiet', 'print no progress, only the result')
  addOutputOptions(addYesOption(command))
  addExamples(
    command,
    [
      'kbench run quickstart',
      'kbench run 3broker-acks-all -b 127.0.0.1:9092 --rate 20000 --duration 60s',
      'kbench run my.yaml --clients kafkajs,node-rdkafka --set producers.acks=1',
      'kbench run clients-by-partitions --for 60m',
      'kbench run my.yaml --web --metrics 127.0.0.1:9464',
      'kbench run --resume 20261121-093312-clients-by-partitions-4f2a --for 60m',
    ],
    '-b implies the provider external: kbench starts no cluster. Without -b, the\n' +
      'brokers are those of KBENCH_CLUSTER__BOOTSTRAP, then of KBENCH_BOOTSTRAP_SERVER,\n' +
      'then of the profile. Progress goes to stderr, the summary to stdout. Ctrl-C ends\n' +
      'a run in order and keeps what was measured; press it again to quit immediately.',
  )
  command.action(async (files: string[], options: RunOptions) => {
    const { runProfiles } = await import('../actions/run-profiles.ts')
    const set = await setsOf(options)
    const code = await runProfiles(files, { ...options, set, outputs: outputsOf(options) })
    process.exitCode = code ?? exitCodes.ok
  })
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
