import { type Command, Option } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import type { Subject } from '../../operations/configs.ts'
import type { ConfigOptions } from '../actions/run-configs.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { collect } from './option-values.ts'

interface Options extends ConnectionOptions, ConfigOptions {
  entityType: 'topics' | 'brokers'
  entityName?: string
  entityDefault?: true
}

/** Mounts `kbench configs`, with the option names of Kafka's kafka-configs.sh. */
export function registerConfigs(program: Command): void {
  const configs = program
    .command('configs')
    .description('describe and alter settings of topics and brokers while they run')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  kbench configs describe -b 127.0.0.1:9092 --entity-type topics \\\n' +
        '      --entity-name orders\n' +
        '  kbench configs alter -b 127.0.0.1:9092 --entity-type brokers \\\n' +
        '      --entity-default --add-config log.cleaner.threads=2',
    )
  const command = (name: string, description: string) =>
    addConnection(configs.command(name).description(description))
      .addOption(
        new Option('--entity-type <type>', 'whose settings').choices(['topics', 'brokers']).makeOptionMandatory(),
      )
      .option('--entity-name <name>', 'name of the topic, or id of the broker')
      .option('--entity-default', 'the default of all brokers')
      .option('--json', 'print JSON')
  command('describe', 'settings that were made while it ran; secret values are not told')
    .option('--all', 'also defaults and what the broker was started with')
    .action(async (options: Options) => {
      const { describe } = await import('../actions/run-configs.ts')
      await describe(await networkOf(options), subjectOf(options), options)
    })
  command('alter', "set or remove settings; the broker's refusal comes in its own words")
    .option('--add-config <name=value>', 'set it; may be given several times', collect, [])
    .option('--delete-config <name>', 'back to the default; may be given several times', collect, [])
    .action(async (options: Options) => {
      const { alter } = await import('../actions/run-configs.ts')
      await alter(await networkOf(options), subjectOf(options), options)
    })
}

function subjectOf({ entityType, entityName, entityDefault }: Options): Subject {
  if (entityType === 'topics') {
    if (entityName !== undefined && !entityDefault) return { topic: entityName }
    throw new KbenchError('usage', 'which topic?', { hint: '--entity-name orders; topics have no common default' })
  }
  if (entityDefault && entityName === undefined) return { broker: 'default' }
  if (entityName === undefined || entityDefault) {
    throw new KbenchError('usage', 'which broker?', { hint: '--entity-name 1, or --entity-default for all' })
  }
  if (/^\d+$/.test(entityName)) return { broker: Number(entityName) }
  throw new KbenchError('usage', `--entity-name ${entityName}: expected the id of a broker, like 1`)
}
