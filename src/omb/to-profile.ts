import { stringify } from 'yaml'
import { KbenchError } from '../base/errors.ts'
import type { DriverSettings } from './driver-settings.ts'
import type { Read, Workload } from './workload.ts'

export interface Converted {
  /** A profile, with comments. */
  text: string
  /** What is not carried over, a sentence each. */
  dropped: string[]
  /** The rate is to be searched for: kbench find-max, not kbench run. */
  isSearch: boolean
}

const partitionsAtMost = 10_000
const keysOfOmb = 10_000

/** The profile of a workload of OpenMessaging Benchmark. Throws `usage`, one line and what to do, for what kbench lacks. Pure. */
export function profileOf(read: Read<Workload>, driver: DriverSettings | null, name: string): Converted {
  refuse(read)
  const { value: workload, unknown } = read
  const dropped = [
    ...unknown,
    ...droppedOf(workload),
    ...(driver?.dropped ?? []),
    ...(driver === null
      ? ['the driver: no file was given, so producers and consumers have the defaults of kbench']
      : []),
  ]
  const isSearch = workload.producerRate === 0
  const head = [
    '# yaml-language-server: $schema=../schema/profile.schema.json',
    `# From a workload of OpenMessaging Benchmark: ${oneLine(workload.name) || name}`,
    ...(isSearch ? ['# producerRate 0: the highest rate that is sustained. Use: kbench find-max <this file>'] : []),
    '# Not carried over:',
    ...dropped.map((line) => `#  - ${oneLine(line)}`),
  ]
  return { text: `${[...head, ...sections(workload, driver, name).map(yamlOf)].join('\n')}\n`, dropped, isSearch }
}

function refuse({ value: workload, at }: Read<Workload>): void {
  const lacks = (key: keyof Workload, message: string, hint: string) => {
    throw new KbenchError('usage', `${at(key)}: ${String(workload[key])}: ${message}`, { hint })
  }
  const { topics, partitionsPerTopic, testDurationMinutes, consumerBacklogSizeGB, messageSize } = workload
  if (topics > 1) {
    const all = topics * partitionsPerTopic
    const instead = all > partitionsAtMost ? ` (${partitionsAtMost} at most)` : ''
    lacks(
      'topics',
      'kbench loads one topic',
      `set topics: 1 and partitionsPerTopic: ${all}${instead}, which is another load`,
    )
  }
  if (topics === 0) lacks('topics', 'there is no topic to load', 'set topics: 1')
  if (partitionsPerTopic < 1 || partitionsPerTopic > partitionsAtMost) {
    lacks('partitionsPerTopic', `kbench takes 1 to ${partitionsAtMost}`, 'set another number')
  }
  if (consumerBacklogSizeGB > 0) {
    const hint =
      'set consumerBacklogSizeGB: 0; then workload: consume reads a filled topic, and the fault pause-consumer builds a backlog'
    lacks('consumerBacklogSizeGB', 'kbench builds no backlog by size', hint)
  }
  if (testDurationMinutes === 0) lacks('testDurationMinutes', 'kbench runs for a time', 'set minutes, like 5')
  if (workload.producersPerTopic === 0) lacks('producersPerTopic', 'kbench writes what it reads', 'set 1 or more')
  if (messageSize === 0) lacks('messageSize', 'there is no size', 'set bytes, like 1024')
  if (workload.subscriptionsPerTopic > 0 && workload.consumerPerSubscription === 0) {
    lacks('consumerPerSubscription', 'a group needs members', 'set 1 or more, or subscriptionsPerTopic: 0')
  }
}

function droppedOf(workload: Workload): string[] {
  const { payloadFile, useRandomizedPayloads, randomizedPayloadPoolSize } = workload
  return [
    ...(payloadFile !== null && !useRandomizedPayloads
      ? [`payloadFile ${payloadFile}: values are made, each another one; there they are all the same bytes`]
      : []),
    ...(useRandomizedPayloads && randomizedPayloadPoolSize > 0
      ? [`randomizedPayloadPoolSize ${randomizedPayloadPoolSize}: every value is made anew`]
      : []),
    "the client: OpenMessaging Benchmark drives Kafka's Java client, kbench clients for Node.js",
  ]
}

