import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import { fails, measure } from '../../../support/measure.ts'
import { planOf } from '../../../support/plans.ts'

// Rows of table X of the known defects, as far as the engine decides: topics that were there before, with what is in them.

type Profile = Partial<ProfileInput>
const phases = { warmup: '1s', measure: '4s', drain: '4s' }
const orders = (more: Profile = {}): Profile => ({
  topic: { name: 'orders' },
  load: { rate: 40 },
  phases,
  consumers: [{ group: 'g1' }],
  ...more,
})

describe('X3', () => {
  for (const actual of [1, 7, 12, 24, 300]) {
    test(`X3: a topic of ${actual} partitions is used with all of them where the profile names no number`, async () => {
      const { variant, sums, codes } = await measure({
        hosts: 'real',
        plan: planOf(orders({ producers: { partitioner: 'round-robin' }, load: { rate: 2 * actual } })),
        topic: { partitions: actual, existed: 5 },
      })
      assert.equal(sums.topic!.partitions, actual)
      assert.equal(variant.status, 'ok')
      assert.ok(!codes.includes('topic-differs'), 'a default is no statement')
      assert.equal(variant.ledger.acked, 10 * actual)
      assert.equal(variant.integrity.lost, 0)
      assert.equal([...sums.groups.values()][0]!.delivered.ranges().filter((each) => each?.length).length, actual)
    })
  }

  for (const stated of [6, 24]) {
    test(`X3: 12 partitions, and ${stated} in the profile: refused at once, with both numbers`, async () => {
      const { error, tookS, world } = await fails({
        plan: planOf(orders({ topic: { name: 'orders', partitions: stated } })),
        topic: { partitions: 12, existed: 5 },
      })
      assert.match(error.message, new RegExp(`topic orders has 12 partitions, and the profile says ${stated}`))
      assert.ok(tookS < 1, `${tookS} s`)
      assert.deepEqual(world.topic.asked, [], 'nothing was written')
      assert.deepEqual(world.topic.removed, [])
    })
  }

  for (const [what, more] of [
    ['the partitioner', { producers: { partitioner: { explicit: [0, 12] } } }],
    ['a fault', { faults: [{ use: 'f', at: '1s', target: { leaderOf: 12 } }] }],
  ] as const) {
    test(`X3: ${what} names a partition that the topic does not have: refused`, async () => {
      const { error } = await fails({
        plan: planOf(orders(more as unknown as Profile)),
        topic: { partitions: 12, existed: 5 },
      })
      assert.match(error.message, /names partition 12, and topic orders has 12 partitions, 0 to 11/)
    })
  }

  test('X3: what else the profile states and the topic is not is a finding, a default is none', async () => {
    const topic = { name: 'orders', config: { 'retention.ms': 1000, 'compression.type': 'lz4', 'segment.bytes': 1e6 } }
    const settings = { 'retention.ms': '604800000', 'compression.type': 'lz4', 'segment.bytes': '1000000' }
    const actual = { partitions: 3, replicationFactor: 1, minInsyncReplicas: 2, settings }
    const scene = { topic: { partitions: 3, existed: 1, actual } }
    const quiet = await measure({ plan: planOf(orders({ topic })), ...scene })
    assert.deepEqual(
      quiet.variant.findings!.filter(({ code }) => code === 'topic-differs').map(({ what }) => what),
      ['topic.config.retention.ms'],
    )
    const stated = await measure({ plan: planOf(orders({ topic: { ...topic, replicationFactor: 3 } })), ...scene })
    const [first] = stated.variant.findings!.filter(({ code }) => code === 'topic-differs')
    assert.deepEqual([first!.what, first!.planned, first!.actual], ['topic.replicationFactor', '3', '1'])
  })
})

