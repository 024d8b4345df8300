import type { Clock } from '../../base/clock.ts'
import type { Cluster, Fault } from '../../contracts/api.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import { loadPlugin } from '../../registry.ts'
import { createBrokerSampler } from '../../samplers/brokers.ts'
import { createGuard } from '../../samplers/guard.ts'
import { watchLeaders } from '../../samplers/leaders.ts'
import { createMachineSampler } from '../../samplers/machine.ts'
import { createMetricsSampler } from '../../samplers/metrics.ts'
import { createThrottleSampler } from '../../samplers/throttle.ts'
import { createLocalSite } from '../hosts/hosts.ts'
import { accessTo, auditOf } from './access.ts'
import { startCanary } from './canary.ts'
import type { World } from './world.ts'

/** The world as it is: this machine's clock and processes, and a cluster. Every plug-in that the plan names is loaded. `sing` for tests. */
export async function machineWorld(
  plan: VariantPlan,
  cluster: Cluster,
  clock: Clock,
  sing = startCanary,
  log?: World['log'],
): Promise<World> {
  const { nodes, network } = cluster
  const samplers = [
    createBrokerSampler(nodes, clock),
    createThrottleSampler(nodes, `${plan.names.clients}-`, clock),
    createMachineSampler(clock),
  ]
  const metrics = plan.metrics && createMetricsSampler(plan.metrics, nodes, `${plan.names.clients}-`, clock)
  const faults = new Map<string, Fault<unknown>>()
  for (const { use } of plan.faults) faults.set(use, await loadPlugin('faults', use))
  return {
    clock,
    cluster,
    access: accessTo(cluster),
    hosts: createLocalSite(),
    faults,
    ...(log && { log }),
    openAudit: (_plan, topic) => auditOf(cluster, { topic: topic.name, partitions: topic.partitions }),
    sampleUsage: async () => (await Promise.all(samplers.map((sampler) => sampler.sample()))).flat(),
    sampleMetrics: metrics ? () => metrics.sample() : null,
    openGuard: async ({ limits, names: { clients }, index }, { name }) =>
      createGuard(network, {
        topic: name,
        // Those of all variants of the run, and of its warm-ups.
        ownGroups: clients.slice(0, clients.length - String(index).length),
        foreignLag: limits?.foreignLag !== undefined,
        underReplicated: limits?.underReplicated !== undefined,
        nowNs: () => clock.nowNs(),
      }),
    watchLeaders: ({ samplers: { leadersMs } }, topic, report, signal) =>
      watchLeaders(network, nodes, { topic: topic.name, intervalMs: leadersMs, clock, report, signal }),
    startCanary: cluster.access
      ? null
      : ({ canary, names, acks, run, record }, topic, report, signal) =>
          sing(
            {
              network,
              topic: topic.name,
              partitions: Math.min(topic.partitions, canary!.partitions),
              recordsPerSec: canary!.recordsPerSec,
              acks: acks === 'all' ? 'all' : 1,
              run,
              key: topic.compacted || record.keys.distribution !== 'none' ? `${names.clients}-canary` : null,
              clientId: `${names.clients}-canary`,
            },
            { signal, report, nowNs: () => clock.nowNs() },
          ),
  }
}
