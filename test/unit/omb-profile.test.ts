import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { KbenchError } from '../../src/base/errors.ts'
import { packageRoot } from '../../src/base/root.ts'
import { type DriverSettings, driverSettings } from '../../src/omb/driver-settings.ts'
import { profileOf } from '../../src/omb/to-profile.ts'
import { type DriverConfig, driverSchema, readOmb, type Workload, workloadSchema } from '../../src/omb/workload.ts'
import { parseProfile } from '../../src/profile/parse.ts'
import type { Profile } from '../../src/profile/schema.ts'

const samples: { files: Record<string, string> } = JSON.parse(
  readFileSync(join(packageRoot, 'test/fixtures/omb/samples.json'), 'utf8'),
)
const of = (folder: string) => Object.entries(samples.files).filter(([file]) => file.startsWith(folder))

const driverOf = (text: string): DriverSettings =>
  driverSettings(readOmb<DriverConfig>(text, 'd.yaml', driverSchema), 'd.yaml')
const convert = (text: string, driver: DriverSettings | null = null) =>
  profileOf(readOmb<Workload>(text, 'w.yaml', workloadSchema), driver, 'w')
const profile = (text: string, driver: DriverSettings | null = null): Profile =>
  parseProfile(convert(text, driver).text, { file: 'w', sets: [], env: {} }).profile

/** One line that names a key, and what to do. */
function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof KbenchError, String(error))
    assert.equal(error.code, 'usage')
    assert.ok(error.details.length > 0 || (error.hint ?? '') !== '', error.message)
    assert.doesNotMatch(error.message, /\n/)
    return [error.message, ...error.details, error.hint ?? ''].join('\n')
  }
  return ''
}

describe('every sample workload of OpenMessaging Benchmark', () => {
  const files = of('workloads/')
  const outcomes = files.map(([file, text]) => ({ file, text, refused: refusal(() => convert(text)) }))

  test('is a valid profile, or is refused for what kbench lacks', () => {
    for (const { file, text, refused } of outcomes) {
      const { topics, consumerBacklogSizeGB } = readOmb<Workload>(text, file, workloadSchema).value
      if (refused === '') profile(text)
      else
        assert.match(
          refused,
          topics > 1
            ? /^w\.yaml:\d+:\d+ topics: \d+: kbench loads one topic\n/
            : /consumerBacklogSizeGB: \d+: kbench builds no backlog/,
          file,
        )
      assert.equal(refused !== '', topics > 1 || consumerBacklogSizeGB > 0, file)
    }
  })

  test('so many each', () => {
    const refused = outcomes.filter(({ refused }) => refused !== '')
    assert.deepEqual([outcomes.length, refused.length], [130, 75])
  })
})

describe('every Kafka driver of OpenMessaging Benchmark, with every workload that converts', () => {
  const workloads = of('workloads/').filter(([, text]) => refusal(() => convert(text)) === '')
  for (const [file, text] of of('driver-kafka/')) {
    test(file, () => {
      const driver = driverOf(text)
      for (const [, workload] of workloads.slice(0, 10)) {
        const { producers, topic, cluster } = profile(workload, driver)
        assert.equal(producers.acks, 'all')
        assert.deepEqual([topic.replicationFactor, Number(topic.config['min.insync.replicas'])], [3, 2])
        assert.deepEqual([cluster.provider, cluster.bootstrap], ['external', ['localhost:9092']])
      }
    })
  }
})

const usual = `name: A / B
topics: 1
partitionsPerTopic: 16
keyDistributor: "RANDOM_NANO"
messageSize: 100
useRandomizedPayloads: true
randomBytesRatio: 0.3
randomizedPayloadPoolSize: 1000
subscriptionsPerTopic: 2
producersPerTopic: 3
consumerPerSubscription: 4
producerRate: 50000
consumerBacklogSizeGB: 0
testDurationMinutes: 15
`

test('each key of a workload is its key of the profile', () => {
  const { topic, load, producers, consumers, phases, workload, name } = profile(usual)
  assert.deepEqual(
    [name, topic.partitions, load.rate, load.record.size, load.record.compressibility, load.record.keys.distribution],
    ['w', 16, 50_000, 100, 0.7, 'uniform'],
  )
  assert.deepEqual([load.record.keys.cardinality, producers.count, producers.partitioner], [10_000, 3, 'murmur2'])
  assert.deepEqual(
    consumers.map(({ group, members }) => [group, members]),
    [
      ['sub-000', 4],
      ['sub-001', 4],
    ],
  )
  assert.deepEqual([phases.warmup, phases.measure, workload], [60_000, 900_000, 'produce-consume'])
})

test('without keys, without consumers, without a rate', () => {
  const text = usual
    .replace('RANDOM_NANO', 'NO_KEY')
    .replace('subscriptionsPerTopic: 2', 'subscriptionsPerTopic: 0')
    .replace('producerRate: 50000', 'producerRate: 0')
  const { load, producers, consumers, workload } = profile(text)
  assert.deepEqual(
    [load.record.keys.distribution, producers.partitioner, consumers, workload],
    ['none', 'sticky', [], 'produce'],
  )
  const converted = convert(text)
  assert.equal(converted.isSearch, true)
  assert.match(converted.text, /kbench find-max/)
})

