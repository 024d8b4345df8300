import { z } from 'zod'
import { addressPattern } from '../base/address.ts'
import {
  durationPattern,
  longestMs,
  parseDurationMs,
  parseSizeBytes,
  sizePattern,
  throughputPattern,
} from '../base/units.ts'
import { variantsAtMost } from '../contracts/result.ts'
import { meanRecordBytes } from './record-bytes.ts'
import { inRecords, writtenRate } from './shapes.ts'

/**
 * The profile: what a user writes (z.input) and what the program works with (z.output, all defaults filled in, units normalised to
 * ms and bytes). Descriptions and defaults are what docs/profiles.md and the editors' JSON Schema say, so both are in the user's units.
 */

const duration = (example: string) =>
  z
    .string(`expected a duration with a unit, like ${example}`)
    .regex(durationPattern, `expected a duration with a unit, like ${example}`)
    .transform((text) => parseDurationMs(text) ?? Number.POSITIVE_INFINITY)
    .refine((ms) => ms <= longestMs, 'expected 1000h or less')

const size = (example: string) =>
  z
    .union(
      [z.int().min(0), z.string().regex(sizePattern, `expected a size, like ${example}`)],
      `expected a size, like ${example}`,
    )
    .transform((value) => (typeof value === 'number' ? value : (parseSizeBytes(value) ?? Number.POSITIVE_INFINITY)))
    .refine(Number.isFinite, `expected a size, like ${example}`)

const name = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'expected 1 to 100 letters, digits, ".", "_" or "-"')
/** Kafka's own rule for the names of topics. */
const topicName = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
    'expected 1 to 249 letters, digits, ".", "_" or "-", and not "." or ".."',
  )
const scalar = z.union([z.string(), z.number(), z.boolean()], 'expected text, a number, true or false')

const clientConfig = z
  .record(z.string(), z.record(z.string(), scalar))
  .default({})
  .describe("Raw settings per client, in that client's own names; they win over everything else")

// biome-ignore lint/suspicious/noTemplateCurlyInString: the text a user writes
const secretHelp = 'secrets are written as ${env:NAME} or ${file:path} only'
const secret = z.string(secretHelp).regex(/^\$\{(env|file):[^}]+\}$/, secretHelp)

const tls = z
  .union(
    [
      z.boolean(),
      z.strictObject({
        ca: secret.optional().describe("PEM of the certificate authority, as a secret; absent = the client's own list"),
        cert: secret.optional().describe("PEM of the client's certificate and its chain, as a secret: mutual TLS"),
        key: secret.optional().describe("PEM of the client's private key, as a secret"),
        passphrase: secret.optional().describe('Of the private key, as a secret; absent = it is not encrypted'),
        verification: z
          .enum(['full', 'chain', 'none'])
          .default('full')
          .describe('What is checked of a broker: chain and host name, the chain alone, nothing at all'),
      }),
    ],
    'expected true, false or keys with values below it',
  )
  .default(false)

const sasl = z.strictObject({
  mechanism: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'aws-iam'])
    .describe('SASL mechanism; aws-iam is the access control of Amazon MSK'),
  username: z.string().min(1).optional().describe('plain, scram: user name, as text or as a secret'),
  password: secret.optional().describe('plain, scram: the password, as a secret'),
  tokenEndpoint: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'expected a URL, like https://login.example.com/oauth2/token')
    .optional()
    .describe('oauthbearer: URL that answers client credentials with a token'),
  tokenEndpointCa: secret.optional().describe("oauthbearer: PEM of the endpoint's certificate authority, as a secret"),
  clientId: z.string().min(1).optional().describe('oauthbearer: client at the endpoint, as text or as a secret'),
  clientSecret: secret.optional().describe('oauthbearer: secret of the client at the endpoint, as a secret'),
  scope: z.string().min(1).optional().describe('oauthbearer: scope to ask the endpoint for'),
  tokenCommand: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('oauthbearer: a program and its arguments, run without a shell, that prints a token'),
  tokenFile: z.string().min(1).optional().describe('oauthbearer: a file with a token, read again before it is over'),
  extensions: z.record(z.string(), z.string()).optional().describe('oauthbearer: SASL extensions, sent with the token'),
  region: z.string().min(1).optional().describe('aws-iam: region of the cluster, like eu-central-1'),
  awsProfile: z.string().min(1).optional().describe('aws-iam: a named profile; absent = the default credential chain'),
  roleArn: z.string().min(1).optional().describe('aws-iam: a role to assume; absent = none'),
  roleSessionName: z.string().min(1).optional().describe("aws-iam: name of the role's session"),
})

