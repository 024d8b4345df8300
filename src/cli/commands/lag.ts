import { type Command, InvalidArgumentError } from 'commander'
import { parseDurationMs } from '../../base/units.ts'
import type { LagOptions } from '../actions/run-lag.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { collect } from './option-values.ts'

/** Mounts `kbench lag`. */
export function registerLag(program: Command): void {
  addConnection(program.command('lag').description('show the lag of consumer groups, its trend and the time to zero'))
    .option('--group <group>', 'this group; may be given several times (default: all groups)', collect, [])
    .option('--watch <interval>', 'look again every so often, until Ctrl-C', duration)
    .option('--for <duration>', 'how long to look for the trend, without --watch (default: 3s)', duration)
    .option('--json', 'print JSON; with --watch a line per look')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  kbench lag -b 127.0.0.1:9092\n' +
        '  kbench lag -b 127.0.0.1:9092 --group billing --watch 1s\n' +
        '  kbench lag -b 127.0.0.1:9092 --json',
    )
    .action(async (options: ConnectionOptions & LagOptions) => {
      const { showLag } = await import('../actions/run-lag.ts')
      await showLag(await networkOf(options), options)
    })
}

function duration(text: string): number {
  const ms = parseDurationMs(text)
  if (ms === undefined || ms < 100 || ms > 3_600_000) {
    throw new InvalidArgumentError('Expected a duration from 100ms to 1h, like 1s.')
  }
  return ms
}
