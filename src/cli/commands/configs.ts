import { type Command, Option } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import type { Subject } from '../../operations/configs.ts'
import type { ConfigOptions } from '../actions/run-configs.ts'
import { addConnection, type ConnectionOptions, networkOf } from './connection.ts'
import { addExamples } from './help-text.ts'
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
  const examples = {
    describe: 'kbench configs describe -b 127.0.0.1:9092 --entity-type topics \\\n    --entity-name orders',
    alter:
      'kbench configs alter -b 127.0.0.1:9092 --entity-type brokers \\\n    --entity-default --add-config log.cleaner.threads=2',
  }
  addExamples(configs, Object.values(examples))
  const command = (name: keyof typeof examples, description: string) =>
    addExamples(addConnection(configs.command(name).description(description)), [examples[name]])
      .addOption(
        new Option('--entity-type <type>', 'what has the settings')
          .choices(['topics', 'brokers'])
          .makeOptionMandatory(),
      )
      .option('--entity-name <name>', 'name of the topic, or id of the broker')
      .option('--entity-default', 'the default for all brokers')
      .option('--json', 'print JSON')
  command('describe', 'print the settings that were changed; secret values are left out')
    .option('--all', 'also print defaults and the settings that the broker was started with')
    .action(async (options: Options) => {
      const { describe } = await import('../actions/run-configs.ts')
      await describe(await networkOf(options), subjectOf(options), options)
    })
  command('alter', 'set or remove settings')
    .option('--add-config <name=value>', 'setting to add or change; may be given several times', collect, [])
    .option('--delete-config <name>', 'set it back to the default; may be given several times', collect, [])
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
