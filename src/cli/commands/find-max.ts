import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDurationMs } from '../../base/units.ts'
import type { FindMaxCommandOptions } from './find-max-options.ts'
import { addProviderOption, addSetOption, withProvider } from './set-option.ts'

/** Mounts `kbench find-max <profile>`: the highest rate that each client and combination of the matrix sustains. */
export function registerFindMax(program: Command): void {
  addProviderOption(addSetOption(program.command('find-max')))
    .description('find the highest rate a profile sustains: double, bisect, confirm')
    .argument('<profile>', 'a file, or the name of a profile that comes with kbench (kbench list profiles)')
    .option('--clients <names>', 'only these clients, separated by commas')
    .addOption(
      new Option('--of <what>', 'cluster: what the cluster can take, by the fastest client; else the profile’s clients')
        .choices(['cluster'])
        .conflicts('clients'),
    )
    .option('--start <rate>', "first rate, records/s (default: the profile's, else 1000)", positive)
    .option('--max <rate>', 'nothing above this rate is tried, records/s', positive)
    .addOption(duration('--slo <time>', 'highest response p99 that passes', '50ms'))
    .addOption(duration('--step <time>', 'measure phase of a step; the winner is confirmed for three', '10s'))
    .option('--results <folder>', 'folder for the results; each run gets one of its own in it', 'results')
    .option('--json', 'print the result as JSON instead of the table')
    .option('-q, --quiet', 'no progress, only the result')
    .addHelpText(
      'after',
      '\nA step passes with acked/offered at least 0.995, errors at most 0.1 %, response p99\n' +
        'within --slo, lag growing by at most 0.5 % of the rate, and a healthy generator.\n' +
        'What limits the maximum is the verdict: docs/find-max.md. Exit codes: 0 a rate was\n' +
        'confirmed, 4 inconclusive, 99 no rate passes.\n' +
        '\nExamples:\n' +
        '  kbench find-max single-broker --provider local\n' +
        '  kbench find-max my.yaml --of cluster\n' +
        '  kbench find-max my.yaml --clients kafkajs --slo 20ms --step 30s\n' +
        "  kbench find-max my.yaml --set 'matrix={topic.partitions: [1, 6, 12, 48]}'",
    )
    .action(async (file: string, options: FindMaxCommandOptions) => {
      const { findMaximum } = await import('../actions/find-maximum.ts')
      process.exitCode = await findMaximum(file, { ...options, set: await withProvider(options) })
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
