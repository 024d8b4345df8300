import { plural } from '../base/plural.ts'
import { checkFaults } from './check-faults.ts'
import { checkLimits } from './check-limits.ts'
import { checkLoad } from './check-load.ts'
import { checkNames, type KnownNames } from './check-names.ts'
import { checkSecurity } from './check-security.ts'
import { checkThresholds } from './check-thresholds.ts'
import { type Finding, fault } from './issues.ts'
import type { Path } from './paths.ts'
import type { ConsumerGroupProfile, Profile } from './schema.ts'

/** What is wrong with the values together, though each alone is fine. */
export function checkProfile(profile: Profile, known: KnownNames): Finding[] {
  return [
    ...checkNames(profile, known),
    ...checkCluster(profile),
    ...checkTopic(profile, known),
    ...checkProducers(profile),
    ...checkLoad(profile),
    ...checkWorkload(profile),
    ...profile.consumers.flatMap(checkGroup),
    ...checkPhases(profile),
    ...checkFaults(profile, known),
    ...checkThresholds(profile),
    ...checkLimits(profile),
  ]
}

function checkCluster({ cluster }: Profile): Finding[] {
  const path = (key: string): Path => ['cluster', key]
  const uses = [path('provider')]
  if (cluster.provider === 'external') {
    return [
      ...(cluster.bootstrap
        ? []
        : [fault(['cluster'], 'provider external needs bootstrap: [host:port, …]', [path('bootstrap'), ...uses])]),
      ...checkSecurity(cluster),
    ]
  }
  const message = `is for provider external only, and the provider is ${cluster.provider}`
  return (['bootstrap', 'security', 'config'] as const)
    .filter((key) => cluster[key] !== undefined)
    .map((key) => ({ path: path(key), of: 'key', message, uses }))
}

function checkTopic({ topic, cluster, producers, load }: Profile, known: KnownNames): Finding[] {
  const findings: Finding[] = []
  const replication: Path = ['topic', 'replicationFactor']
  const minimumPath: Path = ['topic', 'config', 'min.insync.replicas']
  const minimum = Number(topic.config['min.insync.replicas'] ?? 1)
  if (!Number.isInteger(minimum) || minimum < 1) {
    findings.push(fault(minimumPath, 'expected a whole number, 1 or more'))
  } else if (minimum > topic.replicationFactor) {
    const message = `${minimum} in-sync replicas need a replicationFactor of ${minimum} or more, and it is ${topic.replicationFactor}`
    findings.push(fault(minimumPath, message, [replication]))
  }
  const policies = String(topic.config['cleanup.policy'] ?? '').split(',')
  const isCompacted = policies.some((policy) => policy.trim() === 'compact')
  if (isCompacted && load.record.keys.distribution === 'none') {
    const message =
      'a compacted topic takes no records without keys: load.record.keys.distribution: uniform gives them some'
    findings.push(fault(['topic', 'config', 'cleanup.policy'], message, [['load', 'record', 'keys', 'distribution']]))
  }
  const brokers = known.layouts?.[cluster.layout]
  const ownCluster = cluster.provider !== 'external' && cluster.provider !== 'mock'
  if (ownCluster && typeof brokers === 'number' && topic.replicationFactor > brokers) {
    const has = `layout ${cluster.layout} has ${plural(brokers, 'broker')}`
    const message = `${topic.replicationFactor} copies need as many brokers, and ${has}`
    findings.push(
      fault(replication, message, [
        ['cluster', 'layout'],
        ['cluster', 'provider'],
      ]),
    )
  }
  const { partitioner } = producers
  // Of a topic that is there already its own count decides, which is asked for before the load.
  if (typeof partitioner === 'object' && topic.name === undefined) {
    partitioner.explicit.forEach((partition, index) => {
      if (partition < topic.partitions) return
      const message = `there is no partition ${partition}, topic.partitions is ${topic.partitions} (0 to ${topic.partitions - 1})`
      findings.push(fault(['producers', 'partitioner', 'explicit', index], message, [['topic', 'partitions']]))
    })
  }
  return findings
}

