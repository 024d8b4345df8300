import { join } from 'node:path'
import type { Cluster } from '../../contracts/api.ts'
import { finding } from '../../contracts/findings.ts'
import type { FindMaxSearch, FindMaxStep, RunResult, Variant } from '../../contracts/result.ts'
import { wasLimited } from '../../judge/assemble-run.ts'
import { bytesLeftOf, nothingLeft } from '../../judge/bytes-left.ts'
import { emptyVariant } from '../../judge/empty-variant.ts'
import { textOf } from '../../judge/finding-texts.ts'
import { limitPerSec } from '../../profile/limits.ts'
import type { Cell } from '../../profile/matrix.ts'
import { type PlannedVariant, planVariants } from '../../profile/plan.ts'
import { loadPlugin } from '../../registry.ts'
import { stepResult } from '../../search/assemble-search.ts'
import { concludeSearch, type SearchLimits, searchMaximum } from '../../search/find-max.ts'
import { couldNotRun } from '../../search/find-max-judge.ts'
import { type FindMaxOptions, startRate, stepVariant } from '../../search/find-max-plan.ts'
import {
  attempt,
  type BenchJob,
  describeCluster,
  endRun,
  keepVariant,
  nextRecording,
  rehearse,
  tearDown,
} from '../run/bench.ts'
import type { StartedCluster } from '../run/choose-cluster.ts'
import { machine } from '../run/machine-run.ts'
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
 * result whenever there is something to report, also when interrupted; throws only when nothing was measured. The cluster is torn down
 * either way.
 */
export async function runFindMax(job: FindMaxJob): Promise<RunResult> {
  const startMs = performance.now()
  const { world = machine } = job
  const { unsupported, absent, profile } = job.plan
  for (const error of absent.values()) throw error
  const note = (text: string) => job.record({ type: 'note', text })
  for (const text of job.notes) note(text)
  if (job.cells.some(({ profile }) => profile.faults.length > 0)) note('the profile’s faults were left out')
  const cells: Cell[] = []
  for (const cell of job.cells) {
    const [planned] = planVariants([cell], 1)
    const reason = unsupported.get(planned!.id)
    if (reason === undefined) cells.push(cell)
    else {
      const why = finding('unsupported', { client: planned!.client, reason })
      await keepVariant(job, { variant: emptyVariant(planned!, 'unsupported', [why]), thresholds: [] }, null)
    }
  }
  const errors: unknown[] = []
  let started: StartedCluster | null = null
  try {
    job.progress.stage('self-test', 'what the generator can do without a cluster to wait for')
    const ceilings = await testGenerator(job, cells, note)
    job.progress.stage('cluster', `${job.plan.profile.cluster.provider}, ${job.plan.profile.cluster.layout}`)
    started = await world.startCluster(job.plan.profile.cluster, {
      runId: job.runId,
      directory: join(job.folder.directory, 'logs'),
      signal: job.signal,
      say: (line) => job.progress.stage('cluster', line),
      features: new Set(['metrics']),
      paced: true,
    })
    await job.keep({ type: 'cluster', cluster: await describeCluster(started) })
    note(`provider: ${started.provider} (${started.reason})`)
    if (started.cluster.nodes.every(({ metricsUrl }) => metricsUrl === undefined) && !profile.cluster.metrics) {
      for (const [client, { showsThrottle }] of job.plan.drivers) {
        if (!showsThrottle)
          note(`throttling by a quota cannot be seen for ${client}: neither it nor the brokers show it`)
      }
    }
    const warmedBytes = await rehearse(job, started.cluster, warmUps(job, cells))
    for (const [at, cell] of cells.entries()) {
      if (job.signal.aborted) break
      await search(job, started.cluster, cell, at, { ceilingPerSec: ceilings[at] ?? null, warmedBytes })
    }
  } catch (error) {
    if (!job.signal.aborted) errors.push(error)
  } finally {
    await tearDown(started, job, errors)
  }
  return endRun(job, startMs, errors)
}

/** Every client once, as before any other run. */
function warmUps({ options }: FindMaxJob, cells: readonly Cell[]): PlannedVariant[] {
  const first = new Map(cells.map((cell) => [cell.params.client, cell]))
  return [...first.values()].map((cell) =>
    stepVariant(cell, { kind: 'double', ratePerSec: startRate(cell.profile, options) }, options, []),
  )
}

/** One search; its state is in the journal after every step. */
async function search(
  job: FindMaxJob,
  cluster: Cluster,
  cell: Cell,
  index: number,
  { ceilingPerSec, warmedBytes }: { ceilingPerSec: number | null; warmedBytes: number },
): Promise<void> {
  const { options, sums } = job
  const limits: SearchLimits = {
    startPerSec: startRate(cell.profile, options),
    maxPerSec: lowest(options.maxPerSec, limitPerSec(cell.profile)),
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
  const keep = () => job.keep({ type: 'search', index, search: structuredClone(found) })
  await keep()
  const steps = searchMaximum(limits)
  let next = steps.next('SUSTAINED')
  let last: Variant | null = null
  let broken = 0
  let limited: readonly string[] = []
  while (!next.done && !job.signal.aborted && broken < 2) {
    const planned = stepVariant(cell, next.value, options, [...sums.variants.keys()])
    const bytesLeft = bytesLeftOf(job, warmedBytes)
    const usedUp = nothingLeft(planned.profile, bytesLeft)
    if (usedUp) {
      limited = [textOf(usedUp)]
      break
    }
    last = await runStep(job, cluster, planned, bytesLeft)
    if (wasLimited(last)) limited = last.reasons
    if (last.status === 'interrupted') break
    // What fails twice is no matter of the rate.
    broken = couldNotRun(last) ? broken + 1 : 0
    const step = stepResult(next.value, last, options)
    found.steps.push(step)
    await keep()
    job.stepped(found, step)
    next = steps.next(step.verdict)
  }
  const ended = broken === 2 ? 'broken' : next.done ? 'done' : 'interrupted'
  Object.assign(found, concludeSearch(found.steps, limits, ended))
  if (broken === 2) found.reasons.push(...last!.reasons)
  found.reasons.push(...limited)
  const winner = found.steps.find(
    ({ kind, ratePerSec, verdict }) =>
      kind === 'confirm' && ratePerSec === found.confirmedPerSec && verdict === 'SUSTAINED',
  )
  found.confirmedWireBytesPerSec = winner?.wireBytesPerSec ?? null
  await keep()
  job.searched(found)
}

const lowest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b))

async function runStep(
  job: FindMaxJob,
  cluster: Cluster,
  variant: PlannedVariant,
  bytesLeft: number | null,
): Promise<Variant> {
  const { world = machine } = job
  const recording = nextRecording(job)
  job.record({ type: 'begun', id: variant.id, session: 1, at: new Date().toISOString(), recording })
  const measured = await attempt(job, variant, async () =>
    world.runVariant({
      variant,
      workload: await loadPlugin('workloads', variant.profile.workload),
      runId: job.runId,
      index: recording,
      cluster,
      driver: job.plan.drivers.get(variant.client)!,
      progress: job.progress,
      signal: job.signal,
      rehearsal: false,
      ...(bytesLeft !== null && { bytesLeft }),
      store: (plan) => job.folder.recording(recording, job.runId, plan),
    }),
  )
  await keepVariant(job, measured, recording)
  return measured.variant
}
