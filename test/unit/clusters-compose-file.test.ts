import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeEnvironment } from '../../src/clusters/_compose-cluster.ts'
import { parseServices, portVariables, readLayout } from '../../src/clusters/_compose-file.ts'
import { interpolate } from '../../src/clusters/_interpolate.ts'
import { kafkaServices, localEnvironment, serverProperties, versionOf } from '../../src/clusters/_server-properties.ts'
import { KbenchError } from '../../src/core/errors.ts'

const env = { SET: 'value', EMPTY: '', INNER: 'inner' }
const interpolations = [
  ['plain', 'plain'],
  ['$SET and $$SET', 'value and $SET'],
  ['a $ alone, $1', 'a $ alone, $1'],
  [`\${SET}/\${UNSET}/`, 'value//'],
  [`\${UNSET:-default} \${EMPTY:-default} \${SET:-default}`, 'default default value'],
  [`\${UNSET-default} \${EMPTY-default}`, 'default '],
  [`\${UNSET:-\${INNER:-x}:\${NOPE:-tag}}`, 'inner:tag'],
  [`\${SET:?must be set}`, 'value'],
] as const

for (const [text, expected] of interpolations) {
  test(`interpolate ${text}`, () => assert.equal(interpolate(text, env), expected))
}

test('a required variable that is missing is an error with its message', () => {
  assert.throws(() => interpolate(`\${UNSET:?say why}`, env), /UNSET must be set: say why/)
  assert.throws(() => interpolate(`\${UNSET`, env), KbenchError)
})

test('an environment may be a map or a list, a port may have an address or not', () => {
  const text = `
x-common: &common { A: 1, B: "two" }
services:
  one:
    image: i:1
    environment: { <<: *common, B: "$SET", C: null, D: true }
    ports: ["127.0.0.1:9000:9092", "9001:9093/tcp", "9094"]
  two: { image: "i:2", environment: ["A=b=c", "EMPTY="] }
`
  assert.deepEqual(parseServices(text, env), [
    {
      name: 'one',
      image: 'i:1',
      environment: { A: '1', B: 'value', C: '', D: 'true' },
      ports: [
        { host: 9000, container: 9092 },
        { host: 9001, container: 9093 },
      ],
    },
    { name: 'two', image: 'i:2', environment: { A: 'b=c', EMPTY: '' }, ports: [] },
  ])
  assert.throws(() => parseServices('services: { one: { build: . } }', {}), /unreadable compose file/)
})

const shipped = [
  { layout: 'kraft-1', racks: ['rack-a'] },
  { layout: 'kraft-3', racks: ['rack-a', 'rack-b', 'rack-c'] },
]

for (const { layout, racks } of shipped) {
  test(`${layout}: loopback only, movable ports, a rack each, settings that need no more brokers than there are`, async () => {
    const text = await readLayout(layout)
    assert.deepEqual(
      portVariables(text),
      racks.map((_, i) => `KBENCH_PORT_KAFKA${i + 1}`),
    )
    for (const [address] of text.matchAll(/"[^"\s]*:9092"/g)) assert.match(address, /^"127\.0\.0\.1:\$\{KBENCH_PORT_/)
    const brokers = kafkaServices(parseServices(text, { KBENCH_PORT_KAFKA1: '7001' }))
    assert.deepEqual(
      brokers.map(({ id, isBroker, clientPort, environment }) => ({
        id,
        isBroker,
        clientPort,
        rack: environment.KAFKA_BROKER_RACK,
      })),
      racks.map((rack, i) => ({ id: i + 1, isBroker: true, clientPort: i === 0 ? 7001 : 9092 + i, rack })),
    )
    for (const { environment } of brokers) {
      assert.equal(environment.KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR, String(racks.length))
      assert.equal(environment.KAFKA_AUTO_CREATE_TOPICS_ENABLE, 'false')
      assert.equal(environment.KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS, '0')
    }
  })
}

test('an unknown layout is a profile error with a suggestion', async () => {
  await assert.rejects(readLayout('kraft3'), (error: KbenchError) => {
    assert.equal(error.code, 'profile')
    assert.match(error.hint ?? '', /kraft-3/)
    return true
  })
})

test('image and tag: KAFKA_VERSION is the tag, KBENCH_KAFKA_IMAGE the image, which may bring its own tag', async () => {
  const text = await readLayout('kraft-1')
  const imageFor = (variables: Record<string, string>) => parseServices(text, composeEnvironment(variables))[0]?.image
  assert.equal(imageFor({}), 'apache/kafka:4.1.0')
  assert.equal(imageFor({ KAFKA_VERSION: '3.9.1' }), 'apache/kafka:3.9.1')
  assert.equal(imageFor({ KBENCH_KAFKA_IMAGE: 'localhost:5000/my/kafka' }), 'localhost:5000/my/kafka:4.1.0')
  assert.equal(imageFor({ KBENCH_KAFKA_IMAGE: 'localhost:5000/my/kafka:4.0.0' }), 'localhost:5000/my/kafka:4.0.0')
  assert.equal(versionOf('localhost:5000/my/kafka:4.0.0'), '4.0.0')
  assert.equal(versionOf('apache/kafka:latest'), null)
})

test('KAFKA_* names become properties: _ a dot, __ an underscore, ___ a dash; settings of the start script are none', () => {
  assert.deepEqual(
    serverProperties({
      KAFKA_LOG_RETENTION_MS: '1',
      KAFKA_A__B: '2',
      KAFKA_A___B: '3',
      KAFKA_HEAP_OPTS: '-Xmx1g',
      CLUSTER_ID: 'x',
    }),
    { 'log.retention.ms': '1', a_b: '2', 'a-b': '3' },
  )
})

test('for a process of this machine, addresses of services become local ones and nothing else changes', async () => {
  const services = kafkaServices(parseServices(await readLayout('kraft-3'), {}))
  const ports = new Map([
    ['kafka1:9092', 9092],
    ['kafka1:19092', 1192],
    ['kafka1:19093', 1193],
    ['kafka2:19093', 2193],
    ['kafka3:19093', 3193],
  ])
  const local = localEnvironment(
    services[0]!,
    services,
    (service, port) => `127.0.0.1:${ports.get(`${service}:${port}`)}`,
  )
  assert.equal(local.KAFKA_LISTENERS, 'HOST://127.0.0.1:9092,INTERNAL://127.0.0.1:1192,CONTROLLER://127.0.0.1:1193')
  assert.equal(local.KAFKA_ADVERTISED_LISTENERS, 'HOST://127.0.0.1:9092,INTERNAL://127.0.0.1:1192')
  assert.equal(local.KAFKA_CONTROLLER_QUORUM_VOTERS, '1@127.0.0.1:1193,2@127.0.0.1:2193,3@127.0.0.1:3193')
  const changed = Object.keys(local).filter((key) => local[key] !== services[0]?.environment[key])
  assert.deepEqual(changed.sort(), ['KAFKA_ADVERTISED_LISTENERS', 'KAFKA_CONTROLLER_QUORUM_VOTERS', 'KAFKA_LISTENERS'])
})
