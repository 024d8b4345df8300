import type { Command } from 'commander'
import type { CalibrateBrokerOptions } from '../actions/calibrate-broker.ts'
import { addExamples } from './help-text.ts'
import { addOldName } from './old-name.ts'

/** Mounts `kbench calibrate-broker`: what a record costs a broker, fitted to runs of a profile that it writes. */
export function registerCalibrateBroker(program: Command): void {
  const command = program
    .command('calibrate-broker')
    .description("fit a broker's processor time to runs of the calibration profile")
    .argument('[run...]', 'stored runs of the profile, on brokers of this machine')
    .option('--write-profile <file>', 'write the profile to run: 24 variants of 25 s')
    .option('--layout <name>', 'layout of the profile; kraft-3-tls: with TLS', 'kraft-3')
    .option('--out <file>', 'write the fit to this file, as JSON')
    .option('--json', 'print the fit as JSON')
    .action(async (runs: string[], options: CalibrateBrokerOptions) => {
      const { calibrateBroker } = await import('../actions/calibrate-broker.ts')
      process.exitCode = await calibrateBroker(runs, options)
    })
  addOldName(command, '--profile <file>', 'write-profile')
  addExamples(
    command,
    [
      'kbench calibrate-broker --write-profile broker-cpu.yaml',
      'kbench run broker-cpu.yaml --no-reports',
      'kbench calibrate-broker results/<runId>',
    ],
    'cores = c0 + a · leader in + b · bytes out + c · follower in + d · requests:\n' +
      'docs/planning.md. Exit codes: 0 accepted, 4 the fit is refused.',
  )
}
