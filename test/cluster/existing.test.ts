import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import kafkajs, { type Admin, type ITopicConfig, type Message } from 'kafkajs'
import type { Cluster, Consumer, Driver } from '../../src/contracts/api.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { describeTopic } from '../../src/kafka/describe-topic.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import { describeGroup, listGroups } from '../../src/operations/groups.ts'
import { resetOffsets } from '../../src/operations/reset-offsets.ts'
import { describeTopics, listTopics } from '../../src/operations/topics.ts'
import type { ProfileInput } from '../../src/profile/schema.ts'
import { loadPlugin } from '../../src/registry.ts'
import { startCluster } from '../../src/runners/run/choose-cluster.ts'
import { consumerSettings } from '../support/crew.ts'
import { sandbox, shortenSessions, skipReason, start, until } from './_providers.ts'
import { variantOf } from './_variant.ts'

// Rows of table X of the known defects on real brokers: a cluster that kbench did not start, with topics that are there, by provider external.

const skip = await skipReason('local')
const box = skip ? null : sandbox('local')
if (!skip) shortenSessions()
let target: Cluster
let cluster: Cluster
let admin: Admin
let kafka: kafkajs.Kafka

before(async () => {
  if (!box) return
  target = await start('local', { layout: 'kraft-3', directory: box.directory() })
  const bootstrap = [...target.network.bootstrap]
  const context = { runId: 'existing', directory: box.directory(), signal: new AbortController().signal, say() {} }
  const options = { provider: 'external', layout: 'kraft-3', bootstrap, startTimeout: 60_000, prefix: 'team-a.' }
  cluster = (await startCluster(options, context)).cluster
  kafka = new kafkajs.Kafka({ brokers: bootstrap, clientId: 'theirs', logLevel: kafkajs.logLevel.NOTHING })
  admin = kafka.admin()
  await admin.connect()
})

after(async () => {
  await admin?.disconnect()
  await target?.[Symbol.asyncDispose]()
  await box?.remove()
})

/** A topic of somebody else. */
async function theirs(topic: string, numPartitions: number, more: Partial<ITopicConfig> = {}): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, replicationFactor: 3, ...more }] })
  const partitions = Array.from({ length: numPartitions }, (_, partition) => partition)
  await until(
    `${topic} is led`,
    async () => (await topicOffsets(target.network, topic, 'latest', partitions)).size === numPartitions,
  )
}

/** Records of somebody else, `count` to each partition. */
async function write(topic: string, partitions: number, count: number, more: Partial<Message> = {}): Promise<void> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = Array.from({ length: partitions * count }, (_, n) => ({
    ...{ value: `theirs ${n}`, partition: n % partitions, ...more },
  }))
  await producer.send({ topic, messages })
  await producer.disconnect()
}

const profileOf = (topic: string, client: string, more: Partial<ProfileInput> = {}): ProfileInput => ({
  ...{ name: 'existing', clients: [client] },
  cluster: { provider: 'external', bootstrap: [...target.network.bootstrap], prefix: 'team-a.' },
  topic: { name: topic },
  load: { rate: 200, record: { size: 100 } },
  producers: { partitioner: 'round-robin' },
  consumers: [{ group: 'g1' }],
  phases: { warmup: '1s', measure: '3s', drain: '10s' },
  ...more,
})

const fieldsOf = (variant: Variant, code: string) => variant.findings!.find((each) => each.code === code)
const textsOf = (variant: Variant) => variant.reasons.join('; ')

const clients = ['kafkajs', 'node-rdkafka'] as const

