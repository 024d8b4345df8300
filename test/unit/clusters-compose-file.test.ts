import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KbenchError } from '../../src/base/errors.ts'
import { composeEnvironment } from '../../src/clusters/compose/cluster.ts'
import { inFolder } from '../../src/clusters/local/one-shot.ts'
import {
  gently,
  kafkaServices,
  localEnvironment,
  serverProperties,
  versionOf,
} from '../../src/clusters/local/server-properties.ts'
import { sessionLeft, zooKeeperConfig, zooKeeperServices } from '../../src/clusters/local/zookeeper.ts'
import { parseServices, portVariables, readLayout } from '../../src/clusters/shared/compose-file.ts'
import { interpolate } from '../../src/clusters/shared/interpolate.ts'
import { prepareLayout } from '../../src/clusters/shared/layout.ts'
import { oneShots } from '../../src/clusters/shared/one-shot.ts'

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
  two: { image: "i:2", environment: ["A=b=c", "EMPTY="], command: [bash, -c, "echo $$HOME"], depends_on: { one: {} } }
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
      command: null,
      dependsOn: [],
    },
    {
      ...{ name: 'two', image: 'i:2', environment: { A: 'b=c', EMPTY: '' }, ports: [] },
      ...{ command: ['bash', '-c', 'echo $HOME'], dependsOn: ['one'] },
    },
  ])
  assert.throws(() => parseServices('services: { one: { build: . } }', {}), /unreadable compose file/)
})

const three = ['rack-a', 'rack-b', 'rack-c']
const shipped = [
  { layout: 'kraft-1', racks: ['rack-a'] },
  { layout: 'kraft-3', racks: three },
  { layout: 'kraft-3-tls', racks: three, once: ['certificates before'] },
  { layout: 'kraft-3-mtls', racks: three, once: ['certificates before'] },
  { layout: 'kraft-3-scram', racks: three, once: ['certificates before', 'users after'] },
  { layout: 'kraft-3-oauth', racks: three, once: ['certificates before'] },
  { layout: 'kraft-3-controller', racks: three, controllers: [10] },
  { layout: 'kraft-3-controllers-3', racks: three, controllers: [10, 11, 12] },
  { layout: 'kraft-5', racks: [...three, 'rack-a', 'rack-b'], replicas: 3 },
  { layout: 'single-zk', racks: ['rack-a'], zooKeepers: [2181], version: '3.0.0' },
  { layout: 'zk-1-kafka-3', racks: three, zooKeepers: [2181], firstPort: 9093, version: '3.0.0' },
  { layout: 'zk-3-kafka-3', racks: three, zooKeepers: [2181, 2182, 2183], version: '2.2.0' },
  { layout: 'full-stack', racks: three, zooKeepers: [2181, 2182, 2183], version: '2.2.0', autoCreate: 'true' },
]

for (const { layout, racks, ...expected } of shipped) {
  const { controllers = [], zooKeepers = [], firstPort = 9092, version = '4.1.0', autoCreate = 'false' } = expected
  const replicas = expected.replicas ?? racks.length
  test(`${layout}: loopback only, movable ports, a rack each, settings that need no more brokers than there are`, async () => {
    const text = await readLayout(layout)
    const ports = portVariables(text)
    for (const i of racks.keys()) assert.equal(ports[`KBENCH_PORT_KAFKA${i + 1}`], String(firstPort + i))
    for (const [i, port] of zooKeepers.entries()) assert.equal(ports[`KBENCH_PORT_ZOO${i + 1}`], String(port))
    const published = [...text.matchAll(/ports: \["(.*?)"\]/g)].map((match) => match[1]!)
    assert.equal(published.length, Object.keys(ports).length)
    for (const address of published) assert.match(address, /^127\.0\.0\.1:\$\{KBENCH_PORT_[A-Z0-9_]+:-\d+\}:\d+$/)

    const services = parseServices(text, { KBENCH_PORT_KAFKA1: '7001' })
    const nodes = kafkaServices(services)
    const brokers = nodes.filter(({ isBroker }) => isBroker)
    assert.deepEqual(
      brokers.map(({ id, clientPort, environment }) => ({ id, clientPort, rack: environment.KAFKA_BROKER_RACK })),
      racks.map((rack, i) => ({ id: i + 1, clientPort: i === 0 ? 7001 : firstPort + i, rack })),
    )
    assert.deepEqual(
      nodes.filter(({ isBroker }) => !isBroker).map(({ id }) => id),
      controllers,
    )
    assert.deepEqual(
      zooKeeperServices(services).map(({ id, ports: [port] }) => ({ id, port: port?.host })),
      zooKeepers.map((port, i) => ({ id: i + 1, port })),
    )
    const once = oneShots(services, nodes)
    assert.deepEqual(
      once.map(({ name, afterBrokers }) => `${name} ${afterBrokers ? 'after' : 'before'}`),
      expected.once ?? [],
    )
    const started = nodes.length + zooKeepers.length + once.length
    assert.equal(services.length, started, 'without a profile the cluster alone starts')
    for (const { environment, image } of brokers) {
      assert.equal(versionOf(image), version)
      assert.equal(environment.KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR, String(replicas))
      assert.equal(environment.KAFKA_AUTO_CREATE_TOPICS_ENABLE, autoCreate)
      assert.equal(environment.KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS, '0')
    }
  })
}

test('the secrets of a layout are in a folder of this machine, whatever its name is', () => {
  const environment = { A: '/etc/kafka/secrets/ca.pem', B: '-Dx=file:///etc/kafka/secrets/jwks.json -Dy=1', C: 'c' }
  assert.deepEqual(inFolder(environment, '/home/a b/secrets'), {
    ...{ A: '/home/a b/secrets/ca.pem', B: '-Dx=file:///home/a%20b/secrets/jwks.json -Dy=1', C: 'c' },
  })
})