describe('X9', () => {
  for (const from of ['earliest', 'latest'] as const) {
    test(`X9: from ${from}, groups begin at this run's first record and only its records count`, async () => {
      const { variant, sums } = await measure({
        hosts: 'real',
        plan: planOf(orders({ consumers: [{ group: 'g1', from }] })),
        topic: { partitions: 4, existed: 1000 },
      })
      const { receivedPerSec, endToEndUs } = variant.consume!
      assert.equal(receivedPerSec, 40)
      assert.equal(endToEndUs!.notAcked, 0)
      assert.equal(sums.rows.eventsOver(0, sums.axis.rows.length).received, 200, 'all of the run, and no other')
      assert.equal(variant.lag.g1!.maxRecords! < 40, true, `lag ${variant.lag.g1!.maxRecords}`)
      assert.equal(variant.integrity.verdict, 'ok')
    })
  }

  test('X9: records that others write meanwhile are neither received nor corrupt', async () => {
    const { variant, sums } = await measure({
      hosts: 'real',
      plan: planOf(orders()),
      topic: { partitions: 4, existed: 10 },
      prepare(clock, world) {
        const write = () => {
          world.topic.append(1, Buffer.alloc(64, 'theirs'))
          if ((world.startNs() ?? Number.POSITIVE_INFINITY) + 4e9 > clock.nowNs())
            clock.at(clock.nowNs() + 100e6, write)
        }
        clock.at(clock.nowNs() + 500e6, write)
      },
    })
    assert.ok(world(sums) > 200, 'they were read')
    assert.equal(sums.rows.eventsOver(0, sums.axis.rows.length).received, 200)
    assert.deepEqual([variant.integrity.lost, variant.integrity.corrupt, variant.status], [0, 0, 'ok'])
  })

  test('X9: values that have no room for a stamp count all the same', async () => {
    const { sums } = await measure({
      hosts: 'real',
      plan: planOf(orders({ load: { rate: 40, record: { size: 10 } } })),
      topic: { partitions: 4, existed: 10 },
    })
    assert.equal(sums.rows.eventsOver(0, sums.axis.rows.length).received, 200)
  })

  test('X9: a topic that is filled has old records as well, and only the new ones are read', async () => {
    const { variant, sums } = await measure({
      hosts: 'real',
      plan: planOf(orders({ workload: 'consume', load: { count: 400 } })),
      topic: { partitions: 4, existed: 1000 },
    })
    assert.equal(sums.rows.eventsOver(0, sums.axis.rows.length).received, 400)
    assert.equal(variant.ledger.acked, 400)
  })

  const world = (sums: Awaited<ReturnType<typeof measure>>['sums']) => {
    const ranges = [...sums.groups.values()][0]!.delivered.ranges()
    return ranges.reduce((sum, each) => {
      let records = 0
      for (let at = 0; each && at < each.length; at += 2) records += each[at + 1]! - each[at]! + 1
      return sum + records
    }, 0)
  }
})

describe('X19', () => {
  for (const positionS of [0.05, 0.4, 3]) {
    test(`X19: from latest, with ${positionS} s to find the position: no record is missed`, async () => {
      const { variant } = await measure({
        hosts: 'real',
        plan: planOf(orders({ topic: { name: 'orders' }, consumers: [{ group: 'g1', from: 'latest' }] })),
        topic: { partitions: 4, existed: 100 },
        positionS,
      })
      assert.equal(variant.consume!.receivedPerSec, 40)
      assert.equal(variant.consume!.endToEndUs!.notAcked, 0)
      assert.equal(variant.status, 'ok')
    })
  }
})

describe('X4', () => {
  test('X4: topics, groups, clients and probes are named by cluster.prefix', async () => {
    const plan = planOf(
      orders({
        topic: {},
        cluster: { prefix: 'team-a.' },
        load: { rate: 40, record: { keys: { distribution: 'uniform' } } },
      }),
    )
    assert.deepEqual(plan.names, { topic: 'team-a.run1-0', ownTopic: true, clients: 'team-a.run1-0' })
    assert.deepEqual(plan.groups[0]!.group, 'team-a.run1-0-g1')
    for (const { clientId } of plan.workers) assert.match(clientId, /^team-a\.run1-0-/)
    const { world } = await measure({ plan })
    assert.equal(world.topic.asked[0]!.key, 'team-a.run1-0-probe')
    assert.deepEqual(world.topic.removed, ['team-a.run1-0', 'team-a.run1-0-g1'])
  })
})

