import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { nowNs } from '../src/base/clock.ts'
import type { Cluster, ProducerSettings, WorkerPlan } from '../src/contracts/api.ts'
import { planAxis } from '../src/load/axis.ts'
import { producerSettings } from '../src/profile/plan.ts'
import { profileSchema } from '../src/profile/schema.ts'
import { loadPlugin } from '../src/registry.ts'
import { v8Options } from '../src/runners/hosts/children.ts'
import { createLocalSite } from '../src/runners/hosts/hosts.ts'
import { startCluster } from '../src/runners/run/choose-cluster.ts'
import { accessTo } from '../src/runners/variant/access.ts'
import type { BareClient, BareJob, BareReport } from './bare/protocol.ts'
import { bootstrapMedian, type Interval } from './intervals.ts'

const partitions = 12
/** Each side has so many windows of its own to warm up in, which are not counted. */
const warmupPairs = 3
const windowS = 2

export interface OverheadResult {
  client: string
  sizeBytes: number
  pairs: number
  /** kbench / bare: records acknowledged per second, and CPU per acknowledged record. */
  rate: Interval
  cpu: Interval
  medianRate: { kbench: number; bare: number }
}

/** One of the two programs: begins at `startNs`, stands still whenever it is stopped. */
interface Side {
  pid: number
  /** Records acknowledged by second from the start. */
  acked(): readonly number[]
  ended: Promise<void>
  close(): Promise<void>
}

interface SideJob {
  cluster: Cluster
  topic: string
  client: BareClient
  sizeBytes: number
  settings: ProducerSettings
  startNs: number
  runS: number
}

/**
 * What kbench's pump, stamp and recording cost on top of the client. Both programs are up and warm all the time, and run in turn for two
 * seconds each, ABBA, while the other one is stopped (SIGSTOP): the machine's moods hit both sides of a pair alike.
 */
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
    for (const client of ['librdkafka', 'node-rdkafka', 'kafkajs'] as const) {
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
  client: BareClient,
  sizeBytes: number,
  pairs: number,
  say: (line: string) => void,
): Promise<OverheadResult> {
  const windows = 2 * (warmupPairs + pairs)
  // Both connect before the start; a few seconds are left for what was in flight when the last window ended.
  const job: SideJob = {
    ...{ cluster, topic, client, sizeBytes },
    settings: settingsOf(client),
    startNs: nowNs() + 8e9,
    runS: windows * windowS + 2,
  }
  const [kbench, bare] = await Promise.all([startKbench(job), startBare(job)])
  const all = { kbench, bare }
  const cpuMs: number[] = []
  const order: ('kbench' | 'bare')[] = []
  try {
    if (nowNs() > job.startNs) throw new Error('connecting took more than 8 s')
    process.kill(bare.pid, 'SIGSTOP')
    for (let window = 0; window < windows; window++) {
      // Pairs AB, BA, AB, …
      const side = (window + Math.floor(window / 2)) % 2 === 0 ? 'kbench' : 'bare'
      await until(job.startNs + window * windowS * 1e9)
      process.kill(all[side === 'kbench' ? 'bare' : 'kbench'].pid, 'SIGSTOP')
      process.kill(all[side].pid, 'SIGCONT')
      order.push(side)
      const before = cpuOf(all[side].pid)
      await until(job.startNs + (window + 1) * windowS * 1e9)
      cpuMs.push(cpuOf(all[side].pid) - before)
    }
    for (const { pid } of [kbench, bare]) process.kill(pid, 'SIGCONT')
    await Promise.all([kbench.ended, bare.ended])
  } finally {
    for (const side of [kbench, bare]) {
      try {
        process.kill(side.pid, 'SIGCONT')
      } catch {
        // It has ended.
      }
      await side.close()
    }
  }
  const measured = order.map((side, window) => {
    const seconds = all[side].acked().slice(window * windowS, (window + 1) * windowS)
    const records = seconds.reduce((sum, acked) => sum + (acked ?? 0), 0)
    if (records === 0) throw new Error(`${client} ${side}: nothing acknowledged in window ${window}`)
    return { side, perSec: records / windowS, cpuUsPerRecord: (cpuMs[window]! * 1000) / records }
  })
  const slices = (side: string) => measured.filter((slice) => slice.side === side).slice(warmupPairs)
  const [a, b] = [slices('kbench'), slices('bare')]
  a.forEach((mine, pair) => {
    say(
      `${client} ${sizeBytes} B pair ${pair + 1}: ${Math.round(mine.perSec)} / ${Math.round(b[pair]!.perSec)} records/s, ` +
        `${mine.cpuUsPerRecord.toFixed(2)} / ${b[pair]!.cpuUsPerRecord.toFixed(2)} µs CPU per record`,
    )
  })
  const ratios = (read: (slice: (typeof measured)[number]) => number) =>
    a.map((slice, index) => read(slice) / read(b[index]!))
  return {
    client,
    sizeBytes,
    pairs,
    rate: bootstrapMedian(ratios((slice) => slice.perSec)),
    cpu: bootstrapMedian(ratios((slice) => slice.cpuUsPerRecord)),
    medianRate: {
      kbench: bootstrapMedian(a.map((slice) => slice.perSec)).median,
      bare: bootstrapMedian(b.map((slice) => slice.perSec)).median,
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

async function startBare({ cluster, topic, client, sizeBytes, settings, startNs, runS }: SideJob): Promise<Side> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child: ChildProcess = fork(new URL(`./bare/host.${extension}`, import.meta.url), {
    // As the load hosts run.
    execArgv: [...v8Options],
    serialization: 'advanced',
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  })
  let acked: BareReport = []
  child.on('message', (report: BareReport) => {
    acked = report
  })
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`bare ${client} ended with ${code}`))))
  })
  ended.catch(() => {})
  const runMs = runS * 1000 + (startNs - nowNs()) / 1e6
  const bootstrap = [...cluster.network.bootstrap]
  child.send({ client, bootstrap, topic, partitions, sizeBytes, settings, startNs, runMs } satisfies BareJob)
  // Until it has connected: it is stopped next, and stopped it would be found out of time by a broker.
  await delay(5000)
  return { pid: child.pid!, acked: () => acked, ended, close: async () => void child.kill('SIGKILL') }
}

