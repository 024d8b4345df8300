import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KbenchError } from '../../../src/base/errors.ts'
import type { Network } from '../../../src/contracts/api.ts'
import { createBrokers } from '../../../src/kafka/brokers.ts'
import { probePartitions } from '../../../src/kafka/probe.ts'
import { registeredBrokers } from '../../../src/kafka/registered-brokers.ts'
import { createTopic, topicIn } from '../../../src/kafka/topics.ts'
import { controllerOf } from '../../../src/kafka/wire.ts'
import { describeTopics } from '../../../src/operations/topics.ts'
import { createLagSampler } from '../../../src/samplers/lag.ts'
import { startFakeKafka } from '../_fake-kafka.ts'

// What kbench asks of a cluster that somebody else looks after, as brokers that refuse see it.

const spec = (name: string) => ({ name, partitions: 3, replicationFactor: 2, config: {} })
const { signal } = new AbortController()
const record = { key: Buffer.from('k'), value: Buffer.alloc(32) }
const probe = { topic: 't', partitions: [0, 1, 2], acks: 'all' as const, record }
/** TOPIC_AUTHORIZATION_FAILED, INVALID_RECORD, … */
const denied = 29
const createApi = 19

async function refusalOf(work: Promise<unknown>): Promise<KbenchError> {
  return work.then(
    () => assert.fail('it was not refused'),
    (error: KbenchError) => error,
  )
}

describe('X2', () => {
  test('X2: a topic that is there is used by who may not create topics; nobody is asked to create it', async () => {
    await using kafka = await startFakeKafka()
    kafka.refuse({ create: denied })
    assert.equal(await createTopic(kafka.cluster.network, spec('t'), signal), false)
    assert.ok(!kafka.asked.some(({ api }) => api === createApi))
  })

  test('X2: one that is not there, and may not be created: the permission is named, and what to do', async () => {
    await using kafka = await startFakeKafka()
    kafka.refuse({ create: denied })
    const error = await refusalOf(createTopic(kafka.cluster.network, spec('orders'), signal))
    assert.match(
      error.message,
      /topic orders does not exist and cannot be created: permission Create on topic orders is missing/,
    )
    assert.match(error.hint ?? '', /grant Create on topic orders/)
  })

  test('X2: one that may not be looked at', async () => {
    await using kafka = await startFakeKafka()
    kafka.refuse({ look: denied })
    const error = await refusalOf(createTopic(kafka.cluster.network, spec('t'), signal))
    assert.match(error.message, /topic t cannot be looked at: permission Describe on topic t is missing/)
  })

  test('X2: one that may not be written to', async () => {
    await using kafka = await startFakeKafka()
    kafka.refuse({ produce: denied })
    const error = await refusalOf(probePartitions(kafka.cluster.network, probe, signal))
    assert.match(error.message, /topic t does not take records: permission Write on topic t is missing/)
  })
})

describe('X5', () => {
  test('X5: with a broker down the topic is found and its partitions are probed where they are led now', async () => {
    await using kafka = await startFakeKafka()
    await kafka.nodes[0]!.crash()
    assert.equal(await createTopic(kafka.cluster.network, spec('t'), signal), false)
    assert.deepEqual(await probePartitions(kafka.cluster.network, probe, signal), [])
  })

  test('X5: a partition that nobody leads is offline, the others are not', async () => {
    await using kafka = await startFakeKafka()
    await kafka.nodes[0]!.crash()
    await kafka.nodes[1]!.crash()
    assert.deepEqual(await probePartitions(kafka.cluster.network, probe, signal, 2000), [0])
  })
})

describe('X8', () => {
  for (const [code, name, hint] of [
    [87, 'INVALID_RECORD', /schema|key/],
    [10, 'MESSAGE_TOO_LARGE', /max\.message\.bytes/],
    [44, 'POLICY_VIOLATION', /policy/],
  ] as const) {
    test(`X8: a topic that answers ${name} is refused at once, with the name and what it may be`, async () => {
      await using kafka = await startFakeKafka()
      kafka.refuse({ produce: code })
      const error = await refusalOf(probePartitions(kafka.cluster.network, probe, signal))
      assert.equal(error.code, 'environment')
      assert.match(error.message, new RegExp(`topic t does not take records: ${name}`))
      assert.match(error.hint ?? '', hint)
      assert.ok(kafka.asked.filter(({ api }) => api === 0).length <= 3, 'each broker is asked once')
    })
  }
})

describe('X17', () => {
  test('X17: no metadata of all topics is asked for: not to connect, to look, to sample, nor to describe one', async () => {
    await using kafka = await startFakeKafka()
    const { network } = kafka.cluster
    await registeredBrokers(network)
    await createTopic(network, spec('t'), signal)
    await probePartitions(network, probe, signal)
    await describeTopics(network, ['t'], true)
    await withBrokers(network, async (brokers) => {
      assert.equal(await topicIn(brokers, 'elsewhere'), null)
      await brokers.any(controllerOf)
    })
    const sampler = createLagSampler(network, {
      ...{ topic: 't', partitions: 3, groups: [], startOffsets: new Map(), nowNs: () => 0 },
    })
    assert.deepEqual((await sampler.sample()).ends, [100, 100, 100])
    await sampler[Symbol.asyncDispose]()
    const metadata = kafka.asked.filter(({ api }) => api === 3)
    assert.ok(metadata.length >= 5)
    for (const { topics } of metadata) assert.ok(topics !== null && topics!.length <= 1, JSON.stringify(topics))
  })
})

describe('X4', () => {
  test("X4: connections of kbench's own are named by the network's prefix", async () => {
    const { clientIdOf } = await import('../../../src/kafka/client-id.ts')
    assert.equal(clientIdOf({}, 'lag'), 'kbench-lag')
    assert.equal(clientIdOf({ prefix: 'team-a.' }, 'lag'), 'team-a.lag')
  })
})

async function withBrokers(network: Network, use: (brokers: ReturnType<typeof createBrokers>) => Promise<void>) {
  await using brokers = createBrokers(network, { clientId: 'test', timeoutMs: 2000 })
  await use(brokers)
}
