import { join } from 'node:path'
import type { Cluster, Driver, Fault } from '../core/api.ts'
import { exitCodes, KbenchError, messageOf, mostImportant } from '../core/errors.ts'
import type { Cell } from '../core/matrix.ts'
import { consumerSettings, type PlannedVariant, planVariants, producerSettings } from '../core/plan.ts'
import type { Profile } from '../core/profile.ts'
import type { RunResult, Variant } from '../core/result.ts'
import { schemaVersion } from '../core/result.ts'
import { evaluateThreshold, parseThreshold } from '../core/threshold.ts'
import { loadPlugin } from '../registry.ts'
import type { RunFolder } from '../store.ts'
import { type StartedCluster, startCluster } from './choose-cluster.ts'
import { emptyVariant } from './empty-variant.ts'
import { describeEnvironment } from './environment.ts'
import type { Progress } from './session.ts'
import { runVariant } from './variant.ts'

export interface BenchJob {
  profile: Profile
  /** Combinations of client and matrix to measure. */
  cells: readonly Cell[]
  /** What the profile's check had to say, short of errors. */
  notes: readonly string[]
  runId: string
  folder: RunFolder
  progress: Progress
  signal: AbortSignal
}

/**
 * The pipeline: plan → cluster → warm-up → variants → result. Resolves with a result whenever there is something to tell, also
 * when interrupted; throws only when nothing was measured. The cluster is torn down either way.
 */
export async function runBench(job: BenchJob): Promise<RunResult> {
  const startedAt = new Date()
  const drivers = await loadDrivers(job.profile)
  const planned = planVariants(job.cells, job.profile.repeat)
  const faults = await faultsOf(planned)
  const variants: Variant[] = []
  const notes: string[] = [...job.notes]
  const errors: unknown[] = []
  let started: StartedCluster | null = null
  let clusterInfo: RunResult['cluster'] | null = null
  try {
    job.progress.stage('cluster', `${job.profile.cluster.provider}, ${job.profile.cluster.layout}`)
    started = await startCluster(job.profile.cluster, {
      runId: job.runId,
      directory: join(job.folder.directory, 'logs'),
      signal: job.signal,
      say: (line) => job.progress.stage('cluster', line),
      features: new Set([...faults.values()].flatMap(({ features }) => features)),
      refuse: (provider) =>
        [...faults].flatMap(([use, fault]) => {
          const reason = fault.refused(provider)
          return reason === null ? [] : [`${use}: ${reason}`]
        }),
    })
    clusterInfo = await describeCluster(started)
    notes.push(`provider: ${started.provider} (${started.reason})`)
    await measure(job, started.cluster, drivers, planned, variants, notes)
  } catch (error) {
    if (!job.signal.aborted) errors.push(error)
  } finally {
    await tearDown(started, job, errors)
  }
  if (variants.length === 0 && errors.length > 0) throw errors[0]
  for (const error of errors) notes.push(`error: ${messageOf(error)}`)
  for (const variant of planned.slice(variants.length)) {
    variants.push(emptyVariant(variant, job.signal.aborted ? 'interrupted' : 'failed', ['not begun']))
  }
  return assemble(job, startedAt, variants, notes, errors, clusterInfo)
}

/** Every fault that any variant uses. */
async function faultsOf(planned: readonly PlannedVariant[]): Promise<Map<string, Fault<unknown>>> {
  const faults = new Map<string, Fault<unknown>>()
  for (const { use } of planned.flatMap(({ profile }) => profile.faults))
    faults.set(use, await loadPlugin('faults', use))
  return faults
}

export async function loadDrivers(profile: Profile): Promise<Map<string, Driver<unknown>>> {
  const drivers = new Map<string, Driver<unknown>>()
  for (const client of profile.clients) drivers.set(client, await loadPlugin('drivers', client))
  return drivers
}