test('what is not carried over is a comment of the profile, each', () => {
  const { text, dropped } = convert(`${usual}payloadFile: p.data\nproducerRat: 5\nnew: "a\\nb"\n`)
  assert.match(
    dropped.join('\n'),
    /^producerRat: OpenMessaging Benchmark has no such key, did you mean "producerRate"\?$/m,
  )
  for (const line of dropped) assert.ok(text.includes(`#  - ${line}\n`), line)
})

test('a Kafka driver: settings by their keys, Java’s defaults where they differ, secrets nowhere', () => {
  const driver = driverOf(`driverClass: io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver
replicationFactor: 2
topicConfig: |
  retention.ms=60000
commonConfig: |
  bootstrap.servers=b-1:9092, b-2:9092
  security.protocol=SASL_SSL
  sasl.jaas.config=PlainLoginModule required username="ada" password="hunter2";
  request.timeout.ms=40000
producerConfig: |
  acks=1
  linger.ms=7
  compression.type=brotli
  retries=2147483647
  partitioner.class=org.example.Mine
consumerConfig: |
  fetch.min.bytes=1000
  isolation.level=read_uncommitted
  partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor
`)
  const { producers, topic, cluster, consumers } = profile(usual, driver)
  assert.deepEqual(
    [producers.acks, producers.batch.lingerMs, producers.compression, producers.retries],
    [1, 7, 'none', 1_000_000],
  )
  assert.deepEqual([producers.requestTimeout, producers.deliveryTimeout], [40_000, 120_000])
  assert.deepEqual([cluster.bootstrap, cluster.config], [['b-1:9092', 'b-2:9092'], 'client.properties'])
  assert.deepEqual([topic.replicationFactor, topic.config['retention.ms']], [2, '60000'])
  const [group] = consumers
  assert.deepEqual(
    [group!.fetch.minBytes, group!.isolation, group!.assignor],
    [1000, 'read_uncommitted', 'cooperative-sticky'],
  )
  const { text, dropped } = convert(usual, driver)
  assert.ok(!text.includes('hunter2'))
  const all = dropped.join('\n')
  assert.match(all, /^compression\.type=brotli: kbench has none, gzip, snappy, lz4, zstd$/m)
  assert.match(all, /^retries=2147483647: 1000000 here/m)
  assert.match(all, /^partitioner\.class=org\.example\.Mine: /m)
  assert.match(all, /^sasl\.jaas\.config, security\.protocol: put them into client\.properties/m)
})

describe('what kbench lacks, and what is no such file: one line, and what to do', () => {
  const table: readonly [what: string, from: string, to: string, message: RegExp][] = [
    [
      'topics',
      'topics: 1',
      'topics: 100',
      /^w\.yaml:2:1 topics: 100: kbench loads one topic\nset topics: 1 and partitionsPerTopic: 1600/,
    ],
    ['more partitions than there can be', 'topics: 1', 'topics: 1000', /10000 at most/],
    ['partitions', 'partitionsPerTopic: 16', 'partitionsPerTopic: 10001', /kbench takes 1 to 10000/],
    ['a backlog', 'consumerBacklogSizeGB: 0', 'consumerBacklogSizeGB: 5', /^w\.yaml:13:1 consumerBacklogSizeGB: 5: /],
    ['no end', 'testDurationMinutes: 15', 'testDurationMinutes: 0', /testDurationMinutes: 0: kbench runs for a time/],
    ['no producers', 'producersPerTopic: 3', 'producersPerTopic: 0', /producersPerTopic: 0/],
    ['groups without members', 'consumerPerSubscription: 4', 'consumerPerSubscription: 0', /a group needs members/],
    ['a text for a number', 'messageSize: 100', 'messageSize: 1KB', /w\.yaml:5:1 messageSize: expected a whole number/],
    ['an unknown distributor', 'RANDOM_NANO', 'ZIPF', /w\.yaml:4:1 keyDistributor: expected NO_KEY, /],
    ['no YAML', 'topics: 1', 'topics: [', /w\.yaml:\d+:\d+ /],
  ]
  for (const [what, from, to, message] of table) {
    test(what, () =>
      assert.match(
        refusal(() => convert(usual.replace(from, to))),
        message,
      ),
    )
  }
  for (const text of ['', '[1]', 'text', '- a: 1']) {
    test(`no workload: ${JSON.stringify(text)}`, () =>
      assert.match(
        refusal(() => convert(text)),
        /expected keys with values/,
      ))
  }
  test('another system', () => {
    const text = 'driverClass: io.openmessaging.benchmark.driver.pulsar.PulsarBenchmarkDriver\n'
    assert.match(
      refusal(() => driverOf(text)),
      /^d\.yaml:1:1 driverClass: PulsarBenchmarkDriver: kbench measures Kafka alone\n/,
    )
  })
  test('transactions', () => {
    const text =
      'driverClass: io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver\nproducerConfig: transactional.id=x\n'
    assert.match(
      refusal(() => driverOf(text)),
      /transactional\.id: kbench produces without transactions/,
    )
  })
})
