import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster, ProducerSettings, WorkerPlan } from '../src/core/api.ts'
import { nowNs } from '../src/core/clock.ts'
import { edgesOf, planIntervals } from '../src/core/intervals.ts'
import { producerSettings } from '../src/core/plan.ts'
import { profileSchema } from '../src/core/profile.ts'
import { createCollector } from '../src/metrics/collector.ts'
import { loadPlugin } from '../src/registry.ts'
import { accessTo } from '../src/runners/access.ts'
import { v8Options } from '../src/runners/children.ts'
import { startCluster } from '../src/runners/choose-cluster.ts'
import { gatherCrew } from '../src/runners/crew.ts'
import type { BareJob, BareTick } from './bare/protocol.ts'
import { bootstrapMedian, type Interval } from './intervals.ts'

const partitions = 12
/** The first seconds of a slice are the process's warm-up and not counted. */
const warmupS = 3
const measureS = 5

export interface OverheadResult {
  client: string
  sizeBytes: number
  pairs: number
  /** kbench / bare: records acknowledged per second, and CPU per acknowledged record. */
  rate: Interval
  cpu: Interval
  medianRate: { kbench: number; bare: number }
}

interface Slice {
  perSec: number
  cpuUsPerRecord: number
}

/** What kbench's pump, stamp and recording cost on top of the client, in pairs ABBA on one cluster in one run. */
export async function runOverhead(pairs: number, say: (line: string) => void): Promise<OverheadResult[]> {
  const directory = await mkdtemp(join(tmpdir(), 'kbench-bench-'))
  const options = profileSchema.parse({ name: 'bench', cluster: { provider: 'local' } }).cluster
  const signal = new AbortController().signal
  const { cluster } = await startCluster(options, { runId: `bench-${process.pid}`, directory, signal, say })
  const results: OverheadResult[] = []
  try {
    const topic = `bench-${process.pid}`
    await accessTo(cluster).createTopic(
      {
        name: topic,
        partitions,
        replicationFactor: 3,
        config: { 'min.insync.replicas': 2, 'retention.bytes': 67_108_864 },
      },
      signal,
    )
    for (const client of ['node-rdkafka', 'kafkajs'] as const) {
      for (const sizeBytes of [100, 1024]) {
        results.push(await compare(cluster, topic, client, sizeBytes, pairs, say))
      }
    }
  } finally {
    await cluster[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  }
  return results
}

async function compare(
  cluster: Cluster,
  topic: string,
  client: 'kafkajs' | 'node-rdkafka',
  sizeBytes: number,
  pairs: number,
  say: (line: string) => void,
): Promise<OverheadResult> {
  const kbench: Slice[] = []
  const bare: Slice[] = []
  const settings = settingsOf(client)
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? ['kbench', 'bare'] : ['bare', 'kbench']
    for (const side of order) {
      if (side === 'kbench') kbench.push(await runKbench(cluster, topic, client, sizeBytes, settings))
      else bare.push(await runBare(cluster, topic, client, sizeBytes, settings))
    }
    const [a, b] = [kbench.at(-1)!, bare.at(-1)!]
    say(
      `${client} ${sizeBytes} B pair ${pair + 1}: ${Math.round(a.perSec)} / ${Math.round(b.perSec)} records/s, ` +
        `${a.cpuUsPerRecord.toFixed(2)} / ${b.cpuUsPerRecord.toFixed(2)} µs CPU per record`,
    )
  }
  const ratios = (read: (slice: Slice) => number) => kbench.map((slice, index) => read(slice) / read(bare[index]!))
  return {
    client,
    sizeBytes,
    pairs,
    rate: bootstrapMedian(ratios((slice) => slice.perSec)),
    cpu: bootstrapMedian(ratios((slice) => slice.cpuUsPerRecord)),
    medianRate: {
      kbench: bootstrapMedian(kbench.map((slice) => slice.perSec)).median,
      bare: bootstrapMedian(bare.map((slice) => slice.perSec)).median,
    },
  }
}

