import { nowNs } from '../../base/clock.ts'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { ClusterAccess, WorkerPlan } from '../../contracts/api.ts'
import type { Variant } from '../../contracts/result.ts'
import { notAudited } from '../../judge/not-audited.ts'
import { edgesOf, planIntervals } from '../../load/intervals.ts'
import { runTag } from '../../load/stamp.ts'
import { consumerSettings, producerSettings } from '../../profile/plan.ts'
import type { Profile } from '../../profile/schema.ts'
import { createCollector } from '../../recording/collector.ts'
import { createDelivered } from '../../recording/delivered.ts'
import { createSilences } from '../../recording/silences.ts'
import { createBrokerSampler } from '../../samplers/brokers.ts'
import { createThrottleSampler } from '../../samplers/throttle.ts'
import { accessTo } from './access.ts'
import { brokersBack } from './brokers-back.ts'
import { conduct } from './conduct.ts'
import { gatherCrew } from './crew.ts'
import { type Progress, type Session, secondsOf, type VariantJob } from './session.ts'
import { assembleVariant } from './variant-result.ts'

/** Runs one variant from its fresh topic to its audited result; leaves neither topic, group nor process behind. */
export async function runVariant(job: VariantJob): Promise<Variant> {
  const { progress, cluster, signal } = job
  const { profile } = job.variant
  const access = accessTo(cluster)
  const name = profile.topic.name ?? `kbench-${job.runId}-${job.index}`
  const topic = { name, partitions: profile.topic.partitions }
  let created = false
  let session: Session | null = null
  try {
    if (profile.faults.length > 0) await brokersBack(cluster, signal)
    progress.stage('topic', `${name}, ${topic.partitions} partitions`)
    const { replicationFactor, config } = profile.topic
    created = await access.createTopic({ ...topic, replicationFactor, config }, signal)
    const firstOffsets = await access.offsets(name, 'latest')
    progress.stage('connect', `${profile.producers.count} producers, ${job.variant.client}`)
    session = createSession(job, access, topic, firstOffsets)
    await conduct(session)
    job.thresholds?.over(session)
    const integrity = await auditSession(session)
    return assembleVariant(session, integrity)
  } finally {
    await session?.crew.close()
    if (created || session) {
      const groups = session?.groups.map(({ group }) => group) ?? []
      await cleanUp(access, created && profile.topic.name === undefined ? name : null, groups, progress, signal)
    }
  }
}

async function cleanUp(
  access: ClusterAccess,
  topic: string | null,
  groups: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted && topic === null) return
  try {
    for (const problem of await access.remove(topic, groups)) progress.log(`not deleted: ${problem}`)
  } catch (error) {
    progress.log(`not cleaned up: ${messageOf(error)}`)
  }
}

function createSession(
  job: VariantJob,
  access: ClusterAccess,
  topic: Session['topic'],
  firstOffsets: ReadonlyMap<number, number>,
): Session {
  const { variant, runId, index, cluster } = job
  const { profile } = variant
  const { warmup, measure, drain, clusterWarmup } = profile.phases
  const intervals = planIntervals(
    job.rehearsal
      ? { warmupMs: clusterWarmup, measureMs: 0, drainMs: 1000 }
      : { warmupMs: warmup, measureMs: measure, drainMs: drain },
  )
  const groups = profile.consumers.map(({ group, isolation }) => ({
    group: `kbench-${runId}-${index}-${group}`,
    isolation,
  }))
  const session: Omit<Session, 'crew'> = {
    job,
    access,
    network: cluster.network,
    topic,
    groups,
    run: runTag(`${runId}/${index}/${variant.id}`),
    intervals,
    plans: [],
    collector: createCollector(intervals, () => session.startNs),
    delivered: new Map(groups.map(({ group }) => [group, createDelivered(topic.partitions)])),
    lag: new Map(groups.map(({ group }) => [group, []])),
    brokers: createBrokerSampler(cluster.nodes),
    throttle: createThrottleSampler(cluster.nodes, `kbench-${runId}-${index}-`),
    events: [],
    faults: [],
    canary: null,
    leaders: null,
    silences: createSilences(),
    rebalances: [],
    firstOffsets,
    startNs: nowNs(),
    endNs: 0,
    early: new AbortController(),
  }
  session.plans = planWorkers(session)
  const crew = gatherCrew(session.plans, job.driver.isolation, {
    frame(plan, frame) {
      const producer = plan.role.kind === 'producer' ? plan.role.index : null
      if (plan.prefill && producer !== null) session.collector.addPrefill(frame, producer)
      else session.collector.add(frame, producer)
      if (frame.silence && producer !== null) session.silences.add(plan.worker, frame.silence, frame.atNs)
      job.thresholds?.frame(plan, frame)
      job.progress.frame(variant.id, frame)
    },
    delivered(plan, ranges) {
      const group = plan.role.kind === 'consumer' ? session.delivered.get(plan.role.group) : undefined
      for (const range of ranges) group?.add(range)
    },
    assigned() {},
    rebalanced: (plan, atNs, pauseMs, partitionsMoved) =>
      session.rebalances.push({ plan, atNs, pauseMs, partitionsMoved }),
    event(plan, atNs, kind, detail) {
      const who = plan.role.kind === 'producer' ? `producer ${plan.role.index}` : `consumer ${plan.role.member}`
      session.events.push({ atS: secondsOf(session, atNs), kind, detail: `${who}: ${detail}` })
    },
    log: (line) => job.progress.log(line),
  })
  // The same object: its listeners above see what is written to it later.
  return Object.assign(session, { crew })
}

