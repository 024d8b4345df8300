import type { Command } from 'commander'
import type { CalibrateBrokerOptions } from '../actions/calibrate-broker.ts'

/** Mounts `kbench calibrate-broker`: what a record costs a broker, fitted to runs of a profile that it writes. */
export function registerCalibrateBroker(program: Command): void {
  program
    .command('calibrate-broker')
    .description("fit a broker's processor time to runs of the calibration profile")
    .argument('[run...]', 'stored runs of the profile, on brokers of this machine')
    .option('--profile <file>', 'write the profile to run: 24 cells of 25 s')
    .option('--layout <name>', 'layout of the profile; kraft-3-tls gives the coefficients of TLS', 'kraft-3')
    .option('--out <file>', 'keep the fit as JSON')
    .option('--json', 'print the fit as JSON')
    .addHelpText(
      'after',
      '\ncores = c0 + a · leader in + b · bytes out + c · follower in + d · requests:\n' +
        'docs/planning.md. Exit codes: 0 accepted, 4 the fit is refused.\n' +
        '\nExamples:\n' +
        '  kbench calibrate-broker --profile broker-cpu.yaml\n' +
        '  kbench run broker-cpu.yaml --no-reports\n' +
        '  kbench calibrate-broker results/<runId>',
    )
    .action(async (runs: string[], options: CalibrateBrokerOptions) => {
      const { calibrateBroker } = await import('../actions/calibrate-broker.ts')
      process.exitCode = await calibrateBroker(runs, options)
    })
}