describe('what a failure leaves', () => {
  test('a topic that was made for the variant goes again where it does not take records; one that was there stays', async () => {
    const refuse = (what: string) => {
      if (what === 'probe') throw new Error('the topic takes no records')
    }
    const own = await fails({ plan: planOf({ phases }), topic: { onAsked: refuse } })
    assert.deepEqual(own.world.topic.removed, ['kbench-run1-0'])
    const others = await fails({ plan: planOf(orders()), topic: { existed: 5, onAsked: refuse } })
    assert.deepEqual(others.world.topic.removed, [])
  })

  test('R19: groups for which something was committed already go, too, on a topic of others as well', async () => {
    const refuse = (what: string) => {
      if (what === 'commit') throw new Error('the group may not commit')
    }
    const own = await fails({ plan: planOf({ phases, consumers: [{ group: 'g1' }] }), topic: { onAsked: refuse } })
    assert.deepEqual(own.world.topic.removed, ['kbench-run1-0', 'kbench-run1-0-g1'])
    const others = await fails({ plan: planOf(orders()), topic: { existed: 5, onAsked: refuse } })
    assert.deepEqual(others.world.topic.removed, ['kbench-run1-0-g1'])
  })

  test('R19: after Ctrl-C the groups on a topic of others go', async () => {
    const { world } = await measure({ plan: planOf(orders()), topic: { existed: 5 }, interrupt: { atS: 2 } })
    assert.deepEqual(world.topic.removed, ['kbench-run1-0-g1'])
  })

  test('R19: what cannot be removed is named with the command that does', async () => {
    const refuse = (what: string) => {
      if (what === 'remove') throw new Error('no permission')
    }
    const { logs } = await measure({ plan: planOf(orders()), topic: { existed: 5, onAsked: refuse } })
    assert.match(logs.join('\n'), /not deleted: no permission; kbench clean -b \S+ --run run1 --execute removes it/)
  })
})

describe('X5', () => {
  const degraded = (more: Profile = {}): Profile =>
    orders({ producers: { partitioner: 'round-robin' }, load: { rate: 120 }, ...more })

  test('X5: a broker down and every partition led: measured as ever, and the result says that it was degraded', async () => {
    const { variant, codes } = await measure({
      hosts: 'real',
      plan: planOf(degraded()),
      topic: { partitions: 12, existed: 5, brokersDown: [3] },
    })
    assert.equal(variant.status, 'ok')
    const { partitions, brokers, records, text } = variant.findings!.find(({ code }) => code === 'degraded')!
    assert.deepEqual([partitions, brokers, records], [[], [3], 0])
    assert.equal(text, 'the cluster was degraded: broker 3 down')
    assert.equal(variant.produce.ackedPerSec, 120)
    assert.ok(!codes.includes('records-failed'))
  })

  for (const offline of [[2], [0, 5, 11]]) {
    test(`X5: partitions ${offline.join(', ')} offline: their records count apart, all else is judged as ever`, async () => {
      const { variant, sums, codes } = await measure({
        hosts: 'real',
        plan: planOf(degraded()),
        topic: { partitions: 12, existed: 5, offline, brokersDown: [3] },
        fate: ({ partition }) => ({ fate: offline.includes(partition) ? 'silence' : { afterNs: 2e6, kind: 'acked' } }),
      })
      const lost = 50 * offline.length
      const { partitions, brokers, records } = variant.findings!.find(({ code }) => code === 'degraded')!
      assert.deepEqual([partitions, brokers, records], [offline, [3], lost])
      const { scheduled, acked, failed, unknown, unsent } = variant.ledger
      assert.deepEqual([scheduled, acked, failed + unknown, unsent], [600, 600 - lost, lost, 0])
      assert.equal(variant.status, 'ok', codes.join())
      assert.ok(variant.produce.responseUs!.p99 !== null, 'of what is there the percentiles are known')
      assert.equal(variant.consume!.receivedPerSec, 120 - 10 * offline.length)
      assert.equal(variant.lag.g1!.endRecords, 0, 'what is there is drained')
      assert.ok(variant.lag.g1!.maxRecords !== null)
      assert.deepEqual(
        offline.map((partition) => sums.topic!.firstOffsets[partition]),
        offline.map(() => null),
      )
    })
  }

  test('X5: records that fail elsewhere are not excused by a partition that is offline', async () => {
    const { variant } = await measure({
      hosts: 'real',
      plan: planOf(degraded()),
      topic: { partitions: 12, existed: 5, offline: [2] },
      fate: ({ partition, sequence }) => ({
        fate: partition === 2 ? 'silence' : { afterNs: 2e6, kind: sequence % 10 === 0 ? 'failed' : 'acked' },
      }),
    })
    assert.equal(variant.status, 'invalid')
    assert.ok(variant.findings!.some(({ code }) => code === 'records-failed'))
  })

  test('X5: no partition is there: said at once, nothing is measured', async () => {
    const { error } = await fails({
      plan: planOf(degraded()),
      topic: { partitions: 2, existed: 5, offline: [0, 1], brokersDown: [1, 2] },
    })
    assert.match(error.message, /no partition of topic orders takes records/)
  })
})

