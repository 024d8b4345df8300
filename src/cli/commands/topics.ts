import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { TopicOptions } from '../actions/run-topics.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { addExamples } from './help-text.ts'
import { give } from './old-name.ts'
import { collect, positive } from './option-values.ts'

type Options = ConnectionOptions & TopicOptions

/** Mounts `kbench topics`, with the option names of Kafka's kafka-topics.sh. */
export function registerTopics(program: Command): void {
  const topics = program
    .command('topics')
    .description('list, create, describe, alter and delete topics of a running cluster')
  addExamples(topics, [
    'kbench topics list -b 127.0.0.1:9092',
    'kbench topics create orders -b 127.0.0.1:9092 --partitions 6 \\\n    --replication-factor 3 --topic-config retention.ms=3600000',
    'kbench topics describe orders -b 127.0.0.1:9092',
  ])
  const command = (name: string, description: string, example: string) =>
    addExamples(addConnection(topics.command(name).description(description)).option('--json', 'print JSON'), [example])
  const run = async () => import('../actions/run-topics.ts')
  command('list', 'list the names of topics', 'kbench topics list -b 127.0.0.1:9092')
    .option('--exclude-internal', 'leave out topics that begin with two underscores')
    .action(async (options: Options) => (await run()).list(await networkOf(options), options))
  command(
    'describe',
    'print leader, replicas and in-sync replicas of every partition, and the settings',
    'kbench topics describe orders -b 127.0.0.1:9092',
  )
    .argument('[topic...]', 'default: all topics')
    .option('--under-replicated-partitions', 'partitions alone that have too few in-sync replicas')
    .option('--exclude-internal', 'leave out topics that begin with two underscores')
    .action(async (names: string[], options: Options) =>
      (await run()).describe(await networkOf(options), names, options),
    )
  const create = command(
    'create',
    'create a topic, and wait until every partition has a leader',
    'kbench topics create orders -b 127.0.0.1:9092 --partitions 6 \\\n    --topic-config retention.ms=3600000',
  )
    .argument('<topic>')
    .option('--partitions <n>', "number of partitions (default: the cluster's)", positive)
    .option('--replication-factor <n>', "replicas of each partition (default: the cluster's)", positive)
    .option('--if-not-exists', 'do not fail if the topic exists')
    .action(async (name: string, options: Options) => (await run()).create(await networkOf(options), name, options))
  addTopicConfig(create)
  command('delete', 'delete topics and their records', 'kbench topics delete orders -b 127.0.0.1:9092')
    .argument('<topic...>')
    .option('--if-exists', 'do not fail if a topic does not exist')
    .action(async (names: string[], options: Options) => (await run()).remove(await networkOf(options), names, options))
  command(
    'add-partitions',
    'raise the number of partitions of a topic',
    'kbench topics add-partitions orders -b 127.0.0.1:9092 --partitions 12',
  )
    .argument('<topic>')
    .requiredOption('--partitions <n>', 'number of partitions after the change', positive)
    .action(async (name: string, options: Options) =>
      (await run()).addPartitions(await networkOf(options), name, options),
    )
  const alter = command(
    'alter',
    'change settings of a topic',
    'kbench topics alter orders -b 127.0.0.1:9092 \\\n    --topic-config retention.ms=3600000',
  )
    .argument('<topic>')
    .option('--delete-config <name>', 'set it back to the default; may be given several times', collect, [])
    .action(async (name: string, options: Options) => (await run()).alter(await networkOf(options), name, options))
  addTopicConfig(alter)
}

/** Adds `--topic-config`. Kafka's scripts call it --config, so name=value is taken there, too. */
function addTopicConfig(command: Command): void {
  command.option('--topic-config <name=value>', 'setting of the topic; may be given several times', collect, [])
  const config = command.options.find(({ long }) => long === '--config')!
  config.argParser((text: string, earlier: string | undefined) => {
    if (!text.includes('=') || existsSync(text)) return text
    give(command, 'topic-config', text)
    return earlier as string
  })
}
