import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { exitCodes, KbenchError, mostImportant } from '../base/errors.ts'
import { packageRoot } from '../base/root.ts'
import { registerCalibrate } from './commands/calibrate.ts'
import { registerCalibrateBroker } from './commands/calibrate-broker.ts'
import { registerClean } from './commands/clean.ts'
import { registerCluster } from './commands/cluster.ts'
import { registerCompare } from './commands/compare.ts'
import { registerConfigs } from './commands/configs.ts'
import { registerConsume } from './commands/consume.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerFindMax } from './commands/find-max.ts'
import { registerGroups } from './commands/groups.ts'
import { registerInit } from './commands/init.ts'
import { registerLag } from './commands/lag.ts'
import { registerList } from './commands/list.ts'
import { registerPlan } from './commands/plan.ts'
import { registerProduce } from './commands/produce.ts'
import { registerReport } from './commands/report.ts'
import { registerRun } from './commands/run.ts'
import { registerSchema } from './commands/schema.ts'
import { registerTopics } from './commands/topics.ts'
import { registerValidate } from './commands/validate.ts'
import { flushed, hasColour, watchOutputs } from './outputs.ts'
import { errorText } from './text/error-text.ts'

// The only file that prints errors, exits, and maps errors to exit codes. Commands import what is heavy when they run.

function program(): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
  const kbench = new Command('kbench')
    .description('Load generator and throughput/lag benchmark suite for Apache Kafka')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command')
    .option('--no-color', 'no colours (also: NO_COLOR, TERM=dumb; FORCE_COLOR: always)')
    .hook('preAction', (command) => {
      if (command.opts().color === false) process.env.NO_COLOR = '1'
    })
    .showSuggestionAfterError()
    .exitOverride()
    // What commander would print comes back as an error, and is printed once, below.
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      'after',
      '\nStart with "kbench doctor", then "kbench run quickstart".\n' +
        'Profiles: docs/profiles.md; numbers: docs/measuring.md; files: docs/results.md\n' +
        '\nExit codes: 0 ok, 1 bug in kbench, 2 usage or profile, 3 environment,\n' +
        '4 measurement invalid, 97 integrity violated, 98 regression, 99 threshold\n' +
        'missed, 130 interrupted',
    )
  registerRun(kbench)
  registerFindMax(kbench)
  registerValidate(kbench)
  registerInit(kbench)
  registerList(kbench)
  registerDoctor(kbench)
  registerReport(kbench)
  registerCompare(kbench)
  registerCalibrate(kbench)
  registerPlan(kbench)
  registerCalibrateBroker(kbench)
  registerCluster(kbench)
  registerTopics(kbench)
  registerConfigs(kbench)
  registerGroups(kbench)
  registerLag(kbench)
  registerProduce(kbench)
  registerConsume(kbench)
  registerClean(kbench)
  registerSchema(kbench)
  return kbench
}

/** Runs the command line; resolves to the exit code, everything that had to be said having been said. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv)
    return Number(process.exitCode ?? exitCodes.ok)
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok
    // No command given: commander has printed the help to stderr.
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage
    const { stderr } = process
    stderr.write(errorText(error, { columns: stderr.isTTY ? stderr.columns : null, colour: hasColour(stderr) }))
    if (error instanceof CommanderError) return exitCodes.usage
    return error instanceof KbenchError ? exitCodes[error.code] : exitCodes.internal
  }
}

const outputs = watchOutputs()
const code = mostImportant([await main(process.argv), outputs.code()])
// A handle that a command forgot must not keep the process.
process.exitCode = code
await flushed()
process.exit(mostImportant([code, outputs.code()]))