async function measure(
  job: BenchJob,
  cluster: Cluster,
  drivers: ReadonlyMap<string, Driver<unknown>>,
  planned: readonly PlannedVariant[],
  variants: Variant[],
  notes: string[],
): Promise<void> {
  const supported = planned.filter((variant) => reasonAgainst(variant, drivers) === null)
  const base = { runId: job.runId, cluster, progress: job.progress, signal: job.signal }
  const clients = [...new Set(supported.map(({ client }) => client))]
  const first = (client: string) => supported.find((variant) => variant.client === client)!
  const { workload: workloadName, phases } = job.profile
  const workload = await loadPlugin('workloads', workloadName)
  if (phases.clusterWarmup > 0 && clients.length > 0 && !workload.prefill) {
    job.progress.stage('cluster warm-up', clients.join(' and '))
    // Every client at once: a cold broker would punish whoever comes first.
    const rehearsals = await Promise.allSettled(
      clients.map((client, index) =>
        runVariant({
          ...base,
          workload,
          variant: { ...first(client), id: `warm-up of ${client}` },
          index: 9000 + index,
          driver: drivers.get(client)!,
          rehearsal: true,
        }),
      ),
    )
    // A client that cannot even warm up fails as a variant, with its reason; the others are measured all the same.
    for (const [index, rehearsal] of rehearsals.entries()) {
      if (rehearsal.status === 'rejected' && !job.signal.aborted) {
        job.progress.log(`warm-up of ${clients[index]}: ${messageOf(rehearsal.reason)}`)
      }
    }
  }
  for (const [index, variant] of planned.entries()) {
    if (job.signal.aborted) break
    const against = reasonAgainst(variant, drivers)
    if (against !== null) {
      variants.push(emptyVariant(variant, 'unsupported', [against]))
      continue
    }
    try {
      variants.push(
        await runVariant({
          ...base,
          workload: await loadPlugin('workloads', variant.profile.workload),
          variant,
          index,
          driver: drivers.get(variant.client)!,
          rehearsal: false,
        }),
      )
    } catch (error) {
      const interrupted = job.signal.aborted
      variants.push(emptyVariant(variant, interrupted ? 'interrupted' : 'failed', [messageOf(error)]))
      if (!interrupted) {
        job.progress.log(`${variant.id}: ${messageOf(error)}`)
        if (error instanceof KbenchError && error.hint) notes.push(error.hint)
      }
    }
    job.folder.journal({ type: 'variant', id: variant.id, status: variants.at(-1)!.status })
  }
  if (planned.length > 1 && job.profile.repeat === 1) {
    notes.push('order not balanced: one repetition; whoever ran second met a warmer cluster')
  }
}

export function reasonAgainst(
  { client, profile }: PlannedVariant,
  drivers: ReadonlyMap<string, Driver<unknown>>,
): string | null {
  const driver = drivers.get(client)!
  const producer = producerSettings(profile, client)
  const groups = profile.consumers.map((group) => consumerSettings(group, client, group.group, 0))
  return [null, ...groups].map((group) => driver.unsupported(producer, group)).find((reason) => reason !== null) ?? null
}

export async function describeCluster({
  cluster,
  provider,
  transferable,
}: StartedCluster): Promise<RunResult['cluster']> {
  const { layout, kafkaVersion } = await cluster.describe()
  const brokers = cluster.nodes.map(({ id, host, port }) => ({ id, host, port }))
  return { provider, layout, kafkaVersion, transferable, brokers }
}

export async function tearDown(started: StartedCluster | null, job: BenchJob, errors: unknown[]): Promise<void> {
  job.progress.stage('teardown', '')
  try {
    await started?.cluster[Symbol.asyncDispose]()
  } catch (error) {
    errors.push(error)
  }
}

export async function assemble(
  job: BenchJob,
  startedAt: Date,
  variants: Variant[],
  notes: string[],
  errors: readonly unknown[],
  cluster: RunResult['cluster'] | null,
): Promise<RunResult> {
  const { profile, runId, signal } = job
  const thresholds = variants
    .filter(({ status }) => status !== 'unsupported')
    .flatMap((variant) =>
      profile.thresholds.map((expression) => {
        const threshold = parseThreshold(expression)
        if (typeof threshold === 'string') throw new KbenchError('profile', threshold)
        return { expression, variant: variant.id, ...evaluateThreshold(threshold, variant) }
      }),
    )
  const codes = new Set<number>()
  if (signal.aborted) codes.add(exitCodes.interrupted)
  for (const error of errors) codes.add(error instanceof KbenchError ? exitCodes[error.code] : exitCodes.internal)
  if (variants.some(({ status }) => status === 'failed')) codes.add(exitCodes.environment)
  if (variants.some(({ integrity }) => integrity.verdict === 'violated')) codes.add(exitCodes.integrity)
  if (variants.some(({ status }) => status === 'invalid')) codes.add(exitCodes.invalid)
  if (thresholds.some(({ ok }) => !ok) && !signal.aborted) codes.add(exitCodes.threshold)
  const exitCode = mostImportant([...codes])
  return {
    schemaVersion,
    runId,
    name: profile.name,
    startedAt: startedAt.toISOString(),
    durationS: Math.round(Date.now() - startedAt.getTime()) / 1000,
    status: runStatus(exitCode, codes),
    exitCode,
    exitCodes: [...codes].sort((a, b) => a - b),
    profile: profile as unknown as Record<string, unknown>,
    environment: await describeEnvironment(),
    cluster: cluster ?? {
      provider: profile.cluster.provider,
      layout: profile.cluster.layout,
      kafkaVersion: null,
      transferable: 'nothing was started',
      brokers: [],
    },
    variants,
    thresholds,
    notes,
  }
}

export function runStatus(exitCode: number, codes: ReadonlySet<number>): RunResult['status'] {
  if (codes.has(exitCodes.interrupted)) return 'interrupted'
  if (exitCode === exitCodes.invalid) return 'invalid'
  return exitCode === 0 ? 'ok' : 'failed'
}
