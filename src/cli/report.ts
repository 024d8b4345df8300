import { join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { KbenchError } from '../core/errors.ts'

interface ReportOptions {
  out?: string
}

/** Mounts `kbench report`: renders all files of stored runs again, from result.json alone. */
export function registerReport(program: Command): void {
  program
    .command('report')
    .description('render the reports of stored runs again and print their summary')
    .argument('<run...>', 'run ids in results/, folders of runs, or their result.json')
    .option('--out <folder>', "write into this folder instead of the run's own (with several runs: a folder each)")
    .addHelpText(
      'after',
      '\nOnly result.json is read; no cluster is needed.\n' +
        '\nExamples:\n' +
        '  kbench report results/20261121-093312-3broker-acks-all-4f2a\n' +
        '  kbench report 20261121-093312-3broker-acks-all-4f2a --out report',
    )
    .action(report)
}

async function report(runs: string[], options: ReportOptions): Promise<void> {
  const [{ readResult }, { writeReports }, { terminalSummary }, { runFolder }] = await Promise.all([
    import('./read-result.ts'),
    import('./write-reports.ts'),
    import('../reports/terminal.ts'),
    import('../reports/_variants.ts'),
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
