import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { Cluster, ClusterFeature, Fault } from '../../contracts/api.ts'
import { finding } from '../../contracts/findings.ts'
import { definitions, type RunResult, type Variant } from '../../contracts/result.ts'
import type { PlannedRef, RunFact } from '../../contracts/run-facts.ts'
import { wasLimited } from '../../judge/assemble-run.ts'
import { bytesLeftOf, nothingLeft } from '../../judge/bytes-left.ts'
import { emptyVariant } from '../../judge/empty-variant.ts'
import type { RunSums } from '../../judge/run-sums.ts'
import { rehearsalBytesLeft, sharedRate, writtenBytes } from '../../profile/limits.ts'
import type { PlannedVariant } from '../../profile/plan.ts'
import { loadPlugin } from '../../registry.ts'
import { resultOf } from '../../search/assemble-search.ts'
import type { RunFolder } from '../../store/folder.ts'
import { brokersBack } from '../variant/brokers-back.ts'
import type { Progress } from '../variant/progress.ts'
import type { Measured } from '../variant/variant.ts'
import type { StartedCluster } from './choose-cluster.ts'
import { machine } from './machine-run.ts'
import { platformNotes } from './platform-notes.ts'
import type { RunPlan } from './run-plan.ts'
import type { RunWorld } from './run-world.ts'
import { type Budget, checkSameCluster, createMeter, type Meter, sessionTag } from './sessions.ts'

export interface BenchJob {
  plan: RunPlan
  /** What the profile's check had to say, short of errors. */
  notes: readonly string[]
  runId: string
  folder: RunFolder
  /** What the journal says so far, this session's beginning included. */
  sums: RunSums
  isResumed: boolean
  /** Appends to the journal and to the sums. */
  record(fact: RunFact): void
  /** The same, on the disk when it resolves. */
  keep(fact: RunFact): Promise<void>
  progress: Progress
  signal: AbortSignal
  budget: Budget
  /** Absent = this machine. */
  world?: RunWorld
}

/**
 * The pipeline: plan → cluster → warm-up → variants → result. Resolves with a result whenever there is something to report, also when
 * interrupted; throws only when nothing was measured. The cluster is torn down either way.
 */
export async function runBench(job: BenchJob): Promise<RunResult> {
  const startMs = performance.now()
  const { plan, sums, world = machine } = job
  const { profile } = plan
  const todo = plan.variants.filter(({ id }) => !isDone(sums, id))
  const faults = await faultsOf(todo)
  // One of several is a variant that fails; with none left there is nothing to start.
  const [missing] = plan.absent.values()
  if (missing && plan.absent.size === plan.drivers.size) throw missing
  for (const error of plan.absent.values()) job.progress.log(`${error.message}: ${error.hint}`)
  for (const text of [...job.notes, ...platformNotes()]) job.record({ type: 'note', text })
  const errors: unknown[] = []
  // Earlier sessions left nothing that a client can do.
  const isIdle = sums.sessions.length > 0 && todo.every(({ id }) => plan.unsupported.has(id)) && job.isResumed
  let started: StartedCluster | null = null
  try {
    if (!isIdle) {
      // A resumed run stays with the provider that was chosen for it.
      const earlier = clusterBefore(sums)
      const provider = earlier?.provider ?? profile.cluster.provider
      job.progress.stage('cluster', `${provider}, ${profile.cluster.layout}`)
      if (sums.sessions.length > 1) await clearAway(provider, job)
      const logs = join(job.folder.directory, 'logs', sessionTag(sums).replace(/^-/, ''))
      await mkdir(logs, { recursive: true })
      const paced = await isPaced(plan.variants)
      started = await world.startCluster({ ...profile.cluster, provider }, clusterContext(job, logs, faults, paced))
      const cluster = await describeCluster(started)
      checkSameCluster(cluster, earlier)
      await job.keep({ type: 'cluster', cluster })
      job.record({ type: 'note', text: `provider: ${started.provider} (${started.reason})` })
      await measure(job, started.cluster, todo, createMeter(job.budget))
    }
  } catch (error) {
    if (!job.signal.aborted) errors.push(error)
  } finally {
    await tearDown(started, job, errors)
  }
  return endRun(job, startMs, errors, isIdle)
}

export const isDone = ({ variants }: RunSums, id: string): boolean => variants.get(id)?.isWhole === true

const clusterBefore = ({ sessions }: RunSums) =>
  sessions.slice(0, -1).findLast(({ cluster }) => cluster !== null)?.cluster ?? null

