import type { Load } from './load.ts'
import { plainNumber } from './number-text.ts'
import type { PricedCandidate } from './planned.ts'

/** What the validation of a plan is held to. */
export interface ValidationOptions {
  /** Highest response p99, ms. */
  sloMs: number
  /** How the plan was made, for the head of the file: "kbench plan --in 40MB/s". */
  command: string
}

/** Long enough for the burst credits of small brokers and volumes to be used up before anything is measured. */
const creditsMinutes = 60
const measureMinutes = 60
const peakEveryMinutes = 20
const usualRecordBytes = 1024

/** Records per second of a rate on the wire. */
export const recordsPerSec = (mbps: number, { recordSizeBytes, compressionRatio }: Load): number =>
  (mbps * 1e6 * (compressionRatio ?? 1)) / (recordSizeBytes ?? usualRecordBytes)

/** A profile that proves a candidate on the real cluster: its partitions, the load with its peaks, an hour, one reboot. YAML. */
export function validationProfile(
  candidate: PricedCandidate,
  load: Load,
  { sloMs, command }: ValidationOptions,
): string {
  const partitions = candidate.partitions ?? candidate.brokers * 2
  const groups = load.groups ?? Math.max(1, Math.round(load.g))
  const port = { iam: 9098, scram: 9096, tls: 9094 }[load.auth ?? 'tls']
  const names = Array.from({ length: groups }, (_, at) => `g${at + 1}`)
  const fractional = load.groups === null && !Number.isInteger(load.g)
  const compressed = load.compressionRatio !== null && load.compressionRatio > 1
  const lines = [
    `# Does ${candidate.brokers} × ${candidate.type} take the load that it was planned for?`,
    `# Made by: ${command}`,
    '# On a machine next to the cluster: put in the brokers, the region and the ARN. Afterwards: the same command with --check RUN.',
    `name: msk-${slug(candidate.type)}`,
    'cluster:',
    '  provider: external',
    `  bootstrap: ["b-1.CLUSTER.kafka.REGION.amazonaws.com:${port}", "b-2.CLUSTER.kafka.REGION.amazonaws.com:${port}"]`,
    ...security(load.auth),
    ...(candidate.partitions === null ? ['# The plan knows no number of partitions: two per broker.'] : []),
    'topic:',
    `  partitions: ${partitions}`,
    `  replicationFactor: ${load.replication}`,
    `  config: { min.insync.replicas: ${Math.max(1, load.replication - 1)} }`,
    'clients: [node-rdkafka]',
    `# ${plainNumber(load.inMBps)} MB/s on the wire at the peak, ${plainNumber(load.averageInMBps)} on average.${load.recordSizeBytes === null ? ' The record size is a guess: --record-size' : ''}`,
    'load:',
    `  rate: ${rateText(load)}`,
    `  record: { size: ${Math.round(load.recordSizeBytes ?? usualRecordBytes)}B${compressed ? `, compressibility: ${Number((1 - 1 / load.compressionRatio!).toFixed(3))}` : ''} }`,
    `producers: { count: 4, acks: all, partitioner: murmur2, batch: { lingerMs: 5 }${compressed ? ', compression: lz4' : ''} }`,
    ...(fractional ? [`# The plan reads ${plainNumber(load.g)} × what is written: whole groups come nearest.`] : []),
    `consumers: [${names.map((name) => ` { group: ${name}, members: ${Math.min(4, partitions)} }`).join(',')} ]`,
    `# The warm-up is for the burst credits of network and volumes, which have to be used up before anything counts.`,
    `phases: { clusterWarmup: 0s, warmup: ${creditsMinutes}m, measure: ${measureMinutes}m, drain: 15m }`,
    '# One reboot half-way. It heals itself, and is seen in the metadata of the cluster.',
    'faults:',
    '  - use: command',
    `    at: ${measureMinutes / 2}m`,
    '    for: 10m',
    `    inject: [aws, kafka, reboot-broker, --cluster-arn, ${env('MSK_CLUSTER_ARN')}, --broker-ids, "1"]`,
    '    verifyWithin: 10m',
    'thresholds:',
    '  - "integrity.lost == 0"',
    `  - "produce.responseUs.p99 < ${sloMs}ms"`,
    ...names.map((name) => `  - "lag.${name}.drainS < 900s"`),
  ]
  return `${lines.join('\n')}\n`
}

/** References, as a profile has them. */
const env = (name: string): string => `"\${env:${name}}"`
const file = (path: string): string => `"\${file:${path}}"`

const slug = (type: string): string => type.replace(/[^A-Za-z0-9]+/g, '-')

function security(auth: Load['auth']): string[] {
  const sasl = {
    iam: ['    sasl: { mechanism: aws-iam, region: REGION }'],
    scram: [`    sasl: { mechanism: scram-sha-512, username: USER, password: ${env('KAFKA_PASSWORD')} }`],
    tls: [],
  }[auth ?? 'tls']
  const tls =
    auth === 'tls' ? `    tls: { cert: ${file('client.pem')}, key: ${file('client-key.pem')} }` : '    tls: true'
  return ['  security:', tls, ...sasl]
}

/** The peak as often as the average leaves room for: a wave where it is at most twice the average, else bursts. */
function rateText(load: Load): string {
  const peak = Math.max(1, Math.round(recordsPerSec(load.inMBps, load)))
  const mean = Math.max(1, Math.round(recordsPerSec(load.averageInMBps, load)))
  if (mean >= peak) return String(peak)
  if (peak <= 2 * mean) return `{ sine: { mean: ${mean}, amplitude: ${peak - mean}, period: ${peakEveryMinutes}m } }`
  const base = Math.max(1, Math.round(mean / 2))
  const seconds = Math.max(1, Math.round(((mean - base) / (peak - base)) * peakEveryMinutes * 60))
  return `{ bursts: { base: ${base}, peak: ${peak}, for: ${seconds}s, every: ${peakEveryMinutes}m } }`
}
