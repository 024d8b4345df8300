import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fault, FaultContext } from '../../../../src/contracts/api.ts'
import type { FaultResult } from '../../../../src/contracts/result.ts'
import addMembers from '../../../../src/faults/add-members.ts'
import killConsumer from '../../../../src/faults/kill-consumer.ts'
import killProducer from '../../../../src/faults/kill-producer.ts'
import pauseConsumer from '../../../../src/faults/pause-consumer.ts'
import removeMembers from '../../../../src/faults/remove-members.ts'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import { calmLeaders, fakeFault } from '../../../support/fake-world.ts'
import { checkEveryKill, measure, type Scene } from '../../../support/measure.ts'
import { planOf } from '../../../support/plans.ts'

type Entry = NonNullable<ProfileInput['faults']>[number]

/** Warm-up to 2 s, measure to 12 s, drain for 4 s at most; faults count from 2 s on. */
const planWith = (faults: readonly Entry[], more: Partial<ProfileInput> = {}) =>
  planOf({
    topic: { partitions: 4 },
    load: { rate: 1000 },
    producers: { count: 2 },
    consumers: [{ group: 'g2', members: 2 }],
    phases: { warmup: '2s', measure: '10s', drain: '4s' },
    faults: [...faults],
    ...more,
  })
const run = (faults: readonly Entry[], scene: Omit<Scene, 'plan'> = {}, more: Partial<ProfileInput> = {}) =>
  measure({ plan: planWith(faults, more), ...scene })
const timesOf = ({ injectedAtS, verifiedAtS, healedAtS }: FaultResult) => [injectedAtS, verifiedAtS, healedAtS]

