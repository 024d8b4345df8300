import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../../../src/contracts/facts.ts'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import { fakeFault } from '../../../support/fake-world.ts'
import { checkEveryKill, fails, measure, type Scene } from '../../../support/measure.ts'
import { planOf } from '../../../support/plans.ts'

type Limits = NonNullable<ProfileInput['limits']>

/** 2 s of warm-up and 6 s of measurement, two scripted producers at 1000 records/s of 64 bytes in all. */
const planned = (limits: Limits, more: Partial<ProfileInput> = {}) =>
  planOf({
    topic: { partitions: 4 },
    load: { rate: 1000 },
    producers: { count: 2 },
    consumers: [{ group: 'g', members: 1 }],
    phases: { warmup: '2s', measure: '6s', drain: '3s' },
    limits,
    ...more,
  })

/** When and why the load ended, and what became of the variant. */
async function ended(plan: ReturnType<typeof planOf>, scene: Partial<Scene> = {}) {
  const outcome = await measure({ plan, ...scene })
  const { variant, sums, codes } = outcome
  const { by, loadEndNs, why } = sums.loadEnded!
  return { ...outcome, status: variant.status, by, loadEndS: loadEndNs / 1e9, why, codes }
}

/** The guard's facts as a function of the s from the start; the start is not known before it. */
const guard = (of: (atS: number) => object): Partial<Scene> => {
  let originNs: number | null = null
  return {
    prepare(clock, world) {
      originNs = null
      const look = () => {
        originNs = world.startNs()
        if (originNs === null) clock.at(clock.nowNs() + 10e6, look)
      }
      look()
    },
    guard: (atNs) => of(originNs === null ? -1 : (atNs - originNs) / 1e9),
  }
}
const lagOf = (records: (atS: number) => number) =>
  guard((atS) => ({ foreign: { group: 'billing', lag: 100 + records(atS), risen: records(atS) } }))
const under = (partitions: (atS: number) => number | null) => guard((atS) => ({ underReplicated: partitions(atS) }))

