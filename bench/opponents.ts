import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../src/base/root.ts'
import type { Cluster } from '../src/contracts/api.ts'
import type { RunResult, Variant } from '../src/contracts/result.ts'
import { profileSchema } from '../src/profile/schema.ts'
import { startCluster } from '../src/runners/run/choose-cluster.ts'
import { bootstrapMedian } from './intervals.ts'
import type { Line } from './lines.ts'

/** Kafka's own tools, as a variant beside the clients. */
const tools = 'kafka-perf-test'

interface Contest {
  name: string
  profile: object
  lines: (result: RunResult, pairs: number) => Line[]
}

const topic = { partitions: 12, replicationFactor: 3, config: { 'min.insync.replicas': 2 } }
const steady = { clusterWarmup: '10s', warmup: '5s', drain: '30s', coolDown: '2s' }

/**
 * Each contest is one run of kbench on one cluster: every opponent once in each of `pairs` repetitions, in an order that is turned round from
 * one to the next, every acknowledgement timed and every record of kbench's audited. The tools print a rate every five seconds; the first five are left
 * out, in which their JVM warms up.
 */
export async function runOpponents(pairs: number, seconds: number, say: (line: string) => void): Promise<Line[]> {
  const directory = await mkdtemp(join(tmpdir(), 'kbench-bench-'))
  const options = profileSchema.parse({ name: 'bench', cluster: { provider: 'local' } }).cluster
  const signal = new AbortController().signal
  const { cluster } = await startCluster(options, { runId: `bench-${process.pid}`, directory, signal, say })
  try {
    const lines: Line[] = []
    for (const contest of contestsOf(pairs, seconds)) {
      const result = await runContest(contest, cluster, directory)
      lines.push(...contest.lines(result, pairs))
    }
    lines.push(await runPaced(cluster, directory, pairs, seconds))
    return lines
  } finally {
    await cluster[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  }
}

function contestsOf(pairs: number, seconds: number): Contest[] {
  const common = { topic, repeat: pairs, reference: tools, producers: { batch: { lingerMs: 5 } } }
  const produce = (size: number, atLeast: number): Contest => ({
    name: `produce-${size}`,
    profile: {
      ...common,
      ...{ workload: 'produce', clients: ['librdkafka'], load: { rate: 'max', record: { size } } },
      phases: { ...steady, measure: `${seconds}s` },
    },
    lines: (result, of) => [
      ratio(result, of, `librdkafka, ${size} B at rate max, records/s`, 'ProducerPerformance', {
        mine: ackedPerSec('librdkafka'),
        other: (variant) => (isOf(variant, tools) ? (variant.reference?.produce?.steadyRecordsPerSec ?? null) : null),
        figure: { atLeast },
      }),
    ],
  })
  const read = receivedPerSec
  const consume: Contest = {
    name: 'consume-100',
    profile: {
      ...common,
      workload: 'consume',
      clients: ['librdkafka', 'node-rdkafka', 'kafkajs'],
      consumers: [{ group: 'g', members: 1 }],
      load: { count: 200_000 * seconds, record: { size: 100 } },
      phases: { ...steady, warmup: '0s', measure: '120s' },
    },
    lines(result, of) {
      const what = 'librdkafka, consuming 100 B, stamps read, records/s'
      const mine = read('librdkafka')
      return [
        ratio(result, of, what, 'node-rdkafka', { mine, other: read('node-rdkafka'), figure: { atLeast: 2 } }),
        ratio(result, of, what, 'kafkajs eachBatch', { mine, other: read('kafkajs'), figure: { atLeast: 1 } }),
        ratio(result, of, `${what} (goal 1.0)`, 'ConsumerPerformance', {
          mine,
          other: (variant) => (isOf(variant, tools) ? (variant.reference?.consume[0]?.recordsPerSec ?? null) : null),
          figure: null,
        }),
      ]
    },
  }
  return [produce(100, 1.2), produce(1024, 1), consume]
}

/** CPU seconds of everything that kbench is (supervisor, load host, audit), per million records at 10 000/s of 1 KiB; of absolute numbers. */
async function runPaced(cluster: Cluster, directory: string, pairs: number, seconds: number): Promise<Line> {
  const perMillion: number[] = []
  const records = 10_000 * (seconds + 5)
  for (let round = 0; round < pairs; round++) {
    const before = childrenCpuS()
    await runContest(
      {
        name: `paced-${round}`,
        profile: {
          ...{ topic, workload: 'produce', clients: ['librdkafka'], load: { rate: 10_000, record: { size: 1024 } } },
          phases: { ...steady, clusterWarmup: '0s', measure: `${seconds}s` },
        },
        lines: () => [],
      },
      cluster,
      directory,
    )
    perMillion.push(((childrenCpuS() - before) / records) * 1e6)
  }
  return {
    what: 'librdkafka at 10 000/s of 1 KiB, CPU s per 10⁶ records',
    opponent: 'none (OpenMessaging Benchmark took 48)',
    interval: bootstrapMedian(perMillion),
    pairs,
    figure: { atMost: 38 },
    detail: `all processes of kbench, audit included: ${perMillion.map((value) => value.toFixed(1)).join(' ')}`,
  }
}

const isOf = ({ params }: Variant, client: string) => params.client === client

const ackedPerSec = (client: string) => (variant: Variant) =>
  isOf(variant, client) && variant.integrity.verdict === 'ok' ? variant.produce.ackedPerSec : null

const receivedPerSec = (client: string) => (variant: Variant) =>
  isOf(variant, client) ? (variant.consume?.receivedPerSec ?? null) : null

type Read = (variant: Variant) => number | null

/** By repetition. One that an opponent has no number for is an error: a pair cannot be left out because of what came of it. */
function ratio(
  { variants }: RunResult,
  pairs: number,
  what: string,
  opponent: string,
  { mine, other, figure }: { mine: Read; other: Read; figure: Line['figure'] },
): Line {
  const numbers = (read: Read, who: string) =>
    Array.from({ length: pairs }, (_, at) => {
      const values = variants.filter(({ repeat }) => repeat === at + 1).flatMap((variant) => read(variant) ?? [])
      if (values.length === 1 && values[0]! > 0) return values[0]!
      throw new Error(`${what}: no number of ${who} in repetition ${at + 1}`)
    })
  const [a, b] = [numbers(mine, 'kbench'), numbers(other, opponent)]
  const median = (values: readonly number[]) => Math.round(bootstrapMedian(values).median)
  const bound = [...new Set(variants.flatMap((variant) => variant.bound?.by ?? []))].join(', ')
  return {
    ...{ what, opponent, pairs, figure },
    interval: bootstrapMedian(a.map((value, at) => value / b[at]!)),
    detail: `${median(a)} / ${median(b)} records/s; bound by ${bound || 'what was not observed'}`,
  }
}

async function runContest({ name, profile }: Contest, { network }: Cluster, directory: string): Promise<RunResult> {
  const file = join(directory, `${name}.yaml`)
  const cluster = { provider: 'external', bootstrap: network.bootstrap }
  await writeFile(file, JSON.stringify({ name, ...profile, cluster }))
  const results = join(directory, 'results')
  const args = [join(packageRoot, 'bin', 'kbench.js'), 'run', file, '--results', results, '--no-reports']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const folder = readdirSync(results).find((each) => each.includes(`-${name}-`))
  if (folder === undefined) throw new Error(`${name}: kbench run ended with ${code} and no result`)
  return JSON.parse(readFileSync(join(results, folder, 'result.json'), 'utf8')) as RunResult
}

/** Of children that have ended and been waited for, with theirs. Fields 16 and 17 of proc(5) stat, in ticks of 10 ms. */
function childrenCpuS(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}
