import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import { setProducerQuota } from './_kafka-tools.ts'
import { sandbox, skipReason, start } from './_providers.ts'
import { variantOf } from './_variant.ts'

const skip = await skipReason('local')
const quotaBytesPerSec = 512 * 1024

describe('a quota of the broker is seen in its own metrics, and in the responses of the clients', { skip }, () => {
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

  test('X8: without a quota nobody is delayed, and the bytes are those of the records and a little more', async () => {
    const { prometheus, endpoint } = metricsOf(cluster)
    const input = { ...profile('kafkajs', 300, '6s'), cluster: { metrics: { prometheus } } }
    const { produce, throttle, brokers, findings } = await variantOf(cluster, input)
    assert.deepEqual(produce.throttle, { maxMs: 0, sumMs: 0, responses: 0, reason: null })
    const short = await variantOf(cluster, profile('node-rdkafka', 300, '1s'))
    assert.equal(short.produce.throttle!.maxMs, 0)
    // The broker's other metrics, from an endpoint; another endpoint is not there.
    const [metered] = brokers!
    assert.ok(metered!.handlerIdlePercent! > 0 && metered!.handlerIdlePercent! <= 100, JSON.stringify(metered))
    assert.equal(metered!.underReplicated, 0)
    const inShare = metered!.inBytesPerSec! / produce.ackedBytesPerSec
    assert.ok(inShare > 1 && inShare < 1.2, `${inShare}`)
    const silent = findings!.filter(({ code }) => code === 'metrics-silent')
    assert.deepEqual(
      silent.map((each) => each.endpoint),
      [endpoint],
    )
    const [broker] = throttle ?? []
    assert.ok(broker)
    assert.equal(broker.produceMs, null)
    const share = broker.produceBytesPerSec! / produce.ackedBytesPerSec
    assert.ok(share > 1 && share < 1.2, `${share}`)
  })

  test('X8: with one, producers are delayed and held to it; by the brokers, and by every client’s own responses', async () => {
    await setProducerQuota(cluster.network.bootstrap[0]!, quotaBytesPerSec)
    for (const client of ['kafkajs', 'node-rdkafka']) {
      const { throttle, produce, bound } = await variantOf(cluster, profile(client, 800))
      assert.ok(produce.throttle!.maxMs! > 0, `${client}: ${JSON.stringify(produce.throttle)}`)
      assert.ok(produce.throttle!.sumMs! >= produce.throttle!.maxMs! && produce.throttle!.responses! > 0)
      assert.ok(bound!.by.includes('quota'), `${client}: ${JSON.stringify(bound)}`)
      const [broker] = throttle ?? []
      assert.ok((broker?.produceMs ?? 0) > 0, `${client}: ${JSON.stringify(throttle)}`)
      // The first 10 s of a client are free up to ten seconds' worth, so that the whole is a little above.
      const share = broker!.produceBytesPerSec! / quotaBytesPerSec
      assert.ok(share > 0.85 && share < 1.35, `${client}: ${share}`)
    }
  })
})

/** The metrics agent of the broker, and an endpoint that nobody listens on. */
function metricsOf({ nodes }: Cluster): { prometheus: string[]; endpoint: string } {
  const endpoint = '127.0.0.1:1'
  return { prometheus: [new URL(nodes[0]!.metricsUrl!).host, endpoint], endpoint }
}
