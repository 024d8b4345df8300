import { messageOf } from '../../base/errors.ts'
import type { Cluster, Reference } from '../../contracts/api.ts'
import type { ReferenceResult, Variant } from '../../contracts/result.ts'
import { notAudited } from '../../judge/not-audited.ts'
import { consumerSettings, type PlannedVariant, producerSettings } from '../../profile/plan.ts'
import { plainRate } from '../../profile/shapes.ts'
import { loadPlugin } from '../../registry.ts'
import { accessTo } from '../variant/access.ts'
import type { Progress } from '../variant/session.ts'
import { emptyVariant } from './empty-variant.ts'

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
}

/** Runs a reference tool as a variant: on a fresh topic of the same shape, with the same settings and load. */
export async function runReference(job: ReferenceVariantJob): Promise<Variant> {
  const { variant, cluster, progress, signal } = job
  const { profile } = variant
  const access = accessTo(cluster)
  const name = `kbench-${job.runId}-${job.index}`
  const { prefill } = await loadPlugin('workloads', profile.workload)
  const { warmup, measure } = profile.phases
  const groups = profile.workload === 'produce' ? [] : profile.consumers
  const consumers = groups.map((group) =>
    // Of a group's members one: how the tool shares records among several it does not tell.
    consumerSettings(group, variant.client, `kbench-${job.runId}-${job.index}-${group.group}`, 0),
  )
  let created = false
  try {
    progress.stage('topic', `${name}, ${profile.topic.partitions} partitions`)
    const { partitions, replicationFactor, config } = profile.topic
    created = await access.createTopic({ name, partitions, replicationFactor, config }, signal)
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
    return variantOf(variant, result, Number(profile.load.record.size), (performance.now() - startedMs) / 1000)
  } finally {
    if (created && !signal.aborted) {
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

/** The tool's own numbers where they mean the same; what it does not tell stays null. */
function variantOf(planned: PlannedVariant, result: ReferenceResult, recordBytes: number, durationS: number): Variant {
  const empty = emptyVariant(planned, 'ok', [])
  const { produce, consume } = result
  const acked = produce?.records ?? 0
  const rate = plainRate(planned.profile.load.rate)
  return {
    ...empty,
    phases: [{ name: 'measure', startS: 0, endS: durationS }],
    effectiveConfig: { producer: { 'kbench.command': result.runs[0]?.command ?? null }, consumer: null },
    ledger: { scheduled: acked, acked, failed: 0, unknown: 0, unsent: 0 },
    integrity: notAudited('records of the reference tool carry no stamp'),
    produce: {
      ...empty.produce,
      offeredPerSec: rate === 'max' ? null : rate,
      sentPerSec: produce?.recordsPerSec ?? 0,
      ackedPerSec: produce?.recordsPerSec ?? 0,
      ackedBytesPerSec: (produce?.recordsPerSec ?? 0) * recordBytes,
    },
    consume:
      consume.length === 0
        ? null
        : {
            receivedPerSec: consume.reduce((sum, { recordsPerSec }) => sum + recordsPerSec, 0),
            receivedBytesPerSec: consume.reduce((sum, { bytesPerSec }) => sum + bytesPerSec, 0),
            endToEndUs: null,
          },
    generator: { ...empty.generator, valid: true },
    reference: result,
  }
}