test('full-stack: fifteen services, each beside the cluster behind a profile', async () => {
  const text = await readLayout('full-stack')
  const all = parseServices(text, { COMPOSE_PROFILES: '*' })
  assert.equal(all.length, 15)
  const named = (profiles: string) => parseServices(text, { COMPOSE_PROFILES: profiles }).map(({ name }) => name)
  assert.deepEqual(named('connect,ksql').slice(6), ['connect', 'ksql'])
  assert.deepEqual(
    all.flatMap(({ ports }) => ports.map(({ host }) => host)),
    [2181, 2182, 2183, 9092, 9093, 9094, 8081, 8001, 8082, 8000, 8083, 8003, 8088, 8004],
  )
})

test('a ZooKeeper ensemble on one machine: ports of its own for each, named in every configuration', async () => {
  const layout = await prepareLayout('zk-3-kafka-3', {}, { privatePorts: true })
  const address = (service: string, port: number) => `127.0.0.1:${layout.portOf(service, port)}`
  assert.equal(new Set(layout.ports).size, 3 * 3 + 3 * 2)
  const servers = layout.zooKeepers.map(
    ({ id, name }) => `server.${id}=${address(name, 2888)}:${layout.portOf(name, 3888)}`,
  )
  for (const node of layout.zooKeepers) {
    const lines = zooKeeperConfig(node, '/data', address).trimEnd().split('\n')
    assert.deepEqual(
      lines.filter((line) => line.startsWith('server.')),
      servers,
    )
    assert.ok(lines.includes(`clientPort=${layout.portOf(node.name, 2181)}`))
    assert.ok(lines.includes('clientPortAddress=127.0.0.1'))
  }
  const [broker] = layout.brokers
  const { KAFKA_ZOOKEEPER_CONNECT } = localEnvironment(broker!, [...layout.kafka, ...layout.zooKeepers], address)
  assert.equal(KAFKA_ZOOKEEPER_CONNECT, layout.zooKeepers.map(({ name }) => address(name, 2181)).join(','))
})

test('a broker that died is started again when its session at ZooKeeper is over; after a shutdown, and with KRaft, at once', async () => {
  const [old] = (await prepareLayout('zk-3-kafka-3', {}, { privatePorts: true })).brokers
  const [kraft] = (await prepareLayout('kraft-3', {}, { privatePorts: true })).brokers
  const died = (agoMs: number) => ({ gracefully: false, agoMs })
  assert.equal(sessionLeft(old!, died(500)), 9000 + 2000 - 500)
  assert.equal(sessionLeft(old!, died(60_000)), 0)
  assert.equal(sessionLeft(old!, { gracefully: true, agoMs: 0 }), 0)
  assert.equal(sessionLeft(kraft!, died(0)), 0)
  // Kafka's default.
  assert.equal(sessionLeft({ environment: { KAFKA_ZOOKEEPER_CONNECT: 'z:2181' } }, died(0)), 20_000)
})

test('how long a silent broker is one of the cluster is told to whoever gives it up: every controller', async () => {
  const env = { KBENCH_BROKER_SESSION_TIMEOUT_MS: '3000' }
  for (const name of ['kraft-1', 'kraft-3', 'kraft-3-controller', 'kraft-3-controllers-3', 'kraft-5']) {
    const { kafka } = await prepareLayout(name, env, { privatePorts: true })
    const controllers = kafka.filter(({ environment }) => environment.KAFKA_PROCESS_ROLES?.includes('controller'))
    assert.ok(controllers.length > 0, name)
    for (const { name: service, environment } of controllers) {
      const expected = name === 'kraft-1' ? undefined : '3000'
      assert.equal(environment.KAFKA_BROKER_SESSION_TIMEOUT_MS, expected, `${name}: ${service}`)
    }
  }
})

test('nodes end so that those that are left can do without them', async () => {
  const order = async (layout: string) =>
    gently(kafkaServices(parseServices(await readLayout(layout), {}))).map((group) => group.map(({ name }) => name))
  assert.deepEqual(await order('kraft-3'), [['kafka1'], ['kafka2'], ['kafka3']])
  assert.deepEqual(await order('kraft-5'), [['kafka4', 'kafka5'], ['kafka1'], ['kafka2'], ['kafka3']])
  assert.deepEqual(await order('kraft-3-controller'), [['kafka1', 'kafka2', 'kafka3'], ['controller1']])
  assert.deepEqual(await order('zk-1-kafka-3'), [['kafka1', 'kafka2', 'kafka3']])
})

test('one ZooKeeper is no ensemble', () => {
  const text = `services: { zoo1: { image: "zookeeper:3.4.9", environment: { ZOO_MY_ID: 1, ZOO_SERVERS: "server.1=zoo1:2888:3888" } } }`
  const [node] = zooKeeperServices(parseServices(text, {}))
  assert.doesNotMatch(
    zooKeeperConfig(node!, '/data', (_, port) => `127.0.0.1:${port}`),
    /server\./,
  )
})

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
  assert.equal(versionOf('confluentinc/cp-kafka:5.2.1'), '2.2.0')
  assert.equal(versionOf('confluentinc/cp-kafka:6.2.4'), '2.8.0')
  assert.equal(versionOf('localhost:5000/cp-kafka:7.9.0'), '3.9.0')
  assert.equal(versionOf('confluentinc/cp-kafka:4.1.0'), null)
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
