import { join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import type { StoredResult } from '../actions/read-result.ts'
import type { RunToReport } from '../actions/rebuild-result.ts'
import { hasColour } from '../outputs.ts'
import { addExamples } from './help-text.ts'

interface ReportOptions {
  out?: string
  format?: string
  series?: true
  rebuild?: true
  baseline?: string
  omb?: string
}

/** Mounts `kbench report`: renders all files of stored runs again; result.json is rebuilt where it is missing, torn or, with --rebuild, of other definitions. */
export function registerReport(program: Command): void {
  const command = program
    .command('report')
    .description('render the reports of stored runs again and print their summary')
    .argument('<run...>', 'run ids in results/, folders of runs, folders of such folders, or result.json files')
    .option('--out <folder>', "write into this folder instead of the run's own; of several runs, a folder each")
    .option('--format <report>', 'print this report alone (kbench list reports), of all runs together')
    .option('--omb <file>', 'write the result as OpenMessaging Benchmark does, a file per variant, and nothing else')
    .option('--series', 'with --format csv: a row per second instead of one per variant')
    .option('--baseline <client>', 'compare with this client instead of the first one')
    .option('--rebuild', 'compute the result again from the recordings; keep the old file, print what changed')
    .action(report)
  addExamples(
    command,
    [
      'kbench report 20261121-093312-3broker-acks-all-4f2a',
      'kbench report 20261121-093312-3broker-acks-all-4f2a --format junit',
      'kbench report results/* --format csv > variants.csv',
      'kbench report nightly --out trend',
      'kbench report 20261121-093312-3broker-acks-all-4f2a --rebuild',
    ],
    'A result.json that is missing (the run was killed) or torn is rebuilt first,\n' +
      'from journal.ndjson and recordings/. Several runs, or a folder of runs, also\n' +
      'make trend.html. No cluster is needed.',
  )
}

async function report(runs: string[], options: ReportOptions): Promise<void> {
  if (options.omb !== undefined) return omb(runs, options.omb, options)
  if (options.format !== undefined) return oneFormat(runs, options.format, options)
  if (options.series) throw new KbenchError('usage', '--series needs --format csv')
  const [{ writeReports }, { terminalSummary }, { runFolder }, { checkBaseline }] = await Promise.all([
    import('../actions/write-reports.ts'),
    import('../../reports/terminal.ts'),
    import('../../reports/_variants.ts'),
    import('../../reports/_questions.ts'),
  ])
  const stored = await storedRuns(runs, options)
  const failures: string[] = []
  for (const { result } of stored) checkBaseline(result, options.baseline)
  for (const { result, directory: own } of stored) {
    const directory =
      options.out === undefined ? own : stored.length > 1 ? join(options.out, runFolder(result)) : options.out
    const { failed, unwritten } = await writeReports(result, directory, baselineOf(options))
    const near = relative(process.cwd(), directory) || '.'
    const shown = near.startsWith('..') ? resolve(directory) : near
    const { stdout } = process
    const color = hasColour(stdout)
    const columns = stdout.isTTY ? stdout.columns : 80
    stdout.write(terminalSummary(result, { columns, color, directory: shown }))
    const unrendered = failed.map(({ report: name, message }) => `${name}: ${message}`)
    failures.push(...[...unrendered, ...unwritten].map((text) => `${result.runId}: ${text}`))
  }
  if (stored.length > 1) {
    const [{ renderReport, writeFiles }] = await Promise.all([import('../actions/write-reports.ts')])
    const files = await renderReport(
      'trend',
      stored.map(({ result }) => result),
    )
    for (const path of await writeFiles(files, options.out ?? '.')) process.stdout.write(`trend   ${path}\n`)
  }
  if (failures.length > 0) {
    throw new KbenchError('environment', 'not every report could be written', {
      details: failures,
      hint: 'the others were written; "kbench report" renders them again',
    })
  }
}

const baselineOf = ({ baseline }: ReportOptions) => (baseline === undefined ? {} : { baseline })

/** All are read before any is written: a wrong name leaves nothing half done. Rebuilt ones are put in their place. */
async function storedRuns(runs: readonly string[], { rebuild }: ReportOptions): Promise<StoredResult[]> {
  const [{ runToReport }, { plain }, { runsIn }] = await Promise.all([
    import('../actions/rebuild-result.ts'),
    import('../../reports/_text.ts'),
    import('../actions/runs-in.ts'),
  ])
  const stored: RunToReport[] = []
  for (const run of await runsIn(runs)) stored.push(await runToReport(run, rebuild === true))
  for (const { messages, save } of stored) {
    for (const message of [...messages, ...((await save?.()) ?? [])])
      process.stderr.write(`kbench: ${plain(message)}\n`)
  }
  return stored
}

async function omb(runs: readonly string[], file: string, options: ReportOptions): Promise<void> {
  const { writeOmb } = await import('../actions/write-omb.ts')
  await writeOmb(
    file,
    (await storedRuns(runs, options)).map(({ result }) => result),
  )
}

/** One report of all runs: its files into --out, or the one that is text to stdout. */
async function oneFormat(runs: readonly string[], format: string, options: ReportOptions): Promise<void> {
  const { out, series } = options
  const { renderReport, writeFiles } = await import('../actions/write-reports.ts')
  if (series && format !== 'csv') throw new KbenchError('usage', '--series needs --format csv')
  const stored = await storedRuns(runs, options)
  const files = await renderReport(
    format,
    stored.map(({ result }) => result),
    baselineOf(options),
  )
  if (out !== undefined) {
    for (const path of await writeFiles(files, out)) process.stdout.write(`${path}\n`)
    return
  }
  const chosen = format === 'csv' ? files.filter(({ name }) => (name === 'series.csv') === (series === true)) : files
  for (const { body } of chosen) {
    if (typeof body === 'string') process.stdout.write(body)
    else
      throw new KbenchError('usage', `report ${format} is no text`, { hint: '--out <folder> says where to write it' })
  }
}
