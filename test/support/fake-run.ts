import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import type { Cluster, Driver } from '../../src/contracts/api.ts'
import type { VariantPlan } from '../../src/contracts/plan.ts'
import type { Environment, Variant } from '../../src/contracts/result.ts'
import type { RunFact } from '../../src/contracts/run-facts.ts'
import { emptyVariant } from '../../src/judge/empty-variant.ts'
import { createRunSums, type RunSums } from '../../src/judge/run-sums.ts'
import { type Cell, wordsOf } from '../../src/profile/matrix.ts'
import { cellsOf, type PlannedVariant, planVariants } from '../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../src/profile/schema.ts'
import { createHistogram, toLatency } from '../../src/recording/histogram.ts'
import { type BenchJob, refsOf } from '../../src/runners/run/bench.ts'
import type { RunPlan } from '../../src/runners/run/run-plan.ts'
import type { RunWorld } from '../../src/runners/run/run-world.ts'
import type { Measured, VariantJob } from '../../src/runners/variant/variant.ts'
import { record } from '../fixtures/latencies.ts'

export interface RunScene {
  profile?: Partial<ProfileInput>
  /** Instead of one combination per client. */
  cells?(cells: readonly Cell[]): Cell[]
  plan?: Partial<RunPlan>
  budget?: BenchJob['budget']
  notes?: readonly string[]
  /** What becomes of a variant, a step or a rehearsal; default: all that was due is acknowledged after 1 ms. */
  variant?(job: VariantJob): Measured | Promise<Measured>
  /** Of the cluster that is started. */
  cluster?: Partial<Cluster>
  /** Before a cluster is started. */
  start?(provider: string): void
  /** The user's Ctrl-C, as a stage begins. */
  interruptAt?: string
  /** What the journal says already. */
  earlier?: readonly RunFact[]
  /** Before a fact is kept. */
  keep?(fact: RunFact): void
}

export interface FakeRun {
  job: BenchJob
  cells: readonly Cell[]
  sums: RunSums
  facts: RunFact[]
  /** What was done in order: "start local", "rehearse …", "run …", "stop". */
  done: string[]
  contexts: Parameters<RunWorld['startCluster']>[1][]
  /** Numbers of those that were opened. */
  recordings: number[]
  stages: string[]
  logs: string[]
  user: AbortController
}

const environment: Environment = {
  ...{ kbench: '1', node: '22', os: 'linux', cpu: 'x', cpus: 2, memoryBytes: 1, clients: {} },
}

