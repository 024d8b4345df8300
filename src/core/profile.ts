import { z } from 'zod'
import { durationPattern, parseDurationMs, parseSizeBytes, sizePattern } from './units.ts'

/** The profile: what a user writes (z.input) and what the program works with (z.output, all defaults filled in, units normalised). */

const duration = (example: string) =>
  z
    .string(`expected a duration with a unit, like ${example}`)
    .regex(durationPattern, `expected a duration with a unit, like ${example}`)
    .transform((text) => parseDurationMs(text)!)
    .describe('A duration with its unit: 250ms, 10s, 5m')

const size = (example: string) =>
  z
    .union([z.int().min(0), z.string().regex(sizePattern)], `expected a size, like ${example}`)
    .transform((value) => (typeof value === 'number' ? value : parseSizeBytes(value)!))
    .describe('A size: bytes, or a number with B, KB, KiB, MB, MiB, GB, GiB')

const name = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'expected letters, digits, ".", "_" or "-"')
const clientConfig = z
  .record(z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))
  .default({})
  .describe("Raw settings, per client, in that client's own names; they win over everything else")

// biome-ignore lint/suspicious/noTemplateCurlyInString: the text a user writes
const secret = z.string().regex(/^\$\{(env|file):[^}]+\}$/, 'secrets are written as ${env:NAME} or ${file:path} only')

const security = z.strictObject({
  tls: z.boolean().default(false),
  ca: secret.optional().describe('PEM of the certificate authority'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: z.string(),
      password: secret,
    })
    .optional(),
})

const cluster = z.strictObject({
  provider: z.string().default('auto').describe('auto, or a file in src/clusters: compose, local, mock, external'),
  layout: name.default('kraft-3').describe('A file in compose/, without .yaml'),
  bootstrap: z
    .array(z.string().regex(/^.+:\d+$/, 'expected host:port'))
    .min(1)
    .optional()
    .describe('external only'),
  security: security.optional().describe('external only'),
  startTimeout: duration('60s').default(60_000),
})

const topic = z.strictObject({
  name: name.optional().describe('An existing or new topic; absent = a fresh one per variant, deleted afterwards'),
  partitions: z.int().min(1).max(10_000).default(12),
  replicationFactor: z.int().min(1).max(9).default(3),
  config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
})

const recordSize = z.union([
  size('1KiB'),
  z.strictObject({ uniform: z.tuple([size('100B'), size('1KiB')]) }).describe('Uniform between the two, both included'),
  z.strictObject({ list: z.array(size('1KiB')).min(1) }).describe('One of these, each as likely'),
])

const keys = z.strictObject({
  cardinality: z.int().min(1).max(10_000_000).default(1000),
  distribution: z.enum(['none', 'sequential', 'uniform', 'zipf']).default('none'),
  exponent: z.number().gt(0).max(5).default(1).describe('Of the zipf distribution'),
})

const load = z.strictObject({
  rate: z
    .union([z.number().gt(0), z.literal('max')], 'expected records per second, or max')
    .default(1000)
    .describe('Records per second over all producers, or max'),
  count: z.int().min(1).optional().describe('Stop after so many records, warm-up included'),
  record: z
    .strictObject({
      size: recordSize.default(1024),
      keys: keys.prefault({}),
      compressibility: z.number().min(0).max(1).default(0.5).describe('Share of the value that repeats'),
      stamp: z
        .enum(['value', 'header'])
        .default('value')
        .describe('Where the 32 bytes that the audit reads are carried; header leaves small values intact'),
    })
    .prefault({}),
})

const producers = z.strictObject({
  count: z.int().min(1).max(256).default(1),
  acks: z.union([z.literal(0), z.literal(1), z.literal('all')], 'expected 0, 1 or all').default('all'),
  idempotence: z.boolean().default(false),
  partitioner: z
    .union(
      [
        z.enum(['murmur2', 'crc32', 'round-robin', 'random', 'sticky', 'native']),
        z.strictObject({ explicit: z.array(z.int().min(0)).min(1) }),
      ],
      'expected murmur2, crc32, round-robin, random, sticky, native or { explicit: [partition, …] }',
    )
    .default('murmur2'),
  compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('none'),
  batch: z
    .strictObject({
      lingerMs: z.number().min(0).max(60_000).default(5),
      maxBytes: size('128KiB').default(131_072),
      maxRecords: z.int().min(1).max(1_000_000).default(10_000),
    })
    .prefault({}),
  maxInFlight: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Records handed to the client and not settled, per producer'),
  maxInFlightRequests: z.int().min(1).max(100).default(5).describe('Produce requests in flight per broker connection'),
  sendScope: z
    .enum(['topic', 'partition'])
    .default('topic')
    .describe('kafkajs: one send over all partitions, or one per partition (FACTS 12: silent loss)'),
  retries: z.int().min(0).max(1_000_000).default(100),
  retryBackoff: duration('100ms').default(100),
  requestTimeout: duration('30s').default(30_000),
  deliveryTimeout: duration('60s').default(60_000),
  clientConfig,
})

const consumerGroup = z.strictObject({
  group: name.default('g1').describe('The run id is added, so that every variant has fresh groups'),
  members: z.int().min(1).max(256).default(1),
  assignor: z.enum(['range', 'roundrobin', 'cooperative-sticky']).default('range'),
  isolation: z.enum(['read_uncommitted', 'read_committed']).default('read_committed'),
  from: z.enum(['earliest', 'latest']).default('earliest'),
  fetch: z
    .strictObject({
      maxWait: duration('50ms').default(50),
      minBytes: size('1B').default(1),
      maxBytes: size('10MiB').default(10_485_760),
      maxPartitionBytes: size('1MiB').default(1_048_576),
    })
    .prefault({}),
  commit: z.strictObject({ interval: duration('1s').default(1000) }).prefault({}),
  sessionTimeout: duration('10s').default(10_000),
  heartbeat: duration('3s').default(3000),
  instanceId: name.optional().describe('Static membership: this, a dash and the member number'),
  clientConfig,
})

const phases = z.strictObject({
  clusterWarmup: duration('10s')
    .default(10_000)
    .describe('Discarded load through every client, before the first variant'),
  warmup: duration('10s').default(10_000),
  measure: duration('30s').default(30_000),
  drain: duration('15s').default(15_000).describe('A deadline: drain ends when all is settled and lag is 0'),
})

export const profileSchema = z.strictObject({
  name,
  workload: z.string().default('produce-consume').describe('A file in src/workloads'),
  seed: z.int().min(0).max(4_294_967_295).default(1),
  cluster: cluster.prefault({}),
  topic: topic.prefault({}),
  clients: z.array(z.string()).min(1).default(['kafkajs', 'node-rdkafka']).describe('Files in src/drivers'),
  load: load.prefault({}),
  producers: producers.prefault({}),
  consumers: z.array(consumerGroup).default([]),
  phases: phases.prefault({}),
  samplers: z
    .strictObject({
      lag: z.strictObject({ interval: duration('500ms').default(500) }).prefault({}),
      brokers: z.strictObject({ interval: duration('1s').default(1000) }).prefault({}),
    })
    .prefault({}),
  thresholds: z.array(z.string()).default([]).describe('"integrity.lost == 0": path into a variant, operator, number'),
  repeat: z.int().min(1).max(100).default(1),
})

export type ProfileInput = z.input<typeof profileSchema>
export type Profile = z.output<typeof profileSchema>
export type LoadProfile = Profile['load']
export type ConsumerGroupProfile = Profile['consumers'][number]
