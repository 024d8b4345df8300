import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { deleteTopicAndGroups } from '../../src/kafka/admin.ts'
import { listTopics } from '../../src/operations/topics.ts'
import { jarsFolder } from './_kafka-tools.ts'
import {
  assertRefused,
  assertRuns,
  type Guarded,
  minimum,
  profileOf,
  runWith,
  startGuarded,
} from './_permission-table.ts'
import { skipReason } from './_providers.ts'

// A user with the least permissions on a broker with an authorizer. The table of all workloads is test/long/permissions.test.ts.

const skip = (await skipReason('local')) ?? (existsSync(jarsFolder) ? undefined : 'no jars of Kafka yet')
const only = { skip: skip ?? false }
const folder = mkdtempSync(join(tmpdir(), 'kbench-permissions-'))
let guarded: Guarded

before(async () => {
  if (skip) return
  guarded = await startGuarded(folder)
  await guarded.topic('orders')
})

after(async () => {
  await guarded?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

describe('X2: the permissions that docs/connections.md names', only, () => {
  test('X2: are enough for kafkajs', () => assertRuns(guarded, 'produce-consume', 'kafkajs'))
  test('X2: are enough for node-rdkafka, with a canary', () =>
    assertRuns(guarded, 'produce-consume, with canary', 'node-rdkafka'))

  for (const client of ['kafkajs', 'node-rdkafka']) {
    for (const gone of minimum['produce-consume']) {
      test(`X2: ${client} is refused by name without ${gone}`, () =>
        assertRefused(guarded, 'produce-consume', client, gone))
    }
  }

  test('X2: a topic that is not there, and may not be created', async () => {
    const profile = { ...profileOf('produce', 'kafkajs', guarded), topic: { partitions: 3, replicationFactor: 1 } }
    const rules = ['Write on topic kbench-*', 'Read on topic kbench-*']
    await assert.rejects(
      runWith(guarded, rules, profile),
      /^KbenchError: topic kbench-\S+ does not exist and cannot be created: permission Create on topic kbench-\S+ is missing$/,
    )
  })
})

describe('a denied Delete is named, and nothing is deleted', only, () => {
  test('a topic, where neither its own rules nor those of the cluster allow it', async () => {
    const { acls, cluster } = guarded
    const problems = async () => deleteTopicAndGroups(cluster.network, 'orders', [])
    const named = ['topic orders cannot be deleted: permission Delete on topic orders is missing']
    await acls.set(['Describe on topic orders'])
    assert.deepEqual(await problems(), named)
    await acls.set(['All on topic orders'], ['Delete on topic orders'])
    assert.deepEqual(await problems(), named)
    assert.ok((await listTopics({ bootstrap: [guarded.broker.at.PLAIN] }, false)).includes('orders'))
  })

  test('Delete on the cluster allows it, whatever is denied for the topic', async () => {
    const { acls, cluster } = guarded
    await guarded.topic('others')
    await acls.set(['Describe on topic others', 'Delete on cluster'], ['Delete on topic others'])
    assert.deepEqual(await deleteTopicAndGroups(cluster.network, 'others', []), [])
  })
})
