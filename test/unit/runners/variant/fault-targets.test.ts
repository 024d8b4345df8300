import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../../src/base/rng.ts'
import type { PartitionState } from '../../../../src/contracts/api.ts'
import type { FaultTarget } from '../../../../src/contracts/faults.ts'
import { readState, resolveTarget, type TargetContext } from '../../../../src/runners/variant/fault-targets.ts'
import { type FakeKafka, startFakeKafka } from '../../_fake-kafka.ts'

const context = ({ cluster }: Pick<FakeKafka, 'cluster'>, more: Partial<TargetContext> = {}): TargetContext => ({
  ...{ cluster, topic: 't', running: [], planned: [], rng: createRng(1, 1) },
  groupNames: new Map([['g1', 'kbench-g1']]),
  ...more,
})
const onBroker = { on: 'broker', target: null } as const
const found = async (target: FaultTarget, kafka: Pick<FakeKafka, 'cluster'>, more?: Partial<TargetContext>) => {
  const { brokers, workers, words } = await resolveTarget(onBroker, target, context(kafka, more))
  return { ids: brokers.map(({ id }) => id), workers, words }
}
const rejected = (target: FaultTarget, kafka: Pick<FakeKafka, 'cluster'>, message: string | RegExp, more = {}) =>
  assert.rejects(found(target, kafka, more), { code: 'environment', message })

const state = (partition: number, change: Partial<PartitionState>): PartitionState => ({
  ...{ partition, leader: 1, leaderEpoch: 1, replicas: [1, 2, 3], isr: [1, 2, 3] },
  ...change,
})

describe('a broker as a target', () => {
  test('by its id, its role, or all of them', async () => {
    await using kafka = await startFakeKafka()
    // Partition 0 has replicas 1 and 2, and is led by 2.
    for (const [target, ids, words] of [
      ['all', [1, 2, 3], 'all brokers'],
      ['controller', [2], 'broker 2, active controller'],
      [{ broker: 3 }, [3], 'broker 3'],
      [{ leaderOf: 0 }, [2], 'broker 2, leader of partition 0'],
      [{ followerOf: 0 }, [1], 'broker 1, follower of partition 0'],
      [{ coordinatorOf: 'g1' }, [3], 'broker 3, coordinator of group g1'],
    ] as const) {
      assert.deepEqual(await found(target, kafka), { ids, workers: [], words })
    }
  })

  test('at random is any of them in the end, and the same one for the same seed', async () => {
    await using kafka = await startFakeKafka()
    const chosen = async (seed: number) => (await found('random', kafka, { rng: createRng(seed, 1) })).ids[0]
    const seen = new Set<number | undefined>()
    for (let seed = 0; seed < 20; seed++) seen.add(await chosen(seed))
    assert.deepEqual([...seen].sort(), [1, 2, 3])
    assert.equal(await chosen(7), await chosen(7))
  })

  test('one that is not there: which there are', async () => {
    await using kafka = await startFakeKafka()
    await rejected({ broker: 9 }, kafka, 'there is no broker 9 in this cluster, only 1, 2, 3')
  })

  test('of a cluster whose brokers are not known: an error, nobody is hit', async () => {
    await using kafka = await startFakeKafka()
    const none = { cluster: { ...kafka.cluster, nodes: [] } }
    await rejected('random', none, 'there is no broker in this cluster to choose from')
    await rejected('all', none, 'there is no broker in this cluster to choose from')
  })

  test('of a partition that nobody leads, has no follower in sync, or is not there', async () => {
    await using kafka = await startFakeKafka()
    for (const { id } of kafka.nodes) {
      kafka.believes(id, [state(0, { leader: -1, isr: [] }), state(1, { isr: [1] })])
    }
    await rejected({ leaderOf: 0 }, kafka, 'partition 0 has no leader now')
    await rejected({ followerOf: 0 }, kafka, 'partition 0 has no leader now')
    await rejected({ followerOf: 1 }, kafka, 'partition 1 has no follower in sync now')
    await rejected({ leaderOf: 7 }, kafka, 'partition 7 has no leader now')
  })

  test('of a group, where there is none, or of a consumer', async () => {
    await using kafka = await startFakeKafka()
    await rejected({ coordinatorOf: 'g1' }, kafka, 'there is no group to have a coordinator', { groupNames: new Map() })
    await rejected({ member: 0 }, kafka, 'the target is no broker')
  })

  test('the fault’s own target stands where the profile names none', async () => {
    await using kafka = await startFakeKafka()
    const { words } = await resolveTarget({ on: 'broker', target: { leaderOf: 1 } }, undefined, context(kafka))
    assert.equal(words, 'broker 3, leader of partition 1')
  })
})

describe('the state of a topic', () => {
  test('is asked of all brokers, and the newest answer counts: one that came back has yesterday’s leaders', async () => {
    await using kafka = await startFakeKafka()
    kafka.believes(
      1,
      [0, 1, 2].map((partition) => state(partition, { leader: 1, leaderEpoch: 0 })),
    )
    kafka.believes(
      3,
      [0, 1, 2].map((partition) => state(partition, { leader: 3, leaderEpoch: 9 })),
    )
    for (let n = 0; n < 5; n++) assert.equal((await readState(kafka.cluster, 't')).partitions[0]!.leader, 3)
  })

  test('of a new topic, whose epochs are all 0: a broker that does not know it yet knows nothing', async () => {
    await using kafka = await startFakeKafka()
    const fresh = [0, 1, 2].map((partition) => state(partition, { leader: 2, leaderEpoch: 0 }))
    kafka.believes(1, [])
    kafka.believes(2, fresh)
    kafka.believes(3, fresh)
    for (let n = 0; n < 5; n++) assert.equal((await readState(kafka.cluster, 't')).partitions.length, 3)
    kafka.believes(2, [])
    kafka.believes(3, [])
    await assert.rejects(readState(kafka.cluster, 't'), /it does not know topic t/)
  })

  test('comes from the others where one broker is down, and one hangs', async () => {
    await using kafka = await startFakeKafka()
    await kafka.nodes[0]!.crash()
    await kafka.nodes[1]!.signal!('SIGSTOP')
    const { partitions } = await readState(kafka.cluster, 't')
    assert.equal(partitions[1]!.leader, 3)
  })

  test('with every broker down: none answered, and why', async () => {
    await using kafka = await startFakeKafka()
    for (const node of kafka.nodes) await node.crash()
    await assert.rejects(readState(kafka.cluster, 't'), {
      code: 'environment',
      message: /^no broker answered: .*ECONNREFUSED.*; .*ECONNREFUSED.*; .*ECONNREFUSED/,
    })
    await rejected('controller', kafka, /^no broker answered: /)
    await rejected({ coordinatorOf: 'g1' }, kafka, /^no broker answered: /)
  })
})
