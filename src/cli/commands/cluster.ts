import { type Command, InvalidArgumentError, Option } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import { parseDurationMs } from '../../base/units.ts'
import type { DownOptions, LogsOptions, StopOptions, UpOptions } from '../actions/run-cluster.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { addExamples } from './help-text.ts'
import { addOldName } from './old-name.ts'
import { collect, positive } from './option-values.ts'

/** Mounts `kbench cluster`: clusters that stay until they are taken down. */
export function registerCluster(program: Command): void {
  const cluster = program.command('cluster').description('start a cluster that stays, look at it, take it down')
  addExamples(cluster, [
    'kbench cluster up kraft-3',
    'kbench topics create orders --cluster kraft-3 --partitions 6',
    'kbench cluster status kraft-3',
    'kbench cluster down kraft-3 --keep',
  ])
  const command = (name: string, description: string, examples: readonly string[], note: string | null = null) =>
    addExamples(cluster.command(name).description(description), examples, note)
  const run = async () => import('../actions/run-cluster.ts')
  const up = command(
    'up',
    'start a layout, and leave it running on the ports that it names',
    ['kbench cluster up kraft-3', 'KBENCH_PORT_KAFKA1=19092 kbench cluster up kraft-1 --name other'],
    'Two clusters of one layout need two names, and ports of their own.',
  )
    .argument('<layout>', 'a layout (kbench list layouts)')
    .addOption(
      new Option('--provider <name>', 'what runs the cluster')
        .choices(['auto', 'compose', 'local'])
        .default('auto')
        .env('KBENCH_PROVIDER'),
    )
    .option('--name <name>', "name of the cluster (default: the layout's)")
    .option(
      '--compose-profile <name>',
      'also start the services of this compose profile; may be given several times',
      collect,
      [],
    )
    .option('--timeout <duration>', 'deadline for the cluster to be ready', seconds, 60)
    .option('--json', 'print JSON')
    .action(async (layout: string, options: UpOptions) => (await run()).up(layout, options))
  addOldName(up, '--profile <name>', 'compose-profile')
  const anyName = 'default: the one that is up'
  command('down', 'stop a cluster, and remove it with its data', [
    'kbench cluster down kraft-3',
    'kbench cluster down kraft-3 --keep',
  ])
    .argument('[name]', anyName)
    .option('--keep', 'keep the data for the next up of this name')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, options: DownOptions) => (await run()).down(name, options))
  addConnection(
    command('status', 'print brokers, controller, racks, leaders per broker, under-replicated partitions', [
      'kbench cluster status kraft-3',
      'kbench cluster status -b 127.0.0.1:9092 --json',
    ]).argument('[name]', anyName),
  )
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, options: ConnectionOptions & { json?: true }, command: Command) => {
      const elsewhere = options.bootstrapServer ?? options.profile
      const twice = (['cluster', 'profile', 'bootstrapServer'] as const).find(
        (option) => name !== undefined && command.getOptionValueSource(option) === 'cli',
      )
      if (twice) throw new KbenchError('usage', `${name} says which cluster already: leave the option out`)
      const named = name ?? options.cluster
      const network = named === undefined && elsewhere !== undefined ? await networkOf(options) : null
      return (await run()).status(named, network, options)
    })
  command('logs', "print the last lines of the services' logs", ['kbench cluster logs kraft-3 kafka1 -f'])
    .argument('<name>')
    .argument('[service...]', 'kafka1, zoo1 (default: all)')
    .option('-n, --tail <lines>', 'lines of each service', positive, 25)
    .option('-f, --follow', 'print new lines as they arrive')
    .action(async (name: string, services: string[], options: LogsOptions) =>
      (await run()).logs(name, services, options),
    )
  command('stop', 'stop a broker, which hands over its partitions first', [
    'kbench cluster stop kraft-3 2',
    'kbench cluster stop kraft-3 2 --signal SIGKILL',
  ])
    .argument('<name>')
    .argument('<broker-id>', undefined, positive)
    .addOption(
      new Option('--signal <name>', 'signal to send')
        .choices(['SIGTERM', 'SIGKILL', 'SIGSTOP', 'SIGCONT'])
        .default('SIGTERM'),
    )
    .action(async (name: string, id: number, options: StopOptions) => (await run()).stop(name, id, options))
  command('start', 'start a stopped broker, and wait until it answers', ['kbench cluster start kraft-3 2'])
    .argument('<name>')
    .argument('<broker-id>', undefined, positive)
    .action(async (name: string, id: number) => (await run()).start(name, id))
}

/** "90s", or a number of seconds, as it was written before. */
function seconds(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : parseDurationMs(text)
  if (ms === undefined || ms < 1000) throw new InvalidArgumentError('Expected a duration of 1s or more, like 90s.')
  return ms / 1000
}
