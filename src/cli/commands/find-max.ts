import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDurationMs } from '../../base/units.ts'
import type { FindMaxCommandOptions } from './find-max-options.ts'
import { addExamples } from './help-text.ts'
import { addProfileOptions, addYesOption, setsOf } from './set-option.ts'

/** Mounts `kbench find-max <profile>`: the highest rate that each client and combination of the matrix sustains. */
export function registerFindMax(program: Command): void {
  const command = addProfileOptions(program.command('find-max'), { without: ['rate', 'duration'] })
    .description('find the highest rate a profile sustains: double, bisect, confirm')
    .argument('<profile>', 'a file, or the name of a profile that comes with kbench (kbench list profiles)')
    .addOption(
      new Option('--of <what>', 'cluster: the maximum throughput of the cluster, by the fastest client')
        .choices(['cluster'])
        .conflicts('clients'),
    )
    .option('--start <rate>', "first rate, records/s (default: the profile's, else 1000)", positive)
    .option('--max <rate>', 'highest rate to try, records/s', positive)
    .addOption(duration('--slo <time>', 'highest response p99 that passes', '50ms'))
    .addOption(duration('--step <time>', 'length of a step; the maximum is confirmed for three of them', '10s'))
    .option('--results <folder>', 'folder of the results; each run gets a folder of its own in it', 'results')
    .option('--json', 'print the result as JSON instead of the table')
    .option('-q, --quiet', 'print no progress, only the result')
  addYesOption(command)
  addExamples(
    command,
    [
      'kbench find-max single-broker --provider local',
      'kbench find-max my.yaml -b 127.0.0.1:9092 --of cluster',
      'kbench find-max my.yaml --clients kafkajs --slo 20ms --step 30s',
      "kbench find-max my.yaml --set 'matrix={topic.partitions: [1, 6, 12, 48]}'",
    ],
    'A step passes with acked/offered at least 0.995, errors at most 0.1 %, response\n' +
      'p99 within --slo, lag growing by at most 0.5 % of the rate, and a healthy\n' +
      'generator. What limits the maximum is the verdict: docs/find-max.md. Exit codes:\n' +
      '0 a rate was confirmed, 4 inconclusive, 99 no rate passes.',
  )
  command.action(async (file: string, options: FindMaxCommandOptions) => {
    const { findMaximum } = await import('../actions/find-maximum.ts')
    process.exitCode = await findMaximum(file, { ...options, set: await setsOf(options) })
  })
}

function positive(text: string): number {
  const value = Number(text)
  if (!(Number.isFinite(value) && value >= 1)) throw new InvalidArgumentError('Expected records/s, 1 or more.')
  return Math.round(value)
}

/** An option in ms. */
function duration(flags: string, description: string, initial: string): Option {
  const parse = (text: string): number => {
    const ms = parseDurationMs(text)
    if (ms === undefined || ms <= 0) throw new InvalidArgumentError('Expected a time like 50ms or 10s.')
    return ms
  }
  return new Option(flags, description).argParser(parse).default(parse(initial), initial)
}