const security = z.strictObject({
  tls: tls.describe('Encrypt the connections: true, or how in detail'),
  ca: secret.optional().describe('PEM of the certificate authority, as a secret; short for tls.ca'),
  sasl: sasl.optional().describe('Log in by SASL; absent = no authentication'),
})

const cluster = z.strictObject({
  provider: z
    .string()
    .default('auto')
    .describe('auto (Docker if it answers, else local JVMs, else the mock), or a file in src/clusters'),
  layout: name.default('kraft-3').describe('A file in compose/, without .yaml: how many brokers, configured how'),
  bootstrap: z
    .array(z.string().regex(addressPattern, 'expected host:port, like b-1.example.com:9092 or [::1]:9092'))
    .min(1)
    .max(1000)
    .optional()
    .describe('Brokers to ask first, host:port each; for provider external, and only there'),
  security: security.optional().describe('Encryption and login; for provider external, and only there'),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,80}$/, 'expected 1 to 80 letters, digits, ".", "_" or "-"')
    .default('kbench-')
    .describe(
      'Begins every name that kbench gives: topics, groups and client ids, also of probes, samplers and the canary',
    ),
  config: z
    .string()
    .min(1)
    .optional()
    .describe("Instead of security: a file of Kafka's client.properties, or in librdkafka's names"),
  metrics: z
    .strictObject({
      prometheus: z
        .array(z.string().regex(addressPattern, 'expected host:port, like b-1.example.com:11001'))
        .min(1)
        .max(1000)
        .describe(
          "Endpoints in Prometheus' text format, host:port each: JMX exporters of the brokers, node exporters of their hosts",
        ),
    })
    .optional()
    .describe("The brokers' own metrics, of any cluster; absent = what the provider sees"),
  startTimeout: duration('60s').prefault('60s').describe('Deadline for every broker to be up and every partition led'),
})

const topic = z.strictObject({
  name: topicName.optional().describe('An existing or new topic; absent = a fresh one per variant, deleted afterwards'),
  partitions: z.int().min(1).max(10_000).default(12).describe('Partitions of the topic'),
  replicationFactor: z.int().min(1).max(9).default(3).describe('Copies of every partition, the leader included'),
  config: z
    .record(z.string(), scalar)
    .default({})
    .describe("Topic settings in Kafka's own names, like min.insync.replicas"),
})

/** Brokers take none that is larger, and a producer holds some thousand of them. */
const largestRecord = 1024 ** 3
const recordBytes = () => size('1KiB').refine((bytes) => bytes <= largestRecord, 'expected 1GiB or less')

const recordSize = z.union(
  [
    recordBytes(),
    z
      .strictObject({
        uniform: z.tuple([recordBytes(), recordBytes()]).describe('Uniform between the two sizes, both included'),
      })
      .describe('A size drawn per record'),
    z
      .strictObject({ list: z.array(recordBytes()).min(1).max(10_000).describe('One of these sizes, each as likely') })
      .describe('A size drawn per record'),
  ],
  'expected a size, like 1KiB, { uniform: [100B, 1KiB] } or { list: [100B, 1KiB] }',
)

const keys = z.strictObject({
  cardinality: z.int().min(1).max(10_000_000).default(1000).describe('How many different keys there are'),
  distribution: z
    .enum(['none', 'sequential', 'uniform', 'zipf'])
    .default('none')
    .describe('How keys are drawn; none = records without a key'),
  exponent: z
    .number()
    .gt(0)
    .max(5)
    .default(1)
    .describe('Of the zipf distribution: the larger, the hotter the hot keys'),
})

const record = z.strictObject({
  size: recordSize.prefault('1KiB').describe('Size of the value'),
  keys: keys.prefault({}).describe('Record keys'),
  compressibility: z.number().min(0).max(1).default(0.5).describe('Share of the value that repeats, 0 to 1'),
  stamp: z
    .enum(['value', 'header'])
    .default('value')
    .describe('Where the 32 bytes that the audit reads are carried; header leaves small values intact'),
})

