import { KbenchError, messageOf } from '../../base/errors.ts'
import { plural } from '../../base/plural.ts'
import type { Cluster, ClusterAccess, ProbeReport, TopicDescription } from '../../contracts/api.ts'
import type { TopicFact } from '../../contracts/facts.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import { missingPermissions, resourceText } from '../../kafka/missing-permission.ts'
import { neededPermissions } from '../../load/needed-permissions.ts'
import { probeRecordOf } from '../../load/probe-record.ts'
import type { Recording } from '../../recording/recording.ts'
import type { Progress } from './progress.ts'
import type { World } from './world.ts'

/**
 * Looks for the topic, creates it only where it is not there, and learns what it really is. Throws `environment` immediately where that
 * contradicts the plan in what decides the measurement; every other difference is a field of the fact.
 */
export async function prepareTopic(
  { plan, append }: Recording,
  { access, clock, cluster }: World,
  progress: Pick<Progress, 'log'>,
  signal: AbortSignal,
): Promise<TopicFact> {
  const { partitions, replicationFactor, config } = plan.topic
  const { topic: name } = plan.names
  const readsOnly = plan.fill?.existing === true
  const lacking = await lackingIn(plan, access)
  const created = readsOnly ? false : await access.createTopic({ name, partitions, replicationFactor, config }, signal)
  const actual = await access.describeTopic(name, Object.keys(config))
  if (readsOnly && actual === null) {
    throw new KbenchError('environment', `topic ${name} is not there, or may not be described`, {
      hint: 'load.fill: none reads a topic that is there: kbench topics list shows what there is',
    })
  }
  const count = actual?.partitions ?? partitions
  /** Groups of which something may be stored. */
  const committed: string[] = []
  try {
    const contradiction = contradictionOf(plan, count, created ? null : actual)
    if (contradiction) throw contradiction
    const there = await probe(plan, access, { count, created, actual, signal })
    const led = Array.from({ length: count }, (_, partition) => partition).filter((id) => !there.offline.includes(id))
    const offsets = led.length === 0 ? new Map<number, number>() : await access.offsets(name, 'latest', led)
    const fact: TopicFact = {
      fact: 'topic',
      atNs: clock.nowNs(),
      name,
      partitions: count,
      replicationFactor: actual?.replicationFactor ?? null,
      minInsyncReplicas: actual?.minInsyncReplicas ?? null,
      maxMessageBytes: actual?.maxMessageBytes ?? null,
      created,
      firstOffsets: byPartition(offsets, count),
      differs: differencesOf(plan, created, actual),
      ...retentionOf(actual),
      ...(isCompacted(actual) && { compacted: true }),
      ...(there.offline.length > 0 && { offline: there.offline }),
      ...(there.brokersDown.length > 0 && { brokersDown: there.brokersDown }),
      ...(there.probes > 0 && { probes: there.probes }),
      ...(lacking.length > 0 && { lacking }),
    }
    const starts = await startsOf(plan, access, led, offsets)
    if (readsOnly) fact.starts = Object.fromEntries([...starts].map(([group, at]) => [group, byPartition(at, count)]))
    append(fact)
    if (!created) progress.log(describe(fact))
    for (const [group, at] of starts) {
      if (!plan.groups.some((each) => each.group === group && each.stays)) committed.push(group)
      await access.commitStart?.(group, name, at)
    }
    return fact
  } catch (error) {
    // Made for this, and nobody else will remove it: the topic, and what is committed already.
    const own = created && plan.names.ownTopic ? name : null
    if (own !== null || committed.length > 0) {
      const problems = await access.remove(own, committed).catch((cause: unknown) => [messageOf(cause)])
      for (const problem of problems) progress.log(leftText(problem, cluster, plan.runId))
    }
    throw error
  }
}

/** Permissions that the user lacks and that a variant can do without. Throws `environment` for one that it needs, before anything is made. */
async function lackingIn(plan: VariantPlan, access: ClusterAccess): Promise<NonNullable<TopicFact['lacking']>> {
  const missing = (await access.missingPermissions?.(neededPermissions(plan, plan.names.ownTopic))) ?? []
  const needed = missing.filter(({ without }) => without === null)
  if (needed.length > 0) throw missingPermissions(needed)
  return missing.map(({ operation, resource, without }) => ({
    ...{ operation, resource: resourceText(resource), without: without! },
  }))
}

