import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { Cluster, Driver, Workload } from '../../contracts/api.ts'
import type { TopicFact } from '../../contracts/facts.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import type { ThresholdOutcome, Variant } from '../../contracts/result.ts'
import { assemble } from '../../judge/assemble.ts'
import { notAudited } from '../../judge/not-audited.ts'
import { stampBytes } from '../../load/stamp.ts'
import { planVariant } from '../../load/variant-plan.ts'
import type { PlannedVariant } from '../../profile/plan.ts'
import { createRecording, type Recording } from '../../recording/recording.ts'
import type { RecordingFile } from '../../store/recordings.ts'
import { brokersBack } from './brokers-back.ts'
import { conduct } from './conduct.ts'
import { gatherCrew } from './crew.ts'
import { machineWorld } from './machine-world.ts'
import type { Progress } from './progress.ts'
import type { World } from './world.ts'

export interface VariantJob {
  variant: PlannedVariant
  runId: string
  /** Position in the run: makes topic and group names unique. */
  index: number
  cluster: Cluster
  driver: Driver<unknown>
  workload: Workload
  progress: Progress
  signal: AbortSignal
  /** Discarded load to warm the cluster: no audit. */
  rehearsal: boolean
  /** Absent = the recording is not kept. */
  store?: (plan: VariantPlan) => RecordingFile
}

/** A variant and how its thresholds came out. */
export interface Measured {
  variant: Variant
  thresholds: ThresholdOutcome[]
}

/** Runs one variant on this machine, from its fresh topic to its audited result. */
export async function runVariant(job: VariantJob): Promise<Measured> {
  const { cluster, signal, progress, workload } = job
  const plan = planVariant(job.variant, {
    kind: job.rehearsal ? 'rehearsal' : 'load',
    runId: job.runId,
    index: job.index,
    prefill: workload.prefill,
    roles: workload.roles,
  })
  const file = job.store?.(plan) ?? null
  try {
    const world = await machineWorld(plan, cluster, systemClock())
    return await measureVariant(plan, world, {
      isolation: job.driver.isolation,
      progress,
      signal,
      write: (line) => file?.write(line),
    })
  } finally {
    await file?.close()
  }
}

export interface Measuring {
  isolation: 'thread' | 'process'
  progress: Progress
  signal: AbortSignal
  /** Takes each fact as one line. */
  write(line: string): void
}

/** The engine: plan → recording → result. Leaves neither topic, group nor process behind. Throws when nothing was measured. */
export async function measureVariant(plan: VariantPlan, world: World, options: Measuring): Promise<Measured> {
  const { progress, signal } = options
  const recording = createRecording(plan, world.clock, options.write)
  let topic: TopicFact | null = null
  try {
    if (plan.faults.length > 0) await brokersBack(world.cluster, signal)
    progress.stage('topic', `${plan.names.topic}, ${plan.topic.partitions} partitions`)
    topic = await prepareTopic(recording, world, signal)
    await using audit = world.openAudit(plan, topic)
    progress.stage('connect', `${plan.producers} ${plan.producers === 1 ? 'producer' : 'producers'}, ${plan.client}`)
    {
      await using crew = gatherCrew(recording, world, topic, options.isolation, audit, progress.log)
      await conduct({ recording, world, topic, crew, progress, signal, ended: new AbortController() })
    }
    await auditLog(recording, topic, audit, { progress, signal })
    return assemble(plan, recording.sums)
  } finally {
    await cleanUp(plan, world, topic, recording.sums.workers.size > 0, progress, signal)
  }
}

