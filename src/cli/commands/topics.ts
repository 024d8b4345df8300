import type { Command } from 'commander'
import type { TopicOptions } from '../actions/run-topics.ts'
import { addConnection, type ConnectionOptions, networkOf, settingsOf } from './connection.ts'
import { collect, positive } from './option-values.ts'

type Options = Omit<ConnectionOptions, 'config'> & TopicOptions

/** Mounts `kbench topics`, with the option names of Kafka's kafka-topics.sh. */
export function registerTopics(program: Command): void {
  const topics = program
    .command('topics')
    .description('list, create, describe, alter and delete topics of a running cluster')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  kbench topics list -b 127.0.0.1:9092\n' +
        '  kbench topics create orders -b 127.0.0.1:9092 --partitions 6 \\\n' +
        '      --replication-factor 3 --config retention.ms=3600000\n' +
        '  kbench topics describe orders -b 127.0.0.1:9092',
    )
  const command = (name: string, description: string, configIsSetting = false) =>
    addConnection(topics.command(name).description(description), { configIsSetting }).option('--json', 'print JSON')
  const run = async () => import('../actions/run-topics.ts')
  command('list', 'names of topics')
    .option('--exclude-internal', 'without those that begin with two underscores')
    .action(async (options: Options) => (await run()).list(await networkOf(options), options))
  command('describe', 'leader, replicas and in-sync replicas of every partition, and the settings')
    .argument('[topic...]', 'absent = all')
    .option('--under-replicated-partitions', 'only partitions that lack replicas in sync')
    .option('--exclude-internal', 'without those that begin with two underscores')
    .action(async (names: string[], options: Options) =>
      (await run()).describe(await networkOf(options), names, options),
    )
  command('create', 'create a topic, and wait until its partitions are led', true)
    .argument('<topic>')
    .option('--partitions <n>', "how many (default: the cluster's)", positive)
    .option('--replication-factor <n>', "copies of each (default: the cluster's)", positive)
    .option(
      '--config <name=value>',
      'a setting of its own; may be given several times. Without =: as --command-config',
      collect,
      [],
    )
    .option('--if-not-exists', 'a topic that is there already is no error')
    .action(async (name: string, options: Options) =>
      (await run()).create(await networkOf(options), name, { ...options, config: settingsOf(options.config) }),
    )
  command('delete', 'delete topics with everything in them')
    .argument('<topic...>')
    .option('--if-exists', 'topics that are not there are no error')
    .action(async (names: string[], options: Options) => (await run()).remove(await networkOf(options), names, options))
  command('add-partitions', 'have so many partitions in all')
    .argument('<topic>')
    .requiredOption('--partitions <n>', 'how many in all', positive)
    .action(async (name: string, options: Options) =>
      (await run()).addPartitions(await networkOf(options), name, options),
    )
  command('alter', 'change settings of a topic', true)
    .argument('<topic>')
    .option('--config <name=value>', 'set it; may be given several times. Without =: as --command-config', collect, [])
    .option('--delete-config <name>', 'back to the default; may be given several times', collect, [])
    .action(async (name: string, options: Options) =>
      (await run()).alter(await networkOf(options), name, { ...options, config: settingsOf(options.config) }),
    )
}
