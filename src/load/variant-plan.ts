import type { Role } from '../contracts/api.ts'
import type { FaultSpec, GroupSpec, GroupStart, VariantPlan, WorkerSpec } from '../contracts/plan.ts'
import { faultOptions } from '../profile/check-faults.ts'
import { consumerSettings, type PlannedVariant, producerSettings } from '../profile/plan.ts'
import { rehearsalSchedule, scheduleOf } from '../profile/schedule-of.ts'
import type { ConsumerGroupProfile, FaultProfile, Profile } from '../profile/schema.ts'
import { createAxis, planAxis } from './axis.ts'
import { limitsOf } from './limits.ts'
import { createSchedule } from './schedule.ts'
import { runTag } from './stamp.ts'

/** Audited at least so fast, records/s: what the deadline of an audit counts with. */
/** The rest of a rehearsal, in which what is under way may be acknowledged. */
const rehearsalDrainMs = 1000

export interface PlanContext {
  kind: VariantPlan['kind']
  runId: string
  /** Position in the run: makes topic and group names unique. */
  index: number
  /** Of the workload: whether records are written before the measurement, and who works. */
  prefill: boolean
  /** Of `limits.bytes`, what earlier variants left; absent = all of it. */
  bytesLeft?: number
  roles(load: { producers: number; groups: readonly { group: string; members: number }[] }): readonly Role[]
}

/** Everything about one variant that is known before it starts; frozen. Pure. */
export function planVariant(variant: PlannedVariant, context: PlanContext): VariantPlan {
  const { profile, client } = variant
  const { runId, index, kind, prefill } = context
  const rehearsal = kind === 'rehearsal'
  const clients = `${profile.cluster.prefix}${runId}-${index}`
  const existing = prefill && profile.load.fill === 'none'
  const groups = profile.consumers.map(
    ({ group, groupId, isolation, from }): GroupSpec => ({
      // A rehearsal must not move what is committed for somebody else's group.
      ...(groupId === undefined || rehearsal
        ? { label: group, group: `${clients}-${group}`, isolation }
        : { label: group, group: groupId, isolation, stays: true }),
      ...(existing && { from: startOf(from) }),
    }),
  )
  const { warmup, measure, drain, clusterWarmup } = profile.phases
  const asked = prefill
    ? { segments: null, count: null, poisson: false, seed: profile.seed }
    : rehearsal
      ? rehearsalSchedule(profile)
      : scheduleOf(profile)
  const limits = limitsOf(profile, prefill ? null : asked, context.bytesLeft)
  // What has no other end stops there, to the record.
  const load = limits?.bytes?.records === undefined ? asked : { ...asked, count: limits.bytes.records }
  const lengths = rehearsal
    ? { warmupMs: clusterWarmup, measureMs: 0, drainMs: rehearsalDrainMs }
    : // What is there is read as soon as the clock runs: in a warm-up most of it would go unmeasured.
      { warmupMs: existing ? 0 : warmup, measureMs: measure, drainMs: drain }
  const axis = planAxis(lengths, createSchedule(load).endNs)
  return freeze<VariantPlan>({
    version: 1,
    kind,
    id: variant.id,
    runId,
    index,
    client,
    workload: profile.workload,
    params: { ...variant.params },
    repeat: variant.repeat,
    names: {
      topic: profile.topic.name ?? clients,
      ownTopic: profile.topic.name === undefined,
      clients,
    },
    topic: {
      partitions: profile.topic.partitions,
      replicationFactor: profile.topic.replicationFactor,
      config: profile.topic.config,
      ...(variant.stated && { stated: variant.stated }),
    },
    groups,
    load,
    fill: prefill ? fillOf(profile.load, existing) : null,
    record: {
      size: profile.load.record.size,
      keys: profile.load.record.keys,
      compressibility: profile.load.record.compressibility,
      stampIn: profile.load.record.stamp,
    },
    axis,
    drainMs: lengths.drainMs,
    workers: workersFor(profile, client, groups, clients, existing ? readOnly(context) : context),
    producers: profile.producers.count,
    acks: profile.producers.acks,
    idempotence: profile.producers.idempotence,
    faults: rehearsal ? [] : profile.faults.map(faultSpec),
    samplers: {
      lagMs: profile.samplers.lag.interval,
      brokersMs: profile.samplers.brokers.interval,
      leadersMs: profile.samplers.leaders.interval,
    },
    ...(profile.cluster.metrics && { metrics: profile.cluster.metrics.prometheus }),
    canary: canaryOf(profile, rehearsal),
    thresholds: rehearsal ? [] : profile.thresholds,
    ...(limits && { limits }),
    audit: !rehearsal,
    deadlinesMs: deadlines(profile, createAxis(axis).loadEndNs / 1e6),
    seed: profile.seed,
    run: runTag(`${runId}/${index}/${variant.id}`),
  })
}