/** A load host with one worker, as a run starts it, without the rest of a run. */
async function startKbench({ cluster, topic, client, sizeBytes, settings, startNs, runS }: SideJob): Promise<Side> {
  const axis = planAxis({ warmupMs: 0, measureMs: runS * 1000, drainMs: 2000 }, Number.POSITIVE_INFINITY)
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
    record: {
      size: sizeBytes,
      keys: { cardinality: 1, distribution: 'none', exponent: 1 },
      compressibility: 0,
      stampIn: 'value',
    },
    schedule: { segments: null, count: null, poisson: false, seed: 1 },
    producers: 1,
    edges: axis.edges,
    loadEndNs: runS * 1e9,
    deadlineNs: (runS + 2) * 1e9,
    seed: 1,
    run: 1,
    watchSilence: false,
    prefill: false,
  }
  const acked: number[] = []
  const { isolation } = await loadPlugin('drivers', client)
  const before = new Set(children())
  const { promise: ready, resolve: isReady, reject: isNotReady } = withResolvers()
  const { promise: ended, resolve: isOver, reject: isLost } = withResolvers()
  const lost = (reason: string) => {
    isNotReady(new Error(reason))
    isLost(new Error(reason))
  }
  const hosts = createLocalSite().open(isolation, false, {
    message(_worker, message) {
      if (message.type === 'ready') isReady()
      else if (message.type === 'done') isOver()
      else if (message.type === 'error') lost(message.message)
      else if (message.type === 'frame') {
        for (const { interval, events } of message.frame.cells) acked[interval] = (acked[interval] ?? 0) + events.acked
      }
    },
    usage() {},
    lost: (_workers, reason) => lost(reason),
    log() {},
  })
  ended.catch(() => {})
  ready.catch(() => {})
  hosts.add([plan])
  hosts.send(0, { type: 'init', plan })
  const pid = children().find((child) => !before.has(child))
  if (pid === undefined) throw new Error('no load host was started')
  await ready
  hosts.send(0, { type: 'start', startNs })
  return { pid, acked: () => acked, ended, close: async () => hosts[Symbol.asyncDispose]() }
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers() {
  let resolve = () => {}
  let reject = (_: Error) => {}
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Processes that this one started and that live. */
function children(): number[] {
  return readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

/** User and system time of a process with all its threads so far, ms. Fields 14 and 15 of proc(5) stat, in ticks of 10 ms. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function until(atNs: number): Promise<void> {
  while (nowNs() < atNs) await delay(Math.max(0, (atNs - nowNs()) / 1e6))
}
