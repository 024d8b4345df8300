import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import type { Variant } from '../../src/contracts/result.ts'
import type { ProfileInput } from '../../src/profile/schema.ts'
import { sandbox, skipReason, start } from './_providers.ts'
import { variantOf } from './_variant.ts'

// Members of a group die, freeze, leave and come, with every way in which a group can agree.

const skip = await skipReason('local')
let cluster: Cluster

before(async () => {
  if (!skip) cluster = await start('local', { layout: 'kraft-1', directory: sandbox('local').directory() })
})
after(async () => {
  await cluster?.[Symbol.asyncDispose]()
})

type Faults = NonNullable<ProfileInput['faults']>
type Group = NonNullable<ProfileInput['consumers']>[number]

const run = (client: string, faults: Faults, group: Partial<Group> = {}, measure = '44s'): Promise<Variant> =>
  variantOf(cluster, {
    name: 'rebalance',
    topic: { partitions: 6, replicationFactor: 1 },
    clients: [client],
    load: { rate: 300, record: { size: '100B' } },
    consumers: [{ group: 'g1', members: 3, sessionTimeout: '6s', heartbeat: '1s', ...group }],
    phases: { clusterWarmup: '0s', warmup: '2s', measure, drain: '20s' },
    faults,
  })

/** Nothing is lost, everything is read, and a fault is no reason to distrust the run. */
function assertSound(variant: Variant): void {
  const { scheduled, acked } = variant.ledger
  assert.equal(acked, scheduled)
  assert.equal(variant.integrity.verdict, 'ok', variant.integrity.reasons.join('; '))
  assert.equal(variant.lag.g1!.endRecords, 0)
  assert.ok(!variant.reasons.some((reason) => /ended|fault/.test(reason)), variant.reasons.join('; '))
  for (const fault of variant.faults) assert.ok(fault.verifiedAtS !== null, fault.use)
}

// Two runs at once: mostly they wait for a session to be over.
describe('the members of a group', { skip, concurrency: 2 }, () => {
  for (const [client, group, protocol] of [
    ['kafkajs', {}, 'eager'],
    ['node-rdkafka', {}, 'eager'],
    ['node-rdkafka', { assignor: 'cooperative-sticky' }, 'cooperative'],
    ['node-rdkafka', { protocol: 'consumer' }, 'consumer'],
  ] as const) {
    describe(`${client}, ${protocol}`, () => {
      // With KIP-848 the broker decides how long a session is, 45 s at least: there a member leaves instead of dying.
      const gone = protocol === 'consumer' ? 'remove-members' : 'kill-consumer'
      let variant: Variant
      before(async () => {
        variant = await run(
          client,
          [
            { use: gone, at: '8s', for: '15s', target: { member: 0 } },
            // The first comes after whole cycles of commits, whose lag is the level; the second when lag has been back there for 5 s: the
            // process of the member that was killed takes seconds to start again on a machine that is busy.
            { use: 'add-members', at: '36s', for: '5s', count: 1, target: { member: 1 } },
          ],
          group,
        )
      })

      test('a member that goes and one that comes: all is read, and the run is sound', () => assertSound(variant))

      test('the members that stay tell of their rebalances, under the protocol’s name', () => {
        const told = variant.rebalances.filter(({ group: name }) => name === 'g1')
        assert.ok(told.length > 0)
        assert.deepEqual(new Set(told.map((one) => one.protocol)), new Set([protocol]))
        assert.deepEqual(new Set(told.filter(({ pauseMs }) => pauseMs !== null && pauseMs < 0)), new Set())
        const killedAtS = variant.faults[0]!.injectedAtS
        const staying = told.filter(({ member, atS }) => member !== 0 && atS > killedAtS)
        assert.ok(staying.length > 0, JSON.stringify(told))
        const moved = staying.reduce((sum, { partitionsMoved }) => sum + partitionsMoved, 0)
        assert.ok(moved >= 2, `the two partitions of the one that is gone go to others: ${JSON.stringify(told)}`)
      })

      if (gone === 'remove-members') return
      test('lag rose while nobody read two partitions, and drained', () => {
        const { lagPeak, drainS } = variant.faults[0]!
        assert.ok(lagPeak.g1!.records! > 0)
        assert.ok(drainS.g1 !== null, JSON.stringify(variant.faults[0]))
      })
    })
  }
})

describe('a consumer that freezes', { skip, concurrency: 2 }, () => {
  for (const client of ['kafkajs', 'node-rdkafka']) {
    test(`${client}: for less than its session it pauses and goes on, the same member`, async () => {
      const variant = await run(
        client,
        [{ use: 'pause-consumer', at: '3s', for: '2s', target: { member: 1 } }],
        {},
        '8s',
      )
      assertSound(variant)
      const { injectedAtS, healedAtS, lagPeak } = variant.faults[0]!
      assert.ok(healedAtS! - injectedAtS >= 1.9)
      assert.ok(lagPeak.g1!.records! >= 100, `two partitions of six, 2 s: ${lagPeak.g1!.records}`)
    })
  }
})

describe('a producer that dies', { skip, concurrency: 2 }, () => {
  for (const client of ['kafkajs', 'node-rdkafka']) {
    test(`${client}: its rest is unsent or unknown, the ledger stays closed, the other goes on`, async () => {
      const variant = await variantOf(cluster, {
        name: 'rebalance',
        workload: 'produce',
        topic: { partitions: 6, replicationFactor: 1 },
        clients: [client],
        load: { rate: 300, record: { size: '100B' } },
        producers: { count: 2 },
        phases: { clusterWarmup: '0s', warmup: '2s', measure: '8s', drain: '5s' },
        faults: [{ use: 'kill-producer', at: '2s', target: { producer: 1 } }],
      })
      const { scheduled, acked, failed, unknown, unsent } = variant.ledger
      assert.equal(scheduled, 3000)
      assert.equal(scheduled, acked + failed + unknown + unsent)
      assert.ok(acked >= 1500 && acked < 3000, `${acked}`)
      assert.ok(unsent > 0)
      assert.equal(variant.integrity.lost, 0)
      assert.ok(!variant.reasons.some((reason) => /ended/.test(reason)), variant.reasons.join('; '))
    })
  }
})
