import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import kafkajs, { type Cluster, type GroupMember } from 'kafkajs'
import { rangeAssigner, rangeShare } from '../../../src/drivers/platformatic-kafka/range-assigner.ts'

/** org.apache.kafka.clients.consumer.RangeAssignor, read aloud: n / m each, one more for the first n % m. */
function definition(partitions: number, members: number): number[][] {
  const result: number[][] = []
  let next = 0
  for (let member = 0; member < members; member++) {
    const count = Math.floor(partitions / members) + (member < partitions % members ? 1 : 0)
    result.push(Array.from({ length: count }, () => next++))
  }
  return result
}

async function assign(members: readonly string[], topics: Record<string, number[]>) {
  const cluster = {
    findTopicPartitionMetadata: (topic: string) => topics[topic]!.map((partitionId) => ({ partitionId })),
  } as unknown as Cluster
  const assigner = rangeAssigner({ cluster, groupId: 'g', logger: {} as never })
  const answer = await assigner.assign({
    members: members.map((memberId): GroupMember => ({ memberId, memberMetadata: Buffer.alloc(0) })),
    topics: Object.keys(topics),
  })
  return Object.fromEntries(
    answer.map(({ memberId, memberAssignment }) => [
      memberId,
      kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)!.assignment,
    ]),
  )
}

describe('range assignor', () => {
  test('shares are as defined, for every number of partitions and members', () => {
    for (let partitions = 0; partitions <= 25; partitions++) {
      const all = Array.from({ length: partitions }, (_, i) => i)
      for (let members = 1; members <= 9; members++) {
        const shares = Array.from({ length: members }, (_, index) => rangeShare(all, index, members))
        assert.deepEqual(shares, definition(partitions, members), `${partitions} over ${members}`)
      }
    }
  })

  test('members in order of their id, partitions in order of theirs, whatever order they come in', async () => {
    assert.deepEqual(await assign(['c', 'a', 'b'], { t: [3, 1, 0, 2] }), {
      a: { t: [0, 1] },
      b: { t: [2] },
      c: { t: [3] },
    })
  })

  test('each topic for itself: the first member gets the odd one of each', async () => {
    assert.deepEqual(await assign(['a', 'b'], { t: [0, 1, 2], u: [0, 1, 2] }), {
      a: { t: [0, 1], u: [0, 1] },
      b: { t: [2], u: [2] },
    })
  })

  test('more members than partitions: some get nothing, and an answer all the same', async () => {
    assert.deepEqual(await assign(['a', 'b', 'c'], { t: [0, 1] }), { a: { t: [0] }, b: { t: [1] }, c: {} })
  })

  test('names itself and its topics as other clients do', () => {
    const assigner = rangeAssigner({ cluster: {} as Cluster, groupId: 'g', logger: {} as never })
    const { name, metadata } = assigner.protocol({ topics: ['t'] })
    assert.equal(name, 'range')
    assert.deepEqual(kafkajs.AssignerProtocol.MemberMetadata.decode(metadata)!.topics, ['t'])
  })
})
