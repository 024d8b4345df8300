import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock } from '../../../../src/base/clock.ts'
import type { Cluster, ProbeOptions } from '../../../../src/contracts/api.ts'
import type { Fact, TopicFact } from '../../../../src/contracts/facts.ts'
import type { CanaryJob } from '../../../../src/runners/hosts/canary-serve.ts'
import { accessTo, auditOf } from '../../../../src/runners/variant/access.ts'
import { machineWorld } from '../../../../src/runners/variant/machine-world.ts'
import { topicOf } from '../../../support/crew.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { createFakeTopic } from '../../../support/fake-topic.ts'
import { planOf } from '../../../support/plans.ts'
import { startFakeKafka } from '../../_fake-kafka.ts'

const never = () => new AbortController().signal
const factOf = (plan: ReturnType<typeof planOf>, change: Partial<TopicFact> = {}): TopicFact => ({
  ...topicOf(plan, 0),
  name: 't',
  ...change,
})

/** Speaks no protocol: everything goes by its access. */
const own = (): Cluster => ({
  network: { bootstrap: ['127.0.0.1:1'] },
  nodes: [],
  access: createFakeTopic({ name: 't', partitions: 3 }).access,
  describe: async () => ({ layout: 'none', kafkaVersion: null }),
  async [Symbol.asyncDispose]() {},
})

describe('the world as it is', () => {
  test('has every fault of the plan, once, and no other; one that is not there is an error with a suggestion', async () => {
    const clock = createFakeClock()
    const none = await machineWorld(planOf({}), own(), clock)
    assert.deepEqual([...none.faults.keys()], [])
    const plan = planOf({})
    const faults = ['kill-broker', 'add-partitions', 'kill-broker'].map((use) => ({ use })) as never
    const { faults: loaded } = await machineWorld({ ...plan, faults }, own(), clock)
    assert.deepEqual([...loaded.keys()], ['kill-broker', 'add-partitions'])
    await assert.rejects(machineWorld({ ...plan, faults: [{ use: 'kill-brokr' }] as never }, own(), clock), {
      code: 'profile',
      hint: /kill-broker/,
    })
  })

  test('has no canary where the cluster speaks no protocol', async () => {
    assert.equal((await machineWorld(planOf({}), own(), createFakeClock())).startCanary, null)
  })

  test('the canary watches no more partitions than there are or were asked for, and waits for what producers wait for', async () => {
    const plan = planOf({})
    const jobs: CanaryJob[] = []
    for (const [acks, partitions, canaryAcks, watched] of [
      ['all', 3, 'all', 3],
      [1, 100, 1, 12],
      // With acks 0 nothing would be heard.
      [0, 2, 1, 2],
    ] as const) {
      const withCanary = { ...plan, acks, canary: { partitions: 12, recordsPerSec: 20 } } as never
      const cluster = { ...own() }
      delete (cluster as { access?: unknown }).access
      const world = await machineWorld(withCanary, cluster, createFakeClock(), async (job) => {
        jobs.push(job)
        return {} as never
      })
      await world.startCanary!(withCanary, factOf(plan, { partitions }), () => {}, never())
      const { topic, clientId, recordsPerSec } = jobs.at(-1)!
      assert.deepEqual([jobs.at(-1)!.acks, jobs.at(-1)!.partitions], [canaryAcks, watched])
      assert.deepEqual([topic, clientId, recordsPerSec], ['t', `${plan.names.clients}-canary`, 20])
    }
  })

  test('one look at the usage has the facts of brokers and machine, and a broker that does not answer has none', async () => {
    const clock = createFakeClock()
    const usage = { cpuMs: 1, rssBytes: 2, diskBytes: 3, networkInBytes: 4, networkOutBytes: 5 }
    const cluster: Cluster = {
      ...own(),
      nodes: [
        { id: 1, host: 'h', port: 1, usage: async () => usage },
        { id: 2, host: 'h', port: 2, usage: () => Promise.reject(new Error('gone')) },
        { id: 3, host: 'h', port: 3 },
      ],
    }
    const world = await machineWorld(planOf({}), cluster, clock)
    const facts = await world.sampleUsage()
    const of = facts.map((fact) =>
      fact.fact === 'usage' ? `${fact.of} ${'broker' in fact ? fact.broker : ''}` : fact.fact,
    )
    assert.ok(
      of.some((each) => each.startsWith('broker 1')),
      of.join(),
    )
    assert.ok(!of.some((each) => each.startsWith('broker 3')), of.join())
    assert.ok(facts.every(({ atNs }) => atNs === clock.nowNs()))
  })

  test('the leaders are known from the first answer on', async () => {
    await using kafka = await startFakeKafka()
    const plan = planOf({})
    const told: Fact[] = []
    const world = await machineWorld(plan, kafka.cluster, systemClock())
    {
      await using _watch = await world.watchLeaders(plan, factOf(plan), (fact) => void told.push(fact), never())
      const [first] = told
      assert.deepEqual(first?.fact === 'leaders' && [first.initial, first.states.map(({ leader }) => leader)], [
        true,
        [2, 3, 1],
      ])
    }
  })
})