// Both clients at once, for mostly they wait; the tests of each in turn, for they share a topic.
describe('on topics that are there', { skip, concurrency: 2 }, () => {
  for (const client of clients) {
    describe(client, { concurrency: 1 }, () => {
      test('X3, X9, X4: its own partitions, only the records of this run, settings left as they are', async () => {
        const topic = `orders-${client}`
        await theirs(topic, 7, { configEntries: [{ name: 'retention.ms', value: '86400000' }] })
        await write(topic, 7, 50)
        const before = await describeTopic(target.network, topic)
        const groups = new Set<string>()
        const variant = await variantOf(cluster, profileOf(topic, client), {
          fact: (fact) => {
            if (fact.fact === 'lag') for (const group of Object.keys(fact.groups)) groups.add(group)
          },
        })
        assert.equal(variant.ledger.acked, 800, textsOf(variant))
        assert.equal(variant.consume!.endToEndUs!.notAcked, 0)
        assert.equal(variant.integrity.verdict, 'ok', textsOf(variant))
        assert.equal(fieldsOf(variant, 'topic-differs'), undefined)
        assert.deepEqual(await describeTopic(target.network, topic), before)
        for (const group of groups) assert.match(group, /^team-a\./)
        assert.deepEqual(
          (await listGroups(target.network)).groups.filter(({ group }) => groups.has(group)),
          [],
        )
      })

      test('X3: another number of partitions in the profile: refused at once', async () => {
        const started = performance.now()
        const profile = profileOf(`orders-${client}`, client, { topic: { name: `orders-${client}`, partitions: 6 } })
        await assert.rejects(variantOf(cluster, profile), /has 7 partitions, and the profile says 6/)
        assert.ok(performance.now() - started < 10_000)
      })

      test('X19: from latest nothing is missed', async () => {
        const profile = profileOf(`orders-${client}`, client, { consumers: [{ group: 'g1', from: 'latest' }] })
        const variant = await variantOf(cluster, profile)
        assert.equal(variant.consume!.endToEndUs!.notAcked, 0, textsOf(variant))
      })

      test('X7: a compacted topic takes probes and load, and what compaction removes is not lost', async () => {
        const topic = `state-${client}`
        const configEntries = Object.entries({
          ...{ 'cleanup.policy': 'compact', 'segment.ms': '500', 'min.cleanable.dirty.ratio': '0.001' },
          ...{ 'min.compaction.lag.ms': '0', 'delete.retention.ms': '100' },
        }).map(([name, value]) => ({ name, value }))
        await theirs(topic, 3, { configEntries })
        const load = { rate: 200, record: { size: 100, keys: { cardinality: 20, distribution: 'zipf' as const } } }
        const more = { load, producers: { partitioner: 'murmur2' as const } }
        const variant = await variantOf(cluster, profileOf(topic, client, more))
        assert.deepEqual([variant.integrity.lost, variant.integrity.verdict], [0, 'ok'], textsOf(variant))
        assert.equal(variant.ledger.acked, 800)
        const keyless = profileOf(topic, client)
        await assert.rejects(
          variantOf(cluster, keyless),
          /is compacted \(cleanup\.policy\) and refuses records without a key/,
        )
      })

      test('X11: records of 2 MiB where the topic takes 10 MiB; many in batches where it takes little', async () => {
        await theirs(`large-${client}`, 2, { configEntries: [{ name: 'max.message.bytes', value: '10485760' }] })
        const large = { load: { rate: 4, record: { size: '2MiB' } }, consumers: [{ group: 'g1' }] }
        const wide = await variantOf(cluster, profileOf(`large-${client}`, client, large))
        assert.equal(wide.ledger.acked, 16, textsOf(wide))
        await theirs(`small-${client}`, 2, { configEntries: [{ name: 'max.message.bytes', value: '10000' }] })
        const small = { load: { rate: 2000, record: { size: 900 } }, producers: { batch: { lingerMs: 50 } } }
        const narrow = await variantOf(cluster, profileOf(`small-${client}`, client, small))
        assert.deepEqual([narrow.ledger.failed, narrow.ledger.unknown], [0, 0], textsOf(narrow))
      })

      test('X10: what is there is read, all of it, some of it, from a time or an offset; nothing is written', async () => {
        const topic = `past-${client}`
        // Its records are old: they would be removed at any moment.
        await theirs(topic, 3, { configEntries: [{ name: 'retention.ms', value: '-1' }] })
        await write(topic, 3, 1000, { timestamp: '1700000000000' })
        await write(topic, 3, 500, { timestamp: '1760000000000' })
        const read = (
          from: ProfileInput['consumers'] extends infer C ? (C extends readonly (infer G)[] ? G : never) : never,
          load = {},
        ) =>
          variantOf(
            cluster,
            profileOf(topic, client, {
              workload: 'consume',
              load: { fill: 'none', ...load },
              consumers: [{ group: 'g1', ...from }],
              phases: { warmup: '0s', measure: '6s', drain: '5s' },
            }),
            {
              fact(fact) {
                if (fact.fact === 'frame') received.push(...fact.cells.map((cell) => cell.events.received))
                else if (fact.fact === 'lag') for (const group of Object.keys(fact.groups)) groups.add(group)
              },
            },
          )
        const received: number[] = []
        const groups = new Set<string>()
        const sum = () => received.splice(0).reduce((all, each) => all + each, 0)
        const ends = await topicOffsets(target.network, topic, 'latest')
        const all = await read({ from: 'earliest' }, { latency: 'timestamp' })
        assert.deepEqual([sum(), all.status], [4500, 'ok'], textsOf(all))
        assert.equal(all.lag.g1!.endRecords, 0)
        assert.equal(all.consume!.byTimestampUs!.clock, 'other')
        await read({ from: { timestamp: '2025-01-01T00:00:00Z' } })
        assert.equal(sum(), 1500)
        await read({ from: { offsets: { 0: 1400, 1: 1500 } } })
        assert.equal(sum(), 100 + 0 + 1500)
        const none = await read({ from: 'latest' })
        assert.deepEqual([sum(), none.status], [0, 'failed'])
        await read({}, { count: 1000 })
        assert.ok(sum() >= 1000)
        assert.deepEqual(await topicOffsets(target.network, topic, 'latest'), ends, 'nothing was written')
        assert.ok(groups.size >= 5)
        assert.deepEqual(
          (await listGroups(target.network)).groups.filter(({ group }) => groups.has(group)),
          [],
        )
      })
    })
  }
})

