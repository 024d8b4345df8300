import { join } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import type { Cluster, Driver } from '../../contracts/api.ts'
import type { FindMaxSearch, FindMaxStep, RunResult, Variant } from '../../contracts/result.ts'
import type { Cell } from '../../profile/matrix.ts'
import { type PlannedVariant, planVariants } from '../../profile/plan.ts'
import { loadPlugin } from '../../registry.ts'
import { concludeSearch, type SearchLimits, searchMaximum } from '../../search/find-max.ts'
import { couldNotRun } from '../../search/find-max-judge.ts'
import { type FindMaxOptions, startRate, stepVariant } from '../../search/find-max-plan.ts'
import { type BenchJob, describeCluster, tearDown } from '../run/bench.ts'
import { type StartedCluster, startCluster } from '../run/choose-cluster.ts'
import { emptyVariant } from '../run/empty-variant.ts'
import { runVariant } from '../variant/variant.ts'
import { assembleFindMax, type Measured, stepResult } from './find-max-result.ts'
import { testGenerator } from './self-test.ts'

export interface FindMaxJob extends BenchJob {
  /** Combinations to search, one after the other. */
  cells: readonly Cell[]
  options: FindMaxOptions
  /** After each step, and once a search is over; for people. */
  stepped(search: FindMaxSearch, step: FindMaxStep): void
  searched(search: FindMaxSearch): void
}

/**
 * The pipeline of a search: self-test → cluster → warm-up → steps of each cell, one search after the other → result. Resolves with a
 * result whenever there is something to tell, also when interrupted; throws only when nothing was measured. The cluster is torn down
 * either way.
 */
export async function runFindMax(job: FindMaxJob): Promise<RunResult> {
  const startedAt = new Date()
  const { drivers, unsupported, absent } = job.plan
  for (const error of absent.values()) throw error
  const notes = [...job.notes]
  if (job.cells.some(({ profile }) => profile.faults.length > 0)) notes.push('the profile’s faults were left out')
  const measured: Measured = { variants: [], searches: [] }
  const cells = job.cells.filter((cell) => {
    const [planned] = planVariants([cell], 1)
    const against = unsupported.get(planned!.id) ?? null
    if (against !== null) measured.variants.push(emptyVariant(planned!, 'unsupported', [against]))
    return against === null
  })
  const errors: unknown[] = []
  let started: StartedCluster | null = null
  let clusterInfo: RunResult['cluster'] | null = null
  try {
    job.progress.stage('self-test', 'what the generator can do without a cluster to wait for')
    const ceilings = await testGenerator(job, cells, notes)
    job.progress.stage('cluster', `${job.plan.profile.cluster.provider}, ${job.plan.profile.cluster.layout}`)
    started = await startCluster(job.plan.profile.cluster, {
      runId: job.runId,
      directory: join(job.folder.directory, 'logs'),
      signal: job.signal,
      say: (line) => job.progress.stage('cluster', line),
      features: new Set(['metrics']),
      paced: true,
    })
    clusterInfo = await describeCluster(started)
    notes.push(`provider: ${started.provider} (${started.reason})`)
    if (started.cluster.nodes.every(({ metricsUrl }) => metricsUrl === undefined)) {
      notes.push(`throttling by a quota cannot be told: provider ${started.provider} gives no metrics of brokers`)
    }
    await warmUp(job, started.cluster, cells, drivers)
    for (const [at, cell] of cells.entries()) {
      if (job.signal.aborted) break
      await search(job, started.cluster, cell, drivers, ceilings[at] ?? null, measured)
    }
  } catch (error) {
    if (!job.signal.aborted) errors.push(error)
  } finally {
    await tearDown(started, job, errors)
  }
  if (measured.variants.length === 0 && errors.length > 0) throw errors[0]
  for (const error of errors) notes.push(`error: ${messageOf(error)}`)
  return assembleFindMax(job, job.options, startedAt, measured, notes, errors, clusterInfo)
}