function checkProducers({ producers, load }: Profile): Finding[] {
  const path = (key: string): Path => ['producers', key]
  const findings: Finding[] = []
  const idempotence = [path('idempotence')]
  if (producers.idempotence && producers.acks !== 'all') {
    findings.push(fault(path('acks'), 'idempotence needs acks: all', idempotence))
  }
  if (producers.idempotence && producers.maxInFlightRequests > 5) {
    findings.push(fault(path('maxInFlightRequests'), 'idempotence allows 5 at most', idempotence))
  }
  if (producers.idempotence && producers.retries === 0) {
    findings.push(fault(path('retries'), 'idempotence needs retries, 1 or more', idempotence))
  }
  const least = producers.requestTimeout + producers.batch.lingerMs
  if (producers.deliveryTimeout < least) {
    const message = `expected at least requestTimeout + batch.lingerMs, which is ${least}ms`
    findings.push(fault(path('deliveryTimeout'), message, [path('requestTimeout'), [...path('batch'), 'lingerMs']]))
  }
  const { size } = load.record
  if (typeof size === 'object' && 'uniform' in size && size.uniform[0] > size.uniform[1]) {
    findings.push(fault(['load', 'record', 'size', 'uniform'], 'expected the smaller size first'))
  }
  return findings
}

function checkWorkload({ workload, consumers, load, topic }: Profile): Finding[] {
  const uses: Path[] = [['workload']]
  const reads = load.fill === 'none'
  if (reads && workload !== 'consume') {
    const message = `is for workload consume, and the workload is ${workload}`
    return [{ path: ['load', 'fill'], of: 'key', message, uses }]
  }
  if (reads && topic.name === undefined) {
    return [fault(['topic'], 'missing name, load.fill: none reads a topic that is there', [['load', 'fill'], ...uses])]
  }
  if (!reads) {
    const at = consumers.findIndex(({ from }) => typeof from === 'object')
    const message = "is for load.fill: none, groups begin at this run's first record otherwise"
    if (at >= 0) return [fault(['consumers', at, 'from'], message, [['load', 'fill'], ...uses])]
    if (load.latency === 'timestamp') {
      return [fault(['load', 'latency'], 'is for load.fill: none, where records were written by others', uses)]
    }
  }
  if (workload === 'consume' && !reads && load.count === undefined && consumers.length > 0) {
    return [fault(['load', 'count'], 'missing, workload consume first fills the topic with so many records', uses)]
  }
  if (workload === 'produce' && consumers.length > 0) {
    const message = 'workload produce has no consumers; remove them, or use produce-consume'
    return [{ path: ['consumers'], of: 'key', message, uses }]
  }
  if ((workload === 'consume' || workload === 'produce-consume') && consumers.length === 0) {
    const way = workload === 'consume' ? '' : ', or set workload: produce'
    const message = `missing, workload ${workload} needs them: consumers: [{ group: g1, members: 1 }]${way}`
    return [{ path: ['consumers'], of: 'key', message, uses }]
  }
  return []
}

function checkGroup(group: ConsumerGroupProfile, index: number, all: readonly ConsumerGroupProfile[]): Finding[] {
  const path = (key: string): Path => ['consumers', index, key]
  const findings: Finding[] = []
  if (all.findIndex((other) => other.group === group.group) < index) {
    findings.push(fault(path('group'), `there are two groups "${group.group}", each needs its own name`))
  }
  if (group.groupId !== undefined && all.findIndex((other) => other.groupId === group.groupId) < index) {
    findings.push(fault(path('groupId'), `there are two groups "${group.groupId}" on the cluster`))
  }
  if (group.heartbeat >= group.sessionTimeout) {
    const message = `expected less than sessionTimeout (${group.sessionTimeout}ms), best a third of it`
    findings.push(fault(path('heartbeat'), message, [path('sessionTimeout')]))
  }
  return findings
}

/** A recording has an edge a second, at most three million of them (recording/plan-codec.ts). */
const longestRunMs = 800 * 3_600_000

function checkPhases({ phases, samplers }: Profile): Finding[] {
  const findings: Finding[] = []
  if (phases.measure < 1000) findings.push(fault(['phases', 'measure'], 'expected 1s or more'))
  if (phases.warmup + phases.measure + phases.drain > longestRunMs) {
    const message = 'expected 800h or less, warmup and drain included'
    findings.push(
      fault(['phases', 'measure'], message, [
        ['phases', 'warmup'],
        ['phases', 'drain'],
      ]),
    )
  }
  for (const sampler of ['lag', 'brokers', 'leaders'] as const) {
    const least = sampler === 'leaders' ? 10 : 50
    if (samplers[sampler].interval >= least) continue
    findings.push(fault(['samplers', sampler, 'interval'], `expected ${least}ms or more`))
  }
  return findings
}
