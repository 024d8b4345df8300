import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { exitCodes, KbenchError, messageOf, mostImportant } from '../../base/errors.ts'
import type { Cluster, ClusterFeature, Fault } from '../../contracts/api.ts'
import type { RunResult, ThresholdOutcome, Variant } from '../../contracts/result.ts'
import { schemaVersion } from '../../contracts/result.ts'
import type { PlannedVariant } from '../../profile/plan.ts'
import type { Profile } from '../../profile/schema.ts'
import { type ThresholdEntry, thresholdEntry } from '../../profile/threshold-entry.ts'
import { loadPlugin } from '../../registry.ts'
import type { RunFolder } from '../../store.ts'
import { brokersBack } from '../variant/brokers-back.ts'
import type { Progress } from '../variant/session.ts'
import { createThresholdWatch } from '../variant/threshold-watch.ts'
import { runVariant } from '../variant/variant.ts'
import { type StartedCluster, startCluster } from './choose-cluster.ts'
import { emptyVariant } from './empty-variant.ts'
import { describeEnvironment } from './environment.ts'
import { runReference } from './reference.ts'
import type { RunPlan } from './run-plan.ts'
import {
  type Budget,
  checkSameCluster,
  createMeter,
  type Earlier,
  type Meter,
  sessionsOf,
  sessionTag,
} from './sessions.ts'

export interface BenchJob {
  plan: RunPlan
  /** What the profile's check had to say, short of errors. */
  notes: readonly string[]
  runId: string
  folder: RunFolder
  progress: Progress
  signal: AbortSignal
  /** What sessions before this one have measured; null = this is the first. */
  earlier: Earlier | null
  budget: Budget
}

/**
 * The pipeline: plan → cluster → warm-up → variants → result. Resolves with a result whenever there is something to tell, also
 * when interrupted; throws only when nothing was measured. The cluster is torn down either way.
 */
export async function runBench(job: BenchJob): Promise<RunResult> {
  const startedAt = new Date()
  const { plan, earlier } = job
  const { profile } = plan
  const variants = new Map<string, Variant>(earlier?.variants)
  const todo = plan.variants.filter(({ id }) => !variants.has(id))
  const idle = isIdle(job)
  const faults = await faultsOf(todo)
  // One of several is a variant that fails; with none left there is nothing to start.
  const [missing] = plan.absent.values()
  if (missing && plan.absent.size === plan.drivers.size) throw missing
  for (const error of plan.absent.values()) job.progress.log(`${error.message}: ${error.hint}`)
  const notes: string[] = [...job.notes]
  const errors: unknown[] = []
  const outcomes: Outcomes = new Map(earlier?.thresholds)
  const meter = createMeter(job.budget)
  let started: StartedCluster | null = null
  let clusterInfo: RunResult['cluster'] | null = null
  try {
    if (!idle) {
      // A resumed run stays with the provider that was chosen for it.
      const provider = earlier?.sessions.at(-1)?.cluster?.provider ?? profile.cluster.provider
      job.progress.stage('cluster', `${provider}, ${profile.cluster.layout}`)
      if (earlier) await clearAway(provider, job)
      const logs = join(job.folder.directory, 'logs', sessionTag(earlier).replace(/^-/, ''))
      await mkdir(logs, { recursive: true })
      const paced = await isPaced(plan.variants)
      started = await startCluster({ ...profile.cluster, provider }, clusterContext(job, logs, faults, paced))
      clusterInfo = await describeCluster(started)
      checkSameCluster(clusterInfo, earlier)
      await job.folder.keep({ type: 'cluster', cluster: clusterInfo })
      notes.push(`provider: ${started.provider} (${started.reason})`)
      await measure(job, started.cluster, todo, meter, variants, notes, outcomes)
    }
  } catch (error) {
    if (!job.signal.aborted) errors.push(error)
  } finally {
    await tearDown(started, job, errors)
  }
  if (variants.size === 0 && errors.length > 0) throw errors[0]
  for (const error of errors) notes.push(`error: ${messageOf(error)}`)
  const { whole, left } = inPlannedOrder(job, variants, errors)
  if (left.size > 0) notes.push(`${left.size} left for a later session: kbench run --resume ${job.runId}`)
  return assemble(job, startedAt, whole, notes, errors, clusterInfo, outcomes, left)
}

