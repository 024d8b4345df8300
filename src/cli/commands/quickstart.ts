import { type Command, Option } from 'commander'
import type { QuickstartOptions } from '../actions/run-quickstart.ts'
import { addExamples } from './help-text.ts'

/** Mounts `kbench quickstart`: the first thing to type. */
export function registerQuickstart(program: Command): void {
  const command = program
    .command('quickstart')
    .description('run a small benchmark on the fastest cluster that this machine can run')
    .addOption(
      new Option('--provider <name>', 'what runs the cluster (default: the fastest that can run here)').choices([
        'mock',
        'local',
        'compose',
      ]),
    )
    .option('--results <folder>', 'folder of the results; each run gets a folder of its own in it', 'results')
    .option('--json', 'print the result as JSON instead of the summary')
    .option('-q, --quiet', 'print no progress, only the result')
    .action(async (options: QuickstartOptions) => {
      const { runQuickstart } = await import('../actions/run-quickstart.ts')
      process.exitCode = await runQuickstart(options)
    })
  addExamples(
    command,
    ['kbench quickstart', 'kbench quickstart --provider local'],
    'Providers, the fastest first: mock (in memory, not a real Kafka: it measures the\n' +
      'clients alone), local (Java processes), compose (Docker). For each that cannot\n' +
      'run here, one line says what is missing.',
  )
}