const startOf = (from: ConsumerGroupProfile['from']): GroupStart =>
  typeof from === 'string'
    ? { at: from }
    : 'timestamp' in from
      ? { sinceMs: from.timestamp }
      : { offsets: from.offsets }

const fillOf = ({ count, latency }: Profile['load'], existing: boolean): NonNullable<VariantPlan['fill']> => ({
  records: count ?? 0,
  ...(existing && { existing, byTimestamp: latency === 'timestamp' }),
})

/** Nobody writes. */
const readOnly = ({ roles, ...context }: PlanContext): PlanContext => ({
  ...context,
  roles: (load) => roles(load).filter(({ kind }) => kind === 'consumer'),
})

function workersFor(
  profile: Profile,
  client: string,
  groups: readonly GroupSpec[],
  clients: string,
  { roles }: PlanContext,
): WorkerSpec[] {
  const all = roles({
    producers: profile.producers.count,
    groups: profile.consumers.map(({ members }, index) => ({ group: groups[index]!.group, members })),
  })
  return all.map((role, worker): WorkerSpec => {
    const at = role.kind === 'consumer' ? groups.findIndex(({ group }) => group === role.group) : -1
    const consumer = profile.consumers[at]
    return {
      worker,
      role,
      clientId: `${clients}-${worker}`,
      producer: role.kind === 'producer' ? producerSettings(profile, client) : null,
      consumer:
        role.kind === 'consumer' && consumer ? consumerSettings(consumer, client, role.group, role.member) : null,
    }
  })
}

function faultSpec(entry: FaultProfile): FaultSpec {
  return {
    use: entry.use,
    atMs: entry.at,
    forMs: entry.for ?? null,
    everyMs: entry.every ?? null,
    target: entry.target ?? null,
    options: faultOptions(entry),
  }
}

function canaryOf({ canary, faults, topic, cluster }: Profile, rehearsal: boolean): VariantPlan['canary'] {
  // To somebody else's topic it writes only where that is asked for.
  const isOthers = topic.name !== undefined && (cluster.provider === 'external' || cluster.bootstrap !== undefined)
  if (rehearsal || !(canary.enabled ?? (faults.length > 0 && !isOthers))) return null
  return { partitions: canary.partitions, recordsPerSec: canary.recordsPerSec }
}

/**
 * How long each stage may take. What answers within seconds has half a minute; a group that others use may have dead members of theirs, for
 * which its coordinator waits. `ready` and `audit`: since anything came forward.
 */
function deadlines({ phases, topic, consumers }: Profile, loadMs: number): VariantPlan['deadlinesMs'] {
  const perPartition = topic.partitions * 20
  return {
    topic: 30_000 + perPartition,
    fill: 600_000,
    ready: (consumers.some(({ groupId }) => groupId !== undefined) ? 90_000 : 35_000) + perPartition,
    load: loadMs + 10_000,
    drain: phases.drain + 10_000,
    stop: 15_000,
    audit: 30_000,
    'clean-up': 20_000,
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const each of Object.values(value)) freeze(each)
    Object.freeze(value)
  }
  return value
}
