import type {
  ConsumerSettings,
  Driver,
  LatencyName,
  ProducerSettings,
  WorkerPlan,
  WorkerReport,
} from '../../src/contracts/api.ts'
import type { FrameFact, OffsetRange } from '../../src/contracts/facts.ts'
import type { PhaseName, VariantPlan } from '../../src/contracts/plan.ts'
import type { Ledger } from '../../src/contracts/result.ts'
import type { EventCounts } from '../../src/contracts/workloads.ts'
import { histogramOf } from '../../src/judge/flow.ts'
import { ledgerOf } from '../../src/judge/ledger.ts'
import { viewOf } from '../../src/judge/view.ts'
import { workerPlan } from '../../src/load/worker-plan.ts'
import type { SettledRecords } from '../../src/recording/frame.ts'
import type { LatencyHistogram } from '../../src/recording/histogram.ts'
import { emptyEvents } from '../../src/recording/rows.ts'
import { createSums, type Sums } from '../../src/recording/sums.ts'
import type { FromWorker, ToWorker } from '../../src/runners/hosts/protocol.ts'
import { runWorker } from '../../src/runners/hosts/worker.ts'
import type { FakeClock } from './fake-clock.ts'
import type { TestLedger } from './log.ts'
import { planOf, workloads } from './plans.ts'

export const producerSettings: ProducerSettings = {
  acks: 'all',
  idempotence: false,
  partitioner: 'round-robin',
  compression: 'none',
  batch: { lingerMs: 0, maxBytes: 16_384, maxRecords: 1000 },
  maxInFlight: 1000,
  maxInFlightRequests: 5,
  sendScope: 'topic',
  retries: 5,
  retryBackoffMs: 100,
  requestTimeoutMs: 30_000,
  deliveryTimeoutMs: 60_000,
  clientConfig: {},
}

export const consumerSettings: ConsumerSettings = {
  group: 'g',
  member: 0,
  assignor: 'range',
  protocol: 'classic',
  isolation: 'read_committed',
  from: 'earliest',
  fetch: { maxWaitMs: 50, minBytes: 1, maxBytes: 1e6, maxPartitionBytes: 1e6 },
  commitIntervalMs: 1000,
  sessionTimeoutMs: 10_000,
  heartbeatMs: 3000,
  instanceId: null,
  clientConfig: {},
}

export interface Scene {
  clock: FakeClock
  driver: Driver<unknown>
  ratePerSec?: number | 'max'
  count?: number | null
  producers?: number
  consumers?: number
  warmupMs?: number
  measureMs?: number
  drainMs?: number
  settings?: Partial<ProducerSettings>
  prefill?: boolean
  partitions?: number
  size?: number
  /** Aborted: every worker is asked to stop now, and to wait a second for acknowledgements. */
  signal?: AbortSignal
  /** From ready to the common start, ns. */
  startDelayNs?: number
  /** A worker has told all that it measured. */
  told?(): void
}

export interface Played {
  startNs: number
  plan: VariantPlan
  sums: Sums
  reports: WorkerReport[]
  /** Over all producers, as a result has it. */
  ledger: Ledger
  ranges: OffsetRange[]
  handedOver: { partition: number; offset: number }[]
  events(phases: readonly PhaseName[]): EventCounts
  latency(name: LatencyName, phases: readonly PhaseName[]): LatencyHistogram
  errors(): Record<string, number>
  /** Outcome and partition of every record of a producer, as the audit is told them. */
  outcomes(producer: number): TestLedger
}

