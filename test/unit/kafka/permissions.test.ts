import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Operation, PermissionNeed } from '../../../src/contracts/api.ts'
import { createBrokers } from '../../../src/kafka/brokers.ts'
import { grantedPermissions, missingOf } from '../../../src/kafka/permissions.ts'
import { neededPermissions } from '../../../src/load/needed-permissions.ts'
import { planOf } from '../../support/plans.ts'
import { startFakeKafka } from '../_fake-kafka.ts'

const bits = { Read: 3, Write: 4, Create: 5, Delete: 6, Describe: 8, DescribeConfigs: 10 } as const
const field = (...names: (keyof typeof bits)[]) => names.reduce((sum, name) => sum | (1 << bits[name]), 0)
const on = (operation: Operation, type: 'topic' | 'group' | 'cluster', name: string | null = 't') => ({
  ...{ operation, resource: { type, name } },
})
const asked = [
  on('Write', 'topic'),
  on('Read', 'topic'),
  on('Create', 'topic'),
  on('Read', 'group'),
  on('Delete', 'group'),
  on('Describe', 'cluster', null),
]
type Allowed = Parameters<Awaited<ReturnType<typeof startFakeKafka>>['allow']>[0]

async function granted(allowed: Allowed, look = 0): Promise<(boolean | null)[]> {
  await using kafka = await startFakeKafka()
  kafka.allow(allowed)
  kafka.refuse({ look })
  await using brokers = createBrokers(kafka.cluster.network, { clientId: 'test', timeoutMs: 5000 })
  const answers = await grantedPermissions(brokers, asked)
  // Who looks for a coordinator makes a broker create the topic of the offsets.
  assert.ok(!kafka.asked.some(({ api }) => api === 10 || api === 19))
  return answers
}

describe('what a user may do, as brokers report it', () => {
  for (const [what, allowed, look, expected] of [
    ['old brokers report nothing, but of a group', {}, 0, [null, null, null, true, null, null]],
    [
      'some of it',
      { topic: field('Write', 'Describe'), group: field('Read', 'Describe'), cluster: field('Describe') },
      0,
      [true, false, null, true, false, true],
    ],
    [
      'all of it',
      {
        topic: field('Write', 'Read', 'Create', 'Describe'),
        group: field('Read', 'Delete', 'Describe'),
        cluster: field('Describe'),
      },
      0,
      [true, true, true, true, true, true],
    ],
    ['who may not look has nothing', { read: false }, 29, [false, false, null, false, null, null]],
    [
      'a field of zeros is no answer where the topic is shown',
      { topic: 0, group: 0 },
      0,
      [null, null, null, true, null, null],
    ],
  ] as const) {
    test(what, async () => assert.deepEqual(await granted(allowed, look), expected))
  }

  test('X2: only what is missing for certain is missing; nobody answers: nothing is', async () => {
    const needs = asked.map((each): PermissionNeed => ({ ...each, step: 'x', without: null }))
    await using kafka = await startFakeKafka()
    kafka.allow({ topic: field('Read', 'Describe') })
    assert.deepEqual(
      (await missingOf(kafka.cluster.network, needs)).map(({ operation }) => operation),
      ['Write'],
    )
    assert.deepEqual(await missingOf({ bootstrap: ['127.0.0.1:1'] }, needs), [])
  })
})

describe('X2: what a variant needs', () => {
  const texts = (plan: ReturnType<typeof planOf>, creates = false) =>
    neededPermissions(plan, creates).map(
      ({ operation, resource, without }) => `${operation} ${resource.type}${without === null ? '' : ', nice'}`,
    )
  const group = [{ group: 'g1' }]
  for (const [what, profile, creates, expected] of [
    [
      'produce-consume on a topic that is there',
      { topic: { name: 'orders' }, consumers: group },
      false,
      ['DescribeConfigs topic, nice', 'Write topic', 'Read topic', 'Read group', 'Delete group, nice'],
    ],
    [
      'produce, whose records are audited',
      { workload: 'produce', topic: { name: 'orders' } },
      false,
      ['DescribeConfigs topic, nice', 'Write topic', 'Read topic'],
    ],
    [
      'consume what is there',
      { workload: 'consume', topic: { name: 'orders' }, load: { fill: 'none' as const }, consumers: group },
      false,
      ['DescribeConfigs topic, nice', 'Read topic', 'Read group', 'Delete group, nice'],
    ],
    [
      'a topic of its own',
      { workload: 'produce' },
      true,
      ['Create topic', 'DescribeConfigs topic, nice', 'Write topic', 'Read topic', 'Delete topic, nice'],
    ],
    [
      'a topic that is named, and not there, is not deleted',
      { workload: 'produce', topic: { name: 'orders' } },
      true,
      ['Create topic', 'DescribeConfigs topic, nice', 'Write topic', 'Read topic'],
    ],
  ] as const) {
    test(what, () => assert.deepEqual(texts(planOf(profile as never), creates), expected))
  }

  test('a rule is for the names of all runs, not of this one', () => {
    const cluster = { prefix: 'team-a.' }
    const prefixes = neededPermissions(planOf({ cluster, consumers: group }), true).map(
      ({ resource }) => resource.prefix,
    )
    assert.deepEqual([...new Set(prefixes)], ['team-a.'])
    const [first] = neededPermissions(planOf({ cluster, topic: { name: 'orders' } }), false)
    assert.equal(first!.resource.prefix, undefined)
  })

  test('the steps are named', () => {
    const plan = planOf({ topic: { name: 'orders' }, consumers: group, canary: { enabled: true } })
    const steps = neededPermissions(plan, false).map(({ step }) => step)
    assert.ok(steps.includes('write records: probes, producers, canary'))
    assert.ok(steps.includes('read records: consumers, audit'))
  })
})
