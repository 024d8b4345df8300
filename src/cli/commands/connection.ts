import type { Command } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { brokersOfEnvironment } from '../../profile/brokers-of-environment.ts'
import { brokersIn, targetOf } from './target.ts'
import { addTargetOptions, targetOption } from './target-options.ts'
import { addTrustOptions } from './trust-options.ts'

export interface ConnectionOptions {
  bootstrapServer?: string
  config?: string
  profile?: string
  cluster?: string
}

/** Adds `-b, --bootstrap-server`, `--config`, `--cluster` and `--profile`: where the cluster is, and how to log in. */
export function addConnection(command: Command): Command {
  addTargetOptions(command).addOption(
    targetOption('--profile <file>', 'take cluster.bootstrap and cluster.security of this profile'),
  )
  return addTrustOptions(command).hook('preAction', (_, called) => assertOneSource(called))
}

/** What the environment says may be overruled; what the same line says twice is a mistake. */
function assertOneSource(command: Command): void {
  const given = (option: keyof ConnectionOptions) => command.getOptionValueSource(option) === 'cli'
  const refuse = (one: string, other: string, what: string) => {
    throw new KbenchError('usage', `${one} and ${other} both say ${what}`, { hint: 'leave one of them out' })
  }
  const where = 'where the brokers are'
  if (given('cluster') && given('profile')) refuse('--cluster', '--profile', where)
  if (given('cluster') && given('bootstrapServer')) refuse('--cluster', '--bootstrap-server', where)
  const config = fileOf(command.opts())
  if (given('cluster') && config !== undefined) refuse('--cluster', `--config ${config}`, 'how to connect')
  if (given('profile') && config !== undefined) refuse('--profile', `--config ${config}`, 'how to connect')
}

/** Where `--config` of a topic gave a setting, commander leaves an empty text for the file. */
const fileOf = ({ config }: ConnectionOptions): string | undefined => config || undefined

/** Where and how; nothing is asked of the cluster yet. Throws `usage` where nothing says where the brokers are. */
export async function networkOf(options: ConnectionOptions): Promise<Network> {
  const { bootstrapServer, profile, cluster } = options
  const config = fileOf(options)
  if (cluster !== undefined) return (await import('../actions/run-cluster.ts')).networkOfStanding(cluster)
  if (profile !== undefined) return fromProfile(profile, bootstrapServer)
  const list = bootstrapServer ?? brokersOfEnvironment(process.env)?.list
  if (list !== undefined || config !== undefined) return targetOf({ bootstrapServer: list, config })
  throw new KbenchError('usage', 'which cluster? Nothing says where its brokers are', {
    hint: '--bootstrap-server 127.0.0.1:9092, or KBENCH_BOOTSTRAP_SERVER, or --config client.properties, or --cluster kraft-3, or --profile my-external.yaml',
  })
}

/** As a run on that profile would reach it, secrets read from where the profile says. */
async function fromProfile(file: string, bootstrapServer: string | undefined): Promise<Network> {
  const { loadProfile } = await import('../actions/load-profile.ts')
  const { prefix, metrics: _, ...cluster } = (await loadProfile(file, [], process.env)).profile.cluster
  if (!cluster.bootstrap) {
    throw new KbenchError('usage', `${file} starts its own cluster (provider ${cluster.provider})`, {
      hint: 'a profile of provider external says where a cluster is',
    })
  }
  const { loadPlugin } = await import('../../registry.ts')
  const external = await loadPlugin('clusters', 'external')
  const bootstrap = bootstrapServer === undefined ? cluster.bootstrap : brokersIn(bootstrapServer)
  const { network } = await external.provision(external.options.parse({ ...cluster, bootstrap }), {
    runId: 'operation',
    directory: '.',
    signal: new AbortController().signal,
    say() {},
  })
  return { ...network, prefix }
}
