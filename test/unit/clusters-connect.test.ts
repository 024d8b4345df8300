import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connectProperties, connectServices, lists } from '../../src/clusters/shared/connect.ts'
import { prepareLayout } from '../../src/clusters/shared/layout.ts'
import { waitUntilReady } from '../../src/clusters/shared/ready.ts'

test('Connect of full-stack as a process of this machine: its topics and converters, the ports of this run', async () => {
  const layout = await prepareLayout('full-stack', { COMPOSE_PROFILES: 'connect' }, { privatePorts: true })
  const address = (service: string, port: number) => `127.0.0.1:${layout.portOf(service, port)}`
  assert.deepEqual(layout.others, [])
  const [connect] = layout.connects
  const services = [...layout.kafka, ...layout.zooKeepers, ...layout.connects]
  const properties = connectProperties(connect!, services, address)
  const [host, port] = address('connect', 8083).split(':')
  assert.deepEqual(
    { bootstrap: properties['bootstrap.servers'], listeners: properties.listeners },
    {
      bootstrap: ['kafka1', 'kafka2', 'kafka3'].map((name) => address(name, 19092)).join(','),
      listeners: `http://${host}:${port}`,
    },
  )
  assert.equal(properties['group.id'], 'connect')
  assert.equal(properties['offset.storage.topic'], 'connect-offsets')
  assert.equal(properties['offset.storage.replication.factor'], '3')
  assert.equal(properties['rest.advertised.host.name'], '127.0.0.1')
  assert.equal(properties['rest.advertised.port'], port)
  // Gone since Kafka 3.0, and a path in the image.
  assert.ok(!('rest.port' in properties) && !('plugin.path' in properties))
})

test('its port is that of its listeners where it has any', () => {
  const worker = (environment: Record<string, string>) => ({
    name: 'w',
    image: 'i',
    ports: [],
    command: null,
    dependsOn: [],
    environment,
  })
  const ports = connectServices([
    worker({ CONNECT_BOOTSTRAP_SERVERS: 'b:1', CONNECT_LISTENERS: 'http://0.0.0.0:18083' }),
    worker({ CONNECT_BOOTSTRAP_SERVERS: 'b:1' }),
    worker({ KAFKA_NODE_ID: '1' }),
  ]).map(({ restPort }) => restPort)
  assert.deepEqual(ports, [18083, 8083])
})

test('it is waited for until it lists its connectors, and no longer than it runs', async () => {
  let asked = 0
  await using server = createServer((_, response) => {
    const isReady = ++asked > 2
    response.writeHead(isReady ? 200 : 404).end(isReady ? '[]' : '{"error_code":404}')
  }).listen(0, '127.0.0.1')
  const address = `127.0.0.1:${await new Promise((r) => server.once('listening', () => r((server.address() as AddressInfo).port)))}`
  const waiting = { what: 'Kafka Connect', timeoutMs: 20_000, signal: new AbortController().signal }
  const logTail = async () => ['last line']
  await waitUntilReady(() => lists(address), { ...waiting, ended: () => null, logTail })
  assert.equal(asked, 3)
  await assert.rejects(
    waitUntilReady(() => lists('127.0.0.1:1'), { ...waiting, ended: () => 'ended with code 1', logTail }),
    /Kafka Connect ended with code 1 while starting/,
  )
})
