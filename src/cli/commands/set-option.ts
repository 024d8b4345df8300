import { type Command, Option } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import { brokersOfEnvironment } from '../../profile/brokers-of-environment.ts'
import type { Sets, SetValue } from '../../profile/overrides.ts'
import { addPluginOption } from './plugin-option.ts'
import { targetOf } from './target.ts'
import { addTargetOptions, targetOption } from './target-options.ts'
import { addTrustOptions } from './trust-options.ts'

/** What {@link addProfileOptions} comes to in a command. */
export interface ProfileOptions {
  set: Sets
  rate?: string
  clients?: string
  duration?: string
  provider?: string
  bootstrapServer?: string
  cluster?: string
  config?: string
}

/** Options that stand for a key of the profile. */
const shorthands = [
  { key: 'rate', path: 'load.rate', flags: '--rate <rate>', text: 'records/s over all producers; also 40MB/s, or max' },
  { key: 'clients', path: 'clients', flags: '--clients <names>', text: 'clients to measure: kafkajs,node-rdkafka' },
  { key: 'duration', path: 'phases.measure', flags: '--duration <time>', text: 'length of the measurement: 60s' },
] as const

export type Shorthand = (typeof shorthands)[number]['key']

/**
 * Adds what replaces values of a profile: `--rate`, `--clients`, `--duration`, `--set`, `--provider`, `-b`, `--cluster` and `--config`;
 * {@link setsOf} reads them. `without`: shorthands that the command has no use for.
 */
export function addProfileOptions(
  command: Command,
  { without = [] }: { without?: readonly Shorthand[] } = {},
): Command {
  const group = 'Values of the profile:'
  for (const { key, flags, text, path } of shorthands) {
    if (!without.includes(key)) command.addOption(new Option(flags, `${text} (${path})`).helpGroup(group))
  }
  command.addOption(
    new Option('--set <path=value>', 'any other value; may be given several times')
      .argParser<Sets>(collect)
      .default([], 'none')
      .helpGroup(group),
  )
  addTargetOptions(command).addOption(
    targetOption('--provider <name>', 'what runs the cluster: auto, compose, local, mock or external'),
  )
  return addPluginOption(addTrustOptions(command))
}

/** Adds `-y, --yes`. */
export const addYesOption = (command: Command): Command =>
  command.option('-y, --yes', 'load brokers beyond this machine without asking')

/** All of them as values of the profile. Throws `usage` where they contradict one another or name no brokers. */
export async function setsOf(options: ProfileOptions): Promise<Sets> {
  const short = shorthands.flatMap(({ key, path }): SetValue[] => {
    const value = options[key]
    return value === undefined ? [] : [{ path, value, option: `--${key}` }]
  })
  return [...(await targetSets(options)), ...short, ...options.set]
}

async function targetSets({ provider, bootstrapServer, config, cluster }: ProfileOptions): Promise<Sets> {
  if (cluster !== undefined) {
    if ((provider ?? bootstrapServer ?? config) !== undefined) {
      throw new KbenchError('usage', '--cluster and --provider, -b or --config: give one of them', {
        hint: 'a cluster that kbench cluster up started knows its brokers and how to connect',
      })
    }
    return (await import('../actions/run-cluster.ts')).setsOfStanding(cluster)
  }
  if (bootstrapServer === undefined && config === undefined) {
    return provider === undefined ? [] : [{ path: 'cluster.provider', value: provider, option: '--provider' }]
  }
  if (provider !== undefined && provider !== 'external') {
    throw new KbenchError('usage', `--provider ${provider} starts a cluster, and -b and --config name a running one`, {
      hint: 'leave one of them out',
    })
  }
  const list = bootstrapServer ?? brokersOfEnvironment(process.env)?.list
  const { bootstrap } = await targetOf({ bootstrapServer: list, config })
  const option = bootstrapServer === undefined ? '--config' : '--bootstrap-server'
  return [
    { path: 'cluster.provider', value: 'external', option },
    { path: 'cluster.bootstrap', value: JSON.stringify(bootstrap), option },
    ...(config === undefined ? [] : [{ path: 'cluster.config', value: JSON.stringify(config), option: '--config' }]),
  ]
}

function collect(text: string, earlier: Sets): Sets {
  const equals = text.indexOf('=')
  if (equals < 1) throw new KbenchError('usage', `--set ${text}: expected path=value, like --set load.rate=2000`)
  return [...earlier, { path: text.slice(0, equals).trim(), value: text.slice(equals + 1) }]
}