/** What a run leaves on a cluster, and what removes it. */
export const leftText = (problem: string, { network }: Pick<Cluster, 'network'>, runId: string): string =>
  `not deleted: ${problem}; kbench clean -b ${network.bootstrap.join(',')} --run ${runId} --execute removes it`

const byPartition = (offsets: ReadonlyMap<number, number>, count: number): (number | null)[] =>
  Array.from({ length: count }, (_, partition) => offsets.get(partition) ?? null)

/** Where each group begins: at this run's first record, or where the profile says in what is there. */
async function startsOf(
  { groups, names }: VariantPlan,
  access: ClusterAccess,
  led: readonly number[],
  ends: ReadonlyMap<number, number>,
): Promise<Map<string, ReadonlyMap<number, number>>> {
  const starts = new Map<string, ReadonlyMap<number, number>>()
  const earliest = groups.some(({ from }) => from !== undefined)
    ? await access.offsets(names.topic, 'earliest', led)
    : ends
  for (const { group, from } of groups) {
    if (from === undefined || ('at' in from && from.at === 'latest')) starts.set(group, ends)
    else if ('at' in from) starts.set(group, earliest)
    else {
      const wanted: ReadonlyMap<number, number> =
        'sinceMs' in from
          ? await access.offsets(names.topic, { sinceMs: from.sinceMs }, led)
          : new Map(Object.entries(from.offsets).map(([partition, offset]) => [Number(partition), offset]))
      starts.set(
        group,
        new Map(led.map((partition) => [partition, within(wanted.get(partition), partition, earliest, ends)])),
      )
    }
  }
  return starts
}

/** In the log: what is before it begins at its start; with a time of which no record is, at its end. */
function within(
  wanted: number | undefined,
  partition: number,
  earliest: ReadonlyMap<number, number>,
  ends: ReadonlyMap<number, number>,
): number {
  const [start, end] = [earliest.get(partition) ?? 0, ends.get(partition) ?? 0]
  if (wanted === undefined) return start
  return wanted < 0 ? end : Math.min(end, Math.max(start, wanted))
}

const none: ProbeReport = { offline: [], brokersDown: [], probes: 0 }

async function probe(
  plan: VariantPlan,
  access: ClusterAccess,
  {
    count,
    created,
    actual,
    signal,
  }: { count: number; created: boolean; actual: TopicDescription | null; signal: AbortSignal },
): Promise<ProbeReport> {
  const { topic: name } = plan.names
  const record = writes(plan) ? probeRecordOf(plan, isCompacted(actual)) : null
  const acks = plan.acks === 'all' ? 'all' : 1
  const report = await access.probe?.({ name, partitions: count }, { created, acks, record, signal })
  if (report && count > 0 && report.offline.length >= count) {
    throw new KbenchError('environment', `no partition of topic ${name} takes records: none is led or answers`, {
      hint:
        report.brokersDown.length > 0
          ? `brokers ${report.brokersDown.join(', ')} are down; kbench topics describe ${name} shows what is left`
          : `kbench topics describe ${name} shows leaders and in-sync replicas; acks: all needs min.insync.replicas of them`,
    })
  }
  return report ?? none
}

const writes = ({ workers }: VariantPlan): boolean => workers.some(({ role }) => role.kind === 'producer')

export const isCompacted = (actual: Pick<TopicDescription, 'settings'> | null): boolean =>
  (actual?.settings?.['cleanup.policy'] ?? '').split(',').some((policy) => policy.trim() === 'compact')

/** Where the topic removes records for their age. */
function retentionOf(actual: TopicDescription | null): { retentionMs?: number } {
  const { 'retention.ms': retention, 'cleanup.policy': policy } = actual?.settings ?? {}
  if (retention == null || Number(retention) < 0 || policy === 'compact') return {}
  return { retentionMs: Number(retention) }
}