describe('X7', () => {
  const settings = { 'cleanup.policy': 'compact' }
  const keys = { distribution: 'uniform' as const, cardinality: 10 }

  test('X7: a compacted topic and records without keys: refused before anything is written', async () => {
    const { error, world } = await fails({
      plan: planOf(orders()),
      topic: { partitions: 4, existed: 5, actual: { settings } },
    })
    assert.match(error.message, /topic orders is compacted \(cleanup.policy\) and refuses records without a key/)
    assert.deepEqual(world.topic.asked, [])
  })

  test('X7: probes have a key where records have, and where the topic needs one', async () => {
    const keyed = await measure({
      plan: planOf(orders({ load: { rate: 40, record: { keys } } })),
      topic: { partitions: 4, existed: 5, actual: { settings } },
    })
    assert.match(keyed.world.topic.asked[0]!.key ?? '', /-probe$/)
    assert.equal(keyed.sums.topic!.compacted, true)
    const plain = await measure({ plan: planOf(orders()), topic: { partitions: 4, existed: 5 } })
    assert.equal(plain.world.topic.asked[0]!.key, null)
  })
})

describe('X8', () => {
  test('X8: a topic that forgets within the run is a finding, one that does not is none', async () => {
    for (const [retention, policy, isFound] of [
      ['5000', 'delete', true],
      ['86400000', 'delete', false],
      ['-1', 'delete', false],
      ['5000', 'compact', false],
    ] as const) {
      const settings = { 'retention.ms': retention, 'cleanup.policy': policy }
      const load = { rate: 40, record: { keys: { distribution: 'uniform' as const } } }
      const { codes, variant } = await measure({
        plan: planOf(orders({ load })),
        topic: { partitions: 4, existed: 5, actual: { settings } },
      })
      assert.equal(codes.includes('short-retention'), isFound, `${retention} ${policy}`)
      assert.equal(variant.status, 'ok')
    }
  })
})

describe('X11', () => {
  test('X11: batches are no larger than the topic takes, and every client learns its limit', async () => {
    const { workerPlan } = await import('../../../../src/load/worker-plan.ts')
    const { topicOf } = await import('../../../support/crew.ts')
    const plan = planOf(orders({ producers: { batch: { maxBytes: '128KiB' } } }))
    for (const [limit, batch] of [
      [1_048_588, 131_072],
      [10_485_760, 131_072],
      [100_000, 99_939],
      [10, 1],
    ] as const) {
      const made = workerPlan(
        plan,
        plan.workers[0]!,
        { ...topicOf(plan, 0), maxMessageBytes: limit },
        { bootstrap: [] },
      )
      assert.deepEqual([made.producer!.batch.maxBytes, made.topic.maxMessageBytes], [batch, limit])
    }
    const unknown = workerPlan(plan, plan.workers[0]!, topicOf(plan, 0), { bootstrap: [] })
    assert.deepEqual([unknown.producer!.batch.maxBytes, unknown.topic.maxMessageBytes], [131_072, undefined])
  })
})

