import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterStatus } from '../../src/operations/cluster-status.ts'
import { startFakeKafka } from './_fake-kafka.ts'

test('the controller is the leader of the quorum, not whom the metadata name', async () => {
  await using kafka = await startFakeKafka()
  for (let i = 0; i < 5; i++) {
    const { controllerId, brokers, clusterId } = await clusterStatus(kafka.cluster.network)
    assert.deepEqual([clusterId, controllerId], ['cluster', 2])
    assert.deepEqual(
      brokers.map(({ id, isController }) => [id, isController]),
      [
        [1, false],
        [2, true],
        [3, false],
      ],
    )
  }
})

test('with a broker that hangs, the others tell', async () => {
  await using kafka = await startFakeKafka()
  await kafka.nodes[0]!.signal!('SIGSTOP')
  assert.equal((await clusterStatus(kafka.cluster.network)).controllerId, 2)
})
