import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import { plural } from '../../base/plural.ts'
import type { Cluster, Reference } from '../../contracts/api.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import { assemble } from '../../judge/assemble.ts'
import { probeRecordOf } from '../../load/probe-record.ts'
import { planVariant } from '../../load/variant-plan.ts'
import { consumerSettings, type PlannedVariant, producerSettings } from '../../profile/plan.ts'
import { plainRate } from '../../profile/shapes.ts'
import { createRecording } from '../../recording/recording.ts'
import { loadPlugin } from '../../registry.ts'
import type { RecordingFile } from '../../store/recordings.ts'
import { accessTo } from '../variant/access.ts'
import type { Progress } from '../variant/progress.ts'
import type { Measured } from '../variant/variant.ts'

export interface ReferenceVariantJob {
  variant: PlannedVariant
  runId: string
  index: number
  cluster: Cluster
  reference: Reference
  /** Folder for the tool's files. */
  directory: string
  progress: Progress
  signal: AbortSignal
  store?: (plan: VariantPlan) => RecordingFile
}

/** Runs a reference tool as a variant: on a fresh topic of the same shape, with the same settings and load. */
export async function runReference(job: ReferenceVariantJob): Promise<Measured> {
  const { variant, cluster, progress, signal } = job
  const { profile } = variant
  const access = accessTo(cluster)
  const name = `${profile.cluster.prefix}${job.runId}-${job.index}`
  const { prefill } = await loadPlugin('workloads', profile.workload)
  const { warmup, measure } = profile.phases
  const groups = profile.workload === 'produce' ? [] : profile.consumers
  const consumers = groups.map((group) =>
    // One of a group's members: the tool does not report how it shares records among several.
    consumerSettings(group, variant.client, `${name}-${group.group}`, 0),
  )
  const plan = planVariant(variant, { kind: 'reference', runId: job.runId, index: job.index, prefill, roles: () => [] })
  const clock = systemClock()
  const file = job.store?.(plan) ?? null
  let created = false
  try {
    progress.stage('topic', `${name}, ${plural(profile.topic.partitions, 'partition')}`)
    const { partitions, replicationFactor, config } = profile.topic
    created = await access.createTopic({ name, partitions, replicationFactor, config }, signal)
    const acks = profile.producers.acks === 'all' ? 'all' : 1
    await access.probe?.({ name, partitions }, { created, acks, record: probeRecordOf(plan, false), signal })
    progress.stage('reference', `${variant.client}, about ${Math.round((warmup + measure) / 1000)} s`)
    const startedMs = performance.now()
    const result = await job.reference.run({
      network: cluster.network,
      topic: { name, partitions },
      kafkaVersion: (await cluster.describe()).kafkaVersion,
      ratePerSec: plainRate(profile.load.rate),
      count: profile.load.count ?? null,
      durationS: (warmup + measure) / 1000,
      warmupS: warmup / 1000,
      recordBytes: Number(profile.load.record.size),
      producers: profile.producers.count,
      producer: producerSettings(profile, variant.client),
      consumers,
      prefill,
      directory: job.directory,
      signal,
      say: (line) => progress.stage('reference', line),
    })
    const recording = createRecording(plan, clock, (line) => file?.write(line))
    const durationS = (performance.now() - startedMs) / 1000
    recording.append({ fact: 'reference', atNs: clock.nowNs(), result, durationS })
    recording.append({ fact: 'over', atNs: clock.nowNs() })
    return assemble(plan, recording.sums)
  } finally {
    await file?.close()
    // Also of one that was interrupted: on a cluster that is not kbench's own its topic would stay.
    if (created) {
      try {
        const problems = await access.remove(
          name,
          consumers.map(({ group }) => group),
        )
        for (const problem of problems) progress.log(`not deleted: ${problem}`)
      } catch (error) {
        progress.log(`not cleaned up: ${messageOf(error)}`)
      }
    }
  }
}