test('X9: a group of KIP-848 begins at the first record of the run as well', { skip }, async () => {
  await theirs('newer', 3)
  await write('newer', 3, 50)
  const consumers = [{ group: 'g1', protocol: 'consumer' as const, members: 2 }]
  const variant = await variantOf(cluster, profileOf('newer', 'node-rdkafka', { consumers }))
  assert.equal(variant.ledger.acked, 800, textsOf(variant))
  assert.equal(variant.consume!.endToEndUs!.notAcked, 0, textsOf(variant))
})

describe('groups', { skip }, () => {
  test('X15: a live group of KIP-848 shows its members and is not reset', async () => {
    await theirs('live', 3)
    await write('live', 3, 10)
    const over = new AbortController()
    const { consumer, assigned, run } = await member('live', 'analytics', over.signal)
    try {
      await until('it has its partitions', () => assigned() === 3)
      await until('it has committed', async () => {
        const { partitions } = await describeGroup(target.network, 'analytics')
        return partitions.length === 3 && partitions.every(({ lag }) => lag === 0)
      })
      const state = await describeGroup(target.network, 'analytics')
      assert.deepEqual([state.protocol, state.members, state.state], ['consumer', 1, 'Stable'])
      assert.ok(state.partitions.every(({ member: has }) => has?.clientId === 'analytics-0'))
      const reset = { group: 'analytics', scope: null, to: { to: 'earliest' as const }, execute: true }
      await assert.rejects(resetOffsets(target.network, reset), /group analytics is active and cannot be reset/)
      over.abort()
      await run
      await consumer[Symbol.asyncDispose]()
      await until('it is empty', async () => (await describeGroup(target.network, 'analytics')).members === 0)
      const done = await resetOffsets(target.network, reset)
      assert.deepEqual(
        done.map(({ to }) => to),
        [0, 0, 0],
      )
      const after = await describeGroup(target.network, 'analytics')
      assert.deepEqual(
        after.partitions.map(({ committed, lag }) => [committed, lag]),
        Array(3).fill([0, 10]),
      )
    } finally {
      over.abort()
    }
  })

  test('X16: lag leaves out what is gone and names transaction markers and partitions that are no more', async () => {
    await theirs('moving', 2)
    await write('moving', 2, 20)
    await admin.setOffsets({
      groupId: 'reports',
      topic: 'moving',
      partitions: [0, 1].map((partition) => ({ partition, offset: '5' })),
    })
    await admin.deleteTopicRecords({ topic: 'moving', partitions: [{ partition: 0, offset: '12' }] })
    const moved = await describeGroup(target.network, 'reports')
    assert.deepEqual(
      moved.partitions.map(({ start, lag, gone }) => [start, lag, gone]),
      [
        [12, 8, false],
        [0, 15, false],
      ],
    )
    const producer = kafka.producer({ transactionalId: 't', maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'moving', messages: [{ partition: 1, value: 'one' }] })
    await transaction.commit()
    await producer.disconnect()
    await admin.setOffsets({ groupId: 'reports', topic: 'moving', partitions: [{ partition: 1, offset: '21' }] })
    const marked = await describeGroup(target.network, 'reports')
    const { lag, markers } = marked.partitions.find(({ partition }) => partition === 1)!
    assert.deepEqual([lag, markers], [1, 1])
    await admin.deleteTopics({ topics: ['moving'] })
    await until('it is gone', async () => !(await listTopics(target.network, false)).includes('moving'))
    await theirs('moving', 1)
    // Kafka removes what was committed for a topic that is deleted; another client may commit for what is gone.
    const gone = await describeGroup(target.network, 'reports').catch(() => null)
    for (const each of gone?.partitions ?? []) if (each.partition === 1) assert.ok(each.gone)
  })
})

