import { type Command, Option } from 'commander'
import { KbenchError } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'

export interface ConnectionOptions {
  bootstrapServer?: string
  profile?: string
  cluster?: string
}

/** Adds `-b, --bootstrap-server`, `--cluster` and `--profile`: where the cluster is. */
export function addConnection(command: Command): Command {
  return command
    .addOption(
      new Option('-b, --bootstrap-server <list>', 'brokers, host:port with commas between').env(
        'KBENCH_BOOTSTRAP_SERVER',
      ),
    )
    .option('--cluster <name>', 'one that kbench cluster up started')
    .option('--profile <file>', 'take cluster.bootstrap and cluster.security of this profile')
    .hook('preAction', (_, called) => assertOneSource(called))
}

/** What the environment says may be overruled; what the same line says twice is a mistake. */
function assertOneSource(command: Command): void {
  const given = (option: keyof ConnectionOptions) => command.getOptionValueSource(option) === 'cli'
  if (!given('cluster') || !(given('bootstrapServer') || given('profile'))) return
  const other = given('profile') ? '--profile' : '--bootstrap-server'
  throw new KbenchError('usage', `--cluster and ${other} both say where the brokers are`, {
    hint: `leave one of them out`,
  })
}

/** Throws `usage` where neither was given, or what was given is no list of brokers. */
export async function networkOf({ bootstrapServer, profile, cluster }: ConnectionOptions): Promise<Network> {
  if (cluster !== undefined) return (await import('../actions/run-cluster.ts')).networkOfStanding(cluster)
  if (profile !== undefined) return fromProfile(profile, bootstrapServer)
  if (bootstrapServer === undefined) {
    throw new KbenchError('usage', 'which cluster? Nothing says where its brokers are', {
      hint: '--bootstrap-server 127.0.0.1:9092, or KBENCH_BOOTSTRAP_SERVER, or --cluster kraft-3, or --profile my-external.yaml',
    })
  }
  return { bootstrap: brokersIn(bootstrapServer) }
}

function brokersIn(list: string): string[] {
  const brokers = list.split(',').map((each) => each.trim())
  const wrong = brokers.find((broker) => !/^[^\s:]+:\d{1,5}$|^\[[^\]]+\]:\d{1,5}$/.test(broker))
  if (wrong === undefined) return brokers
  throw new KbenchError('usage', `--bootstrap-server ${list}: "${wrong}" is no host:port, like 127.0.0.1:9092`)
}

/** As a run on that profile would reach it, secrets read from where the profile says. */
async function fromProfile(file: string, bootstrapServer: string | undefined): Promise<Network> {
  const { loadProfile } = await import('../actions/load-profile.ts')
  const { prefix, ...cluster } = (await loadProfile(file, [], process.env)).profile.cluster
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
