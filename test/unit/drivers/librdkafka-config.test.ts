import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Security } from '../../../src/contracts/api.ts'
import { classify, consumerConfig, producerConfig, withoutSecrets } from '../../../src/drivers/_librdkafka-config.ts'
import { consumerSettings, producerSettings } from '../../support/crew.ts'

const network = { bootstrap: ['127.0.0.1:1', '127.0.0.1:2'] }
const producer = (overrides: Partial<typeof producerSettings> = {}) =>
  producerConfig({ ...producerSettings, ...overrides }, network, 'me')
const consumer = (overrides: Partial<typeof consumerSettings> = {}) =>
  consumerConfig({ ...consumerSettings, ...overrides }, network, 'me')

/** Topic-level in librdkafka's CONFIGURATION.md, with aliases: node-rdkafka ignores them in the first object. */
const topicLevel = [
  'acks',
  'request.required.acks',
  'request.timeout.ms',
  'message.timeout.ms',
  'delivery.timeout.ms',
  'partitioner',
  'compression.level',
  'queuing.strategy',
  'auto.offset.reset',
  'consume.callback.max.messages',
]

describe('X11', () => {
  test('X11: the largest record is what the topic takes, and not less than the client takes by itself', () => {
    for (const [topicBytes, most] of [
      [undefined, 1_000_000],
      [0, 1_000_000],
      [10_000, 1_000_000],
      [1_048_588, 1_048_588],
      [10_485_760, 10_485_760],
    ] as const) {
      const { global } = producerConfig(producerSettings, network, 'me', topicBytes)
      assert.equal(global['message.max.bytes'], most)
    }
  })
})

describe('librdkafka settings', () => {
  test('topic-level ones are in the second object, none in the first', () => {
    for (const { global } of [producer(), producer({ partitioner: 'native' }), consumer()]) {
      for (const name of topicLevel) assert.ok(!(name in global), name)
    }
    assert.deepEqual(producer({ deliveryTimeoutMs: 7000, requestTimeoutMs: 3000 }).topic, {
      acks: -1,
      'request.timeout.ms': 3000,
      'message.timeout.ms': 7000,
    })
    assert.deepEqual(consumer({ from: 'latest' }).topic, { 'auto.offset.reset': 'latest' })
  })

  test('acks', () => {
    for (const [acks, value] of [
      [0, 0],
      [1, 1],
      ['all', -1],
    ] as const) {
      assert.equal(producer({ acks }).topic.acks, value)
    }
  })

  test('batching, retries, compression, idempotence', () => {
    const { global } = producer({
      batch: { lingerMs: 7, maxBytes: 131_072, maxRecords: 2_000_000 },
      maxInFlight: 10_000,
      maxInFlightRequests: 3,
      retries: 9,
      retryBackoffMs: 250,
      compression: 'lz4',
      idempotence: true,
    })
    assert.equal(global['linger.ms'], 7)
    assert.equal(global['batch.size'], 131_072)
    assert.equal(global['batch.num.messages'], 1_000_000, 'the most it takes')
    assert.equal(global['max.in.flight'], 3)
    assert.equal(global['message.send.max.retries'], 9)
    assert.equal(global['retry.backoff.ms'], 250)
    assert.equal(global['compression.codec'], 'lz4')
    assert.equal(global['enable.idempotence'], true)
    assert.ok(Number(global['queue.buffering.max.messages']) > 10_000, 'its queue is never the bound')
    assert.ok(Number(global['retry.backoff.max.ms']) >= 250)
    assert.equal(global.dr_cb, true)
  })

  test('only a native partitioner is its own business', () => {
    assert.equal(producer({ partitioner: 'native' }).topic.partitioner, 'consistent_random')
    for (const partitioner of ['murmur2', 'sticky', { explicit: [1] }] as const) {
      assert.ok(!('partitioner' in producer({ partitioner }).topic))
    }
  })

  test('consumer settings', () => {
    const { global } = consumer({ group: 'g7', assignor: 'cooperative-sticky', instanceId: 'me', member: 2 })
    assert.equal(global['group.id'], 'g7')
    assert.equal(global['partition.assignment.strategy'], 'cooperative-sticky')
    assert.equal(global['group.instance.id'], 'me-2')
    assert.equal(global['isolation.level'], 'read_committed')
    assert.equal(global['fetch.queue.backoff.ms'], 1, 'its default of 1000 throttles')
    assert.ok(!('group.instance.id' in consumer().global), 'dynamic membership')
  })

  test('raw settings win, each in the object it belongs to', () => {
    const clientConfig = {
      acks: 1,
      'linger.ms': 99,
      'compression.level': 3,
      'delivery.timeout.ms': 5,
      'queuing.strategy': 'lifo',
    }
    const { global, topic } = producer({ clientConfig })
    assert.equal(global['linger.ms'], 99)
    assert.equal(topic.acks, 1)
    assert.equal(topic['compression.level'], 3)
    assert.equal(topic['delivery.timeout.ms'], 5)
    assert.equal(topic['queuing.strategy'], 'lifo')
    for (const name of topicLevel) assert.ok(!(name in global), name)
  })

  test('security', () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'u', password: 'p' } as const
    const tls = { verification: 'full' } as const
    for (const [security, protocol] of [
      [undefined, 'plaintext'],
      [{ tls }, 'ssl'],
      [{ sasl }, 'sasl_plaintext'],
      [{ tls, sasl }, 'sasl_ssl'],
    ] as const) {
      const { global } = producerConfig(producerSettings, { ...network, ...(security && { security }) }, 'me')
      assert.equal(global['security.protocol'], protocol)
      assert.equal(global['sasl.mechanisms'], security && 'sasl' in security ? 'SCRAM-SHA-512' : undefined)
      assert.equal(global['metadata.broker.list'], '127.0.0.1:1,127.0.0.1:2')
      assert.equal(global['client.id'], 'me')
    }
  })
})

