import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import { setProducerQuota } from './_kafka-tools.ts'
import { sandbox, skipReason, start } from './_providers.ts'
import { variantOf } from './_variant.ts'

const skip = await skipReason('local')
const quotaBytesPerSec = 512 * 1024

describe('a quota of the broker is seen in its own metrics', { skip }, () => {
  const box = sandbox('local')
  let cluster: Cluster

  before(async () => {
    cluster = await start('local', { directory: box.directory(), features: ['metrics'] })
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await box.remove()
  })

  const profile = (client: string, rate: number, measure = '14s') => ({
    name: 'throttle',
    workload: 'produce',
    clients: [client],
    topic: { partitions: 2, replicationFactor: 1 },
    load: { rate, record: { size: 1024 } },
    producers: { count: 1, batch: { lingerMs: 10 } },
    consumers: [],
    phases: { warmup: '2s', measure, drain: '8s' },
  })

  test('without a quota nobody is delayed, and the bytes are those of the records and a little more', async () => {
    const { produce, throttle } = await variantOf(cluster, profile('kafkajs', 300, '6s'))
    const [broker] = throttle ?? []
    assert.ok(broker)
    assert.equal(broker.produceMs, null)
    const share = broker.produceBytesPerSec! / produce.ackedBytesPerSec
    assert.ok(share > 1 && share < 1.2, `${share}`)
  })

  test('with one, producers are delayed and held to it', async () => {
    await setProducerQuota(cluster.network.bootstrap[0]!, quotaBytesPerSec)
    for (const client of ['kafkajs', 'node-rdkafka']) {
      const { throttle } = await variantOf(cluster, profile(client, 800))
      const [broker] = throttle ?? []
      assert.ok((broker?.produceMs ?? 0) > 0, `${client}: ${JSON.stringify(throttle)}`)
      // The first 10 s of a client are free up to ten seconds' worth, so that the whole is a little above.
      const share = broker!.produceBytesPerSec! / quotaBytesPerSec
      assert.ok(share > 0.85 && share < 1.35, `${client}: ${share}`)
    }
  })
})