const load = z
  .strictObject({
    rate: writtenRate
      .prefault(1000)
      .describe('Records per second over all producers, bytes per second, max, or a shape (docs/shapes.md)'),
    count: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Stop after so many records, warm-up included; of what is read with fill: none, for each group; absent = no limit',
      ),
    fill: z
      .enum(['count', 'none'])
      .default('count')
      .describe(
        'workload consume: count writes so many records first; none reads what is in topic.name, and writes nothing',
      ),
    latency: z
      .enum(['none', 'timestamp'])
      .default('none')
      .describe(
        "fill none: timestamp measures latency by each record's own timestamp, which another clock has written",
      ),
    record: record.prefault({}).describe('What a record is like'),
  })
  .transform(({ rate, ...rest }) => ({ rate: inRecords(rate, meanRecordBytes(rest.record)), ...rest }))

const batch = z.strictObject({
  lingerMs: z.number().min(0).max(60_000).default(5).describe('Wait so long for a batch to fill, in ms'),
  maxBytes: size('128KiB').prefault('128KiB').describe('A batch of one partition is sent at this size'),
  maxRecords: z.int().min(1).max(1_000_000).default(10_000).describe('A batch of one partition is sent at this count'),
})

const producers = z.strictObject({
  count: z.int().min(1).max(256).default(1).describe('Producers that share the load, a worker each'),
  acks: z
    .union([z.literal(0), z.literal(1), z.literal('all')], 'expected 0, 1 or all')
    .default('all')
    .describe('Who must have a record before it counts: nobody, the leader, all in-sync replicas'),
  idempotence: z.boolean().default(false).describe('Let the broker drop duplicates of a retry; needs acks: all'),
  partitioner: z
    .union(
      [
        z.enum(['murmur2', 'crc32', 'round-robin', 'random', 'sticky', 'native']),
        z.strictObject({
          explicit: z.array(z.int().min(0)).min(1).max(10_000).describe('Only these partitions, in turn'),
        }),
      ],
      'expected murmur2, crc32, round-robin, random, sticky, native or { explicit: [0, 1] }',
    )
    .default('murmur2')
    .describe("Who chooses the partition; the same for every client, native = the client's own"),
  compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('none').describe('Codec of the batches'),
  batch: batch.prefault({}).describe('When a batch is sent'),
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
    .describe(
      'kafkajs, platformatic-kafka: one send over all partitions, as applications do, or one per partition, which loses nothing',
    ),
  retries: z.int().min(0).max(1_000_000).default(100).describe('How often the client tries a request again'),
  retryBackoff: duration('100ms').prefault('100ms').describe('Pause before a retry'),
  requestTimeout: duration('30s').prefault('30s').describe('Deadline of one produce request'),
  deliveryTimeout: duration('60s').prefault('60s').describe('Deadline of a record, all retries included'),
  clientConfig,
})

const fetch = z.strictObject({
  maxWait: duration('50ms').prefault('50ms').describe('A broker answers after this even if it has less than minBytes'),
  minBytes: size('1B').prefault('1B').describe('A broker answers as soon as it has this much'),
  maxBytes: size('10MiB').prefault('10MiB').describe('Most data in one answer'),
  maxPartitionBytes: size('1MiB').prefault('1MiB').describe('Most data of one partition in one answer'),
})

const consumerGroup = z.strictObject({
  group: name.default('g1').describe('Name of the group; the run id is added, so that every variant has fresh groups'),
  groupId: z
    .string()
    .min(1)
    .max(249)
    .regex(/^[\w.-]+$/, 'expected letters, digits, dots, dashes and underscores')
    .optional()
    .describe(
      'Its whole name on the cluster, where it has to be a certain one; its committed offsets are moved, it is not deleted',
    ),
  members: z.int().min(1).max(256).default(1).describe('Consumers in the group, a worker each'),
  assignor: z
    .enum(['range', 'roundrobin', 'cooperative-sticky'])
    .default('range')
    .describe('How partitions are shared out'),
  protocol: z
    .enum(['classic', 'consumer'])
    .default('classic')
    .describe(
      'How the group agrees: classic, or consumer (KIP-848), where the broker decides and assignor does not count',
    ),
  isolation: z
    .enum(['read_uncommitted', 'read_committed'])
    .default('read_committed')
    .describe('Whether records of open and aborted transactions are read'),
  from: z
    .union(
      [
        z.enum(['earliest', 'latest']),
        z.strictObject({
          timestamp: z
            .union(
              [z.int().min(0), z.iso.datetime({ offset: true })],
              'expected a time like 2026-03-01T10:15:00Z, or ms since 1970',
            )
            .transform((at) => (typeof at === 'number' ? at : Date.parse(at)))
            .describe('The first record of this time or later'),
        }),
        z.strictObject({
          offsets: z
            .record(z.string().regex(/^\d{1,6}$/), z.int().min(0))
            .describe('By partition; those that are not named begin at the earliest'),
        }),
      ],
      'expected earliest, latest, { timestamp: 2026-03-01T10:15:00Z } or { offsets: { 0: 1200 } }',
    )
    .default('earliest')
    .describe("Where the group begins, with load.fill: none; else always at this run's first record"),
  fetch: fetch.prefault({}).describe('How data is asked for'),
  commit: z
    .strictObject({ interval: duration('1s').prefault('1s').describe('How often offsets are committed') })
    .prefault({})
    .describe('Offset commits'),
  sessionTimeout: duration('10s').prefault('10s').describe('A member silent for so long is thrown out'),
  heartbeat: duration('3s').prefault('3s').describe('How often a member says that it lives; below sessionTimeout'),
  instanceId: name.optional().describe('Static membership: this, a dash and the member number; absent = dynamic'),
  clientRack: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Rack of the members (client.rack): brokers may let them fetch from a replica there; absent = from leaders',
    ),
  clientConfig,
})

