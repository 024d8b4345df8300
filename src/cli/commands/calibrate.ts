import { type Command, InvalidArgumentError } from 'commander'
import { exitCodes } from '../../base/errors.ts'
import type { CalibrateOptions } from '../actions/run-calibrate.ts'
import { addExamples } from './help-text.ts'
import { addOldName } from './old-name.ts'
import { addProfileOptions, addYesOption, setsOf } from './set-option.ts'

/** Mounts `kbench calibrate`: how much this machine differs from itself. */
export function registerCalibrate(program: Command): void {
  const command = addProfileOptions(program.command('calibrate'))
    .description('measure the noise of this machine with A/A runs, for kbench compare')
    .argument('[profile]', 'a file, or the name of a profile that comes with kbench (kbench list profiles)')
    .option('--repeat <n>', 'repetitions of each variant, at least 6', whole, 10)
    .option('--from-run <run>', 'compute it from a stored run with repetitions; start nothing')
    .option('--out <file>', 'file to write', 'calibration.json')
    .option('--results <folder>', 'folder of the results; the run gets a folder of its own in it', 'results')
    .option('--json', 'print the calibration as JSON')
    .option('-q, --quiet', 'print no progress, only the result')
  addOldName(command, '--repetitions <n>', 'repeat')
  addOldName(command, '--from <run>', 'from-run')
  addYesOption(command)
  addExamples(
    command,
    [
      'kbench calibrate profiles/3broker-acks-all.yaml',
      'kbench calibrate my.yaml -b 127.0.0.1:9092 --repeat 12',
      'kbench calibrate --from-run 20261121-093312-3broker-acks-all-4f2a',
    ],
    'kbench compare takes the file with --calibration.',
  )
  command.action(async (profile: string | undefined, options: CalibrateOptions) => {
    const { runCalibrate } = await import('../actions/run-calibrate.ts')
    await runCalibrate(profile, { ...options, set: await setsOf(options) })
    process.exitCode = exitCodes.ok
  })
}

function whole(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 6) throw new InvalidArgumentError('expected a whole number from 6')
  return Number(text)
}
