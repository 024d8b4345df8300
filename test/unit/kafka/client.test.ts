import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Mechanism } from 'kafkajs'
import { addressText } from '../../../src/base/address.ts'
import type { Network } from '../../../src/contracts/api.ts'
import { createBrokers } from '../../../src/kafka/brokers.ts'
import { createKafka, securityConfig } from '../../../src/kafka/client.ts'
import { registeredBrokers } from '../../../src/kafka/registered-brokers.ts'

const options = { clientId: 'test', connectionTimeoutMs: 2000, requestTimeoutMs: 2000, retry: { retries: 0 } }

/** Takes connections and closes them when something arrives; counts them. */
async function listener(host: string) {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => {})
    socket.once('data', () => socket.destroy())
  })
  server.listen(0, host)
  await once(server, 'listening')
  return {
    address: addressText({ host, port: (server.address() as AddressInfo).port }),
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('X1: what a client library writes into its settings never reaches the network that goes to workers', async () => {
  await using server = await listener('127.0.0.1')
  for (const sasl of [
    { mechanism: 'plain', username: 'u', password: 'p' },
    { mechanism: 'scram-sha-256', username: 'u', password: 'p' },
    { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
  ] as const) {
    const network: Network = { bootstrap: [server.address], security: { sasl } }
    const before = structuredClone(network)
    await assert.rejects(createKafka(network, options).admin().connect())
    await assert.rejects(registeredBrokers(network))
    assert.deepEqual(structuredClone(network), before)
  }
})

test('X1: each client has objects of its own', () => {
  const network: Network = {
    bootstrap: ['127.0.0.1:1'],
    security: { sasl: { mechanism: 'plain', username: 'u', password: 'p' } },
  }
  Object.freeze(network.security!.sasl)
  // In strict mode a write into a frozen object would throw.
  createKafka(network, options)
})

for (const [name, host] of [
  ['X14: an IPv6 address', '::1'],
  ['an IPv4 address', '127.0.0.1'],
] as const) {
  test(`${name} is where kafkajs and kbench's own connections go`, async () => {
    await using server = await listener(host)
    const network: Network = { bootstrap: [server.address] }
    await assert.rejects(createKafka(network, options).admin().connect())
    assert.equal(server.connections(), 1)
    await assert.rejects(registeredBrokers(network))
    assert.equal(server.connections(), 2)
    await using brokers = createBrokers(network, { clientId: 'test', timeoutMs: 2000 })
    await assert.rejects(brokers.metadata([]))
    assert.equal(server.connections(), 3)
  })
}

describe('bearer tokens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kbench-client-'))
  after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'token')
  writeFileSync(path, 'opaque')
  const sasl = { mechanism: 'oauthbearer', token: { from: 'file', path }, extensions: { pool: 'p' } } as const
  const provider = securityConfig({ bootstrap: [], security: { sasl } }).sasl as Mechanism
  /** What a broker answers to a token, behind its size. */
  const login = async (answer: string) => {
    const sent: string[] = []
    await provider
      .authenticationProvider({
        ...{ host: 'h', port: 1, logger: undefined as never },
        async saslAuthenticate({ request, response }) {
          sent.push((await request.encode()).toString('latin1').slice(4))
          return response?.parse(await response.decode(Buffer.from(`....${answer}`)))
        },
      })
      .authenticate()
    return sent
  }

  test('are sent with their extensions, and an empty answer is a login', async () => {
    assert.deepEqual(await login(''), ['n,,\u0001auth=Bearer opaque\u0001pool=p\u0001\u0001'])
  })

  test('a refusal, which is an answer too, is an error that is not retried', async () => {
    await assert.rejects(login('{"status":"invalid_token"}'), {
      name: 'KafkaJSSASLAuthenticationError',
      message: 'SASL OAUTHBEARER authentication failed: invalid_token',
      retriable: false,
    })
  })
})