test('TLS in detail, and tokens that are no setting', () => {
  const of = (security: Security) => producerConfig(producerSettings, { ...network, security }, 'me').global
  const mutual = of({ tls: { verification: 'full', ca: 'A', cert: 'C', key: 'K', passphrase: 'p' } })
  assert.equal(mutual['ssl.ca.pem'], 'A')
  assert.equal(mutual['ssl.certificate.pem'], 'C')
  assert.equal(mutual['ssl.key.pem'], 'K')
  assert.equal(mutual['ssl.key.password'], 'p')
  assert.ok(!('enable.ssl.certificate.verification' in mutual))
  assert.equal(of({ tls: { verification: 'chain' } })['ssl.endpoint.identification.algorithm'], 'none')
  assert.equal(of({ tls: { verification: 'none' } })['enable.ssl.certificate.verification'], false)
  for (const sasl of [
    { mechanism: 'oauthbearer', token: { from: 'file', path: '/a' } },
    { mechanism: 'aws-iam', region: 'r', credentials: { from: 'default' } },
  ] as const) {
    const global = of({ sasl })
    assert.equal(global['sasl.mechanisms'], 'OAUTHBEARER')
    assert.ok(!('sasl.username' in global))
  }
  assert.equal(consumer({ clientRack: 'rack-a' }).global['client.rack'], 'rack-a')
})

test('no secret is written down, by whatever setting it came', () => {
  const security = {
    tls: { verification: 'full', ca: 'SECRET-CA', cert: 'SECRET-CERT', key: 'SECRET-KEY', passphrase: 'SECRET' },
    sasl: { mechanism: 'plain', username: 'SECRET-USER', password: 'SECRET-PASSWORD' },
  } as const
  const clientConfig = Object.fromEntries(
    [
      'ssl.key.pem',
      'ssl.key.password',
      'ssl.keystore.password',
      'ssl_key',
      'sasl.password',
      'sasl.oauthbearer.client.secret',
      'sasl.oauthbearer.config',
      'sasl.oauthbearer.assertion.private.key.pem',
      'sasl.oauthbearer.assertion.private.key.passphrase',
      'sasl.jaas.config',
    ].map((name) => [name, `SECRET-${name}`]),
  )
  const config = producerConfig({ ...producerSettings, clientConfig }, { ...network, security }, 'me')
  const text = JSON.stringify(withoutSecrets(config))
  assert.doesNotMatch(text, /SECRET/)
  assert.match(text, /linger\.ms/)
  assert.match(text, /sasl_ssl/)
})

describe('a delivery report’s message', () => {
  for (const [message, kind] of [
    ['Broker: Message size too large', 'failed'],
    ['Broker: Topic authorization failed', 'failed'],
    ['Broker: Cluster authorization failed', 'failed'],
    ['Broker: Policy violation', 'failed'],
    ['Broker: Invalid required acks value', 'failed'],
    // What follows may come after an attempt of which nothing was heard.
    ['Local: Message timed out', 'unknown'],
    ['Local: Timed out', 'unknown'],
    ['Local: Broker transport failure', 'unknown'],
    ['Local: Purged in flight', 'unknown'],
    ['Local: Purged in queue', 'unknown'],
    ['Local: Unknown topic', 'unknown'],
    ['Local: Unknown partition', 'unknown'],
    ['Broker: Not enough in-sync replicas', 'unknown'],
    ['Broker: Message(s) written to insufficient number of in-sync replicas', 'unknown'],
    ['Broker: Request timed out', 'unknown'],
    ['Broker: Not leader for partition', 'unknown'],
    ['Broker: Unknown topic or partition', 'unknown'],
    ['something new', 'unknown'],
    ['', 'unknown'],
  ] as const) {
    test(`${message || 'an empty one'}: ${kind}`, () => assert.equal(classify(message), kind))
  }
})
