import { type Command, InvalidArgumentError } from 'commander'
import { exitCodes } from '../../base/errors.ts'
import type { CalibrateOptions } from '../actions/run-calibrate.ts'
import { addProviderOption, addSetOption, withProvider } from './set-option.ts'

/** Mounts `kbench calibrate`: how much this machine differs from itself. */
export function registerCalibrate(program: Command): void {
  addProviderOption(addSetOption(program.command('calibrate')))
    .description('measure the noise of this machine with A/A runs, for kbench compare')
    .argument('[profile]', 'file, or name of a profile that comes with kbench')
    .option('--repetitions <n>', 'fresh runs of each variant, at least 6', whole, 10)
    .option('--from <run>', 'compute it from a stored run with repetitions; nothing is run')
    .option('--out <file>', 'file to write', 'calibration.json')
    .option('--results <folder>', 'folder for the results of the run', 'results')
    .option('--json', 'print the calibration as JSON')
    .option('-q, --quiet', 'no progress, only the result')
    .addHelpText(
      'after',
      '\nkbench compare takes the file with --calibration.\n' +
        '\nExamples:\n' +
        '  kbench calibrate profiles/3broker-acks-all.yaml\n' +
        '  kbench calibrate --from results/20261121-093312-3broker-acks-all-4f2a',
    )
    .action(async (profile: string | undefined, options: CalibrateOptions) => {
      const { runCalibrate } = await import('../actions/run-calibrate.ts')
      await runCalibrate(profile, { ...options, set: await withProvider(options) })
      process.exitCode = exitCodes.ok
    })
}

function whole(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 6) throw new InvalidArgumentError('expected a whole number from 6')
  return Number(text)
}
