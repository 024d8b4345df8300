import type { ClusterProvider, Network } from '../../contracts/api.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import { type Brokers, createBrokers } from '../../kafka/brokers.ts'
import { describeConfigsRequest } from '../../kafka/change-requests.ts'
import { clientIdOf } from '../../kafka/client-id.ts'
import { refusalType } from '../../kafka/missing-permission.ts'
import { createOn } from '../../kafka/topics.ts'
import { planVariant } from '../../load/variant-plan.ts'
import type { Cell } from '../../profile/matrix.ts'
import type { Profile } from '../../profile/schema.ts'
import { loadPlugin } from '../../registry.ts'
import { type Choice, chooseProvider } from '../run/choose-cluster.ts'
import { planRun, type RunPlan } from '../run/run-plan.ts'

/** What the checks look at: a profile, this machine, and the cluster where there is one already. */
export interface DoctorJob {
  profile: Profile
  run: RunPlan
  /** Of each variant that its client can do, all with the names of the first. */
  plans: readonly VariantPlan[]
  choice: Choice
  /** null = the run starts its own cluster. */
  target: Target | null
  /** Folder for the results. */
  results: string
  signal: AbortSignal
}

/** A cluster that is there. Answers are asked for once, however many checks need them. */
export interface Target {
  network: Network
  brokers: Brokers
  /** What the broker would refuse of creating this topic: its error's name and words; null = nothing. Creates nothing. */
  dryCreate(topic: VariantPlan['topic'] & { name: string }): Promise<{ type: string; message: string } | null>
  /** A setting in force on a broker, which topics have that do not set their own; null = it may not be asked. */
  brokerSetting(name: string): Promise<string | null>
}

/** Throws `profile` or `environment` where the profile's secrets or files cannot be read. */
export async function doctorJob(
  profile: Profile,
  cells: readonly Cell[],
  { runId, results, signal }: { runId: string; results: string; signal: AbortSignal },
): Promise<DoctorJob> {
  const run = await planRun(profile, cells)
  const choice = await chooseProvider(profile.cluster, signal)
  const plans = await Promise.all(
    run.variants
      .filter(({ id, client }) => !run.unsupported.has(id) && run.drivers.has(client))
      .map(async (variant) => {
        const { prefill, roles } = await loadPlugin('workloads', variant.profile.workload)
        return planVariant(variant, { kind: 'load', runId, index: 0, prefill, roles })
      }),
  )
  return { profile, run, plans, choice, target: await targetOf(profile, choice), results, signal }
}

async function targetOf({ cluster }: Profile, { provider }: Choice): Promise<Target | null> {
  if (provider === null) return null
  const plugin: ClusterProvider<unknown> = await loadPlugin('clusters', provider)
  if (!plugin.network) return null
  const { prefix, ...rest } = cluster
  const network = await plugin.network(plugin.options.parse({ ...rest, provider }))
  return createTarget({ ...network, prefix })
}

export function createTarget(network: Network): Target {
  const brokers = createBrokers(network, { clientId: clientIdOf(network, 'doctor'), timeoutMs: 5000 })
  const tried = new Map<string, ReturnType<Target['dryCreate']>>()
  return {
    network,
    brokers,
    dryCreate(topic) {
      const key = JSON.stringify([topic.name, topic.partitions, topic.replicationFactor, topic.config])
      if (!tried.has(key)) tried.set(key, dryCreate(brokers, topic))
      return tried.get(key)!
    },
    brokerSetting: (name) => brokerSetting(brokers, name).catch(() => null),
  }
}

async function brokerSetting(brokers: Brokers, name: string): Promise<string | null> {
  const [first] = (await brokers.metadata([])).brokers
  if (!first) return null
  const request = describeConfigsRequest({ broker: first.nodeId }, [name])
  const entries = await brokers.on(first, (connection) => connection.send(request))
  return entries.find((entry) => entry.name === name)?.value ?? null
}

async function dryCreate(
  brokers: Brokers,
  { name, partitions, replicationFactor, config }: Parameters<Target['dryCreate']>[0],
): ReturnType<Target['dryCreate']> {
  try {
    await createOn(brokers, { name, partitions, replicationFactor, config }, { validateOnly: true })
    return null
  } catch (error) {
    const type = refusalType(error)
    if (type === null) throw error
    return { type, message: (error as Error).message }
  }
}