/** Runs the workers of a scene against its fake clock and driver, from ready to done, and folds what they report. */
export async function play(scene: Scene): Promise<Played> {
  const { clock, producers = 1, consumers = 0 } = scene
  const plan = scenePlan(scene)
  const sums = createSums(plan)
  const settled = new Map<number, SettledRecords[]>()
  const frames: FrameFact[] = []
  const total = producers + consumers
  const startNs = { value: 0 }
  let ready = 0
  const told: ((message: ToWorker) => void)[] = []
  const topic = topicOf(plan, clock.nowNs())
  sums.add(topic)
  const all = (message: ToWorker) => {
    for (const tell of told) tell(message)
  }
  const stop = () => {
    const atNs = clock.nowNs()
    const loadEndNs = startNs.value === 0 ? 0 : Math.max(0, atNs - startNs.value)
    sums.add({ fact: 'load-ended', atNs, loadEndNs, by: 'interrupt', why: null })
    all({ type: 'stop', atNs, untilNs: atNs + 1e9 })
  }
  scene.signal?.addEventListener('abort', stop, { once: true })

  const take = (worker: number, message: FromWorker) => {
    const atNs = clock.nowNs()
    if (message.type === 'error') throw new Error(message.message)
    if (message.type === 'ready') {
      sums.add({ fact: 'worker', atNs, worker, is: 'ready' })
      if (++ready < total) return
      startNs.value = clock.nowNs() + (scene.startDelayNs ?? 300e6)
      sums.add({ fact: 'started', atNs, startNs: startNs.value, wallMs: 0 })
      all({ type: 'start', startNs: startNs.value })
      if (scene.signal?.aborted) stop()
    } else if (message.type === 'frame') {
      frames.push(message.frame)
      sums.add(message.frame)
      if (message.settled) settled.set(worker, [...(settled.get(worker) ?? []), message.settled])
    } else if (message.type === 'done') {
      sums.add({ fact: 'worker', atNs, worker, is: 'done', report: message.report })
      scene.told?.()
    }
  }
  const workers = plan.workers.map(async (spec) => {
    sums.add({ fact: 'worker', atNs: clock.nowNs(), worker: spec.worker, is: 'joined', spec })
    let failed: unknown = null
    const port = {
      send(message: FromWorker) {
        try {
          take(spec.worker, structuredClone(message))
        } catch (error) {
          failed = error
        }
      },
      onMessage: (listener: (message: ToWorker) => void) => void told.push(listener),
    }
    const health = { waited() {}, take: () => ({ utilisation: 0, gcMs: 0, gcMaxMs: 0 }), close() {} }
    const parts = { clock, workload: workloads['produce-consume'], driver: scene.driver, health, nodeOptions: '' }
    const running = runWorker(port, async () => parts)
    told[spec.worker]!({ type: 'init', plan: wherePlayed(workerPlan(plan, spec, topic, { bootstrap: [] }), scene) })
    await running
    if (failed) throw failed
  })
  await clock.run(Promise.all(workers))
  sums.add({ fact: 'over', atNs: clock.nowNs() })
  const view = viewOf(plan, sums)!
  const rowsOf = (phases: readonly PhaseName[]) => phases.flatMap((phase) => [...sums.axis.rowsOf(phase)])
  return {
    startNs: startNs.value,
    plan,
    sums,
    reports: [...sums.workers.values()].flatMap(({ report }) => report ?? []),
    ledger: ledgerOf(view),
    ranges: frames.flatMap(({ delivered }) => delivered),
    handedOver: frames.flatMap((frame) =>
      frame.handedOver.flatMap(({ partition, offsets }) => [...offsets].map((offset) => ({ partition, offset }))),
    ),
    events(phases) {
      const sum = emptyEvents()
      for (const { row } of rowsOf(phases)) {
        for (const [key, count] of Object.entries(sums.rows.events(row))) {
          sum[key as Exclude<keyof EventCounts, 'toOffline'>] += count
        }
      }
      return sum
    },
    latency(name, phases) {
      const rows = rowsOf(phases)
      return histogramOf(sums.rows.latency(name, rows[0]?.row ?? 0, (rows.at(-1)?.row ?? -1) + 1))
    },
    errors: () => sums.rows.errors(0, sums.axis.rows.length),
    outcomes: (producer) => outcomesOf(producer, settled.get(producer) ?? []),
  }
}

export const topicOf = (plan: VariantPlan, atNs: number) =>
  ({
    fact: 'topic',
    atNs,
    name: plan.names.topic,
    partitions: plan.topic.partitions,
    replicationFactor: plan.topic.replicationFactor,
    minInsyncReplicas: 1,
    maxMessageBytes: null,
    created: true,
    firstOffsets: Array.from({ length: plan.topic.partitions }, () => 0),
    differs: [],
  }) as const

function scenePlan(scene: Scene): VariantPlan {
  const { producers = 1, consumers = 0 } = scene
  const plan = planOf(
    {
      topic: { partitions: scene.partitions ?? 4 },
      load: {
        rate: scene.ratePerSec ?? 1000,
        ...(scene.count == null ? {} : { count: scene.count }),
        record: { size: scene.size ?? 64, compressibility: 0 },
      },
      producers: { count: Math.max(1, producers) },
      consumers: consumers > 0 ? [{ group: 'g', members: consumers }] : [],
      phases: {
        warmup: `${scene.warmupMs ?? 0}ms`,
        measure: `${scene.measureMs ?? 10_000}ms`,
        drain: `${scene.drainMs ?? 5000}ms`,
      },
    },
    {
      roles: [
        ...Array.from({ length: producers }, (_, index) => ({ kind: 'producer' as const, index })),
        ...Array.from({ length: consumers }, (_, member) => ({ kind: 'consumer' as const, group: 'g', member })),
      ],
    },
  )
  return {
    ...plan,
    groups: consumers > 0 ? [{ label: 'g', group: 'g', isolation: 'read_committed' }] : [],
    record: { ...plan.record, keys: { cardinality: 10, distribution: 'none', exponent: 1 } },
    workers: plan.workers.map((spec) => ({
      ...spec,
      clientId: `client-${spec.worker}`,
      producer: spec.role.kind === 'producer' ? { ...producerSettings, ...scene.settings } : null,
      consumer: spec.role.kind === 'consumer' ? { ...consumerSettings, member: spec.role.member } : null,
    })),
    run,
  }
}

/** Tag in the stamps of a scene. */
export const run = 4242

/** A topic of a scene is called t. */
const wherePlayed = (plan: WorkerPlan, { prefill = false }: Scene): WorkerPlan => ({
  ...plan,
  topic: { ...plan.topic, name: 't' },
  seed: 1,
  prefill,
})

function outcomesOf(producer: number, told: readonly SettledRecords[]): TestLedger {
  const records = told.flatMap(({ sequences, partitions, outcomes }) =>
    [...sequences].map((sequence, at) => ({ sequence, partition: partitions[at]!, outcome: outcomes[at]! })),
  )
  const length = records.reduce((most, { sequence }) => Math.max(most, sequence + 1), 0)
  const ledger = { producer, outcomes: new Uint8Array(length), partitions: new Uint16Array(length) }
  for (const { sequence, partition, outcome } of records) {
    ledger.outcomes[sequence] = outcome
    ledger.partitions[sequence] = partition
  }
  return ledger
}
