import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { plural } from '../../base/plural.ts'
import { within } from '../../base/within.ts'
import type { Cluster, Driver, Workload } from '../../contracts/api.ts'
import type { AuditReport } from '../../contracts/audit.ts'
import type { TopicFact } from '../../contracts/facts.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import type { ThresholdOutcome, Variant } from '../../contracts/result.ts'
import { assemble } from '../../judge/assemble.ts'
import { notAudited } from '../../judge/not-audited.ts'
import { stampBytes } from '../../load/stamp.ts'
import { carriesStamp, smallestSize } from '../../load/values.ts'
import { planVariant } from '../../load/variant-plan.ts'
import type { PlannedVariant } from '../../profile/plan.ts'
import type { Spill } from '../../recording/history.ts'
import { createRecording, type Recording } from '../../recording/recording.ts'
import type { RecordingFile } from '../../store/recordings.ts'
import { boundedWorld } from './bounded-world.ts'
import { brokersBack } from './brokers-back.ts'
import { conduct } from './conduct.ts'
import { gatherCrew } from './crew.ts'
import { machineWorld } from './machine-world.ts'
import type { Progress } from './progress.ts'
import { leftText, prepareTopic } from './topic.ts'
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
  /** Of `limits.bytes` of the run; absent = all of it. */
  bytesLeft?: number
  /** Absent = the recording is not kept. */
  store?: (plan: VariantPlan) => RecordingFile
  /** As {@link World.log}. */
  log?: World['log']
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
    ...(job.bytesLeft !== undefined && { bytesLeft: job.bytesLeft }),
    roles: workload.roles,
  })
  const file = job.store?.(plan) ?? null
  try {
    const world = await machineWorld(plan, cluster, systemClock(), undefined, job.log)
    return await measureVariant(plan, world, {
      isolation: isolationOf(job.driver, plan.faults.length > 0),
      progress,
      signal,
      write: (line) => file?.write(line),
      ...(file?.spill && { spill: file.spill }),
    })
  } finally {
    await file?.close()
  }
}

/** A fault that ends or stops a worker has to reach the library's threads as well, which only a signal to a process does. */
export const isolationOf = ({ isolation, ownThreads }: Driver<unknown>, hasFaults: boolean): 'thread' | 'process' =>
  ownThreads && hasFaults ? 'process' : isolation

export interface Measuring {
  isolation: 'thread' | 'process'
  progress: Progress
  signal: AbortSignal
  /** Takes each fact as one line. */
  write(line: string): void
  /** For what is long over; absent = it stays in memory. */
  spill?: Spill
}

/** The engine: plan → recording → result. Leaves neither topic, group nor process behind. Throws when nothing was measured. */
export async function measureVariant(plan: VariantPlan, outside: World, options: Measuring): Promise<Measured> {
  const { progress, signal } = options
  const world = boundedWorld(outside, plan, signal, progress.log)
  const recording = createRecording(plan, world.clock, options.write, options.spill)
  let topic: TopicFact | null = null
  try {
    if (plan.faults.length > 0) await brokersBack(world.cluster, signal)
    progress.stage(
      'topic',
      plan.names.ownTopic ? `${plan.names.topic}, ${plural(plan.topic.partitions, 'partition')}` : plan.names.topic,
    )
    topic = await prepareTopic(recording, world, progress, signal)
    await using audit = world.openAudit(plan, topic)
    progress.stage('connect', `${plural(plan.producers, 'producer')}, ${plan.client}`)
    {
      await using crew = gatherCrew(recording, world, topic, options.isolation, audit, progress.log)
      await conduct({ recording, world, topic, crew, progress, signal, ended: new AbortController() })
    }
    await auditLog(recording, world, topic, audit, { progress, signal })
    return assemble(plan, recording.sums)
  } finally {
    await cleanUp(plan, world, topic, progress)
  }
}

async function auditLog(
  { plan, sums, append }: Recording,
  { clock }: World,
  topic: TopicFact,
  audit: ReturnType<World['openAudit']>,
  { progress, signal }: Pick<Measuring, 'progress' | 'signal'>,
): Promise<void> {
  if (!plan.audit) return
  const against = reasonAgainstAudit(plan, signal)
  const measure = sums.axis.phase('measure')
  const startNs = sums.startNs!
  if (against === null) progress.stage('audit', topic.name)
  const { integrity, groups } = against === null ? await audited() : { integrity: notAudited(against), groups: {} }
  const atNs = sums.lastFactNs!
  // Without its audit the variant is not what was asked for.
  if (signal.aborted) append({ fact: 'event', atNs, kind: 'interrupted', detail: 'not audited' })
  append({ fact: 'audited', atNs, integrity, groups })

  async function audited(): Promise<AuditReport> {
    const order = {
      topic: topic.name,
      partitions: topic.partitions,
      firstOffsets: new Map(topic.firstOffsets.flatMap((offset, at) => (offset === null ? [] : [[at, offset]]))),
      run: plan.run,
      producers: plan.producers,
      exclusive: plan.names.ownTopic,
      measure: [startNs + (measure?.fromNs ?? 0), startNs + (measure?.toNs ?? 0)] as const,
      redelivered: [...sums.groups.values()].reduce((sum, group) => sum + group.delivered.redelivered(), 0),
      delivered: Object.fromEntries([...sums.groups].map(([name, group]) => [name, group.delivered.ranges()])),
      idempotence: plan.idempotence,
      ...(topic.compacted && { compacted: { keys: plan.record.keys, seed: plan.seed } }),
      signal,
    }
    try {
      const work = (alive: () => void) => audit.audit({ ...order, alive })
      return await within(plan.deadlinesMs.audit, `audit of ${plan.id}`, work, { clock, signal })
    } catch (error) {
      const reason = signal.aborted ? 'interrupted' : messageOf(error)
      return { integrity: { ...notAudited(reason), redelivered: order.redelivered }, groups: {} }
    }
  }
}

function reasonAgainstAudit({ workers, record }: VariantPlan, signal: AbortSignal): string | null {
  if (signal.aborted) return 'interrupted'
  if (workers.every(({ role }) => role.kind !== 'producer')) return 'nothing was produced'
  if (carriesStamp(record)) return null
  return `values of ${smallestSize(record.size)} bytes have no room for the ${stampBytes}-byte stamp: load.record.stamp: header carries it`
}

async function cleanUp(
  plan: VariantPlan,
  { access, cluster }: World,
  topic: TopicFact | null,
  progress: Progress,
): Promise<void> {
  if (topic === null) return
  const own = topic.created && plan.names.ownTopic ? topic.name : null
  try {
    const groups = plan.groups.flatMap(({ group, stays }) => (stays ? [] : [group]))
    for (const problem of await access.remove(own, groups)) progress.log(leftText(problem, cluster, plan.runId))
  } catch (error) {
    progress.log(leftText(messageOf(error), cluster, plan.runId))
  }
}
