import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBrokers } from '../../src/kafka/brokers.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import { startFakeKafka } from './_fake-kafka.ts'

test('offsets are asked for again where leadership has just moved', async () => {
  await using kafka = await startFakeKafka()
  kafka.refuseOffsets(4)
  const ends = await topicOffsets(kafka.cluster.network, 't', 'latest')
  assert.deepEqual(
    [...ends].sort(),
    [0, 1, 2].map((partition) => [partition, 100]),
  )
})

test('a broker that has died is asked no more: others lead', async () => {
  await using kafka = await startFakeKafka()
  await kafka.nodes[0]!.crash()
  const ends = await topicOffsets(kafka.cluster.network, 't', 'earliest')
  assert.equal(ends.size, 3)
})

test('a partition that nobody leads takes nothing else with it', async () => {
  await using kafka = await startFakeKafka()
  await kafka.nodes[0]!.crash()
  await kafka.nodes[1]!.crash()
  await using brokers = createBrokers(kafka.cluster.network, { clientId: 'test', timeoutMs: 2000 })
  const { topics } = await brokers.metadata(['t'])
  assert.deepEqual(
    topics[0]!.partitions.map(({ leader }) => leader),
    [-1, 3, 3],
  )
})