function settingsOf(client: string): ProducerSettings {
  const explicit = Array.from({ length: partitions }, (_, partition) => partition)
  // The bare loop of kafkajs has five sends of a thousand records under way: as many may be in flight on either side.
  const maxInFlight = client === 'kafkajs' ? 5000 : 10_000
  const profile = profileSchema.parse({ name: 'bench', producers: { partitioner: { explicit }, maxInFlight } })
  return producerSettings(profile, client)
}

async function runBare(
  cluster: Cluster,
  topic: string,
  client: BareJob['client'],
  sizeBytes: number,
  settings: ProducerSettings,
): Promise<Slice> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child = fork(new URL(`./bare/host.${extension}`, import.meta.url), {
    // As the load hosts run.
    execArgv: [...v8Options],
    serialization: 'advanced',
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  })
  const ticks: BareTick[] = []
  child.on('message', (tick: BareTick) => ticks.push(tick))
  const job: BareJob = {
    client,
    bootstrap: [...cluster.network.bootstrap],
    topic,
    partitions,
    sizeBytes,
    settings,
    runMs: (warmupS + measureS + 1) * 1000,
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.send(job)
  const code = await exited
  const first = ticks[warmupS - 1]
  const last = ticks[warmupS + measureS - 1]
  if (code !== 0 || !first || !last) throw new Error(`bare ${client} ended with ${code}, ${ticks.length} ticks`)
  const records = last.acked - first.acked
  return {
    perSec: (records * 1000) / (last.atMs - first.atMs),
    cpuUsPerRecord: ((last.cpuMs - first.cpuMs) * 1000) / records,
  }
}

async function runKbench(
  cluster: Cluster,
  topic: string,
  client: string,
  sizeBytes: number,
  settings: ProducerSettings,
): Promise<Slice> {
  const intervals = planIntervals({ warmupMs: warmupS * 1000, measureMs: measureS * 1000, drainMs: 2000 })
  const plan: WorkerPlan = {
    worker: 0,
    workload: 'produce',
    driver: client,
    role: { kind: 'producer', index: 0 },
    network: cluster.network,
    clientId: 'kbench',
    topic: { name: topic, partitions },
    producer: settings,
    consumer: null,
    load: {
      ratePerSec: 'max',
      count: null,
      size: sizeBytes,
      keys: { cardinality: 1, distribution: 'none', exponent: 1 },
      compressibility: 0,
      stampIn: 'value',
    },
    producers: 1,
    edges: edgesOf(intervals),
    // A second more than is counted, as the bare loop has it.
    loadEndNs: (warmupS + measureS + 1) * 1e9,
    deadlineNs: (warmupS + measureS + 3) * 1e9,
    seed: 1,
    run: 1,
    watchSilence: false,
    prefill: false,
  }
  let startNs = nowNs()
  const collector = createCollector(intervals, () => startNs)
  const { isolation } = await loadPlugin('drivers', client)
  const crew = gatherCrew([plan], isolation, {
    frame: (_plan, frame) => collector.add(frame, 0),
    delivered() {},
    assigned() {},
    rebalanced() {},
    event() {},
    log() {},
  })
  try {
    await crew.bring(['producer'], 30_000, new AbortController().signal)
    startNs = nowNs()
    crew.start(['producer'], startNs)
    await crew.ended('producer')
    if (crew.losses.size > 0) throw new Error([...crew.losses.values()][0]!.reason)
    const usage = crew.usage()[0]!.map((point) => ({ ...point, atS: (point.atNs - startNs) / 1e9 }))
    const first = usage.find(({ atS }) => atS >= warmupS - 0.5)!
    const last = usage.findLast(({ atS }) => atS <= warmupS + measureS + 0.5)!
    const { acked } = collector.phaseEvents(['measure'])
    const perSec = acked / measureS
    const cpuMsPerSec = (last.cpuMs - first.cpuMs) / ((last.atNs - first.atNs) / 1e9)
    return { perSec, cpuUsPerRecord: (cpuMsPerSec * 1000) / perSec }
  } finally {
    await crew.close()
  }
}
