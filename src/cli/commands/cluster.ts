import { type Command, Option } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import type { DownOptions, LogsOptions, StopOptions, UpOptions } from '../actions/run-cluster.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { collect, positive } from './option-values.ts'

/** Mounts `kbench cluster`: clusters that stay until they are taken down. */
export function registerCluster(program: Command): void {
  const cluster = program
    .command('cluster')
    .description('start a layout of compose/ to work with, look at it, take it down')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  kbench cluster up kraft-3\n' +
        '  kbench topics create orders --cluster kraft-3 --partitions 6\n' +
        '  kbench cluster status kraft-3\n' +
        '  kbench cluster stop kraft-3 2                 broker 2, as a reboot would\n' +
        '  kbench cluster down kraft-3 --keep            its data stays for the next up',
    )
  const run = async () => import('../actions/run-cluster.ts')
  cluster
    .command('up')
    .description('start a layout and leave it running, on the ports that it names')
    .argument('<layout>', 'a file of compose/, without .yaml')
    .addOption(
      new Option('--provider <name>', 'what runs it')
        .choices(['auto', 'compose', 'local'])
        .default('auto')
        .env('KBENCH_PROVIDER'),
    )
    .option('--name <name>', "what to call it (default: the layout's name)")
    .option('--profile <name>', "start this profile's services too; may be given several times", collect, [])
    .option('--timeout <seconds>', 'how long it may take to be ready', positive, 60)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nAnother port: KBENCH_PORT_KAFKA1=19092 kbench cluster up kraft-1\n' +
        'Two of a layout at once want two names, and ports of their own.',
    )
    .action(async (layout: string, options: UpOptions) => (await run()).up(layout, options))
  cluster
    .command('down')
    .description('end a cluster and remove it with its data')
    .argument('[name]', 'may be left out where one is up')
    .option('--keep', 'keep its data for the next up of that name')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, options: DownOptions) => (await run()).down(name, options))
  addConnection(
    cluster
      .command('status')
      .description('brokers, controller, racks, leaders per broker, under-replicated partitions')
      .argument('[name]', 'may be left out where one is up'),
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
  cluster
    .command('logs')
    .description("the last lines of its services' logs")
    .argument('<name>')
    .argument('[service...]', 'kafka1, zoo1 …; absent = all')
    .option('-n, --tail <lines>', 'how many of each', positive, 25)
    .option('-f, --follow', 'go on with what comes')
    .action(async (name: string, services: string[], options: LogsOptions) =>
      (await run()).logs(name, services, options),
    )
  cluster
    .command('stop')
    .description('end a broker, which hands over its leaderships first')
    .argument('<name>')
    .argument('<broker-id>', undefined, positive)
    .addOption(
      new Option('--signal <name>', 'what to send it instead')
        .choices(['SIGTERM', 'SIGKILL', 'SIGSTOP', 'SIGCONT'])
        .default('SIGTERM'),
    )
    .action(async (name: string, id: number, options: StopOptions) => (await run()).stop(name, id, options))
  cluster
    .command('start')
    .description('start a broker again that has ended, and wait until it answers')
    .argument('<name>')
    .argument('<broker-id>', undefined, positive)
    .action(async (name: string, id: number) => (await run()).start(name, id))
}