describe('a fault of the profile', () => {
  test('is injected, verified and healed at its times', async () => {
    const { variant, codes } = await run([{ use: 'f', at: '3s', for: '2s' }], { faults: { f: fakeFault() } })
    assert.deepEqual(variant.faults.map(timesOf), [[5, 5, 7]])
    assert.deepEqual([variant.faults[0]!.problem ?? null, variant.faults[0]!.detail], [null, 'done by a test'])
    assert.deepEqual(codes, [])
    assert.equal(variant.status, 'ok')
  })

  test('that is not seen before the load ends makes the variant invalid; its deadline may be its own', async () => {
    const f: Fault<unknown> = {
      ...fakeFault(),
      inject: async () => ({
        ...{ detail: 'done by a test', verifyMs: 60_000, verify: async () => false },
        async [Symbol.asyncDispose]() {},
      }),
    }
    const { variant } = await run([{ use: 'f', at: '3s', for: '2s' }], { faults: { f } })
    assert.equal(variant.status, 'invalid')
    assert.match(
      variant.reasons.join('; '),
      /fault f .*was not verified: not seen to have happened before the load ended/,
    )
  })

  test('states by which evidence it was seen', async () => {
    const f: Fault<unknown> = {
      ...fakeFault(),
      inject: async () => ({
        ...{ detail: 'done by a test', verify: async () => 'broker 2 left the metadata' },
        async [Symbol.asyncDispose]() {},
      }),
    }
    const { variant } = await run([{ use: 'f', at: '3s', for: '2s' }], { faults: { f } })
    assert.deepEqual([variant.status, variant.faults[0]!.evidence], ['ok', 'broker 2 left the metadata'])
  })

  test('without a length lasts to the end of the load', async () => {
    const { variant } = await run([{ use: 'f', at: '3s' }], { faults: { f: fakeFault() } })
    assert.deepEqual(variant.faults.map(timesOf), [[5, 5, 12]])
  })

  test('with an end of its own is over then', async () => {
    let end = () => {}
    const done = new Promise<void>((resolve) => {
      end = resolve
    })
    const f = fakeFault({ inject: ({ clock }) => void clock.sleepUntil(clock.nowNs() + 1.5e9).then(end), done })
    const { variant } = await run([{ use: 'f', at: '3s', for: '5s' }], { faults: { f } })
    assert.deepEqual(variant.faults.map(timesOf), [[5, 5, 6.5]])
  })

  test('recurs, and overlaps with another', async () => {
    const faults = { f: fakeFault(), g: fakeFault() }
    const { variant } = await run(
      [
        { use: 'f', at: '1s', for: '1s', every: '3s' },
        { use: 'g', at: '1500ms', for: '4s' },
      ],
      { faults },
    )
    assert.deepEqual(
      variant.faults.map((fault) => [fault.use, fault.injectedAtS, fault.healedAtS]),
      [
        ['f', 3, 4],
        ['g', 3.5, 7.5],
        ['f', 6, 7],
        ['f', 9, 10],
      ],
    )
    assert.equal(variant.status, 'ok')
  })

  for (const [problem, f, detail] of [
    ['not-injected', fakeFault({ inject: () => Promise.reject(new Error('no such broker')) }), 'no such broker'],
    ['not-verified', fakeFault({ verify: () => false, verifyMs: 700 }), 'not seen to have happened within 700 ms'],
    ['not-healed', fakeFault({ heal: () => Promise.reject(new Error('it is gone')) }), 'it is gone'],
  ] as const) {
    test(`${problem}: the variant is invalid, and says which`, async () => {
      const { variant } = await run([{ use: 'f', at: '3s', for: '2s' }], { faults: { f } })
      const failed = variant.findings!.find(({ code }) => code === 'fault-failed')!
      assert.deepEqual([failed.use, failed.occurrence, failed.problem, failed.detail], ['f', 0, problem, detail])
      assert.equal(variant.status, 'invalid')
    })
  }

  test('is undone at once when the user interrupts, and nothing is asked of it then', async () => {
    const { variant } = await run([{ use: 'f', at: '1s', for: '8s' }], {
      faults: { f: fakeFault({ verify: () => false, verifyMs: 60_000 }) },
      interrupt: { atS: 6.2 },
    })
    assert.deepEqual(timesOf(variant.faults[0]!), [3, null, 6.2])
    assert.equal(variant.status, 'interrupted')
    assert.ok(variant.findings!.every(({ code }) => code !== 'fault-failed'))
  })

  test('is undone when a threshold ends the load', async () => {
    const { variant, sums } = await run(
      [{ use: 'f', at: '1s', for: '8s' }],
      { faults: { f: fakeFault() }, row: (_, fromS, due) => (fromS < 6 ? { acked: due } : { acked: 0, failed: due }) },
      { thresholds: [{ threshold: 'ledger.failed == 0', abortOnFail: true }] },
    )
    assert.equal(sums.loadEnded!.by, 'threshold')
    assert.ok(Number(variant.faults[0]!.healedAtS) < 8.5, String(variant.faults[0]!.healedAtS))
  })

  test('at the end of the load is not begun', async () => {
    const { variant } = await run([{ use: 'f', at: '10s', for: '1s' }], { faults: { f: fakeFault() } })
    assert.deepEqual(variant.faults, [])
  })

  test('that hangs while it is undone does not keep its context from the others', async () => {
    const seen: FaultContext[] = []
    const f = fakeFault({ inject: (context) => void seen.push(context) })
    const { variant } = await run([{ use: 'f', at: '1s', for: '1s', every: '4s' }], { faults: { f } })
    assert.equal(seen.length, 3)
    assert.equal(variant.faults.length, 3)
    assert.ok(seen.every(({ topic, clock }) => topic.partitions === 4 && clock.nowNs() > 0))
  })
})

describe('leaders and the canary', () => {
  test('an outage is measured by the canary, its election by the leaders', async () => {
    const { variant } = await run([{ use: 'f', at: '3s', for: '4s' }], {
      isDown: (partition, atS) => partition === 1 && atS >= 5 && atS < 7,
      faults: {},
      prepare(clock, world) {
        const moved = { ...calmLeaders(4)[1]!, leader: 3, leaderEpoch: 1, isr: [1, 3] }
        const f = fakeFault({ inject: () => void clock.at(clock.nowNs() + 800e6, () => world.leaders([moved])) })
        ;(world.faults as Map<string, unknown>).set('f', f)
      },
    })
    const [healthy, hit] = variant.faults[0]!.partitions
    assert.equal(healthy!.unavailableMs, 50)
    assert.deepEqual([hit!.unavailableMs, hit!.electionMs, hit!.leaderAfter, hit!.recovered], [2050, 800, 3, true])
    assert.equal(hit!.resolutionMs, 50)
  })

  test('a canary that ends by itself makes the variant invalid; what it did not see is no outage', async () => {
    const { variant, codes } = await run([{ use: 'f', at: '3s', for: '4s' }], {
      faults: { f: fakeFault() },
      canaryDiesS: 7,
    })
    assert.ok(codes.includes('canary-failed'))
    assert.equal(variant.status, 'invalid')
    for (const { unavailableMs } of variant.faults[0]!.partitions) assert.ok(unavailableMs! <= 50, `${unavailableMs}`)
  })
})

