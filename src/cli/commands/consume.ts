import { type Command, InvalidArgumentError } from 'commander'
import type { ConsumeOptions } from '../actions/run-consume.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { addExamples } from './help-text.ts'
import { collect, positive } from './option-values.ts'

interface Options extends ConnectionOptions, Omit<ConsumeOptions, 'partition'> {
  /** As typed. */
  partition: string[]
}

/** Mounts `kbench consume`: records to stdout; options as in kcat and in Kafka's console consumer. */
export function registerConsume(program: Command): void {
  const command = addConnection(
    program.command('consume').description('print the records of a topic as they arrive, until Ctrl-C'),
  )
    .argument('<topic>')
    .option('-G, --group <group>', 'join this group, and commit what was printed')
    .option('-p, --partition <n>', 'this partition alone; may be given several times', collect, [])
    .option('-o, --offset <where>', 'start at: beginning, end, an offset, or -n for the last n per partition')
    .option('--from-beginning', 'start at the first record, or where the group has committed')
    .option('-c, --max-messages <n>', 'stop after this many records', positive)
    .option('-e, --exit', 'stop at the end of the log')
    .option('-f, --format <text>', 'as kcat: %t %p %o %k %s %S %K %T %h, \\n')
    .option('--keys', 'print the key before the value; null where there is none')
    .option('--headers', 'print the headers')
    .option('--timestamps', 'print the timestamp')
    .option('--json', 'print a line of JSON per record')
    .option('--create-topic', 'create the topic if it does not exist')
    .option('--partitions <n>', 'partitions of a topic that is created', positive)
    .option('-q, --quiet', 'print records alone: no rebalances, no end')
    .action(async (topic: string, options: Options) => {
      const { consume } = await import('../actions/run-consume.ts')
      await consume(await networkOf(options), topic, {
        ...options,
        partition: options.partition.map(numberOf),
      })
    })
  addExamples(command, [
    'kbench consume orders -b 127.0.0.1:9092 --from-beginning --keys',
    'kbench consume orders -b 127.0.0.1:9092 -G billing',
    "kbench consume orders -b 127.0.0.1:9092 -p 0 -o -10 -e -f '%o %s\\n'",
  ])
}

function numberOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Expected the number of a partition, from 0.')
  return Number(text)
}
