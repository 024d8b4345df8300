import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { jarsFolder } from '../cluster/_kafka-tools.ts'
import {
  assertRefused,
  assertRuns,
  type Guarded,
  minimum,
  profileOf,
  runWith,
  startGuarded,
  type Work,
} from '../cluster/_permission-table.ts'
import { skipReason } from '../cluster/_providers.ts'

// Every workload by a user with the least permissions, and without each of them: the table in docs/connections.md.

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

for (const client of ['kafkajs', 'node-rdkafka']) {
  for (const work of Object.keys(minimum) as Work[]) {
    describe(`X2: ${client}, ${work}`, only, () => {
      test('X2: the least is enough', () => assertRuns(guarded, work, client))
      for (const gone of minimum[work]) {
        test(`X2: refused by name without ${gone}`, () => assertRefused(guarded, work, client, gone))
      }
    })
  }

  describe(`X2: ${client}, with a topic of its own`, only, () => {
    const rules = ['Create', 'Write', 'Read', 'Delete', 'DescribeConfigs'].map(
      (operation) => `${operation} on topic kbench-*`,
    )
    const groups = ['Read on group kbench-*', 'Delete on group kbench-*']
    const own = () => ({
      ...profileOf('produce-consume', client, guarded),
      topic: { partitions: 3, replicationFactor: 1 },
    })

    test('X2: with all that is used, nothing is missing and nothing stays', async () => {
      const { variant, logs } = await runWith(guarded, [...rules, ...groups], own())
      assert.equal(variant.ledger.acked, 100, variant.reasons.join('; '))
      assert.ok(!variant.findings!.some(({ code }) => code === 'permission-missing'), variant.reasons.join('; '))
      assert.deepEqual(
        logs.filter((line) => line.startsWith('not deleted')),
        [],
      )
    })

    test('X2: without Delete it runs, and what stays is named with the permission', async () => {
      const { variant, logs } = await runWith(guarded, rules.slice(0, 3).concat(groups[0]!), own())
      assert.equal(variant.ledger.acked, 100, variant.reasons.join('; '))
      const stays = logs.filter((line) => line.startsWith('not deleted')).join('\n')
      assert.match(stays, /topic kbench-\S+ cannot be deleted: permission Delete on topic kbench-\S+ is missing/)
      assert.match(stays, /group kbench-\S+-g1 cannot be deleted: permission Delete on group kbench-\S+-g1 is missing/)
    })

    test('X2: Create on the cluster is as good as on the topic', async () => {
      const { variant } = await runWith(guarded, ['Create on cluster', ...rules.slice(1), ...groups], own())
      assert.equal(variant.ledger.acked, 100, variant.reasons.join('; '))
    })
  })

  test(`X2: ${client}, idempotent: Write on the topic is enough`, only, async () => {
    const profile = profileOf('produce-consume', client, guarded)
    const { variant } = await runWith(guarded, minimum['produce-consume'], {
      ...profile,
      producers: { ...profile.producers, idempotence: true },
    })
    assert.equal(variant.ledger.acked, 100, variant.reasons.join('; '))
  })
}