describe('limits.foreignLag', () => {
  test('ends the load once a group of somebody else has fallen further behind; what was measured stays', async () => {
    const { variant, by, loadEndS, why, status, codes, thresholds } = await ended(
      planned({ foreignLag: 500 }),
      lagOf((atS) => (atS > 4.2 ? 501 : 500)),
    )
    assert.deepEqual([by, status], ['limit', 'interrupted'])
    const { atS, ...rest } = why as unknown as { atS: number }
    assert.deepEqual(rest, {
      ...{ code: 'limit-reached', level: 'interrupted', limit: 'foreignLag' },
      ...{ value: 501, most: 500, group: 'billing' },
    })
    // Seen by the look after 4.2 s, a second apart, and ended with the second after that.
    assert.ok(atS > 4.2 && atS <= 5.7, String(atS))
    assert.ok(loadEndS > atS && loadEndS - atS <= 1.5, `${atS} s, ended at ${loadEndS} s`)
    assert.ok(Number.isInteger(loadEndS))
    assert.equal(codes[0], 'limit-reached')
    assert.equal(variant.integrity.verdict, 'ok')
    assert.ok(variant.ledger.acked > 0)
    assert.ok(variant.events.some(({ kind }) => kind === 'aborted'))
    assert.deepEqual(thresholds, [])
  })

  test('exactly at the limit, or not known, it goes on to its end', async () => {
    for (const scene of [
      lagOf(() => 500),
      guard(() => ({ foreign: null })),
      guard((atS) => ({ problem: atS > 1 ? 'x' : null })),
    ]) {
      const { by, status, codes } = await ended(planned({ foreignLag: 500 }), scene)
      assert.deepEqual([by, status, codes], ['plan', 'ok', []])
    }
  })

  test('reached in the warm-up: nothing was measured', async () => {
    const { status, codes, loadEndS } = await ended(
      planned({ foreignLag: 0 }),
      lagOf((atS) => (atS >= 0 ? 1 : 0)),
    )
    assert.deepEqual([status, codes.includes('nothing-due'), codes.includes('limit-reached')], ['invalid', true, true])
    assert.ok(loadEndS <= 2, String(loadEndS))
  })

  test('in the drain there is no load to end', async () => {
    const { by, status, codes } = await ended(planned({ foreignLag: 0 }), {
      ...lagOf((atS) => (atS > 8.05 ? 1e6 : 0)),
      commitLagS: 1.5,
    })
    assert.deepEqual([by, status, codes], ['plan', 'ok', []])
  })

  test('what cannot be watched before the load is not begun', async () => {
    const { error, sums } = await fails({
      plan: planned({ foreignLag: 0 }),
      guard: () => ({ problem: "other groups' lag: not authorized" }),
    })
    assert.match(error.message, /limits cannot be watched: other groups' lag: not authorized/)
    assert.equal(sums.startNs, null)
  })

  test('while the topic is filled, too', async () => {
    const looks = { count: 0 }
    const { error } = await fails({
      plan: planned({ foreignLag: 0 }, { workload: 'consume', load: { count: 300_000 } }),
      guard: () => ({ foreign: { group: 'billing', lag: 5, risen: looks.count++ } }),
    })
    assert.match(error.message, /the topic was not filled: not begun: the lag of group billing/)
  })
})

describe('limits.underReplicated', () => {
  test('ends the load, also while a fault of the profile is what did it; the fault is undone', async () => {
    let healed = 0
    const fault = fakeFault({ inject: () => async () => void healed++ })
    const plan = planned({ underReplicated: 1 }, { faults: [{ use: 'f', at: '1s', for: '3s' }] as never })
    const { by, status, codes, loadEndS, variant } = await ended(plan, {
      ...under((atS) => (atS > 3.5 ? 2 : 0)),
      faults: { f: fault },
      ticks: 'unlike',
    })
    assert.deepEqual([by, status, healed], ['limit', 'interrupted', 1])
    assert.ok(loadEndS >= 4 && loadEndS <= 6, String(loadEndS))
    assert.equal(codes[0], 'limit-reached')
    assert.equal(variant.faults[0]!.problem ?? null, null)
  })

  test('by the brokers’ own metrics: over all of them', async () => {
    const metrics = (atNs: number): Fact[] =>
      [1, 2].map((broker) => ({
        ...{ fact: 'metrics', atNs, broker, handlerIdle: 0.9, bytesIn: 0, bytesOut: 0 },
        underReplicated: 1,
      }))
    const limited = await ended(planned({ underReplicated: 1 }), { metrics })
    assert.deepEqual([limited.by, limited.why?.value], ['limit', 2])
    assert.equal((await ended(planned({ underReplicated: 2 }), { metrics })).by, 'plan')
  })
})

describe('limits.rate', () => {
  const max = { load: { rate: 'max' } } as const

  test('at rate max a second above it ends the load; a second at it does not', async () => {
    const at = await ended(planned({ rate: 4000 }, max), { maxPerSec: 2000 })
    assert.deepEqual([at.by, at.status], ['plan', 'ok'])
    const above = await ended(planned({ rate: 3999 }, max), { maxPerSec: 2000 })
    assert.deepEqual([above.by, above.why?.limit, above.why?.value, above.why?.most], ['limit', 'rate', 4000, 3999])
    assert.ok(above.loadEndS <= 3, String(above.loadEndS))
  })

  test('in bytes of keys and values', async () => {
    assert.equal((await ended(planned({ rate: '256KB/s' }, max), { maxPerSec: 2000 })).by, 'plan')
    assert.equal((await ended(planned({ rate: '255KB/s' }, max), { maxPerSec: 2000 })).by, 'limit')
  })

  test('a schedule that catches up after a stall keeps to its own rate', async () => {
    const { by, codes } = await ended(planned({ rate: 40 }, { load: { rate: 40 } }), {
      hosts: 'real',
      troubles: { 0: [{ is: 'freezes', atNs: 4.1e9, forNs: 1.5e9 }] },
      ticks: 'unlike',
    })
    assert.equal(by, 'plan')
    assert.ok(!codes.includes('limit-reached'))
  })

  test('part of a second is no second', async () => {
    const phases = { warmup: '100ms', measure: '2500ms', drain: '1s' }
    const { by } = await ended(planned({ rate: 4000 }, { ...max, phases }), { maxPerSec: 2000 })
    assert.equal(by, 'plan')
  })
})

describe('limits.bytes', () => {
  test('at rate max the producers stop at it, to the record', async () => {
    const { by, why, variant, status } = await ended(planned({ bytes: 64 * 5001 }, { load: { rate: 'max' } }), {
      maxPerSec: 1000,
    })
    assert.deepEqual([by, status, variant.ledger.scheduled, variant.ledger.acked], ['limit', 'interrupted', 5001, 5001])
    assert.deepEqual([why?.limit, why?.value, why?.most], ['bytes', 64 * 5001, 64 * 5001])
  })

  test('a count that is used up first is a count', async () => {
    const { by, codes } = await ended(planned({ bytes: 64 * 5000 }, { load: { rate: 'max', count: 5000 } }), {
      maxPerSec: 1000,
    })
    assert.deepEqual([by, codes], ['count', ['short-measure', 'count-used-up']])
  })

  test('a schedule that is within it, to the byte, goes on to its end', async () => {
    assert.equal((await ended(planned({ bytes: 64 * 8000 }))).by, 'plan')
  })

  test('of which earlier variants used some', async () => {
    const plan = planned({ bytes: 64 * 8000 })
    const limits = { ...plan.limits!, bytes: { ofRun: 64 * 8000, left: 64 * 3500 } }
    const { by, why, variant } = await ended({ ...plan, limits })
    assert.deepEqual([by, why?.limit], ['limit', 'bytes'])
    assert.ok(Number(why?.value) > 64 * 8000 && variant.ledger.scheduled <= 6000, JSON.stringify(why))
  })
})

test('a variant that a limit ended reads the same from every beginning of its recording', async () => {
  const outcome = await ended(
    planned({ foreignLag: 500 }),
    lagOf((atS) => (atS > 4.2 ? 501 : 0)),
  )
  checkEveryKill(outcome)
})

test('a rehearsal keeps to the limits as well', async () => {
  const plan = planOf(
    { load: { rate: 100 }, phases: { clusterWarmup: '6s' }, limits: { foreignLag: 0 } },
    { kind: 'rehearsal' },
  )
  const { by } = await ended(
    plan,
    lagOf((atS) => (atS > 1 ? 1 : 0)),
  )
  assert.equal(by, 'limit')
})
