import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ProduceOptions } from '../actions/run-produce.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { addExamples } from './help-text.ts'
import { collect } from './option-values.ts'

type Options = ConnectionOptions & ProduceOptions

/** Mounts `kbench produce`: records from a prompt, a pipe or a file, one a line; options as in kcat. */
export function registerProduce(program: Command): void {
  const command = addConnection(
    program.command('produce').description("write records, one per line, and print each record's partition and offset"),
  )
    .argument('<topic>')
    .option('-l, --file <file>', 'read the lines of this file (default: a prompt, or stdin)')
    .option('-K, --key-separator <text>', 'text that separates the key from the value')
    .option('--null-word <text>', 'value that stands for null, like NULL')
    .option('-p, --partition <n>', 'write to this partition', partition)
    .addOption(
      new Option('--partitioner <name>', 'how to choose the partition')
        .choices(['murmur2', 'random', 'round-robin'])
        .default('murmur2'),
    )
    .addOption(new Option('--acks <n>', 'replicas that must have a record').choices(['0', '1', 'all']).default('all'))
    .option('-H, --header <name=value>', 'header of every record; may be given several times', collect, [])
    .option('-y, --yes', 'load brokers beyond this machine without asking')
    .option('-q, --quiet', 'print errors alone')
    .option('--json', 'print a line of JSON per record')
    .action(async (topic: string, options: Options) => {
      const { produce } = await import('../actions/run-produce.ts')
      await produce(await networkOf(options), topic, options)
    })
  addExamples(command, [
    'kbench produce orders -b 127.0.0.1:9092 -K :',
    'kbench produce orders -b 127.0.0.1:9092 < file.log',
    'kbench produce orders -b 127.0.0.1:9092 -l file.log --partitioner random',
  ])
}

function partition(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Expected the number of a partition, from 0.')
  return Number(text)
}
