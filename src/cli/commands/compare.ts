import { type Command, InvalidArgumentError } from 'commander'
import { exitCodes } from '../../base/errors.ts'
import type { CompareCommandOptions } from '../actions/run-compare.ts'

/** Mounts `kbench compare`: what the repetitions of two runs or variants show, with the confidence they allow. */
export function registerCompare(program: Command): void {
  program
    .command('compare')
    .description('compare runs, or variants of one run, and gate on regressions')
    .argument('<run...>', 'run ids, folders, result.json or baseline files; the first is the base')
    .option('--across <key>', 'a setting that may differ: client, producers.acks, …; several times', list, [])
    .option('--allow-environment', 'compare runs of different machines, clusters or versions')
    .option('--metrics <path>', 'show these: produce.ackedPerSec, consume.endToEndUs.p99, …', list)
    .option('--gate [metric...]', 'exit 98 where one of these is worse, 4 where it cannot be told')
    .option('--noise <percent>', 'shifts within it are no difference; 5% unless given', share)
    .option('--calibration <file>', 'noise per metric as kbench calibrate measured it')
    .option('--json', 'print JSON')
    .option('--markdown', 'print a table for a pull request')
    .option('--csv', 'print CSV')
    .option('--junit', 'print JUnit XML, a case per gated metric')
    .option('--html <file>', 'write a page with charts, which works offline')
    .option('--out <file>', 'write .html, .json, .md, .csv, .xml or .txt; several times', list, [])
    .option('--save-baseline <file>', 'write the one run as a small file that a repository can keep')
    .addHelpText(
      'after',
      '\nVerdicts: better, worse, no difference shown, equivalent, inconclusive:\n' +
        'docs/compare.md\n' +
        '\nExamples:\n' +
        '  kbench compare results/before results/after --gate\n' +
        '  kbench compare results/clients --across client --html clients.html\n' +
        '  kbench compare --save-baseline baseline.json results/before',
    )
    .action(async (runs: string[], options: CompareCommandOptions) => {
      const { compare } = await import('../actions/run-compare.ts')
      process.exitCode = (await compare(runs, options)) ?? exitCodes.ok
    })
}

/** Given several times, or with commas. */
function list(text: string, earlier: string[] = []): string[] {
  return [...earlier, ...text.split(',').map((one) => one.trim())].filter((one) => one !== '')
}

/** "5%" or "5" → 0.05. */
function share(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text.trim())
  if (!match || Number(match[1]) >= 100) throw new InvalidArgumentError('expected a percentage, like 5%')
  return Number(match[1]) / 100
}
