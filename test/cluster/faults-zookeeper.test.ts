import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import kafkajs, { type Admin } from 'kafkajs'
import type { Cluster } from '../../src/contracts/api.ts'
import { createTopic } from '../../src/kafka/topics.ts'
import { loadPlugin } from '../../src/registry.ts'
import { contextOf, during, type FaultSite } from './_fault-site.ts'
import { isRunning, sandbox, shortenSessions, skipReason, start, until } from './_providers.ts'

// What is different with ZooKeeper and Kafka 2.2: the controller is in the metadata and some requests are its alone, settings are replaced
// all at once, and a broker that died cannot come back before its session is over.

const skip = await skipReason('local')
const box = sandbox('local')
after(box.remove)

describe('faults with ZooKeeper, Kafka 2.2', { skip }, () => {
  let cluster: Cluster
  let admin: Admin
  const site: FaultSite = { cluster: () => cluster, topic: { name: 'old', partitions: 3 } }
  const node = (id: number) => cluster.nodes.find((each) => each.id === id)!
  const setting = async (type: number, name: string, key: string) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type, name, configNames: [key] }],
    })
    return resources[0]!.configEntries[0]?.configValue
  }

  before(async () => {
    process.env.CONFLUENT_VERSION = '5.2.1'
    shortenSessions()
    cluster = await start('local', { layout: 'zk-3-kafka-3', directory: box.directory() })
    const config = { 'min.insync.replicas': 1 }
    await createTopic(cluster.network, { ...site.topic, replicationFactor: 2, config }, new AbortController().signal)
    const brokers = [...cluster.network.bootstrap]
    admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
  })
  after(async () => {
    await admin?.disconnect()
    await cluster?.[Symbol.asyncDispose]()
  })

  test('change-topic-config leaves what is set beside it as it is', async () => {
    const topic = 2
    await during(site, 'change-topic-config', { set: { 'retention.ms': 123_456 } }, [], async () => {
      assert.equal(await setting(topic, 'old', 'retention.ms'), '123456')
      assert.equal(await setting(topic, 'old', 'min.insync.replicas'), '1')
    })
    assert.equal(await setting(topic, 'old', 'retention.ms'), '604800000')
    assert.equal(await setting(topic, 'old', 'min.insync.replicas'), '1')
  })

  test('change-broker-config', async () => {
    const before = await setting(4, '2', 'num.io.threads')
    await during(site, 'change-broker-config', { set: { 'num.io.threads': 5 } }, [node(2)], async () => {
      assert.equal(await setting(4, '2', 'num.io.threads'), '5')
    })
    // The broker is told through ZooKeeper.
    await until('it is as before', async () => (await setting(4, '2', 'num.io.threads')) === before)
  })

  test('a broker’s setting without a value is not changed: it could not be taken back', async () => {
    const fault = await loadPlugin('faults', 'change-broker-config')
    const options = fault.options.parse({ set: { 'log.retention.ms': 60_000 } })
    await assert.rejects(Promise.resolve(fault.inject(options, contextOf(site, [node(2)]))), {
      message: /log\.retention\.ms of broker 2 has no value/,
    })
    assert.equal(await setting(4, '2', 'log.retention.ms'), null)
  })

  test('add-partitions finds the controller', async () => {
    await during(site, 'add-partitions', { count: 2 }, [], async () => {
      // Not every broker hears of it at once.
      await until('the topic has five', async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: ['old'] })
        return topics[0]!.partitions.length === 5
      })
    })
  })

  for (const [name, since] of [
    ['reassign-partitions', 'AlterPartitionReassignments needs Kafka 2.4 or later'],
    ['elect-leaders', 'ElectLeaders needs Kafka 2.4 or later'],
  ] as const) {
    test(`${name} is refused in words`, async () => {
      const fault = await loadPlugin('faults', name)
      const injecting = Promise.resolve(fault.inject(fault.options.parse({}), contextOf(site, [])))
      await assert.rejects(injecting, { message: new RegExp(since) })
    })
  }

  test('kill-controller: another takes over, and the dead one comes back once its session is over', async () => {
    const { controller } = await admin.describeCluster()
    const killed = node(controller!)
    const pid = killed.pid!
    await during(site, 'kill-controller', {}, [killed], async () => {
      assert.ok(!isRunning(pid))
      await until('there is another controller', async () => {
        // kafkajs gives up on all of it where a single partition has no leader for the moment.
        const now = await admin.describeCluster().catch(() => null)
        return now !== null && now.controller !== null && now.controller !== controller
      })
    })
    await until('all three are registered', async () => {
      const now = await admin.describeCluster().catch(() => null)
      return now?.brokers.length === 3
    })
  })
})
