import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assemble } from '../../../../src/judge/assemble.ts'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import { checkEveryKill, fails, measure } from '../../../support/measure.ts'
import { planOf } from '../../../support/plans.ts'

const profile = (more: Partial<ProfileInput> = {}): Partial<ProfileInput> => ({
  topic: { partitions: 4 },
  load: { rate: 1000 },
  producers: { count: 2 },
  consumers: [{ group: 'g2', members: 2 }],
  phases: { warmup: '2s', measure: '4s', drain: '3s' },
  ...more,
})
const consume = { workload: 'consume', load: { count: 300_000 }, phases: { warmup: '0s', measure: '4s', drain: '3s' } }

describe('an interruption before the load begins is an error, and leaves nothing behind', () => {
  for (const [stage, lines, more] of [
    ['topic', 1, {}],
    ['connect', 2, {}],
    ['fill', 2, consume],
  ] as const) {
    test(`at ${stage}`, async () => {
      const plan = planOf(profile(more))
      const outcome = await fails({ plan, interrupt: { stage } })
      assert.equal(outcome.error.name, 'AbortError')
      assert.ok(outcome.lines.length >= lines)
      const { variant } = assemble(plan, outcome.sums)
      assert.equal(variant.status, 'interrupted')
      assert.deepEqual(variant.ledger, { scheduled: 0, acked: 0, failed: 0, unknown: 0, unsent: 0 })
      assert.deepEqual(outcome.world.topic.removed, [plan.names.topic, plan.groups[0]!.group])
    })
  }

  test('while workers get ready', async () => {
    const plan = planOf(profile())
    const { error, tookS } = await fails({
      plan,
      troubles: { 3: [{ is: 'never-ready' }] },
      interrupt: { afterS: 7 },
    })
    assert.equal(error.name, 'AbortError')
    assert.equal(tookS, 7)
  })
})

describe('an interruption of the load', () => {
  for (const hosts of ['scripted', 'real'] as const) {
    for (const [when, atS, endS] of [
      ['before the start', -0.27, 0],
      ['between the start message and the start', -0.1, 1],
      ['in warm-up', 0.5, 1],
      ['shortly before a full second', 0.9, 2],
      ['in measure', 3.5, 4],
      ['shortly before the end of measure', 5.9, 6],
      ['in drain', 6.01, 6],
    ] as const) {
      test(`${when} ends it for all at one moment: ${hosts} workers`, async () => {
        const rate = hosts === 'real' ? 40 : 1000
        const plan = planOf(profile({ load: { rate } }))
        const { variant, sums, tookS } = await measure({ hosts, plan, interrupt: { atS } })
        assert.equal(variant.status, 'interrupted')
        assert.deepEqual([sums.loadEnded!.loadEndNs, variant.ledger.scheduled], [endS * 1e9, endS * rate])
        assert.equal(variant.ledger.unsent + variant.ledger.failed, 0)
        assert.equal(variant.integrity.verdict, 'not-audited')
        assert.ok(variant.findings!.some(({ code, atS: at }) => code === 'interrupted' && at === endS))
        assert.ok(tookS < Math.max(atS, endS) + 2.5, `${tookS} s`)
      })
    }
  }

  test('while nothing is acknowledged: a second is waited for, no more', async () => {
    const plan = planOf(profile({ load: { rate: 40 } }))
    const { variant, tookS } = await measure({
      hosts: 'real',
      plan,
      interrupt: { atS: 3.5 },
      fate: () => ({ fate: 'silence' }),
    })
    assert.deepEqual(variant.ledger, { scheduled: 160, acked: 0, failed: 0, unknown: 160, unsent: 0 })
    assert.equal(variant.status, 'interrupted')
    assert.ok(tookS < 6.5, `${tookS} s`)
  })

  test('of a filled topic that is read', async () => {
    const { variant } = await measure({ plan: planOf(profile(consume)), maxPerSec: 100_000, interrupt: { atS: 0.4 } })
    assert.equal(variant.status, 'interrupted')
    assert.equal(variant.ledger.acked, 300_000)
  })

  test('of the audit: nobody knows whether something was lost', async () => {
    const { variant, codes } = await measure({ plan: planOf(profile()), interrupt: { stage: 'audit' } })
    assert.equal(variant.status, 'interrupted')
    assert.deepEqual(codes, ['interrupted', 'not-audited'])
    assert.equal(variant.ledger.acked, 6000)
  })

  test('an audit that takes long is interrupted in the midst of it', async () => {
    const never = new Promise<void>(() => {})
    const { variant } = await measure({
      plan: planOf(profile()),
      topic: { onAsked: (what) => (what === 'audit' ? never : undefined) },
      interrupt: { atS: 30 },
    })
    assert.equal(variant.status, 'interrupted')
    assert.equal(variant.integrity.reasons[0], 'interrupted')
  })
})

describe('the supervisor is killed: what every beginning of the recording says', () => {
  for (const [name, scene] of [
    ['a load', {}],
    ['real workers', { hosts: 'real', more: { load: { rate: 40 } } }],
    ['rate max', { more: { load: { rate: 'max' } } }],
    ['a count', { more: { load: { rate: 1000, count: 4321 } } }],
    ['a filled topic', { more: consume, maxPerSec: 100_000 }],
    [
      'refusals and time-outs',
      { row: (_: number, __: number, due: number) => ({ acked: due - 7, failed: 4, open: 3 }) },
    ],
    ['a producer that dies', { troubles: { 0: [{ is: 'dies', atNs: 3.3e9 }] } }],
    ['a consumer that goes silent', { troubles: { 2: [{ is: 'goes-mute', atNs: 1.3e9 }] } }],
    [
      'a producer that stands still',
      { hosts: 'real', more: { load: { rate: 40 } }, troubles: { 1: [{ is: 'freezes', atNs: 2.5e9, forNs: 2.2e9 }] } },
    ],
    ['an interruption', { interrupt: { atS: 3.3 } }],
  ] as const) {
    test(name, async () => {
      const { more = {}, ...rest } = { more: {}, ...scene }
      const outcome = await measure({ plan: planOf(profile(more as Partial<ProfileInput>)), ...(rest as object) })
      const { known } = checkEveryKill(outcome)
      assert.deepEqual(
        known,
        [...known].sort((a, b) => a - b),
        'what was known once is not forgotten',
      )
      if (name !== 'a filled topic') assert.ok(new Set(known).size >= 3, String(known))
    })
  }
})