/** What was measured, and in the place of what was not, why; `left` = what this session was told to stop before. */
function inPlannedOrder(
  { plan, signal }: BenchJob,
  measured: ReadonlyMap<string, Variant>,
  errors: readonly unknown[],
) {
  const left = new Set<string>()
  const whole = plan.variants.map((variant) => {
    const found = measured.get(variant.id)
    if (found) return found
    const against = plan.unsupported.get(variant.id)
    if (against !== undefined) return emptyVariant(variant, 'unsupported', [against])
    if (signal.aborted || errors.length > 0) {
      return emptyVariant(variant, signal.aborted ? 'interrupted' : 'failed', ['not begun'])
    }
    left.add(variant.id)
    return emptyVariant(variant, 'interrupted', ['left for a later session'])
  })
  return { whole, left }
}

/** Variant id → how its thresholds came out, for variants that were begun. */
type Outcomes = Map<string, readonly ThresholdOutcome[]>

function entriesOf({ thresholds }: Profile): ThresholdEntry[] {
  return thresholds.map((written) => {
    const entry = thresholdEntry(written)
    if (typeof entry === 'string') throw new KbenchError('profile', entry)
    return entry
  })
}

/** Earlier sessions left nothing that a client can do. */
const isIdle = ({ plan, earlier }: BenchJob): boolean =>
  earlier !== null && plan.variants.every(({ id }) => earlier.variants.has(id) || plan.unsupported.has(id))

/** Brokers of a session that was killed would still be running, beside those that are to be measured. */
async function clearAway(provider: string, { progress, signal }: BenchJob): Promise<void> {
  if (provider === 'auto') return
  const { clean } = await loadPlugin('clusters', provider)
  for (const line of (await clean?.(signal)) ?? []) progress.log(`left by a killed run: ${line}`)
}

const clusterContext = (
  job: BenchJob,
  directory: string,
  faults: ReadonlyMap<string, Fault<unknown>>,
  paced: boolean,
) => ({
  runId: `${job.runId}${sessionTag(job.earlier)}`,
  directory,
  signal: job.signal,
  say: (line: string) => job.progress.stage('cluster', line),
  // Metrics: what a quota does to the load is told by nobody else.
  features: new Set<ClusterFeature>([...[...faults.values()].flatMap(({ features }) => features), 'metrics']),
  paced,
  refuse: (provider: string) =>
    [...faults].flatMap(([use, fault]) => {
      const reason = fault.refused(provider)
      return reason === null ? [] : [`${use}: ${reason}`]
    }),
})

/** Every variant has due times: none is as fast as it goes, as rate max and the reading of what is there already are. */
async function isPaced(variants: readonly PlannedVariant[]): Promise<boolean> {
  for (const { profile } of variants) {
    const { prefill } = await loadPlugin('workloads', profile.workload)
    if (prefill || profile.load.rate === 'max') return false
  }
  return true
}

/** Every fault that any variant uses. */
async function faultsOf(planned: readonly PlannedVariant[]): Promise<Map<string, Fault<unknown>>> {
  const faults = new Map<string, Fault<unknown>>()
  for (const { use } of planned.flatMap(({ profile }) => profile.faults))
    faults.set(use, await loadPlugin('faults', use))
  return faults
}

