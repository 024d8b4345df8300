import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Network, Security } from '../../../src/contracts/api.ts'
import { consumerSettings, producerSettings } from '../../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../../src/profile/schema.ts'
import {
  allowedUrl,
  connectionProperties,
  consumerProperties,
  producerProperties,
  propertiesText,
  unsupportedConnection,
} from '../../../src/references/_java-config.ts'

const settingsOf = (producers: ProfileInput['producers']) =>
  producerSettings(profileSchema.parse({ name: 'x', producers }), 'kafka-perf-test')

test('what the profile says of producers, in the words of the Java client', () => {
  const properties = producerProperties(
    settingsOf({
      acks: 1,
      compression: 'lz4',
      batch: { lingerMs: 7, maxBytes: '64KiB' },
      maxInFlight: 1000,
      maxInFlightRequests: 3,
      retries: 9,
      retryBackoff: '250ms',
      requestTimeout: '5s',
      deliveryTimeout: '20s',
    }),
    1024,
  )
  assert.deepEqual(properties, {
    acks: 1,
    'enable.idempotence': false,
    'linger.ms': 7,
    'batch.size': 65_536,
    'max.request.size': 1_048_576,
    'buffer.memory': 1000 * 1104,
    'compression.type': 'lz4',
    'max.in.flight.requests.per.connection': 3,
    retries: 9,
    'retry.backoff.ms': 250,
    'request.timeout.ms': 5000,
    'delivery.timeout.ms': 20_000,
  })
})

test('the Java client refuses a delivery timeout below request timeout and linger', () => {
  const properties = producerProperties(settingsOf({ requestTimeout: '10s', deliveryTimeout: '5s' }), 100)
  assert.equal(properties['delivery.timeout.ms'], 10_005)
})

test('memory for at least a few batches, at most 1 GiB', () => {
  assert.equal(producerProperties(settingsOf({ maxInFlight: 1 }), 100)['buffer.memory'], 4 * 131_072)
  assert.equal(producerProperties(settingsOf({ maxInFlight: 1_000_000 }), 100_000)['buffer.memory'], 1_073_741_824)
})

test('raw settings win, and round-robin is a class', () => {
  const properties = producerProperties(
    settingsOf({ partitioner: 'round-robin', clientConfig: { 'kafka-perf-test': { 'linger.ms': 50 } } }),
    100,
  )
  assert.equal(properties['linger.ms'], 50)
  assert.equal(properties['partitioner.class'], 'org.apache.kafka.clients.producer.RoundRobinPartitioner')
})

test('what it says of consumers; with KIP-848 the broker decides', () => {
  const groupOf = (group: NonNullable<ProfileInput['consumers']>[number]) =>
    consumerProperties(
      consumerSettings(profileSchema.parse({ name: 'x', consumers: [group] }).consumers[0]!, 'x', 'g', 0),
    )
  const classic = groupOf({ assignor: 'cooperative-sticky', isolation: 'read_uncommitted' })
  assert.equal(classic['partition.assignment.strategy'], 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor')
  assert.equal(classic['isolation.level'], 'read_uncommitted')
  assert.equal(classic['session.timeout.ms'], 10_000)
  const broker = groupOf({ protocol: 'consumer' })
  assert.equal(broker['group.protocol'], 'consumer')
  assert.ok(!('session.timeout.ms' in broker) && !('partition.assignment.strategy' in broker))
})

test('mutual TLS, verification and tokens, in the words of the Java client', () => {
  const of = (security: Security) => connectionProperties({ bootstrap: ['a:1'], security })
  const mutual = of({ tls: { verification: 'chain', cert: 'C', key: 'K', passphrase: 'p' } })
  assert.equal(mutual['ssl.keystore.type'], 'PEM')
  assert.equal(mutual['ssl.keystore.certificate.chain'], 'C')
  assert.equal(mutual['ssl.keystore.key'], 'K')
  assert.equal(mutual['ssl.key.password'], 'p')
  assert.equal(mutual['ssl.endpoint.identification.algorithm'], '')
  const token = { from: 'endpoint', url: 'https://a/t', clientId: 'c', clientSecret: 's"', scope: 'k' } as const
  const network: Network = {
    bootstrap: ['a:1'],
    security: { sasl: { mechanism: 'oauthbearer', token, extensions: { pool: 'p' } } },
  }
  const oauth = connectionProperties(network)
  assert.equal(oauth['sasl.mechanism'], 'OAUTHBEARER')
  assert.equal(oauth['sasl.oauthbearer.token.endpoint.url'], 'https://a/t')
  assert.equal(
    oauth['sasl.jaas.config'],
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId="c" clientSecret="s\\"" scope="k" extension_pool="p";',
  )
  assert.equal(allowedUrl(network), 'https://a/t')
  assert.equal(allowedUrl({ bootstrap: ['a:1'] }), null)
})

test('what the Java client cannot do is said', () => {
  const none = { tls: null, mechanism: null, tokenFrom: null, extensions: false }
  assert.equal(unsupportedConnection(null), null)
  assert.equal(unsupportedConnection(none), null)
  assert.match(unsupportedConnection({ ...none, tls: 'none' }) ?? '', /verifies certificates/)
  assert.match(unsupportedConnection({ ...none, mechanism: 'aws-iam' }) ?? '', /AWS IAM/)
  assert.match(unsupportedConnection({ ...none, mechanism: 'oauthbearer', tokenFrom: 'command' }) ?? '', /command/)
})

test('logging in: a password with quotes and backslashes arrives whole', () => {
  const properties = connectionProperties({
    bootstrap: ['a:1', 'b:2'],
    security: {
      tls: { verification: 'full', ca: '-----BEGIN\nabc\n' },
      sasl: { mechanism: 'scram-sha-512', username: 'ada', password: 'p"w\\d' },
    },
  })
  assert.equal(properties['bootstrap.servers'], 'a:1,b:2')
  assert.equal(properties['security.protocol'], 'SASL_SSL')
  assert.equal(properties['sasl.mechanism'], 'SCRAM-SHA-512')
  assert.equal(
    properties['sasl.jaas.config'],
    'org.apache.kafka.common.security.scram.ScramLoginModule required username="ada" password="p\\"w\\\\d";',
  )
  const text = propertiesText(properties)
  assert.match(text, /ssl\.truststore\.certificates=-----BEGIN\\nabc\\n\n/)
  assert.match(text, /password="p\\\\"w\\\\\\\\d";\n/)
  assert.equal(propertiesText({ key: 'ä' }), 'key=\\u00e4\n')
  assert.equal(connectionProperties({ bootstrap: ['a:1'] })['security.protocol'], 'PLAINTEXT')
})