describe('X10', () => {
  const reading = (more: Profile = {}): Profile => ({
    ...{ workload: 'consume', topic: { name: 'orders' }, load: { fill: 'none' }, phases },
    consumers: [{ group: 'g1' }],
    ...more,
  })
  const received = ({ sums }: Awaited<ReturnType<typeof measure>>) =>
    sums.rows.eventsOver(0, sums.axis.rows.length).received
  const topic = { partitions: 4, existed: 1000, actual: {} }

  for (const [what, from, more, records] of [
    ['the earliest', 'earliest', {}, 4000],
    ['offsets, the others from the earliest', { offsets: { 0: 400, 3: 5000 } }, {}, 600 + 2000 + 0],
    ['a time', { timestamp: 5 }, { sinceOffset: 250 }, 3000],
  ] as const) {
    test(`X10: from ${what}: read to the end, nothing written but the group's offsets`, async () => {
      const consumers = [{ group: 'g1', from }] as NonNullable<Profile['consumers']>
      const outcome = await measure({
        hosts: 'real',
        plan: planOf(reading({ consumers })),
        topic: { ...topic, ...more },
      })
      assert.equal(received(outcome), records)
      const { variant, world, codes } = outcome
      assert.equal(variant.status, 'ok', codes.join())
      assert.deepEqual(world.topic.asked, [{ created: false, key: null, isWritten: false }])
      assert.deepEqual(world.topic.ends, [1000, 1000, 1000, 1000])
      assert.deepEqual(world.topic.removed, ['kbench-run1-0-g1'], 'the group goes, the topic stays')
      assert.deepEqual([variant.ledger.scheduled, variant.integrity.verdict], [0, 'not-audited'])
      assert.ok(variant.consume!.receivedPerSec > 0)
      assert.equal(variant.consume!.endToEndUs, null)
      assert.equal(variant.lag.g1!.endRecords, 0)
    })
  }

  for (const [what, from, more] of [
    ['the latest', 'latest', {}],
    ['a time of which no record is', { timestamp: 5 }, {}],
    ['the earliest of an empty topic', 'earliest', { existed: 0 }],
  ] as const) {
    test(`X10: from ${what}: nothing is received, and that is no success`, async () => {
      const consumers = [{ group: 'g1', from }] as NonNullable<Profile['consumers']>
      const { variant, codes } = await measure({
        hosts: 'real',
        plan: planOf(reading({ consumers })),
        topic: { ...topic, ...more },
      })
      assert.equal(variant.status, 'failed')
      assert.ok(codes.includes('nothing-received'))
    })
  }

  test('X10: load.count is what each group reads, and ends it', async () => {
    const outcome = await measure({
      hosts: 'real',
      plan: planOf(reading({ load: { fill: 'none', count: 500 }, consumers: [{ group: 'g1' }, { group: 'h1' }] })),
      topic: { ...topic, existed: 1_000_000 },
    })
    assert.ok(received(outcome) >= 1000)
    assert.ok(outcome.tookS < 20, `${outcome.tookS} s`)
    assert.equal(outcome.variant.status, 'ok', outcome.codes.join())
  })

  test('X10: a group has a name of the user’s only where the profile says so, and then it stays', async () => {
    const named = planOf(orders({ consumers: [{ group: 'g1', groupId: 'reporting' }] }))
    assert.deepEqual(
      named.groups.map(({ label, group }) => [label, group]),
      [['g1', 'reporting']],
    )
    const { world, variant } = await measure({ hosts: 'real', plan: named, topic: { existed: 5 } })
    assert.equal(variant.status, 'ok')
    assert.deepEqual(world.topic.removed, [])
    const refused = await fails({
      plan: named,
      topic: {
        existed: 5,
        onAsked(what) {
          if (what === 'commit') throw new Error('group reporting is active')
        },
      },
    })
    assert.deepEqual(refused.world.topic.removed, [], 'it stays after a failure, too')
  })

  test('X10: a topic that is not there is not created', async () => {
    const { error, world } = await fails({ plan: planOf(reading()), topic: { partitions: 4, actual: null } })
    assert.match(error.message, /topic orders is not there/)
    assert.deepEqual(world.topic.removed, [])
  })
})
