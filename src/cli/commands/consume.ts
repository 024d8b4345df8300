import { type Command, InvalidArgumentError } from 'commander'
import type { ConsumeOptions } from '../actions/run-consume.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { collect, positive } from './option-values.ts'

interface Options extends ConnectionOptions, Omit<ConsumeOptions, 'partition'> {
  /** As typed. */
  partition: string[]
}

/** Mounts `kbench consume`: records to stdout; options as in kcat and in Kafka's console consumer. */
export function registerConsume(program: Command): void {
  addConnection(program.command('consume').description('print records of a topic as they come, until Ctrl-C'))
    .argument('<topic>')
    .option('-G, --group <group>', 'as a member of this group, committing what was printed')
    .option('-p, --partition <n>', 'only this one; may be given several times', collect, [])
    .option('-o, --offset <where>', 'beginning, end, an offset, or -n for the last n of each partition')
    .option('--from-beginning', 'what is there already, too; of a group only where it has committed nothing')
    .option('-c, --max-messages <n>', 'stop after so many', positive)
    .option('-e, --exit', 'stop where the log ended when it began')
    .option('-f, --format <text>', 'as kcat: %t %p %o %k %s %S %K %T %h, \\n')
    .option('--keys', 'the key before the value, null where there is none')
    .option('--headers', 'the headers, too')
    .option('--timestamps', 'the time, too')
    .option('--json', 'a line of JSON each')
    .option('--create-topic', 'make the topic where it is not there')
    .option('--partitions <n>', 'of a topic that is made', positive)
    .option('-q, --quiet', 'tell nothing of rebalances and of the end')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  kbench consume orders -b 127.0.0.1:9092 --from-beginning --keys\n' +
        '  kbench consume orders -b 127.0.0.1:9092 -G billing\n' +
        "  kbench consume orders -b 127.0.0.1:9092 -p 0 -o -10 -e -f '%o %s\\n'",
    )
    .action(async (topic: string, options: Options) => {
      const { consume } = await import('../actions/run-consume.ts')
      await consume(await networkOf(options), topic, {
        ...options,
        partition: options.partition.map(numberOf),
      })
    })
}

function numberOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Expected the number of a partition, from 0.')
  return Number(text)
}
