import { type Command, InvalidArgumentError } from 'commander'
import type { GroupOptions } from '../actions/run-groups.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { collect } from './option-values.ts'

type Options = ConnectionOptions & GroupOptions

/** Mounts `kbench groups`, with the option names of Kafka's kafka-consumer-groups.sh. */
export function registerGroups(program: Command): void {
  const groups = program
    .command('groups')
    .description('list, describe, reset and delete consumer groups of a running cluster')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  kbench groups list -b 127.0.0.1:9092\n' +
        '  kbench groups describe billing -b 127.0.0.1:9092\n' +
        '  kbench groups reset-offsets billing -b 127.0.0.1:9092 --topic orders \\\n' +
        '      --to-earliest --execute',
    )
  const command = (name: string, description: string) =>
    addConnection(groups.command(name).description(description)).option('--json', 'print JSON')
  const run = async () => import('../actions/run-groups.ts')
  command('list', 'groups and their state').action(async (options: Options) =>
    (await run()).list(await networkOf(options), options),
  )
  command('describe', 'committed offset, end of the log, lag and member of every partition')
    .argument('<group>')
    .action(async (group: string, options: Options) => (await run()).describe(await networkOf(options), group, options))
  command('reset-offsets', 'move what a group has committed; tells what it would do, does it with --execute')
    .argument('<group>')
    .option(
      '--topic <topic[:0,1]>',
      'of this topic, or of some of its partitions; may be given several times',
      collect,
      [],
    )
    .option('--all-topics', 'of every topic that the group has committed for')
    .option('--to-earliest', 'to the first record that is there')
    .option('--to-latest', 'to the end')
    .option('--to-current', 'to what is committed now; where nothing is, to the end')
    .option('--to-offset <n>', 'to this offset, or the nearest there is', wholeNumber)
    .option('--to-datetime <time>', 'to the first record since then: 2026-03-01T10:15:00.000Z')
    .option('--by-duration <duration>', 'to the first record of so long ago: 90s, 24h, P7D, PT1H30M')
    .option('--shift-by <n>', 'forward, or back with a minus', integer)
    .option('--from-file <file>', 'lines of topic,partition,offset')
    .option('--execute', 'do it')
    .action(async (group: string, options: Options) => (await run()).reset(await networkOf(options), group, options))
  command('delete', 'delete groups that have no members, with their offsets')
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
