import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Brokers } from '../../../src/kafka/brokers.ts'
import { createForeignLag } from '../../../src/samplers/_foreign-lag.ts'

interface Scene {
  /** By broker: the groups that it coordinates, with their commits "topic-partition" → offset; null = it is down. */
  groups: Record<number, Record<string, Record<string, number>> | null>
  /** Ends by topic, a partition each, with the broker that leads it. */
  ends: Record<string, readonly { leader: number; end: number }[]>
  /** Of OffsetFetch, by group. */
  refused?: Record<string, number>
  asked: string[]
}

/** A cluster that answers what a look asks for, and nothing else. */
function brokersOf(scene: Scene): Brokers {
  const nodes = Object.keys(scene.groups).map((id) => ({ nodeId: Number(id), host: `b-${id}`, port: 1, rack: null }))
  const connectionTo = (id: number) => ({
    async call(api: string, parameters: { groupId: string } | undefined) {
      scene.asked.push(api)
      const mine = scene.groups[id]!
      if (api === 'ListGroups') return { errorCode: 0, groups: Object.keys(mine).map((groupId) => ({ groupId })) }
      const { groupId } = parameters!
      const topics = new Map<string, { partition: number; offset: string; errorCode: number }[]>()
      for (const [key, offset] of Object.entries(mine[groupId]!)) {
        const [topic, partition] = key.split('-') as [string, string]
        topics.set(topic, [
          ...(topics.get(topic) ?? []),
          { partition: Number(partition), offset: String(offset), errorCode: 0 },
        ])
      }
      const responses = [...topics].map(([topic, partitions]) => ({ topic, partitions }))
      return { errorCode: scene.refused?.[groupId] ?? 0, responses }
    },
    async offsets(topic: string, partitions: readonly number[]) {
      return new Map(partitions.map((partition) => [partition, scene.ends[topic]![partition]!.end]))
    },
  })
  return {
    async metadata(topics: readonly string[] | 'all') {
      assert.notEqual(topics, 'all', 'X17: nothing of all topics is asked for')
      const named = (topics as string[]).map((topic) => {
        if (!scene.ends[topic]) throw new Error('UNKNOWN_TOPIC_OR_PARTITION')
        const partitions = scene.ends[topic].map(({ leader }, partition) => ({
          partition,
          leader,
          isr: [],
          replicas: [],
        }))
        return { topic, partitions }
      })
      return { clusterId: null, controllerId: 1, brokers: nodes, topics: named }
    },
    async on({ host }: { host: string }, use: (connection: never) => Promise<unknown>) {
      const id = Number(host.slice(2))
      if (scene.groups[id] === null) throw new Error(`b-${id} is down`)
      return use(connectionTo(id) as never)
    },
  } as unknown as Brokers
}

const sceneOf = (more: Partial<Scene> = {}): Scene => ({
  groups: {
    1: { billing: { 'a-0': 10, 'a-1': 5 }, 'kbench-run1-0-g1': { 'a-0': 0 } },
    2: { shipping: { 'b-0': 100, 'gone-0': 3 } },
  },
  ends: {
    a: [
      { leader: 1, end: 10 },
      { leader: 2, end: 25 },
    ],
    b: [{ leader: 2, end: 150 }],
  },
  asked: [],
  ...more,
})

describe('lag of the groups that are not this run’s', () => {
  test('the one that has risen most since it was seen first, over all its partitions; a rise of others does not add up', async () => {
    const scene = sceneOf()
    const lag = createForeignLag(brokersOf(scene), 'kbench-run1-')
    assert.equal((await lag.look()).risen, 0)
    scene.ends.a = [
      { leader: 1, end: 17 },
      { leader: 2, end: 27 },
    ]
    scene.ends.b = [{ leader: 2, end: 154 }]
    assert.deepEqual(await lag.look(), { group: 'billing', lag: 29, risen: 9 })
    scene.groups[1]!.billing = { 'a-0': 17, 'a-1': 27 }
    assert.deepEqual(await lag.look(), { group: 'shipping', lag: 54, risen: 4 })
  })

  test('what it has behind it when it is seen first is no rise: also of a group that comes later', async () => {
    const scene = sceneOf()
    const lag = createForeignLag(brokersOf(scene), 'kbench-run1-')
    await lag.look()
    scene.groups[1]!.late = { 'a-0': 0, 'a-1': 0 }
    assert.equal((await lag.look()).risen, 0)
    scene.ends.a = [
      { leader: 1, end: 1010 },
      { leader: 2, end: 25 },
    ]
    scene.groups[1]!.billing = { 'a-0': 1010, 'a-1': 25 }
    assert.deepEqual(await lag.look(), { group: 'late', lag: 1035, risen: 1000 })
  })

  test('the run’s own groups do not count, those of another run do', async () => {
    const scene = sceneOf({ groups: { 1: { 'kbench-run1-12-g1': { 'a-0': 0 }, 'kbench-run10-0-g1': { 'a-0': 0 } } } })
    const lag = createForeignLag(brokersOf(scene), 'kbench-run1-')
    assert.equal((await lag.look()).group, 'kbench-run10-0-g1')
  })

  test('a partition without a leader, and a broker that is down, hide what they know, and their return is no rise', async () => {
    const scene = sceneOf({
      ends: {
        a: [
          { leader: 1, end: 10 },
          { leader: -1, end: 99_999 },
        ],
        b: [{ leader: 2, end: 150 }],
      },
    })
    const lag = createForeignLag(brokersOf(scene), 'kbench-run1-')
    assert.equal((await lag.look()).risen, 0)
    scene.ends.a = [
      { leader: 1, end: 10 },
      { leader: 1, end: 99_999 },
    ]
    assert.equal((await lag.look()).risen, 0)
    scene.groups[2] = null
    assert.equal((await lag.look()).group, 'billing')
    scene.groups[1] = null
    await assert.rejects(lag.look(), /b-1 is down/)
  })

  test('a group that may not be looked at is not known; no group at all is none', async () => {
    const scene = sceneOf({ refused: { billing: 30, shipping: 30 } })
    const lag = createForeignLag(brokersOf(scene), 'kbench-run1-')
    assert.deepEqual(await lag.look(), { group: null, lag: 0, risen: 0 })
  })
})
