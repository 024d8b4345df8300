import type { Command } from 'commander'
import type { BundleOptions } from '../actions/write-bundle.ts'
import { addExamples } from './help-text.ts'

/** Mounts `kbench bundle`: what a bug report needs of a run, without secrets. */
export function registerBundle(program: Command): void {
  const command = program
    .command('bundle')
    .description('make an archive of a run for a bug report, without secrets')
    .argument('<run>', 'run id, or folder of a run')
    .option('--results <folder>', 'folder of the results', 'results')
    .option('--out <file>', 'archive to write (default: <run id>.tar.gz)')
    .option('--dry-run', 'list what goes in, and write nothing')
    .action(async (run: string, options: BundleOptions) => {
      const { writeBundle } = await import('../actions/write-bundle.ts')
      await writeBundle(run, options)
    })
  addExamples(
    command,
    [
      'kbench bundle 20261121-093312-3broker-acks-all-4f2a',
      'kbench bundle results/20261121-093312-3broker-acks-all-4f2a --dry-run',
    ],
    'It holds the result, the journal, the beginning of each recording, the profile,\n' +
      'logs, versions and the output of kbench doctor. Secrets become ***, broker hosts\n' +
      'broker-1, the home folder ~. Records and charts stay out. What goes in is listed\n' +
      'first; look at it before you send it.',
  )
}
