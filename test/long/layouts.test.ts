import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import { loadPlugin } from '../../src/registry.ts'
import { idsFrom, isRunning, sandbox, start, until } from '../cluster/_providers.ts'
import { variantOf } from '../cluster/_variant.ts'

// What the walkthrough s1 does by hand on both providers, and that nothing is left of it.

const box = sandbox('local')
after(box.remove)

/** Three brokers and a ZooKeeper do what a run wants of a cluster, on either provider. */
for (const provider of ['local', 'compose']) {
  const { available, options } = await loadPlugin('clusters', provider)
  const able = await available(
    options.parse({ provider, layout: 'zk-1-kafka-3', startTimeout: 60_000 }),
    new AbortController().signal,
  )
  const skip = able.ok ? undefined : `provider ${provider}: ${able.reason}`
  describe(`zk-1-kafka-3 on ${provider}`, { ...(skip ? { skip } : {}) }, () => {
    let cluster: Cluster
    after(async () => {
      await cluster?.[Symbol.asyncDispose]()
      assert.deepEqual(box.leases(), [])
    })

    test('it starts, and takes and gives records', async () => {
      cluster = await start(provider, { layout: 'zk-1-kafka-3', directory: box.directory() })
      assert.equal((await cluster.describe()).kafkaVersion, '3.0.0')
      for (const node of cluster.nodes) assert.deepEqual(await idsFrom(node), [1, 2, 3])
      const { ledger, integrity } = await variantOf(cluster, {
        name: 'zk',
        topic: { partitions: 3, replicationFactor: 3, config: { 'min.insync.replicas': 2 } },
        clients: ['kafkajs'],
        load: { rate: 300, record: { size: '200B' } },
        consumers: [{ group: 'g1', members: 2 }],
        phases: { clusterWarmup: '0s', warmup: '1s', measure: '2s', drain: '20s' },
      })
      assert.equal(ledger.acked, ledger.scheduled)
      assert.equal(integrity.verdict, 'ok', integrity.reasons.join('; '))
    })

    test('a broker that ends hands over and comes back', async () => {
      const node = cluster.nodes[1]!
      const pid = node.pid!
      await node.signal!('SIGTERM')
      await until('it ends', () => !isRunning(pid))
      await until('the others know', async () => (await idsFrom(cluster.nodes[0]!)).join() === '1,3')
      await node.start!()
      await until('it is back', async () => (await idsFrom(cluster.nodes[0]!)).join() === '1,2,3')
    })

    test('nothing is left of it', async () => {
      const pids = cluster.nodes.map(({ pid }) => pid!)
      await cluster[Symbol.asyncDispose]()
      await until('its brokers are dead', () => pids.every((pid) => !isRunning(pid)))
    })
  })
}
