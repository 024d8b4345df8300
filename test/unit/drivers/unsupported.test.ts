import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ConsumerSettings, ProducerSettings } from '../../../src/contracts/api.ts'
import { loadPlugin, pluginNames } from '../../../src/registry.ts'
import { consumerSettings, producerSettings } from '../../support/crew.ts'

// What docs/clients.md says that a client cannot do is what makes a variant `unsupported`.

const can = async (client: string, producer: Partial<ProducerSettings>, consumer: Partial<ConsumerSettings>) =>
  (await loadPlugin('drivers', client)).unsupported(
    { ...producerSettings, ...producer },
    { ...consumerSettings, ...consumer },
  ) === null

const zstdInNode = 'zstdCompressSync' in (await import('node:zlib')).default

describe('what the clients cannot do', () => {
  for (const [what, producer, consumer, clients] of [
    ['zstd', { compression: 'zstd' }, {}, zstdInNode ? ['kafkajs'] : ['kafkajs', 'platformatic-kafka']],
    ['cooperative-sticky', {}, { assignor: 'cooperative-sticky' }, ['kafkajs', 'platformatic-kafka']],
    ['KIP-848', {}, { protocol: 'consumer' }, ['kafkajs', 'platformatic-kafka']],
    ['static membership', {}, { instanceId: 'm' }, ['kafkajs']],
    ['a rack', {}, { clientRack: 'a' }, ['platformatic-kafka']],
    ['idempotence', { idempotence: true }, {}, []],
    ['lz4', { compression: 'lz4' }, {}, []],
    ['range', {}, { assignor: 'range' }, []],
    ['read_uncommitted', {}, { isolation: 'read_uncommitted' }, []],
  ] as const) {
    test(what, async () => {
      const names = (await pluginNames('drivers')).filter((name) => name !== 'fake')
      const cannot: string[] = []
      for (const name of names) if (!(await can(name, producer, consumer))) cannot.push(name)
      assert.deepEqual(cannot, clients)
    })
  }
})

test('a client that is a package says how to install it', async () => {
  for (const name of await pluginNames('drivers')) {
    const driver = await loadPlugin('drivers', name)
    if (driver.package === undefined || driver.package === 'kafkajs') continue
    assert.match(driver.install ?? '', new RegExp(`^npm install .*${driver.package}@`), name)
  }
})
