import { type Command, Option } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import { addPluginOption } from './plugin-option.ts'
import { targetOf } from './target.ts'
import { addTrustOptions } from './trust-options.ts'

/** What --set gave, in order; values are YAML. */
export type Sets = readonly { path: string; value: string }[]

/** Adds `--set path=value`, as often as wanted; `options.set` is what loadProfile takes. */
export function addSetOption(command: Command): Command {
  return addPluginOption(addTrustOptions(command)).addOption(
    new Option('--set <path=value>', 'override a value of the profile; may be given several times')
      .argParser<Sets>(collect)
      .default([], 'none'),
  )
}

export interface ProviderOptions {
  provider?: string
  bootstrapServer?: string
  config?: string
  set: Sets
}

/** Adds `--provider`, `-b`, `--config` and `--yes`: where the load goes, whatever the profile says; `withProvider` puts them into the sets. */
export function addProviderOption(command: Command): Command {
  return command
    .option('--provider <name>', 'what runs the cluster (kbench list clusters), whatever the profile says')
    .option('-b, --bootstrap-server <list>', 'on the cluster with these brokers, host:port with commas between')
    .option('--config <file>', "how to connect to it: Kafka's client.properties, or a file in librdkafka's names")
    .option('-y, --yes', 'load brokers beyond this machine without being asked')
}

/** Throws `usage` where they contradict one another or name no brokers. */
export async function withProvider({ provider, bootstrapServer, config, set }: ProviderOptions): Promise<Sets> {
  if (bootstrapServer === undefined && config === undefined) {
    return provider === undefined ? set : [{ path: 'cluster.provider', value: provider }, ...set]
  }
  if (provider !== undefined && provider !== 'external') {
    throw new KbenchError(
      'usage',
      `--provider ${provider} starts a cluster, and -b and --config are for one that is there`,
    )
  }
  const { bootstrap } = await targetOf({ bootstrapServer, config })
  return [
    { path: 'cluster.provider', value: 'external' },
    { path: 'cluster.bootstrap', value: JSON.stringify(bootstrap) },
    ...(config === undefined ? [] : [{ path: 'cluster.config', value: JSON.stringify(config) }]),
    ...set,
  ]
}

function collect(text: string, earlier: Sets): Sets {
  const equals = text.indexOf('=')
  if (equals < 1) throw new KbenchError('usage', `--set ${text}: expected path=value, like --set load.rate=2000`)
  return [...earlier, { path: text.slice(0, equals).trim(), value: text.slice(equals + 1) }]
}
