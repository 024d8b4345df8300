import { type Command, InvalidArgumentError } from 'commander'
import { parseDurationMs } from '../../base/units.ts'
import type { LagOptions } from '../actions/run-lag.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { addExamples } from './help-text.ts'
import { collect } from './option-values.ts'

/** Mounts `kbench lag`. */
export function registerLag(program: Command): void {
  const command = addConnection(
    program.command('lag').description('show the lag of consumer groups, its trend and the time to zero'),
  )
    .option('-G, --group <group>', 'this group; may be given several times (default: all groups)', collect, [])
    .option('--watch <interval>', 'repeat at this interval, until Ctrl-C', duration)
    .option('--for <duration>', 'without --watch: how long to observe the trend (default: 3s)', duration)
    .option('--json', 'print JSON; with --watch a line each time')
    .action(async (options: ConnectionOptions & LagOptions) => {
      const { showLag } = await import('../actions/run-lag.ts')
      await showLag(await networkOf(options), options)
    })
  addExamples(command, [
    'kbench lag -b 127.0.0.1:9092',
    'kbench lag -b 127.0.0.1:9092 --group billing --watch 1s',
    'kbench lag --cluster kraft-3 --json',
  ])
}

function duration(text: string): number {
  const ms = parseDurationMs(text)
  if (ms === undefined || ms < 100 || ms > 3_600_000) {
    throw new InvalidArgumentError('Expected a duration from 100ms to 1h, like 1s.')
  }
  return ms
}