describe('access to a cluster', () => {
  test('is its own where it brings one; its audit too', async () => {
    const cluster = own()
    assert.equal(accessTo(cluster), cluster.access)
    const session = auditOf(cluster, { topic: 't', partitions: 3 })
    assert.deepEqual([session.backlog(), session.problem()], [0, null])
  })

  const record = { key: null, value: Buffer.from('probe') }
  const probing = (created: boolean, signal = never()): ProbeOptions => ({ created, acks: 'all', record, signal })

  test('a topic that the cluster makes itself is waited for, and takes a record in every partition before it is used', async () => {
    await using kafka = await startFakeKafka()
    const made: unknown[] = []
    const access = accessTo({
      ...kafka.cluster,
      createTopic: async (...spec) => void made.push(spec),
    })
    const spec = { name: 't', partitions: 3, replicationFactor: 2, config: {} }
    assert.equal(await access.createTopic(spec, never()), true)
    assert.deepEqual(await access.probe!(spec, probing(true)), { offline: [], brokersDown: [], probes: 3 })
    assert.deepEqual([made, kafka.produced.sort()], [[['t', 3, 2]], [0, 1, 2]])
    // It goes with its cluster.
    assert.deepEqual(await access.remove('t', ['g']), [])
  })

  test('a topic that was there before is probed, and a look alone writes nothing', async () => {
    await using kafka = await startFakeKafka()
    const access = accessTo(kafka.cluster)
    const topic = { name: 't', partitions: 3 }
    const look = await access.probe!(topic, { ...probing(false), record: null })
    assert.deepEqual([look, kafka.produced], [{ offline: [], brokersDown: [], probes: 0 }, []])
    assert.equal((await access.probe!(topic, probing(false))).probes, 3)
    assert.deepEqual(kafka.produced.sort(), [0, 1, 2])
  })

  test('says what a topic is and how far its log goes', async () => {
    await using kafka = await startFakeKafka()
    const access = accessTo(kafka.cluster)
    assert.equal((await access.describeTopic('t'))?.partitions, 3)
    assert.deepEqual([...(await access.offsets('t', 'latest')).values()], [100, 100, 100])
  })

  test('to a cluster that does not answer: nothing is known of the topic', async () => {
    await using kafka = await startFakeKafka()
    for (const node of kafka.nodes) await node.crash()
    assert.equal(await accessTo(kafka.cluster).describeTopic('t'), null)
  })

  test('an interruption ends the wait for a topic', async () => {
    await using kafka = await startFakeKafka()
    const access = accessTo({ ...kafka.cluster, createTopic: async () => {} })
    const probed = access.probe!({ name: 't', partitions: 12 }, probing(true, AbortSignal.abort()))
    await assert.rejects(probed, { name: 'AbortError' })
    assert.deepEqual(kafka.produced, [])
  })
})
