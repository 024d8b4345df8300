import { type Command, InvalidArgumentError } from 'commander'
import { exitCodes, KbenchError } from '../../base/errors.ts'
import { suggestion } from '../../base/suggest.ts'
import type { CompareCommandOptions } from '../actions/run-compare.ts'
import { addExamples } from './help-text.ts'
import { addOldName } from './old-name.ts'

/** Mounts `kbench compare`: what the repetitions of two runs or variants show, with the confidence they allow. */
export function registerCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('compare runs, or variants of one run, and fail on regressions')
    .argument('<run...>', 'run ids, folders, result.json or baseline files; the first is the base')
    .option('--across <key>', 'a setting that may differ: client, producers.acks; may be given several times', list, [])
    .option('--allow-environment', 'compare runs of different machines, clusters or versions')
    .option('--metric <path>', 'show this metric: produce.ackedPerSec; may be given several times', list)
    .option('--gate [metric...]', 'exit 98 if one of these is worse, 4 if the data cannot decide')
    .option('--noise <percent>', 'smallest shift that counts as a difference (default: 5%)', share)
    .option('--calibration <file>', 'noise per metric as kbench calibrate measured it')
    .option(
      '--format <name>',
      'print json, csv, junit (a case per gated metric) or markdown (a table for a pull request)',
      formatOf,
    )
    .option('--json', 'print JSON')
    .option('--html <file>', 'write a page with charts that works offline')
    .option('--out <file>', 'write .html, .json, .md, .csv, .xml or .txt; may be given several times', list, [])
    .option('--save-baseline <file>', 'write the run as a small file to keep in a repository')
    .action(async (runs: string[], options: CompareCommandOptions) => {
      const { compare } = await import('../actions/run-compare.ts')
      process.exitCode = (await compare(runs, options)) ?? exitCodes.ok
    })
  addOldName(command, '--metrics <path>', 'metric')
  for (const format of formats) if (format !== 'json') addOldName(command, `--${format}`, 'format', format)
  addExamples(
    command,
    [
      'kbench compare results/before results/after --gate',
      'kbench compare results/clients --across client --html clients.html',
      'kbench compare --save-baseline baseline.json results/before',
    ],
    'Verdicts: better, worse, no difference shown, equivalent, inconclusive:\ndocs/compare.md',
  )
}

const formats = ['json', 'csv', 'junit', 'markdown'] as const

function formatOf(text: string, earlier: string | undefined): string {
  const format = formats.find((each) => each === text)
  if (format === undefined) throw new InvalidArgumentError(suggestion(text, formats))
  if (earlier === undefined || earlier === format) return format
  throw new KbenchError('usage', `--format ${earlier} and --format ${format}: stdout takes one`, {
    hint: '--out FILE writes others',
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