/** The last facts of a session, and what all of them amount to. Throws where nothing was measured. */
export async function endRun(
  job: BenchJob,
  startMs: number,
  errors: readonly unknown[],
  isIdle = false,
): Promise<RunResult> {
  const { sums, signal } = job
  const nothing = [...sums.variants.values()].every(({ variant }) => variant === null)
  if (nothing && errors.length > 0) throw errors[0]
  for (const error of errors) {
    const code = error instanceof KbenchError ? error.code : 'internal'
    job.record({ type: 'error', code, message: messageOf(error) })
  }
  const last = sums.sessions.at(-1)!
  if (!isIdle) {
    const durationS = Math.round(performance.now() - startMs) / 1000
    await job.keep({ type: 'over', at: new Date().toISOString(), durationS, interrupted: signal.aborted })
  } else if (last.over === null || last.over.interrupted) {
    // Nothing was left to do: the session before, whatever ended it, had done it all.
    const durationS = last.over?.durationS ?? (Date.parse(last.lastAt) - Date.parse(last.begun.startedAt)) / 1000
    await job.keep({ type: 'over', at: last.lastAt, durationS, interrupted: false })
  }
  return resultOf(sums)
}

/** What the journal says of every variant before it begins. */
export function refsOf({ variants, unsupported }: RunPlan): PlannedRef[] {
  return variants.map(({ id, client, params, repeat }) => ({
    id,
    client,
    params: { ...params },
    repeat,
    unsupported: unsupported.get(id) ?? null,
  }))
}

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
  runId: `${job.runId}${sessionTag(job.sums)}`,
  directory,
  signal: job.signal,
  say: (line: string) => job.progress.stage('cluster', line),
  // Metrics: only they show what a quota does to the load.
  features: new Set<ClusterFeature>([...[...faults.values()].flatMap(({ features }) => features), 'metrics']),
  paced,
  refuse: refusalsOf(faults),
})

/** Why these faults cannot be had from a provider, a line each. */
const refusalsOf = (faults: ReadonlyMap<string, Fault<unknown>>) => (provider: string) =>
  [...faults].flatMap(([use, fault]) => {
    const reason = fault.refused(provider)
    return reason === null ? [] : [`${use}: ${reason}`]
  })

/** The same for the faults of a plan, before anything is started. */
export const faultRefusals = async ({ variants }: Pick<RunPlan, 'variants'>) => refusalsOf(await faultsOf(variants))

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

async function measure(job: BenchJob, cluster: Cluster, todo: readonly PlannedVariant[], meter: Meter): Promise<void> {
  const { unsupported, absent, profile, variants: planned, drivers } = job.plan
  const supported = todo.filter(({ id, client }) => !unsupported.has(id) && !absent.has(client))
  const clients = [...new Set(supported.map(({ client }) => client))].filter((client) => drivers.has(client))
  const warmedBytes = await rehearse(
    job,
    cluster,
    clients.map((client) => supported.find((variant) => variant.client === client)!),
  )
  let wasTroubled = false
  for (const variant of todo) {
    if (job.signal.aborted) break
    if (unsupported.has(variant.id)) continue
    const missing = absent.get(variant.client)
    if (missing) {
      const why = finding('variant-failed', { reason: missing.message, hint: missing.hint ?? null })
      await keepVariant(job, { variant: emptyVariant(variant, 'failed', [why]), thresholds: [] }, null)
      continue
    }
    if (!meter.fits(variant)) break
    const bytesLeft = bytesLeftOf(job, warmedBytes)
    const usedUp = nothingLeft(variant.profile, bytesLeft)
    if (usedUp) {
      await keepVariant(job, { variant: emptyVariant(variant, 'interrupted', [usedUp]), thresholds: [] }, null)
      continue
    }
    if (meter.begun > 0) await coolDown(job)
    if (wasTroubled) await whole(job, cluster)
    if (job.signal.aborted) break
    const done = meter.begin(variant)
    wasTroubled = (await runOne(job, cluster, variant, bytesLeft)) !== 'ok'
    done()
  }
  if (planned.length > 1 && profile.repeat === 1) {
    job.record({
      type: 'note',
      text: 'order not balanced: one repetition; whoever ran second met a warmer cluster',
    })
  }
}

/**
 * All clients together: a cold broker would punish whoever comes first. One that cannot even warm up fails as a variant. Together they keep to
 * `limits.rate`, and where they have no rate to a part of `limits.bytes`. Resolves with the bytes that they wrote.
 */