type Section = readonly [comment: string, value: Record<string, unknown>]

function sections(workload: Workload, driver: DriverSettings | null, name: string): Section[] {
  const values = driver?.values ?? {}
  const producers = below(values, 'producers.')
  const group = below(values, 'consumers.')
  const groups = Array.from({ length: workload.subscriptionsPerTopic }, (_, at) => ({
    group: `sub-${String(at).padStart(3, '0')}`,
    members: workload.consumerPerSubscription,
    ...group,
  }))
  const { bootstrap, needsLogin, topicConfig } = driver ?? { bootstrap: null, needsLogin: false, topicConfig: {} }
  const cluster = bootstrap
    ? { provider: 'external', bootstrap, ...(needsLogin ? { config: 'client.properties' } : {}) }
    : { provider: 'auto', layout: 'kraft-3' }
  const keys = {
    NO_KEY: { distribution: 'none' },
    KEY_ROUND_ROBIN: { distribution: 'sequential', cardinality: keysOfOmb },
    RANDOM_NANO: { distribution: 'uniform', cardinality: keysOfOmb },
  }[workload.keyDistributor]
  return [
    ['', { name }],
    [
      bootstrap
        ? 'bootstrap.servers; kbench run -b HOST replaces them'
        : 'kbench run -b HOST runs it on a cluster of yours',
      { cluster },
    ],
    [
      'topics, partitionsPerTopic',
      {
        topic: {
          partitions: workload.partitionsPerTopic,
          ...(driver ? { replicationFactor: driver.replicationFactor } : {}),
          ...(Object.keys(topicConfig).length > 0 ? { config: topicConfig } : {}),
        },
      },
    ],
    ['', { clients: ['kafkajs', 'node-rdkafka'] }],
    [
      'producerRate, messageSize, keyDistributor, randomBytesRatio',
      {
        load: {
          // OMB begins its search there.
          rate: workload.producerRate === 0 ? 10_000 : workload.producerRate,
          record: {
            size: `${workload.messageSize}B`,
            keys,
            compressibility: workload.useRandomizedPayloads ? rounded(1 - workload.randomBytesRatio) : 0,
          },
        },
      },
    ],
    [
      'producersPerTopic, producerConfig; records without keys go to one partition a batch, as with the Java client',
      {
        producers: {
          count: workload.producersPerTopic,
          partitioner: workload.keyDistributor === 'NO_KEY' ? 'sticky' : 'murmur2',
          ...producers,
        },
      },
    ],
    ...(groups.length === 0
      ? [['subscriptionsPerTopic 0', { workload: 'produce' }] as const]
      : [['subscriptionsPerTopic, consumerPerSubscription, consumerConfig', { consumers: groups }] as const]),
    [
      'warmupDurationMinutes, testDurationMinutes',
      {
        phases: {
          warmup: `${workload.warmupDurationMinutes}m`,
          measure: `${workload.testDurationMinutes}m`,
        },
      },
    ],
  ]
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

/** "producers.batch.lingerMs": 1 below "producers." → { batch: { lingerMs: 1 } } */
function below(values: Readonly<Record<string, unknown>>, prefix: string): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(values)) {
    if (!path.startsWith(prefix)) continue
    const keys = path.slice(prefix.length).split('.')
    const last = keys.pop()!
    let holder = made
    for (const key of keys) {
      holder[key] ??= {}
      holder = holder[key] as Record<string, unknown>
    }
    holder[last] = value
  }
  return made
}

function yamlOf([comment, value]: Section): string {
  const yaml = stringify(value, { lineWidth: 0 }).trimEnd()
  return comment === '' ? yaml : `\n# ${comment}\n${yaml}`
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