/** A run with its journal in memory, whose clusters and variants are made up; nothing of it takes time. */
export function createFakeRun(t: TestContext, scene: RunScene = {}): FakeRun {
  const profile = profileSchema.parse({
    name: 'test',
    clients: ['a', 'b'],
    cluster: { provider: 'fake' },
    phases: { measure: '10s', coolDown: '0s' },
    load: { rate: 1000 },
    ...scene.profile,
  })
  const cells = scene.cells?.(cellsOf(profile)) ?? cellsOf(profile)
  const plan: RunPlan = {
    profile,
    variants: planVariants(cells, profile.repeat),
    unsupported: new Map(),
    absent: new Map(),
    inspected: new Map(),
    drivers: new Map(profile.clients.map((client) => [client, driver])),
    reference: null,
    ...scene.plan,
  }
  const directory = mkdtempSync(join(tmpdir(), 'kbench-run-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const sums = createRunSums()
  for (const fact of scene.earlier ?? []) sums.add(fact)
  const run: Omit<FakeRun, 'job'> = {
    ...{
      cells,
      sums,
      facts: [],
      done: [],
      contexts: [],
      recordings: [],
      stages: [],
      logs: [],
      user: new AbortController(),
    },
  }
  sums.add(begunFact(plan))
  const job: BenchJob = {
    plan,
    notes: scene.notes ?? [],
    runId: 'run1',
    folder: {
      directory,
      journal() {},
      async keep() {},
      recording(n) {
        run.recordings.push(n)
        return { write() {}, async close() {} }
      },
      log() {},
      async flush() {},
      async result() {},
      finish: async () => [],
    },
    sums,
    isResumed: scene.earlier !== undefined,
    record(fact) {
      run.facts.push(fact)
      sums.add(fact)
    },
    async keep(fact) {
      scene.keep?.(fact)
      run.facts.push(fact)
      sums.add(fact)
    },
    progress: {
      stage(stage) {
        run.stages.push(stage)
        if (stage === scene.interruptAt) run.user.abort(new Error('interrupted'))
      },
      tick() {},
      log: (line) => void run.logs.push(line),
    },
    signal: run.user.signal,
    budget: scene.budget ?? { variants: null, seconds: null },
    world: {
      async startCluster({ provider }, context) {
        scene.start?.(provider)
        run.done.push(`start ${provider}`)
        run.contexts.push(context)
        return {
          cluster: fakeCluster(scene.cluster, () => run.done.push(`stop ${provider}`)),
          ...{ provider, transferable: 'nothing', reason: 'as the profile says' },
        }
      },
      async runVariant(variant) {
        run.done.push(`${variant.rehearsal ? 'rehearse' : 'run'} ${variant.variant.id}`)
        run.user.signal.throwIfAborted()
        variant.store?.({} as VariantPlan)
        return (scene.variant ?? healthy)(variant)
      },
      async runReference({ variant, store }) {
        run.done.push(`refer ${variant.id}`)
        store?.({} as VariantPlan)
        return { variant: variantOf(variant, 1000), thresholds: [] }
      },
    },
  }
  return { ...run, job }
}

export const begunFact = (plan: RunPlan): RunFact => ({
  type: 'run',
  runId: 'run1',
  startedAt: '2026-11-29T12:00:00.000Z',
  profile: plan.profile,
  input: {},
  environment,
  layout: 'x',
  supervisor: { pid: 2 ** 22 + 1, started: '1' },
  variants: refsOf(plan),
})

const driver: Driver<unknown> = {
  summary: 'of a test',
  isolation: 'thread',
  options: z.unknown(),
  unsupported: () => null,
  producer: () => Promise.reject(new Error('never used')),
  consumer: () => Promise.reject(new Error('never used')),
}

function fakeCluster(more: Partial<Cluster> | undefined, stopped: () => void): Cluster {
  const dispose = more?.[Symbol.asyncDispose]
  return {
    network: { bootstrap: ['127.0.0.1:1'] },
    nodes: [{ id: 1, host: '127.0.0.1', port: 1, metricsUrl: 'http://127.0.0.1:1' }],
    describe: async () => ({ layout: 'kraft-3', kafkaVersion: '4.1.0' }),
    access: { answers: async () => {} } as unknown as NonNullable<Cluster['access']>,
    ...more,
    async [Symbol.asyncDispose]() {
      stopped()
      await dispose?.()
    },
  }
}

const oneMs = createHistogram()
record(oneMs, 1000, 100)

/** A variant at this rate of which so much was acknowledged, 1 ms after it was due. */
export function variantOf(planned: PlannedVariant, ratePerSec: number, ackedPerSec = ratePerSec): Variant {
  const empty = emptyVariant(planned, 'ok', [])
  const scheduled = ratePerSec * 10
  const acked = ackedPerSec * 10
  return {
    ...empty,
    ledger: { scheduled, acked, failed: 0, unknown: 0, unsent: scheduled - acked },
    produce: { ...empty.produce, offeredPerSec: ratePerSec, ackedPerSec, responseUs: toLatency(oneMs) },
    generator: { ...empty.generator, valid: true },
  }
}

export const rateOf = ({ profile }: PlannedVariant): number =>
  typeof profile.load.rate === 'number' ? profile.load.rate : 50_000

export const healthy = ({ variant }: VariantJob): Measured => ({
  variant: variantOf(variant, rateOf(variant)),
  thresholds: [],
})

export const idOf = (client: string): string => wordsOf({ client })
