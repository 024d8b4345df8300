import type { Command } from 'commander'
import { addExamples } from './help-text.ts'

/** Mounts `kbench open`. */
export function registerOpen(program: Command): void {
  const command = program
    .command('open')
    .description('open the report of a run in the browser; without a browser, print its path')
    .argument('[run]', 'run id, folder of a run, or a page (default: the newest run)')
    .option('--results <folder>', 'folder of the results', 'results')
    .action(async (run: string | undefined, options: { results: string }) => {
      const { openReport } = await import('../actions/open-report.ts')
      await openReport(run, options)
    })
  addExamples(command, ['kbench open', 'kbench open 20261121-093312-3broker-acks-all-4f2a', 'kbench open clients.html'])
}
