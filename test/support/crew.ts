import type {
  ConsumerSettings,
  Driver,
  ProducerSettings,
  WorkerContext,
  WorkerPlan,
  WorkerReport,
} from '../../src/contracts/api.ts'
import { edgesOf, type Interval, planIntervals } from '../../src/load/intervals.ts'
import { type Collector, createCollector } from '../../src/recording/collector.ts'
import type { Frame } from '../../src/recording/frame.ts'
import { createRecorder, type FrameRecorder } from '../../src/recording/recorder.ts'
import { runConsumer } from '../../src/workloads/_consume.ts'
import { runProducer } from '../../src/workloads/_produce.ts'
import type { FakeClock } from './fake-clock.ts'

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
  signal?: AbortSignal
  /** From ready to the common start, ns. */
  startDelayNs?: number
  /** A frame a second, as the workers of a run tell; absent = one at the end. */
  frame?(plan: WorkerPlan, frame: Frame): void
  begun?(run: { intervals: Interval[]; collector: Collector; startNs: () => number }): void
  /** A worker has told all that it measured. */
  told?(): void
}

export interface Played {
  startNs: number
  intervals: Interval[]
  collector: Collector
  reports: WorkerReport[]
  /** scheduled, acked, failed, unknown, unsent over all producers, as the runner sums them. */
  ledger: { scheduled: number; acked: number; failed: number; unknown: number; unsent: number }
  ranges: { topic: string; partition: number; from: number; to: number }[]
}

export const run = 4242

/** Runs the workers of a scene against its fake clock and driver, from ready to done. */
export async function play(scene: Scene): Promise<Played> {
  const { clock, producers = 1, consumers = 0 } = scene
  const intervals = planIntervals({
    warmupMs: scene.warmupMs ?? 0,
    measureMs: scene.measureMs ?? 10_000,
    drainMs: scene.drainMs ?? 5000,
  })
  let startNs = 0
  const collector = createCollector(intervals, () => startNs)
  scene.begun?.({ intervals, collector, startNs: () => startNs })
  const ranges: Played['ranges'] = []
  const total = producers + consumers
  let ready = 0
  let begin = (_: number) => {}
  const started = new Promise<number>((resolve) => {
    begin = resolve
  })
  const workers = Array.from({ length: total }, async (_, worker) => {
    const plan = planOf(scene, worker, intervals)
    let recorder: FrameRecorder | null = null
    const context: WorkerContext = {
      plan,
      driver: scene.driver,
      clock,
      signal: scene.signal ?? new AbortController().signal,
      get recorder() {
        if (!recorder) throw new Error('nothing is recorded before the start')
        return recorder
      },
      async ready() {
        if (++ready === total) {
          startNs = clock.nowNs() + (scene.startDelayNs ?? 300e6)
          begin(startNs)
        }
        recorder = createRecorder(plan.edges, await started)
        return startNs
      },
      gauge() {},
      assigned() {},
      rebalanced() {},
      delivered: (topic, partition, from, to) => ranges.push({ topic, partition, from, to }),
      event() {},
    }
    const health = { inFlight: 0, utilisation: 0, gcMs: 0, gcMaxMs: 0 }
    const producer = plan.role.kind === 'producer' ? plan.role.index : null
    const tell = () => {
      const frame = { worker, atNs: clock.nowNs(), ...recorder!.take(), ...health }
      collector.add(frame, producer)
      scene.frame?.(plan, frame)
    }
    let isOver = false
    const tellFrom = (atNs: number) =>
      clock.at(atNs, () => {
        if (isOver) return
        tell()
        tellFrom(atNs + 1e9)
      })
    if (scene.frame) void started.then((atNs) => tellFrom(atNs + 1e9))
    const report = await (plan.role.kind === 'producer' ? runProducer(context) : runConsumer(context))
    isOver = true
    tell()
    scene.told?.()
    await report.close?.()
    return report
  })
  const reports = await clock.run(Promise.all(workers))
  return { startNs, intervals, collector, reports, ledger: ledgerOf(reports.slice(0, producers), collector), ranges }
}

function ledgerOf(reports: readonly WorkerReport[], collector: Collector): Played['ledger'] {
  const sum = { scheduled: 0, acked: 0, failed: 0, unknown: 0, unsent: 0 }
  for (const [producer, report] of reports.entries()) {
    const { acked, failed, unknown } = collector.ledger(producer)
    sum.scheduled += report.scheduled
    sum.acked += acked
    sum.failed += failed
    sum.unknown += unknown
    sum.unsent += report.unsent
  }
  return sum
}

function planOf(scene: Scene, worker: number, intervals: readonly Interval[]): WorkerPlan {
  const { producers = 1 } = scene
  const isProducer = worker < producers
  const loadEndNs = intervals.find(({ phase }) => phase === 'drain')!.startNs
  return {
    worker,
    workload: 'test',
    driver: 'test',
    role: isProducer
      ? { kind: 'producer', index: worker }
      : { kind: 'consumer', group: 'g', member: worker - producers },
    network: { bootstrap: ['127.0.0.1:1'] },
    clientId: `client-${worker}`,
    topic: { name: 't', partitions: scene.partitions ?? 4 },
    producer: isProducer ? { ...producerSettings, ...scene.settings } : null,
    consumer: isProducer ? null : { ...consumerSettings, member: worker - producers },
    load: {
      ratePerSec: scene.ratePerSec ?? 1000,
      count: scene.count ?? null,
      size: scene.size ?? 64,
      keys: { cardinality: 10, distribution: 'none', exponent: 1 },
      compressibility: 0,
      stampIn: 'value',
    },
    producers,
    edges: edgesOf(intervals),
    loadEndNs,
    deadlineNs: loadEndNs + (scene.drainMs ?? 5000) * 1e6,
    seed: 1,
    run,
    watchSilence: false,
    prefill: scene.prefill ?? false,
  }
}
