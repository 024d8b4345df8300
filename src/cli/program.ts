import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Help, type Option } from 'commander'
import { packageRoot } from '../base/root.ts'
import { below, pathOf } from './command-tree.ts'
import { registerBundle } from './commands/bundle.ts'
import { registerCalibrate } from './commands/calibrate.ts'
import { registerCalibrateBroker } from './commands/calibrate-broker.ts'
import { registerClean } from './commands/clean.ts'
import { registerCluster } from './commands/cluster.ts'
import { registerCompare } from './commands/compare.ts'
import { registerCompletion } from './commands/completion.ts'
import { registerConfigs } from './commands/configs.ts'
import { registerConsume } from './commands/consume.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerFindMax } from './commands/find-max.ts'
import { registerGroups } from './commands/groups.ts'
import { addExamples } from './commands/help-text.ts'
import { registerInit } from './commands/init.ts'
import { registerLag } from './commands/lag.ts'
import { registerList } from './commands/list.ts'
import { registerOpen } from './commands/open.ts'
import { registerPlan } from './commands/plan.ts'
import { registerProduce } from './commands/produce.ts'
import { registerQuickstart } from './commands/quickstart.ts'
import { registerReport } from './commands/report.ts'
import { registerRun } from './commands/run.ts'
import { registerSchema } from './commands/schema.ts'
import { registerTopics } from './commands/topics.ts'
import { registerValidate } from './commands/validate.ts'
import { showSteps } from './show-steps.ts'

type Register = (program: Command) => void

/** What the first help lists, in this order: what one needs first comes first. */
const groups: readonly (readonly [heading: string, ...commands: Register[]])[] = [
  ['Start:', registerQuickstart, registerDoctor, registerInit, registerList, registerValidate],
  ['Measure:', registerRun, registerFindMax, registerCalibrate],
  ['Results:', registerOpen, registerReport, registerCompare, registerBundle],
  ['Amazon MSK:', registerPlan, registerCalibrateBroker],
  [
    'Clusters:',
    ...[registerCluster, registerTopics, registerConfigs, registerGroups, registerLag, registerProduce],
    ...[registerConsume, registerClean],
  ],
  ['Shell and editor:', registerCompletion, registerSchema],
]

/** Every command with its options; nothing is read or started. Commands import what is heavy when they run. */
export function program(): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
  const kbench = new Command('kbench')
    .description('Load generator and benchmark suite for Apache Kafka')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .option('-v, --verbose', 'print each step, and where an error came from, on stderr')
    .option('--no-color', 'print no colours (also: NO_COLOR, TERM=dumb; FORCE_COLOR: always)')
    .hook('preAction', (command) => {
      if (command.opts().color === false) process.env.NO_COLOR = '1'
      if (command.opts().verbose) showSteps()
    })
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, optionDescription, subcommandTerm })
    // What commander would print comes back as an error, and is printed once, by main.
    .configureOutput({ outputError: () => {} })
  for (const [heading, ...registers] of groups) {
    kbench.commandsGroup(heading)
    for (const register of registers) register(kbench)
  }
  for (const command of [kbench, ...below(kbench)]) {
    command.exitOverride((error) => {
      throw Object.assign(error, { command: pathOf(command) })
    })
  }
  return addExamples(
    kbench,
    ['kbench quickstart', 'kbench doctor', 'kbench run my.yaml -b 127.0.0.1:9092 --rate 20000 --duration 60s'],
    'Profiles: docs/profiles.md; numbers: docs/measuring.md; files: docs/results.md\n' +
      '\nExit codes: 0 ok, 1 bug in kbench, 2 usage or profile, 3 environment,\n' +
      '4 measurement invalid, 97 integrity violated, 98 regression, 99 threshold\n' +
      'missed, 130 interrupted',
  )
}

/** An empty list is no default that anybody wants to read. */
function optionDescription(this: Help, option: Option): string {
  return Help.prototype.optionDescription.call(this, option).replace(/ ?\(default: (\[\]|none)\)$/, '')
}

/** Without "[options]", which all of them have. */
function subcommandTerm(this: Help, command: Command): string {
  return Help.prototype.subcommandTerm.call(this, command).replace(' [options]', '')
}