/** Creates the topic, or finds it, and learns what it really is. */
async function prepareTopic({ plan, append }: Recording, world: World, signal: AbortSignal): Promise<TopicFact> {
  const { access, clock } = world
  const { partitions, replicationFactor, config } = plan.topic
  const { topic: name } = plan.names
  const created = await access.createTopic({ name, partitions, replicationFactor, config }, signal)
  const actual = await access.describeTopic(name)
  const count = actual?.partitions ?? partitions
  const offsets = await access.offsets(name, 'latest')
  const differs = [
    ['topic.partitions', partitions, actual?.partitions],
    ['topic.replicationFactor', replicationFactor, actual?.replicationFactor],
    ['topic.config.min.insync.replicas', config['min.insync.replicas'] ?? null, actual?.minInsyncReplicas],
  ] as const
  const fact: TopicFact = {
    fact: 'topic',
    atNs: clock.nowNs(),
    name,
    partitions: count,
    replicationFactor: actual?.replicationFactor ?? null,
    minInsyncReplicas: actual?.minInsyncReplicas ?? null,
    maxMessageBytes: actual?.maxMessageBytes ?? null,
    created,
    firstOffsets: Array.from({ length: count }, (_, partition) => offsets.get(partition) ?? null),
    differs: differs.flatMap(([what, planned, is]) =>
      planned === null || is == null || Number(planned) === is
        ? []
        : [{ what, planned: String(planned), actual: String(is) }],
    ),
  }
  append(fact)
  return fact
}

async function auditLog(
  { plan, sums, append }: Recording,
  topic: TopicFact,
  audit: ReturnType<World['openAudit']>,
  { progress, signal }: Pick<Measuring, 'progress' | 'signal'>,
): Promise<void> {
  if (!plan.audit) return
  const against = reasonAgainstAudit(plan, signal)
  const measure = sums.axis.phase('measure')
  const startNs = sums.startNs!
  if (against === null) progress.stage('audit', topic.name)
  const { integrity, groups } =
    against !== null
      ? { integrity: notAudited(against), groups: {} }
      : await audit.audit({
          topic: topic.name,
          partitions: topic.partitions,
          firstOffsets: new Map(topic.firstOffsets.flatMap((offset, at) => (offset === null ? [] : [[at, offset]]))),
          run: plan.run,
          producers: plan.producers,
          exclusive: plan.names.ownTopic,
          measure: [startNs + (measure?.fromNs ?? 0), startNs + (measure?.toNs ?? 0)],
          redelivered: [...sums.groups.values()].reduce((sum, group) => sum + group.delivered.redelivered(), 0),
          delivered: Object.fromEntries([...sums.groups].map(([name, group]) => [name, group.delivered.ranges()])),
          idempotence: plan.idempotence,
          signal,
        })
  const atNs = sums.lastFactNs!
  // Without its audit the variant is not what was asked for.
  if (signal.aborted) append({ fact: 'event', atNs, kind: 'interrupted', detail: 'not audited' })
  append({ fact: 'audited', atNs, integrity, groups })
}

function reasonAgainstAudit({ workers, record }: VariantPlan, signal: AbortSignal): string | null {
  if (signal.aborted) return 'interrupted'
  if (workers.every(({ role }) => role.kind !== 'producer')) return 'nothing was produced'
  const { size } = record
  const smallest = typeof size === 'number' ? size : 'list' in size ? Math.min(...size.list) : size.uniform[0]
  if (record.stampIn === 'header' || smallest >= stampBytes) return null
  return `values of ${smallest} bytes have no room for the ${stampBytes}-byte stamp: load.record.stamp: header carries it`
}

async function cleanUp(
  plan: VariantPlan,
  { access }: World,
  topic: TopicFact | null,
  joined: boolean,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  if (topic === null) return
  const own = topic.created && plan.names.ownTopic ? topic.name : null
  if (signal.aborted && own === null) return
  try {
    // Nobody joined before the workers were there.
    const groups = joined ? plan.groups.map(({ group }) => group) : []
    for (const problem of await access.remove(own, groups)) progress.log(`not deleted: ${problem}`)
  } catch (error) {
    progress.log(`not cleaned up: ${messageOf(error)}`)
  }
}
