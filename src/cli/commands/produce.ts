import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ProduceOptions } from '../actions/run-produce.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { collect } from './option-values.ts'

type Options = ConnectionOptions & ProduceOptions

/** Mounts `kbench produce`: records from a prompt, a pipe or a file, one a line; options as in kcat. */
export function registerProduce(program: Command): void {
  addConnection(program.command('produce').description('write records, a line each, and tell where each came to lie'))
    .argument('<topic>')
    .option('-l, --file <file>', 'lines of this file (default: a prompt, or what is piped in)')
    .option('-K, --key-separator <text>', 'what is before it is the key')
    .option('--null-word <text>', 'a value that stands for null, like NULL')
    .option('-p, --partition <n>', 'into this one', partition)
    .addOption(
      new Option('--partitioner <name>', 'who chooses the partition, by the key where there is one')
        .choices(['murmur2', 'random', 'round-robin'])
        .default('murmur2'),
    )
    .addOption(new Option('--acks <n>', 'who must have it').choices(['0', '1', 'all']).default('all'))
    .option('-H, --header <name=value>', 'of every record; may be given several times', collect, [])
    .option('-y, --yes', 'write a large file to brokers beyond this machine without being asked')
    .option('-q, --quiet', 'tell nothing but errors')
    .option('--json', 'tell as lines of JSON')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  kbench produce orders -b 127.0.0.1:9092 -K :\n' +
        '  kbench produce orders -b 127.0.0.1:9092 < file.log\n' +
        '  kbench produce orders -b 127.0.0.1:9092 -l file.log --partitioner random',
    )
    .action(async (topic: string, options: Options) => {
      const { produce } = await import('../actions/run-produce.ts')
      await produce(await networkOf(options), topic, options)
    })
}

function partition(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Expected the number of a partition, from 0.')
  return Number(text)
}