async function measure(
  job: BenchJob,
  cluster: Cluster,
  todo: readonly PlannedVariant[],
  meter: Meter,
  variants: Map<string, Variant>,
  notes: string[],
  outcomes: Outcomes,
): Promise<void> {
  const { unsupported, absent, drivers, reference, profile, variants: planned } = job.plan
  const session = (job.earlier?.sessions.length ?? 0) + 1
  // Positions of a killed session may still be names of topics on a cluster that is not kbench's own.
  const position = (variant: PlannedVariant) => planned.indexOf(variant) + (session - 1) * 10_000
  const base = { runId: job.runId, cluster, progress: job.progress, signal: job.signal }
  const supported = todo.filter(({ id, client }) => !unsupported.has(id) && !absent.has(client))
  const clients = [...new Set(supported.map(({ client }) => client))].filter((client) => drivers.has(client))
  const first = (client: string) => supported.find((variant) => variant.client === client)!
  const { workload: workloadName, phases } = profile
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
          index: 9000 + index + (session - 1) * 10_000,
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
  for (const variant of todo) {
    if (job.signal.aborted) break
    const against = unsupported.get(variant.id)
    if (against !== undefined) {
      variants.set(variant.id, emptyVariant(variant, 'unsupported', [against]))
      continue
    }
    const missing = absent.get(variant.client)
    if (missing) {
      variants.set(variant.id, emptyVariant(variant, 'failed', [`${missing.message}: ${missing.hint}`]))
      continue
    }
    if (!meter.fits(variant)) break
    if (meter.begun > 0) await coolDown(job)
    if (job.signal.aborted) break
    const done = meter.begin(variant)
    const watch = createThresholdWatch(entriesOf(profile), variant.params)
    let measured: Variant
    try {
      const driver = drivers.get(variant.client)
      const index = position(variant)
      measured = driver
        ? await runVariant({
            ...base,
            workload: await loadPlugin('workloads', variant.profile.workload),
            variant,
            index,
            driver,
            rehearsal: false,
            thresholds: watch,
          })
        : await runReference({ ...base, variant, index, reference: reference!, directory: job.folder.directory })
    } catch (error) {
      const interrupted = job.signal.aborted
      measured = emptyVariant(variant, interrupted ? 'interrupted' : 'failed', [messageOf(error)])
      if (!interrupted) {
        job.progress.log(`${variant.id}: ${messageOf(error)}`)
        if (error instanceof KbenchError && error.hint) notes.push(error.hint)
      }
    }
    done()
    measured.session = session
    variants.set(variant.id, measured)
    // Windows are judged from what only a running variant knows: their outcome is kept beside its result.
    const judged = watch.outcomes(measured)
    outcomes.set(variant.id, judged)
    const { id, status } = measured
    const entry = { type: 'variant', id, status, session, at: new Date().toISOString() }
    // What was cut short, by the user or by the death of the cluster, is told, and run again by --resume; what a threshold ended is not.
    if (status === 'interrupted' && !judged.some(({ aborted }) => aborted)) job.folder.journal(entry)
    else {
      if (status !== 'ok') await brokersBack(cluster, job.signal)
      await job.folder.keep({ ...entry, result: measured, thresholds: judged })
    }
  }
  if (planned.length > 1 && profile.repeat === 1) {
    notes.push('order not balanced: one repetition; whoever ran second met a warmer cluster')
  }
}

async function coolDown({ plan, progress, signal }: BenchJob): Promise<void> {
  const { coolDown: lengthMs } = plan.profile.phases
  if (lengthMs === 0) return
  progress.stage('rest', `${lengthMs / 1000} s before the next variant`)
  await delay(lengthMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

export async function describeCluster({
  cluster,
  provider,
  transferable,
}: StartedCluster): Promise<RunResult['cluster']> {
  const { layout, kafkaVersion, brokerOptions } = await cluster.describe()
  const brokers = cluster.nodes.map(({ id, host, port }) => ({ id, host, port }))
  return { provider, layout, kafkaVersion, transferable, ...(brokerOptions ? { brokerOptions } : {}), brokers }
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
  outcomes: Outcomes = new Map(),
  left: ReadonlySet<string> = new Set(),
): Promise<RunResult> {
  const { plan, runId, signal, earlier } = job
  const { profile } = plan
  const environment = await describeEnvironment()
  const sessions = sessionsOf(earlier, isIdle(job) ? null : { startedAt, environment, cluster })
  const thresholds = variants
    // Of a reference tool most of what a threshold may ask for is not known, and it is not what is put to the test.
    .filter(
      ({ id, status, params }) => status !== 'unsupported' && !left.has(id) && params.client !== profile.reference,
    )
    .flatMap(
      (variant) =>
        outcomes.get(variant.id) ?? createThresholdWatch(entriesOf(profile), variant.params).outcomes(variant),
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
    startedAt: sessions[0]!.startedAt,
    durationS: Math.round(sessions.reduce((sum, { durationS }) => sum + durationS, 0) * 1000) / 1000,
    status: left.size > 0 ? 'interrupted' : runStatus(exitCode, codes),
    exitCode,
    exitCodes: [...codes].sort((a, b) => a - b),
    profile: profile as unknown as Record<string, unknown>,
    environment,
    cluster: cluster ??
      earlier?.sessions.at(-1)?.cluster ?? {
        provider: profile.cluster.provider,
        layout: profile.cluster.layout,
        kafkaVersion: null,
        transferable: 'nothing was started',
        brokers: [],
      },
    variants,
    thresholds,
    notes,
    sessions,
  }
}

export function runStatus(exitCode: number, codes: ReadonlySet<number>): RunResult['status'] {
  if (codes.has(exitCodes.interrupted)) return 'interrupted'
  if (exitCode === exitCodes.invalid) return 'invalid'
  return exitCode === 0 ? 'ok' : 'failed'
}