/** Every client at once, as before any other run: a cold broker would punish whoever comes first. */
async function warmUp(
  job: FindMaxJob,
  cluster: Cluster,
  cells: readonly Cell[],
  drivers: ReadonlyMap<string, Driver<unknown>>,
): Promise<void> {
  const first = [...new Map(cells.map((cell) => [cell.params.client, cell])).values()].filter(
    ({ profile }) => profile.phases.clusterWarmup > 0,
  )
  if (first.length === 0) return
  job.progress.stage('warm-up', first.map(({ params }) => params.client).join(' and '))
  const rehearsals = await Promise.allSettled(
    first.map(async (cell, index) => {
      const ratePerSec = startRate(cell.profile, job.options)
      const variant = stepVariant(cell, { kind: 'double', ratePerSec }, job.options, [])
      return runVariant({
        variant: { ...variant, id: `warm-up of ${variant.client}` },
        workload: await loadPlugin('workloads', cell.profile.workload),
        runId: job.runId,
        index: 9000 + index,
        cluster,
        driver: drivers.get(variant.client)!,
        progress: job.progress,
        signal: job.signal,
        rehearsal: true,
      })
    }),
  )
  for (const rehearsal of rehearsals) {
    if (rehearsal.status === 'rejected' && !job.signal.aborted) {
      job.progress.log(`warm-up: ${messageOf(rehearsal.reason)}`)
    }
  }
}

/** One search, its steps added to what was measured as they end. */
async function search(
  job: FindMaxJob,
  cluster: Cluster,
  cell: Cell,
  drivers: ReadonlyMap<string, Driver<unknown>>,
  ceilingPerSec: number | null,
  { variants, searches }: Measured,
): Promise<void> {
  const { options } = job
  const limits: SearchLimits = {
    startPerSec: startRate(cell.profile, options),
    maxPerSec: options.maxPerSec,
    ceilingPerSec,
  }
  const found: FindMaxSearch = {
    params: cell.params,
    verdict: 'INCONCLUSIVE',
    confirmedPerSec: null,
    confirmedWireBytesPerSec: null,
    ceilingPerSec,
    reasons: [],
    steps: [],
  }
  searches.push(found)
  const steps = searchMaximum(limits)
  let next = steps.next('SUSTAINED')
  let broken = 0
  while (!next.done && !job.signal.aborted && broken < 2) {
    const planned = stepVariant(
      cell,
      next.value,
      options,
      variants.map(({ id }) => id),
    )
    const variant = await runStep(job, cluster, planned, drivers.get(planned.client)!, variants.length)
    variants.push(variant)
    job.folder.journal({ type: 'variant', id: variant.id, status: variant.status })
    if (variant.status === 'interrupted') break
    // What throws twice is no matter of the rate.
    broken = couldNotRun(variant) ? broken + 1 : 0
    const step = stepResult(next.value, variant, options)
    found.steps.push(step)
    job.stepped(found, step)
    next = steps.next(step.verdict)
  }
  const ended = broken === 2 ? 'broken' : next.done ? 'done' : 'interrupted'
  Object.assign(found, concludeSearch(found.steps, limits, ended))
  if (broken === 2) found.reasons.push(...variants.at(-1)!.reasons)
  const winner = found.steps.find(
    ({ kind, ratePerSec, verdict }) =>
      kind === 'confirm' && ratePerSec === found.confirmedPerSec && verdict === 'SUSTAINED',
  )
  found.confirmedWireBytesPerSec = winner?.wireBytesPerSec ?? null
  job.searched(found)
}

async function runStep(
  job: FindMaxJob,
  cluster: Cluster,
  variant: PlannedVariant,
  driver: Driver<unknown>,
  index: number,
): Promise<Variant> {
  try {
    return await runVariant({
      variant,
      workload: await loadPlugin('workloads', variant.profile.workload),
      runId: job.runId,
      index,
      cluster,
      driver,
      progress: job.progress,
      signal: job.signal,
      rehearsal: false,
    })
  } catch (error) {
    const interrupted = job.signal.aborted
    if (!interrupted) job.progress.log(`${variant.id}: ${messageOf(error)}`)
    return emptyVariant(variant, interrupted ? 'interrupted' : 'failed', [messageOf(error)])
  }
}