const phases = z.strictObject({
  clusterWarmup: duration('10s')
    .prefault('10s')
    .describe('Discarded load through every client, before the first variant'),
  warmup: duration('10s').prefault('10s').describe('Load before the measurement; counted, not measured'),
  measure: duration('30s').prefault('30s').describe('The measurement'),
  drain: duration('15s').prefault('15s').describe('A deadline: drain ends when all is settled and lag is 0'),
  coolDown: duration('5s').prefault('0s').describe('Pause between two variants, for disks and brokers to come to rest'),
})

const samplers = z.strictObject({
  lag: z
    .strictObject({ interval: duration('500ms').prefault('500ms').describe('How often lag is sampled') })
    .prefault({})
    .describe('Consumer lag, read by kbench itself'),
  brokers: z
    .strictObject({ interval: duration('1s').prefault('1s').describe('How often brokers are sampled') })
    .prefault({})
    .describe('CPU, memory, disk and network of the brokers, where they run on this machine'),
  leaders: z
    .strictObject({ interval: duration('50ms').prefault('50ms').describe('How often every broker is asked') })
    .prefault({})
    .describe('Leader and in-sync replicas of every partition, while a profile has faults'),
})

const faultTarget = z.union(
  [
    z.enum(['random', 'all', 'controller'], 'expected a target'),
    z.strictObject({ broker: z.int().min(0).describe('Id of a broker') }),
    z.strictObject({ leaderOf: z.int().min(0).describe('The broker that leads this partition') }),
    z.strictObject({ followerOf: z.int().min(0).describe('A broker that follows this partition') }),
    z.strictObject({ coordinatorOf: z.string().describe('The broker that coordinates this group') }),
    z.strictObject({
      member: z.int().min(0).describe('Position of a consumer in its group, from 0'),
      group: z.string().optional().describe('Its group; absent = the first'),
    }),
    z.strictObject({ producer: z.int().min(0).describe('Number of a producer, from 0') }),
  ],
  'expected random, all, controller, { broker: 1 }, { leaderOf: 0 }, { followerOf: 0 }, { coordinatorOf: g1 }, { member: 0 } or { producer: 0 }',
)

const fault = z
  .looseObject({
    use: z.string().describe('What goes wrong: a file in src/faults (kbench list faults)'),
    at: duration('30s').describe('When, from the start of the measurement'),
    for: duration('60s').optional().describe('How long until it is undone; absent = to the end of the measurement'),
    every: duration('20s').optional().describe('Again and again at this distance; needs for'),
    target: faultTarget.optional().describe("What it hits; absent = the fault's own choice"),
  })
  .describe('A fault; further keys are its own options')

const canary = z.strictObject({
  enabled: z.boolean().optional().describe('Absent = only where the profile has faults'),
  recordsPerSec: z.number().min(1).max(1000).default(20).describe('On every partition; the finer, the more it costs'),
  partitions: z.int().min(1).max(200).default(48).describe('At most so many partitions are watched, the first ones'),
})

const overrides = z.record(z.string(), z.unknown())
const overrideMap = z.record(z.string(), overrides)
const dimensionHelp =
  'expected values in [ ], or names with what each sets: { small: { producers.batch.maxBytes: 16KiB } }'

const expression = z.string().max(1000)