describe('faults of workers', () => {
  const real = { hosts: 'real' } as const
  const slow = { load: { rate: 40 } }

  test('a producer that is killed is not lost by mistake; its share is unsent', async () => {
    const { variant } = await run([{ use: 'k', at: '3s' }], { faults: { k: killProducer } })
    assert.ok(variant.findings!.every(({ code }) => code !== 'worker-lost'))
    const { scheduled, acked, unknown, unsent } = variant.ledger
    assert.deepEqual([scheduled, acked + unknown + unsent], [12_000, 12_000])
    assert.ok(unsent >= 3000)
    assert.equal(variant.faults[0]!.verifiedAtS! - variant.faults[0]!.injectedAtS <= 0.05, true)
    assert.notEqual(variant.status, 'failed')
  })

  for (const hosts of ['scripted', 'real'] as const) {
    test(`a member that is paused and goes on: nothing is wrong with it, ${hosts}`, async () => {
      const outcome = await run(
        [{ use: 'p', at: '2500ms', for: '3s' }],
        { hosts, faults: { p: pauseConsumer } },
        hosts === 'real' ? slow : {},
      )
      const { variant } = outcome
      assert.deepEqual(
        variant.findings!.map(({ code }) => code),
        [],
      )
      assert.deepEqual(variant.faults.map(timesOf), [[4.5, 4.5, 7.5]])
      assert.equal(variant.status, 'ok')
      checkEveryKill(outcome, 5)
    })

    test(`a member that is paused for longer than silence is allowed: ${hosts}`, async () => {
      const { variant } = await run(
        [{ use: 'p', at: '1500ms', for: '7s' }],
        { hosts, faults: { p: pauseConsumer } },
        hosts === 'real' ? slow : {},
      )
      assert.deepEqual(variant.reasons, [])
    })
  }

  test('a member that joins has nothing to report before, and is no reason to forget what is known', async () => {
    const outcome = await run([{ use: 'a', at: '3300ms', for: '4s' }], { ...real, faults: { a: addMembers } }, slow)
    const { variant, sums } = outcome
    assert.deepEqual(variant.reasons, [])
    assert.equal(sums.workers.size, 5)
    const { known } = checkEveryKill(outcome, 2)
    for (const [at, until] of known.entries()) {
      assert.ok(until >= Math.max(0, ...known.slice(0, at)), `known until ${until} after ${known[at - 1]}`)
    }
  })

  test('a member that leaves, and comes again', async () => {
    const { variant, sums } = await run(
      [{ use: 'r', at: '3300ms', for: '2s' }],
      { ...real, faults: { r: removeMembers } },
      slow,
    )
    assert.ok(
      variant.findings!.every(({ level }) => level !== 'invalid'),
      String(variant.reasons),
    )
    assert.ok([...sums.workers.values()].some(({ byOrder }) => byOrder))
  })

  test('a member that is killed and replaced', async () => {
    const { variant } = await run(
      [{ use: 'k', at: '3300ms', for: '2s' }],
      { ...real, faults: { k: killConsumer } },
      slow,
    )
    assert.ok(variant.findings!.every(({ code }) => code !== 'worker-lost'))
    assert.equal(variant.faults[0]!.healedAtS! - variant.faults[0]!.injectedAtS >= 2, true)
  })
})

test('a killed supervisor: faults of every beginning of the recording', async () => {
  const outcome = await run(
    [
      { use: 'f', at: '1s', for: '1s', every: '3s' },
      { use: 'p', at: '2500ms', for: '3s' },
    ],
    { faults: { f: fakeFault(), p: pauseConsumer }, isDown: (partition, atS) => partition === 2 && atS > 5 && atS < 6 },
  )
  checkEveryKill(outcome)
})