export async function rehearse(job: BenchJob, cluster: Cluster, variants: readonly PlannedVariant[]): Promise<number> {
  const { plan, world = machine } = job
  const able: PlannedVariant[] = []
  for (const variant of variants) {
    const { prefill } = await loadPlugin('workloads', variant.profile.workload)
    if (!prefill && variant.profile.phases.clusterWarmup > 0) able.push(variant)
  }
  if (able.length === 0) return 0
  job.progress.stage('cluster warm-up', able.map(({ client }) => client).join(' and '))
  const session = job.sums.sessions.length
  const rehearsals = await Promise.allSettled(
    able.map(async (variant, index) =>
      world.runVariant({
        runId: job.runId,
        cluster,
        progress: job.progress,
        signal: job.signal,
        workload: await loadPlugin('workloads', variant.profile.workload),
        variant: {
          ...variant,
          id: `warm-up of ${variant.client}`,
          profile: sharedRate(variant.profile, able.length),
        },
        ...rehearsalBytesLeft(variant.profile, able.length, bytesLeftOf(job, 0)),
        index: 9000 + index + (session - 1) * 10_000,
        driver: plan.drivers.get(variant.client)!,
        rehearsal: true,
      }),
    ),
  )
  for (const [index, rehearsal] of rehearsals.entries()) {
    if (rehearsal.status === 'rejected' && !job.signal.aborted) {
      job.progress.log(`warm-up of ${able[index]!.client}: ${messageOf(rehearsal.reason)}`)
    }
  }
  return rehearsals.reduce(
    (sum, rehearsal, index) =>
      sum + (rehearsal.status === 'fulfilled' ? writtenBytes(rehearsal.value.variant, able[index]!.profile) : 0),
    0,
  )
}

async function runOne(
  job: BenchJob,
  cluster: Cluster,
  variant: PlannedVariant,
  bytesLeft: number | null,
): Promise<Variant['status']> {
  const { plan, world = machine } = job
  const recording = nextRecording(job)
  const driver = plan.drivers.get(variant.client)
  const base = { runId: job.runId, cluster, progress: job.progress, signal: job.signal, variant, index: recording }
  job.record({
    type: 'begun',
    id: variant.id,
    session: job.sums.sessions.length,
    at: new Date().toISOString(),
    recording,
  })
  const measured = await attempt(job, variant, async () =>
    driver
      ? world.runVariant({
          ...base,
          workload: await loadPlugin('workloads', variant.profile.workload),
          driver,
          rehearsal: false,
          ...(bytesLeft !== null && { bytesLeft }),
          log: (file, text) => appendFile(join(job.folder.directory, 'logs', file), text, { mode: 0o600 }),
          store: (plan) => job.folder.recording(recording, job.runId, plan),
        })
      : world.runReference({
          ...base,
          reference: plan.reference!,
          directory: job.folder.directory,
          store: (plan) => job.folder.recording(recording, job.runId, plan),
        }),
  )
  await keepVariant(job, measured, recording)
  return measured.variant.status
}

/** Before another variant. A cluster of somebody else is measured as it is: its brokers may be gone for good. */
async function whole({ signal, progress }: BenchJob, cluster: Cluster): Promise<void> {
  if (signal.aborted) return
  const isOwn = cluster.access !== undefined || cluster.nodes.some(({ start }) => start !== undefined)
  try {
    await brokersBack(cluster, signal)
  } catch (error) {
    if (isOwn || signal.aborted) throw error
    progress.log(`${messageOf(error)}; going on`)
  }
}

/**
 * Also its position in names of topics: those of a killed session may still be there, on a cluster that is not kbench's own, and so may
 * its recordings.
 */
export function nextRecording({ sums }: BenchJob): number {
  const session = sums.sessions.length
  const used = [...sums.variants.values()].filter((each) => each.session === session && each.recording !== null).length
  return used + (session - 1) * 10_000
}

/** The variant, or why there is none: whatever it throws is its result. */
export async function attempt(job: BenchJob, variant: PlannedVariant, run: () => Promise<Measured>): Promise<Measured> {
  try {
    return await run()
  } catch (error) {
    if (job.signal.aborted) {
      return { variant: emptyVariant(variant, 'interrupted', [finding('interrupted', { atS: null })]), thresholds: [] }
    }
    const hint = error instanceof KbenchError ? (error.hint ?? null) : null
    job.progress.log(`${variant.id}: ${messageOf(error)}`)
    if (hint !== null) job.record({ type: 'note', text: hint })
    const why = finding('variant-failed', { reason: messageOf(error), hint: null })
    return { variant: emptyVariant(variant, 'failed', [why]), thresholds: [] }
  }
}

/**
 * What was cut short, by the user or by the death of the cluster, is reported, and run again by --resume; so is a variant whose client is not
 * there. What a threshold or a limit ended is whole.
 */
export async function keepVariant(
  job: BenchJob,
  { variant, thresholds }: Measured,
  recording: number | null,
): Promise<void> {
  const session = job.sums.sessions.length
  const measured: Variant = { ...variant, session }
  const wasBegun = recording !== null || variant.status === 'unsupported'
  const byOrder = thresholds.some(({ aborted }) => aborted) || wasLimited(variant)
  const isWhole = wasBegun && (variant.status !== 'interrupted' || byOrder)
  await job.keep({
    type: 'variant',
    id: variant.id,
    status: variant.status,
    session,
    at: new Date().toISOString(),
    recording,
    definitions,
    ...(isWhole ? { result: measured } : { partial: measured }),
    // Without any, what the thresholds say of an empty variant counts.
    ...(thresholds.length > 0 ? { thresholds } : {}),
  })
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