describe('a broker is down', { skip }, () => {
  test('X5, X6: its cluster is measured and told; a topic that it alone had is offline, all else is there', async () => {
    await theirs('whole', 6, { configEntries: [{ name: 'min.insync.replicas', value: '2' }] })
    await admin.createTopics({
      waitForLeaders: false,
      topics: [
        { topic: 'alone', replicaAssignment: [1, 2, 3].map((id, partition) => ({ partition, replicas: [id] })) },
      ],
    })
    await until(
      'alone is led',
      async () => (await topicOffsets(target.network, 'alone', 'latest', [0, 1, 2])).size === 3,
    )
    await target.nodes[2]!.signal!('SIGKILL')
    await until('nobody leads it', async () =>
      (await describeTopics(target.network, ['alone'], false))[0]!.partitions.some(({ leader }) => leader < 0),
    )
    for (const client of clients) {
      const variant = await variantOf(cluster, profileOf('whole', client))
      assert.equal(fieldsOf(variant, 'records-failed'), undefined, textsOf(variant))
      assert.deepEqual(fieldsOf(variant, 'degraded')?.brokers, [3])
      assert.equal(variant.ledger.acked, 800)
      // A topic that is made now.
      const fresh = await variantOf(cluster, profileOf('', client, { topic: { partitions: 3, replicationFactor: 3 } }))
      assert.equal(fresh.ledger.acked, 800, textsOf(fresh))
      assert.deepEqual(fieldsOf(fresh, 'degraded')?.brokers, [3])
    }
    const partly = await variantOf(
      cluster,
      profileOf('alone', 'node-rdkafka', {
        producers: { partitioner: 'round-robin', deliveryTimeout: '5s', requestTimeout: '3s' },
      }),
    )
    const { partitions, records } = fieldsOf(partly, 'degraded')!
    assert.deepEqual(partitions, [2])
    assert.ok(Number(records) > 200, textsOf(partly))
    assert.ok(partly.ledger.acked >= 530, JSON.stringify(partly.ledger))
    assert.equal(fieldsOf(partly, 'records-failed'), undefined, textsOf(partly))
    const shown = await describeTopics(target.network, ['alone', 'whole'], false)
    assert.deepEqual(
      shown[0]!.partitions.map(({ leader }) => leader),
      [1, 2, -1],
    )
    await admin.disconnect()
    const { groups } = await listGroups(target.network)
    assert.ok(groups.some(({ group }) => group === 'analytics'))
    assert.ok((await describeGroup(target.network, 'analytics')).partitions.length > 0)
  })
})

/** A member of a group of KIP-848, of somebody else. */
async function member(topic: string, group: string, signal: AbortSignal) {
  const driver: Driver<unknown> = await loadPlugin('drivers', 'node-rdkafka')
  let count = 0
  const consumer: Consumer = await driver.consumer(
    { ...consumerSettings, group, protocol: 'consumer', commitIntervalMs: 200 },
    {
      ...{ network: target.network, clientId: `${group}-0`, topics: [{ name: topic, partitions: 3 }], hold: null },
      clock: { nowNs: () => performance.now() * 1e6, sleepUntil: async () => {} },
      event() {},
      assigned: (partitions) => {
        count = partitions.length
      },
    },
  )
  return { consumer, assigned: () => count, run: consumer.run(() => {}, signal) }
}
