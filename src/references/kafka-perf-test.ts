import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KbenchError } from '../base/errors.ts'
import { fetchJars, findJars } from '../clusters/local/jars.ts'
import { findJava, javaFor } from '../clusters/local/java.ts'
import type { ConsumerSettings, ReferenceJob } from '../contracts/api.ts'
import { defineReference } from '../contracts/define.ts'
import type { ReferenceResult } from '../contracts/result.ts'
import { isShape } from '../profile/shapes.ts'
import {
  allowedUrl,
  connectionProperties,
  consumerProperties,
  type Properties,
  producerProperties,
  propertiesText,
  unsupportedConnection,
} from './_java-config.ts'
import { type ConsumerLine, type ProducerLine, parseConsumerLine, parseProducerLine } from './_perf-lines.ts'
import { runTool, type Tool } from './_tool.ts'

const producerTool = 'org.apache.kafka.tools.ProducerPerformance'
const consumerTool = 'org.apache.kafka.tools.ConsumerPerformance'
/** The tool prints a line about the time since the last one so often. */
const lineS = 5

/** Kafka's own kafka-producer-perf-test.sh and kafka-consumer-perf-test.sh: the Java client, as its makers measure it. */
export default defineReference({
  summary: "Kafka's own ProducerPerformance and ConsumerPerformance, with the Java client",

  unsupported({ load, faults, topic, producers }, connection) {
    if (faults.length > 0) return 'it has no numbers by partition or second, which a failure needs'
    if (isShape(load.rate)) return 'it sends at a constant rate or as fast as it can'
    if (typeof load.record.size !== 'number') return 'it sends records of one size'
    if (load.record.keys.distribution !== 'none') return 'it sends records without keys'
    if (topic.name !== undefined) return 'it reads the whole topic, also what was there before'
    if (typeof producers.partitioner === 'object') return 'it takes no partition'
    return unsupportedConnection(connection ?? null)
  },

  async run(job) {
    const tool = await findTool(job)
    const folder = await mkdtemp(join(tmpdir(), 'kbench-reference-'))
    const configFile = join(folder, 'connection.properties')
    try {
      await writeFile(configFile, propertiesText(connectionProperties(job.network)), { mode: 0o600 })
      const runs: ReferenceResult['runs'] = []
      const context = { job, tool, configFile, folder, runs }
      const records = await recordsPerProducer(context)
      const total = records * job.producers
      const read = () => Promise.all(job.consumers.map((group) => consume(context, group, total)))
      const write = () => produce(context, records)
      const [produced, consumed] = job.prefill ? [await write(), await read()] : await Promise.all([write(), read()])
      return { tool: 'kafka-perf-test', version: tool.version, produce: produced, consume: consumed, runs }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

interface Context {
  job: ReferenceJob
  tool: Tool & { version: string }
  configFile: string
  folder: string
  runs: ReferenceResult['runs']
}

async function findTool({ network, kafkaVersion, signal, say }: ReferenceJob): Promise<Context['tool']> {
  const version = kafkaVersion ?? '4.1.0'
  const java = await findJava(javaFor(version))
  if ('problem' in java) {
    throw new KbenchError('environment', `reference kafka-perf-test: ${java.problem}`, {
      hint: 'point JAVA_HOME to a Java that Kafka runs on',
    })
  }
  const jars = findJars(version, false) ?? (await fetchJars(version, { signal, say }))
  const url = allowedUrl(network)
  const options = url === null ? [] : [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${url}`]
  return { java: java.command, jars: jars.folder, version: jars.version, options }
}

/** The tool takes a number of records, not a time: at rate max two short runs find out what it can do. */
async function recordsPerProducer(context: Context): Promise<number> {
  const { job } = context
  const share = (records: number) => Math.max(1, Math.ceil(records / job.producers))
  const most = job.count === null ? Number.POSITIVE_INFINITY : share(job.count)
  if (job.prefill && job.count !== null) return most
  if (job.ratePerSec !== 'max') return Math.min(most, share(job.ratePerSec * job.durationS))
  let records = Math.max(1000, Math.ceil(2e7 / job.recordBytes))
  for (let probe = 0; probe < 2; probe++) {
    job.say(`how fast it is: ${records} records`)
    const { lines, last } = await sendOnce(context, Math.min(records, most), null)
    const perSec = lines.at(-1)?.recordsPerSec ?? last.recordsPerSec
    records = Math.ceil(perSec * (probe === 0 ? lineS : job.durationS))
  }
  return Math.min(most, records)
}

async function produce(context: Context, records: number): Promise<ReferenceResult['produce']> {
  const { job } = context
  const perProducer = job.ratePerSec === 'max' || job.prefill ? null : job.ratePerSec / job.producers
  const runs = await Promise.all(
    Array.from({ length: job.producers }, () => sendOnce(context, records, perProducer, true)),
  )
  const lasts = runs.map(({ last }) => last)
  const total = sum(lasts.map((last) => last.records))
  const one = lasts.length === 1 ? lasts[0]!.percentiles : null
  const steady = runs.map(({ lines }) => steadyRate(lines, job.warmupS))
  return {
    records: total,
    recordsPerSec: sum(lasts.map(({ recordsPerSec }) => recordsPerSec)),
    bytesPerSec: sum(lasts.map(({ mbPerSec }) => mbPerSec)) * 1_048_576,
    steadyRecordsPerSec: steady.every((rate) => rate !== null) ? sum(steady) : null,
    latencyMs: {
      mean: sum(lasts.map((last) => last.avgMs * last.records)) / total,
      max: Math.max(...lasts.map(({ maxMs }) => maxMs)),
      p50: one?.p50Ms ?? null,
      p95: one?.p95Ms ?? null,
      p99: one?.p99Ms ?? null,
      p999: one?.p999Ms ?? null,
    },
  }
}

/** Mean over the lines of whole windows that began after the warm-up. */
function steadyRate(lines: readonly ProducerLine[], warmupS: number): number | null {
  const steady = lines.slice(Math.ceil(warmupS / lineS)).map(({ recordsPerSec }) => recordsPerSec)
  return steady.length === 0 ? null : sum(steady) / steady.length
}

async function sendOnce(
  { job, tool, configFile, runs }: Context,
  records: number,
  perSec: number | null,
  ended = false,
): Promise<{ lines: ProducerLine[]; last: ProducerLine }> {
  if (!job.producer) throw new Error('a reference that sends needs settings of a producer')
  const args = [
    ...['--topic', job.topic.name, '--num-records', String(records), '--record-size', String(job.recordBytes)],
    ...['--throughput', perSec === null ? '-1' : String(perSec)],
    ...[
      '--producer.config',
      configFile,
      '--producer-props',
      ...pairs(producerProperties(job.producer, job.recordBytes)),
    ],
  ]
  const output = await runTool(tool, producerTool, args, job.signal)
  const lines = output.map((line) => ({ line, parsed: parseProducerLine(line) }))
  const last = lines.findLast(({ parsed }) => parsed?.percentiles != null)
  if (!last?.parsed) throw unexpected(producerTool, output)
  if (ended)
    runs.push({ command: commandOf('kafka-producer-perf-test.sh', args, configFile), printed: last.line.trim() })
  const windows = lines.flatMap(({ parsed }) => (parsed && parsed.percentiles === null ? [parsed] : []))
  return { lines: windows, last: last.parsed }
}

async function consume(
  { job, tool, configFile, folder, runs }: Context,
  settings: ConsumerSettings,
  records: number,
): Promise<ReferenceResult['consume'][number]> {
  const file = join(folder, `${settings.group}.properties`)
  const properties = { ...connectionProperties(job.network), ...consumerProperties(settings) }
  await writeFile(file, propertiesText(properties), { mode: 0o600 })
  const args = [
    ...['--bootstrap-server', job.network.bootstrap.join(','), '--topic', job.topic.name, '--group', settings.group],
    ...['--messages', String(records), '--timeout', '30000', '--consumer.config', file],
  ]
  const output = await runTool(tool, consumerTool, args, job.signal)
  const lines = output.map((line) => ({ line, parsed: parseConsumerLine(line) }))
  const last = lines.findLast(({ parsed }) => parsed !== null)
  if (!last) throw unexpected(consumerTool, output)
  const parsed: ConsumerLine = last.parsed!
  runs.push({ command: commandOf('kafka-consumer-perf-test.sh', args, file, configFile), printed: last.line.trim() })
  return {
    group: settings.group,
    records: parsed.records,
    recordsPerSec: parsed.recordsPerSec,
    bytesPerSec: parsed.mbPerSec * 1_048_576,
    fetchRecordsPerSec: parsed.fetchRecordsPerSec,
  }
}

const pairs = (properties: Properties) => Object.entries(properties).map(([key, value]) => `${key}=${value}`)

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** As a person would type it. */
function commandOf(script: string, args: readonly string[], ...files: readonly string[]): string {
  return [script, ...args.map((arg) => (files.includes(arg) ? 'client.properties' : arg))].join(' ')
}

function unexpected(tool: string, output: readonly string[]): KbenchError {
  return new KbenchError('environment', `${tool} printed no result`, { details: output.slice(-5) })
}
