import { join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { KbenchError } from '../../base/errors.ts'

interface ReportOptions {
  out?: string
  format?: string
  series?: true
}

/** Mounts `kbench report`: renders all files of stored runs again, from result.json alone. */
export function registerReport(program: Command): void {
  program
    .command('report')
    .description('render the reports of stored runs again and print their summary')
    .argument('<run...>', 'run ids in results/, folders of runs, or their result.json')
    .option('--out <folder>', "write into this folder instead of the run's own (with several runs: a folder each)")
    .option(
      '--format <report>',
      'only this report (kbench list reports), of all runs together; to stdout without --out',
    )
    .option('--series', 'with --format csv: a row per second instead of one per variant')
    .addHelpText(
      'after',
      '\nOnly result.json is read; no cluster is needed.\n' +
        '\nExamples:\n' +
        '  kbench report results/20261121-093312-3broker-acks-all-4f2a\n' +
        '  kbench report 20261121-093312-3broker-acks-all-4f2a --out report\n' +
        '  kbench report 20261121-093312-3broker-acks-all-4f2a --format junit\n' +
        '  kbench report results/* --format csv > variants.csv',
    )
    .action(report)
}

async function report(runs: string[], options: ReportOptions): Promise<void> {
  if (options.format !== undefined) return oneFormat(runs, options.format, options)
  if (options.series) throw new KbenchError('usage', '--series needs --format csv')
  const [{ readResult }, { writeReports }, { terminalSummary }, { runFolder }] = await Promise.all([
    import('../actions/read-result.ts'),
    import('../actions/write-reports.ts'),
    import('../../reports/terminal.ts'),
    import('../../reports/_variants.ts'),
  ])
  // All are read before any is written: a wrong name leaves nothing half done.
  const stored = await Promise.all(runs.map(readResult))
  const failures: string[] = []
  for (const { result, directory: own } of stored) {
    const directory =
      options.out === undefined ? own : stored.length > 1 ? join(options.out, runFolder(result)) : options.out
    const { failed } = await writeReports(result, directory)
    const near = relative(process.cwd(), directory) || '.'
    const shown = near.startsWith('..') ? resolve(directory) : near
    const { stdout, env } = process
    const color = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
    const columns = stdout.isTTY ? stdout.columns : 80
    stdout.write(terminalSummary(result, { columns, color, directory: shown }))
    failures.push(...failed.map(({ report: name, message }) => `${result.runId}: ${name}: ${message}`))
  }
  if (failures.length > 0) {
    throw new KbenchError('environment', 'not every report could be rendered', {
      details: failures,
      hint: 'the others were written; "kbench report" renders them again',
    })
  }
}

/** One report of all runs: its files into --out, or the one that is text to stdout. */
async function oneFormat(runs: readonly string[], format: string, { out, series }: ReportOptions): Promise<void> {
  const [{ readResult }, { renderReport, writeFiles }] = await Promise.all([
    import('../actions/read-result.ts'),
    import('../actions/write-reports.ts'),
  ])
  if (series && format !== 'csv') throw new KbenchError('usage', '--series needs --format csv')
  const stored = await Promise.all(runs.map(readResult))
  const files = await renderReport(
    format,
    stored.map(({ result }) => result),
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