const threshold = z.union(
  [
    expression,
    z.strictObject({
      threshold: expression.describe('The condition: "produce.responseUs.p99 < 20ms"'),
      window: duration('5s')
        .optional()
        .describe('It must hold in every stretch of so many seconds of the measurement; absent = over the run'),
      variant: z
        .record(z.string(), scalar)
        .default({})
        .describe('Only for variants with these values: { client: kafkajs, producers.acks: 1 }'),
      abortOnFail: z.boolean().default(false).describe('End a variant as soon as it can no longer be met'),
      delayAbortEval: duration('10s').optional().describe('Not before so much of the measurement is over'),
    }),
  ],
  'expected text, or { threshold: "produce.responseUs.p99 < 20ms", window: 5s }',
)

const plainRateHelp = 'expected records per second, like 5000, or bytes per second, like 40MB/s'
/** As load.rate, without max and shapes. */
const plainRate = z.union(
  [z.number().gt(0).max(100_000_000), z.string().regex(throughputPattern, plainRateHelp)],
  plainRateHelp,
)

const limits = z.strictObject({
  rate: plainRate
    .optional()
    .describe('Records per second, or bytes per second, that are sent at most; a schedule above it is refused'),
  bytes: size('10GiB')
    .optional()
    .describe('Bytes that the whole run writes at most, warm-ups included; a run that is planned above it is refused'),
  foreignLag: z
    .int()
    .min(0)
    .optional()
    .describe("Records by which the lag of a group that is not this run's may rise while the load runs"),
  underReplicated: z
    .int()
    .min(0)
    .optional()
    .describe('Under-replicated partitions, of the topic; with cluster.metrics, of the whole cluster'),
})

export const profileSchema = z.strictObject({
  name: name.describe('Name of the profile; part of the run id'),
  workload: z
    .string()
    .default('produce-consume')
    .describe('What is done: produce, consume (of a prefilled topic) or produce-consume; a file in src/workloads'),
  seed: z.int().min(0).max(4_294_967_295).default(1).describe('Of keys, sizes and payloads; same seed, same records'),
  cluster: cluster.prefault({}).describe('Where to run'),
  topic: topic.prefault({}).describe('The topic under load'),
  clients: z
    .array(z.string())
    .min(1)
    .max(100)
    .default(['kafkajs', 'node-rdkafka'])
    .describe('Clients to compare, one variant each; files in src/drivers'),
  load: load.prefault({}).describe('How much of what'),
  producers: producers.prefault({}).describe('How it is produced; the same for every client'),
  consumers: z.array(consumerGroup).max(100).default([]).describe('Consumer groups; each reads everything'),
  phases: phases.prefault({}).describe('How long'),
  faults: z.array(fault).max(1000).default([]).describe('What goes wrong during the measurement, and when'),
  canary: canary
    .prefault({})
    .describe("A client of kbench's own that finds out how long each partition is unavailable"),
  samplers: samplers.prefault({}).describe('What is watched besides, how often'),
  thresholds: z
    .array(threshold)
    .max(100)
    .default([])
    .describe(
      'What must hold of every variant, else exit code 99: "integrity.lost == 0", "produce.responseUs.p99 < 20ms"',
    ),
  limits: limits.prefault({}).describe('Beyond these the load ends immediately, whatever the thresholds say'),
  matrix: z
    .record(z.string(), z.union([z.array(scalar).min(1), overrideMap], dimensionHelp))
    .default({})
    .describe(
      'What varies, a variant per client and combination: { producers.acks: [1, all], setup: { small: {…}, big: {…} } }',
    ),
  exclude: z
    .array(z.record(z.string(), scalar))
    .max(variantsAtMost)
    .default([])
    .describe('Combinations to leave out: { client: node-rdkafka, producers.acks: 1 }'),
  include: z
    .array(overrides)
    .max(variantsAtMost)
    .default([])
    .describe(
      'Combinations to add: { name: huge, client: kafkajs, load.record.size: 1MiB }, of every client where none is named',
    ),
  reference: z
    .string()
    .optional()
    .describe('A well-known tool to run beside the clients, a variant per combination; a file in src/references'),
  repeat: z.int().min(1).max(100).default(1).describe('Repetitions of every variant'),
})

export type ProfileInput = z.input<typeof profileSchema>
export type Profile = z.output<typeof profileSchema>
export type LoadProfile = Profile['load']
export type FaultProfile = Profile['faults'][number]
export type ThresholdProfile = Profile['thresholds'][number]
export type ClusterProfile = Profile['cluster']
export type SecurityProfile = NonNullable<ClusterProfile['security']>
export type ConsumerGroupProfile = Profile['consumers'][number]