/** What of a topic that is there makes the plan impossible; null = nothing does. Pure. */
export function contradictionOf(plan: VariantPlan, count: number, actual: TopicDescription | null): KbenchError | null {
  const { topic: name } = plan.names
  const has = `topic ${name} has ${plural(count, 'partition')}`
  const { partitions, stated = [] } = plan.topic
  if (actual !== null && stated.includes('partitions') && partitions !== count) {
    return new KbenchError('environment', `${has}, and the profile says ${partitions} (topic.partitions)`, {
      hint: 'leave topic.partitions out to use the topic as it is, or name another topic',
    })
  }
  const missing = partitionsNamed(plan).find(({ partition }) => partition >= count)
  if (missing) {
    const text = `${missing.by} names partition ${missing.partition}, and ${has}, 0 to ${count - 1}`
    return new KbenchError('environment', text, { hint: 'name a partition that is there' })
  }
  if (writes(plan) && isCompacted(actual) && plan.record.keys.distribution === 'none') {
    const text = `topic ${name} is compacted (cleanup.policy) and refuses records without a key, which the profile's are`
    return new KbenchError('environment', text, { hint: 'load.record.keys.distribution: uniform gives them keys' })
  }
  return null
}

function partitionsNamed({ workers, faults }: VariantPlan): { by: string; partition: number }[] {
  const explicit = workers.flatMap(({ producer }) =>
    typeof producer?.partitioner === 'object' ? producer.partitioner.explicit : [],
  )
  return [
    ...explicit.map((partition) => ({ by: 'producers.partitioner', partition })),
    ...faults.flatMap(({ use, target }) => {
      if (typeof target !== 'object' || target === null) return []
      const partition = 'leaderOf' in target ? target.leaderOf : 'followerOf' in target ? target.followerOf : null
      return partition === null ? [] : [{ by: `the target of fault ${use}`, partition }]
    }),
  ]
}

/** What the profile states, and the topic is not; a default states nothing about a topic that was there before. Pure. */
function differencesOf(
  { topic }: VariantPlan,
  created: boolean,
  actual: TopicDescription | null,
): TopicFact['differs'] {
  if (actual === null) return []
  const { stated = [] } = topic
  const isStated = (key: 'partitions' | 'replicationFactor') => created || stated.includes(key)
  const figures = [
    ...(isStated('partitions') ? [['topic.partitions', topic.partitions, actual.partitions] as const] : []),
    ...(isStated('replicationFactor')
      ? [['topic.replicationFactor', topic.replicationFactor, actual.replicationFactor] as const]
      : []),
  ]
  const settings = Object.entries(topic.config).map(([name, planned]) => {
    const known = name === 'min.insync.replicas' ? actual.minInsyncReplicas : null
    return [`topic.config.${name}`, planned, actual.settings?.[name] ?? known] as const
  })
  return [...figures, ...settings].flatMap(([what, planned, is]) =>
    is === null || isSame(planned, is) ? [] : [{ what, planned: String(planned), actual: String(is) }],
  )
}

/** Kafka prints numbers in its own way (0.5, 1.0E-3), and lists without order. */
function isSame(planned: string | number | boolean, is: string | number): boolean {
  if (String(planned) === String(is)) return true
  if (String(planned).trim() !== '' && Number(planned) === Number(is)) return true
  const parts = (value: unknown) =>
    String(value)
      .split(',')
      .map((each) => each.trim())
      .sort()
      .join()
  return parts(planned) === parts(is)
}

function describe({
  name,
  partitions,
  replicationFactor,
  offline = [],
  brokersDown = [],
  probes = 0,
}: TopicFact): string {
  const copies = replicationFactor === null ? '' : `, replication factor ${replicationFactor}`
  const gone = offline.length === 0 ? '' : `, partitions ${offline.join(', ')} offline`
  const down = brokersDown.length === 0 ? '' : `, brokers ${brokersDown.join(', ')} down`
  const written = probes === 0 ? '' : `; ${plural(probes, 'probe')} written`
  return `topic ${name} is there: ${plural(partitions, 'partition')}${copies}${gone}${down}${written}`
}