function planWorkers(session: Omit<Session, 'crew'>): WorkerPlan[] {
  const { job, intervals, topic, run } = session
  const { variant, runId, workload } = job
  const { profile } = variant
  const { load } = profile
  const loadEndNs = intervals.find((interval) => interval.phase === 'drain')!.startNs
  const roles = workload.roles({
    producers: profile.producers.count,
    groups: profile.consumers.map(({ members }, index) => ({ group: session.groups[index]!.group, members })),
  })
  return roles.map((role, worker): WorkerPlan => {
    const groupIndex = role.kind === 'consumer' ? session.groups.findIndex(({ group }) => group === role.group) : -1
    const consumer = profile.consumers[groupIndex]
    return {
      worker,
      workload: profile.workload,
      driver: variant.client,
      role,
      network: session.network,
      clientId: `kbench-${runId}-${job.index}-${worker}`,
      topic,
      producer: role.kind === 'producer' ? producerSettings(profile, variant.client) : null,
      consumer:
        role.kind === 'consumer' && consumer
          ? consumerSettings(consumer, variant.client, role.group, role.member)
          : null,
      load: {
        ratePerSec: workload.prefill ? 'max' : load.rate,
        count: load.count ?? null,
        size: load.record.size,
        keys: load.record.keys,
        compressibility: load.record.compressibility,
        stampIn: load.record.stamp,
      },
      producers: profile.producers.count,
      edges: edgesOf(intervals),
      // Filling ends with its count; the time is only a bound for when the cluster does not take it.
      loadEndNs: workload.prefill && role.kind === 'producer' ? 600e9 : loadEndNs,
      deadlineNs:
        workload.prefill && role.kind === 'producer'
          ? 630e9
          : loadEndNs + (job.rehearsal ? 1e9 : profile.phases.drain * 1e6),
      seed: profile.seed,
      run,
      watchSilence: profile.faults.length > 0 && !job.rehearsal,
      prefill: workload.prefill,
    }
  })
}

async function auditSession(session: Session) {
  const { job, plans, collector, access, topic } = session
  if (job.rehearsal) return notAudited('cluster warm-up')
  if (job.signal.aborted) return notAudited('interrupted')
  const { record } = job.variant.profile.load
  await session.crew.close()
  const producers = plans.flatMap(({ role }) => (role.kind === 'producer' ? [role.index] : []))
  if (producers.length === 0) return notAudited('nothing was produced')
  job.progress.stage('audit', topic.name)
  const smallest = smallestSize(record.size)
  if (record.stamp === 'value' && smallest < 32) {
    return notAudited(
      `values of ${smallest} bytes have no room for the 32-byte stamp: load.record.stamp: header carries it`,
    )
  }
  const measure = session.intervals.filter(({ phase }) => phase === 'measure')
  try {
    return await access.audit({
      topic: topic.name,
      partitions: topic.partitions,
      firstOffsets: session.firstOffsets,
      run: session.run,
      exclusive: job.variant.profile.topic.name === undefined,
      measure: [session.startNs + (measure[0]?.startNs ?? 0), session.startNs + (measure.at(-1)?.endNs ?? 0)],
      redelivered: [...session.delivered.values()].reduce((sum, group) => sum + group.redelivered(), 0),
      idempotence: job.variant.profile.producers.idempotence,
      signal: job.signal,
      ledgers: producers.map((producer) => {
        const { length, outcomes, partitions } = collector.ledger(producer)
        return { producer, length, outcomes: outcomes.slice(0, length), partitions: partitions.slice(0, length) }
      }),
    })
  } catch (error) {
    if (error instanceof KbenchError) throw error
    return notAudited(messageOf(error))
  }
}

function smallestSize(size: Profile['load']['record']['size']): number {
  if (typeof size === 'number') return size
  return 'list' in size ? Math.min(...size.list) : size.uniform[0]
}
