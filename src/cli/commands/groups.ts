import { type Command, InvalidArgumentError } from 'commander'
import type { GroupOptions } from '../actions/run-groups.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { addExamples } from './help-text.ts'
import { collect } from './option-values.ts'

type Options = ConnectionOptions & GroupOptions

/** Mounts `kbench groups`, with the option names of Kafka's kafka-consumer-groups.sh. */
export function registerGroups(program: Command): void {
  const groups = program
    .command('groups')
    .description('list, describe, reset and delete consumer groups of a running cluster')
  addExamples(groups, [
    'kbench groups list -b 127.0.0.1:9092',
    'kbench groups describe billing -b 127.0.0.1:9092',
    'kbench groups reset-offsets billing -b 127.0.0.1:9092 --topic orders \\\n    --to-earliest --execute',
  ])
  const command = (name: string, description: string, ...examples: string[]) =>
    addExamples(addConnection(groups.command(name).description(description)).option('--json', 'print JSON'), examples)
  const run = async () => import('../actions/run-groups.ts')
  command('list', 'list groups and their state', 'kbench groups list -b 127.0.0.1:9092').action(
    async (options: Options) => (await run()).list(await networkOf(options), options),
  )
  command(
    'describe',
    'print committed offset, log end offset, lag and member of every partition',
    'kbench groups describe billing -b 127.0.0.1:9092',
  )
    .argument('<group>')
    .action(async (group: string, options: Options) => (await run()).describe(await networkOf(options), group, options))
  command(
    'reset-offsets',
    'move the committed offsets of a group; without --execute, print what would change',
    'kbench groups reset-offsets billing -b 127.0.0.1:9092 --all-topics --to-latest',
    'kbench groups reset-offsets billing -b 127.0.0.1:9092 --topic orders:0,1 \\\n    --by-duration 1h --execute',
  )
    .argument('<group>')
    .option(
      '--topic <topic[:0,1]>',
      'of this topic, or some of its partitions; may be given several times',
      collect,
      [],
    )
    .option('--all-topics', 'of every topic with a committed offset')
    .option('--to-earliest', 'to the first record of the log')
    .option('--to-latest', 'to the end of the log')
    .option('--to-current', 'to the committed offset; where there is none, to the end')
    .option('--to-offset <n>', 'to this offset, or the nearest that exists', wholeNumber)
    .option('--to-datetime <time>', 'to the first record since then: 2026-03-01T10:15:00.000Z')
    .option('--by-duration <duration>', 'to the first record of this long ago: 90s, 24h, P7D, PT1H30M')
    .option('--shift-by <n>', 'forward by n records; backward where n is negative', integer)
    .option('--from-file <file>', 'to the offsets in this file: lines of topic,partition,offset')
    .option('--execute', 'make the change')
    .action(async (group: string, options: Options) => (await run()).reset(await networkOf(options), group, options))
  command(
    'delete',
    'delete groups that have no members, with their offsets',
    'kbench groups delete billing -b 127.0.0.1:9092',
  )
    .argument('<group...>')
    .action(async (names: string[], options: Options) => (await run()).remove(await networkOf(options), names, options))
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected an offset, 0 or more.')
  return Number(text)
}

function integer(text: string): number {
  if (!/^[-+]?\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number, like -100.')
  return Number(text)
}
