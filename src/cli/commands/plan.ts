import { type Command, Option } from 'commander'
import { addExamples } from './help-text.ts'
import { addOldName } from './old-name.ts'
import { loadOptions, type PlanCommandOptions } from './plan-options.ts'

/** Mounts `kbench plan [load.yaml]`: the MSK clusters that take a load. */
export function registerPlan(program: Command): void {
  const command = program
    .command('plan')
    .description('size and price the Amazon MSK clusters that take a load')
    .argument('[file]', 'a YAML file with the same keys as the options; options win')
  for (const [key, value, description] of loadOptions) {
    command.addOption(new Option(value === '' ? `--${key}` : `--${key} <${value}>`, description))
    if (value === '') command.option(`--no-${key}`, 'consumers fetch from leaders in any zone')
  }
  command
    .option('--brokers <NxTYPE>', 'the highest load of these brokers: 6xkafka.m7g.large')
    .option('--prices <file>', 'prices to use instead of the shipped ones, CSV like prices.csv')
    .option('--calibration <file>', 'estimate cores by a fit of kbench calibrate-broker')
    .option('--from-run <run>', 'take what carries over from a stored run')
    .option('--json', 'print the plan as JSON')
    .option('--html <file>', 'write a page with charts that works offline')
    .option('--write-profile <file>', 'write the profile that proves the cheapest cluster on MSK')
    .option('--check <run>', "compare the plan's assumptions with a run of that profile")
    .action(async (file: string | undefined, options: PlanCommandOptions) => {
      const { runPlan } = await import('../actions/run-plan.ts')
      process.exitCode = await runPlan(file, options)
    })
  addOldName(command, '--cluster <NxTYPE>', 'brokers')
  addOldName(command, '--profile <file>', 'write-profile')
  // As the other commands call it; here options are the keys of the load file.
  addOldName(command, '--replication-factor <n>', 'replication')
  addExamples(
    command,
    [
      'kbench plan --in 40MB/s --groups 2 --partitions 100',
      "kbench plan load.yaml --types 'kafka.m7g.*' --html plan.html",
      'kbench plan --brokers 6xkafka.m7g.large --groups 2',
    ],
    'Constraints, formulas and sources: docs/planning.md. Exit codes: 0 a cluster\n' +
      'takes the load, 2 none does, or the input is not valid; with --check 99 an\n' +
      'assumption did not hold.',
  )
}
