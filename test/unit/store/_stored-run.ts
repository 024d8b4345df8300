import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Cell, Fact, SparseCounts } from '../../../src/contracts/facts.ts'
import type { VariantPlan } from '../../../src/contracts/plan.ts'
import type { RunFact } from '../../../src/contracts/run-facts.ts'
import { planAxis } from '../../../src/load/axis.ts'
import { encodeFact, recordingVersion } from '../../../src/recording/codec.ts'

// A run as it lies in its folder: two variants of one producer at 10 records/s, 1 s of warm-up and 3 s of measure.

export const runId = '20261129-120000-stored-0001'
export const ids = ['client=a', 'client=b'] as const
const startNs = 1e12

export function planOf(id: string, change: Record<string, unknown> = {}): VariantPlan {
  const minute = { topic: 6e4, fill: 6e4, ready: 6e4, load: 6e4, drain: 6e4, stop: 6e4, audit: 6e4, 'clean-up': 6e4 }
  return {
    version: 1,
    kind: 'load',
    id,
    runId,
    index: 0,
    client: id.slice(-1),
    workload: 'produce',
    params: { client: id.slice(-1) },
    repeat: 1,
    names: { topic: 't', ownTopic: true, clients: 'c' },
    topic: { partitions: 1, replicationFactor: 1, config: {} },
    groups: [],
    load: { segments: [{ fromNs: 0, toNs: 4e9, perSec: [10, 10] }], count: null, poisson: false, seed: 1 },
    fill: null,
    record: {
      size: 100,
      keys: { cardinality: 0, distribution: 'none', exponent: 1 },
      compressibility: 0,
      stampIn: 'value',
    },
    axis: planAxis({ warmupMs: 1000, measureMs: 3000, drainMs: 1000 }, 4e9),
    drainMs: 1000,
    workers: [{ worker: 0, role: { kind: 'producer', index: 0 }, clientId: 'c-0', producer: null, consumer: null }],
    producers: 1,
    acks: 'all',
    idempotence: false,
    faults: [],
    samplers: { lagMs: 500, brokersMs: 1000, leadersMs: 100 },
    canary: null,
    thresholds: [],
    audit: true,
    deadlinesMs: minute,
    seed: 1,
    run: 7,
    ...change,
  }
}

const counts = (total: number): SparseCounts => ({
  pairs: Float64Array.of(1000, total),
  total,
  sumUs: 1000 * total,
  minUs: 1000,
  maxUs: 1000,
  overflow: 0,
  negative: 0,
})

const cellOf = (interval: number): Cell => ({
  interval,
  events: { sent: 10, acked: 10, ackedBytes: 1000, failed: 0, unknown: 0, received: 0, receivedBytes: 0 },
  latencies: { response: counts(10), service: counts(10), scheduleLag: counts(10) },
})

/** Of a variant that came to its end. */
export function factsOf(plan: VariantPlan): Fact[] {
  const at = (s: number) => startNs + s * 1e9
  const frame = (row: number): Fact => ({
    fact: 'frame',
    worker: 0,
    atNs: at(row + 1) + 1e6,
    cells: [cellOf(row)],
    errors: {},
    inFlight: 0,
    silence: null,
    delivered: [],
    handedOver: [],
    receivedNs: null,
    utilisation: 0.1,
    gcMs: 0,
    gcMaxMs: 0,
  })
  const none = { lost: 0, duplicated: 0, reordered: 0, redelivered: 0, corrupt: 0, failedButRead: 0, unknownRead: 0 }
  return [
    {
      fact: 'topic',
      atNs: at(-2),
      name: 't',
      partitions: 1,
      replicationFactor: 1,
      minInsyncReplicas: 1,
      maxMessageBytes: null,
      created: true,
      firstOffsets: [0],
      differs: [],
    },
    { fact: 'worker', atNs: at(-2), worker: 0, is: 'joined', spec: plan.workers[0]! },
    { fact: 'worker', atNs: at(-1), worker: 0, is: 'ready' },
    { fact: 'started', atNs: at(-0.3), startNs, wallMs: Date.parse('2026-11-29T12:00:10Z') },
    frame(0),
    frame(1),
    { fact: 'event', atNs: at(2.5), kind: 'client-warn', detail: 'slow', worker: 0 },
    frame(2),
    frame(3),
    { fact: 'load-ended', atNs: at(4), loadEndNs: 4e9, by: 'plan', why: null },
    {
      fact: 'worker',
      atNs: at(4.2),
      worker: 0,
      is: 'done',
      report: { sent: 40, lastSentNs: 3.9e9, effectiveConfig: {}, recordsPerBatch: 1 },
    },
    { fact: 'over', atNs: at(4.5) },
    {
      fact: 'audited',
      atNs: at(4.5),
      integrity: { audited: 40, auditedMeasure: 30, ...none, logRecords: 40, verdict: 'ok', reasons: [] },
      groups: {},
    },
  ]
}

export const headerOf = (id: string, change: Record<string, unknown> = {}): string =>
  JSON.stringify({ recording: recordingVersion, runId, variant: id, plan: planOf(id), ...change })

/** Header and facts, a line each. */
export const linesOf = (id: string): string[] => [headerOf(id), ...factsOf(planOf(id)).map(encodeFact)]

const environment = { kbench: '1', node: '22', os: 'linux', cpu: 'x', cpus: 2, memoryBytes: 1, clients: {} }
const refs = ids.map((id) => ({
  id,
  client: id.slice(-1),
  params: { client: id.slice(-1) },
  repeat: 1,
  unsupported: null,
}))

export const begunRun = (change: Record<string, unknown> = {}): RunFact => ({
  type: 'run',
  runId,
  startedAt: '2026-11-29T12:00:00.000Z',
  profile: { name: 'stored', thresholds: [], cluster: { provider: 'mock', layout: 'kraft-3' } },
  input: {},
  environment,
  layout: 'x',
  supervisor: { pid: 2 ** 22 + 1, started: '1' },
  variants: refs,
  ...change,
})

export const begun = (at: 0 | 1, change: Record<string, unknown> = {}): RunFact => ({
  type: 'begun',
  id: ids[at],
  session: 1,
  at: '2026-11-29T12:00:05.000Z',
  recording: at,
  ...change,
})

export interface StoredRun {
  /** Holds the run's folder and nothing else. */
  root: string
  directory: string
}

export const textOf = (lines: readonly (string | object)[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')

/** A run's folder with these files; of `.gz` names the content is packed. */
export async function storedRun(
  t: TestContext,
  files: Record<string, readonly (string | object)[] | string | Uint8Array>,
): Promise<StoredRun> {
  const root = await mkdtemp(join(tmpdir(), 'kbench-store-'))
  t.after(() => rm(root, { recursive: true }))
  const directory = join(root, runId)
  mkdirSync(join(directory, 'recordings'), { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === 'string' || content instanceof Uint8Array ? content : textOf(content)
    const packed = name.endsWith('.gz') && !(bytes instanceof Uint8Array) ? gzipSync(bytes) : bytes
    writeFileSync(join(directory, name), packed)
  }
  return { root, directory }
}

/** Every file below a folder with a digest of what is in it. */
export function contentsOf(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]),
  )
}
