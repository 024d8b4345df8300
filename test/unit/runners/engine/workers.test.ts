import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import { fails, measure } from '../../../support/measure.ts'
import { planOf } from '../../../support/plans.ts'

/** Workers 0 and 1 produce, 2 and 3 are the members of group g2. Warm-up to 3 s, measure to 13 s, drain for 8 s at most. */
const profile = (more: Partial<ProfileInput> = {}): Partial<ProfileInput> => ({
  topic: { partitions: 4 },
  load: { rate: 1000 },
  producers: { count: 2 },
  consumers: [{ group: 'g2', members: 2 }],
  phases: { warmup: '3s', measure: '10s', drain: '8s' },
  ...more,
})
const lossOf = ({ variant }: Awaited<ReturnType<typeof measure>>) =>
  variant.findings!.find(({ code }) => code === 'worker-lost')

const roles = [
  ['producer', 0, 'producer 0'],
  ['consumer', 2, 'member 0 of group g2'],
] as const

describe('a worker that does not get ready', () => {
  for (const [role, worker] of roles) {
    test(`ends the variant at once where it died: ${role}`, async () => {
      const { error, tookS } = await fails({
        plan: planOf(profile()),
        troubles: { [worker]: [{ is: 'dies-at-once' }] },
      })
      assert.match(error.message, new RegExp(`^fake ${role} 0.* ended: load host ended with exit code 134$`))
      assert.ok(tookS < 1)
    })

    test(`is waited for up to the deadline of its stage, and named: ${role}`, async () => {
      const { error, tookS } = await fails({ plan: planOf(profile()), troubles: { [worker]: [{ is: 'never-ready' }] } })
      assert.match(error.message, new RegExp(`^not ready after 35.08 s: fake ${role} 0`))
      assert.equal(Math.round(tookS), 35)
    })
  }

  test('a group without all its partitions is told apart from workers that are not ready', async () => {
    // Members are told apart by the number in the group's name: with three of them one partition belongs to nobody here.
    const plan = planOf(profile({ consumers: [{ group: 'g3', members: 2 }] }))
    const { error } = await fails({ plan })
    assert.match(error.message, /a consumer group without all its partitions$/)
  })
})

describe('a worker that ends, or stops reporting, is lost within seconds', () => {
  for (const [role, worker, who] of roles) {
    for (const [phase, atS] of [
      ['warm-up', 1.3],
      ['measure', 6.3],
      ['the last second of measure', 12.6],
    ] as const) {
      test(`V4: dies in ${phase}: ${role}`, async () => {
        const outcome = await measure({
          plan: planOf(profile()),
          troubles: { [worker]: [{ is: 'dies', atNs: atS * 1e9 }] },
        })
        const loss = lossOf(outcome)!
        assert.deepEqual([loss.worker, loss.who, loss.silentS], [worker, who, null])
        assert.equal(outcome.variant.status, 'invalid')
        const event = outcome.variant.events.find(({ kind }) => kind === 'worker-lost')!
        assert.deepEqual([event.atS, event.detail], [atS, `${who} ended: load host ended with signal SIGSEGV`])
      })

      test(`V4: goes silent for good in ${phase}: ${role}`, async () => {
        const outcome = await measure({
          plan: planOf(profile()),
          troubles: { [worker]: [{ is: 'goes-mute', atNs: atS * 1e9 }] },
        })
        assert.equal(outcome.variant.status, 'invalid')
        const loss = lossOf(outcome)!
        assert.deepEqual([loss.worker, loss.who], [worker, who])
        assert.ok(Number(loss.silentS) >= 5 && Number(loss.silentS) < 6.1, String(loss.silentS))
        assert.equal(outcome.world.gates.get(worker)!.isDead(), true, 'it is ended')
      })
    }
  }

  test('V4: goes silent in drain: the consumer that would not end is lost', async () => {
    const outcome = await measure({
      plan: planOf(profile()),
      troubles: { 2: [{ is: 'goes-mute', atNs: 13.05e9 }] },
    })
    assert.equal(lossOf(outcome)!.worker, 2)
    assert.equal(outcome.variant.status, 'invalid')
  })

  test('V4: of a filled topic: a member that stops reading', async () => {
    const plan = planOf(profile({ workload: 'consume', load: { count: 3_000_000 } }))
    const outcome = await measure({ plan, maxPerSec: 200_000, troubles: { 2: [{ is: 'goes-mute', atNs: 2.3e9 }] } })
    assert.equal(lossOf(outcome)!.worker, 2)
    assert.equal(outcome.variant.status, 'invalid')
  })

  test('frames of a lost worker change nothing any more', async () => {
    const outcome = await measure({
      hosts: 'real',
      plan: planOf(profile({ load: { rate: 40 }, consumers: [] })),
      troubles: { 0: [{ is: 'freezes', atNs: 5.5e9, forNs: 6.5e9 }] },
    })
    const { lines } = outcome
    const lost = lines.findIndex((line) => line.includes('"is":"lost"'))
    assert.ok(lost > 0)
    assert.ok(lines.slice(lost + 1).every((line) => !line.startsWith('{"fact":"frame","worker":0,')))
    // What was due up to the moment of its loss may have been sent.
    const { scheduled, acked, unknown, unsent } = outcome.variant.ledger
    assert.deepEqual([scheduled, acked + unknown + unsent], [520, 520])
    assert.ok(unknown >= 100 && unsent > 0, JSON.stringify(outcome.variant.ledger))
  })
})

describe('a worker that stands still for a while', () => {
  for (const [what, role, worker, atS, forS, phase] of [
    ['in warm-up', 'producer', 0, 0.5, 2.2, 'warmup'],
    ['in measure', 'producer', 1, 5.5, 3, 'measure'],
    ['V3: across the end of measure', 'producer', 0, 11.5, 4.5, 'measure'],
    ['V3: from the last second of measure on', 'producer', 0, 12.5, 3, 'measure'],
    ['in measure', 'member', 2, 5.5, 3, 'measure'],
    ['in drain', 'producer', 0, 13.05, 3.5, 'drain'],
  ] as const) {
    test(`${what}: ${role} ${worker}`, async () => {
      const { variant } = await measure({
        hosts: 'real',
        plan: planOf(profile({ load: { rate: 40 } })),
        fate: () => ({ fate: { afterNs: 200e6, kind: 'acked' } }),
        troubles: { [worker]: [{ is: 'freezes', atNs: atS * 1e9, forNs: forS * 1e9 }] },
      })
      const stood = variant.findings!.find(({ code }) => code === 'worker-stood-still')
      assert.ok(stood, JSON.stringify(variant.reasons))
      assert.deepEqual([stood.worker, stood.phase], [worker, phase])
      assert.ok(Number(stood.stillS) > forS - 1.1 && Number(stood.stillS) <= forS, String(stood.stillS))
      assert.equal(variant.status, 'invalid')
      assert.equal(variant.ledger.acked, 520, 'nothing is lost by it')
    })
  }

  test('V3: the lateness of a producer is filed under the due times, in measure', async () => {
    const { variant } = await measure({
      hosts: 'real',
      plan: planOf(profile({ load: { rate: 40 }, consumers: [] })),
      troubles: { 0: [{ is: 'freezes', atNs: 11.5e9, forNs: 4.5e9 }] },
    })
    const { p99, max } = variant.generator.scheduleLagUs
    assert.ok(max! > 4.4e6 && p99! > 4e6, `${p99} ${max}`)
    assert.ok(variant.findings!.some(({ code }) => code === 'schedule-late'))
    assert.equal(variant.generator.valid, false)
  })

  test('for less than a second more than a frame takes: nothing is made of it', async () => {
    const { variant } = await measure({
      hosts: 'real',
      plan: planOf(profile({ load: { rate: 40 } })),
      troubles: { 2: [{ is: 'freezes', atNs: 5.5e9, forNs: 1.2e9 }] },
    })
    assert.deepEqual([variant.status, variant.reasons], ['ok', []])
  })
})

describe('a worker in trouble', () => {
  test('that floods the supervisor with events harms nobody', async () => {
    const { variant } = await measure({
      plan: planOf(profile()),
      troubles: { 0: [{ is: 'floods', atNs: 5e9, events: 500 }] },
    })
    assert.equal(variant.status, 'ok')
    assert.equal(variant.events.filter(({ kind }) => kind === 'client-error').length, 500)
  })

  test('that sends what is no fact is ended, and the reason says so', async () => {
    const outcome = await measure({ plan: planOf(profile()), troubles: { 0: [{ is: 'lies', atNs: 5e9 }] } })
    assert.match(String(lossOf(outcome)!.reason), /^it sent what is no fact: /)
    assert.ok(!String(lossOf(outcome)!.reason).includes('\n'))
    assert.equal(outcome.world.gates.get(0)!.isDead(), true)
  })

  test('all producers at once: the load is over, the rest is measured', async () => {
    const { variant, tookS } = await measure({
      plan: planOf(profile()),
      troubles: { 0: [{ is: 'dies', atNs: 6.3e9 }], 1: [{ is: 'dies', atNs: 6.4e9 }] },
    })
    assert.equal(variant.status, 'invalid')
    assert.equal(variant.findings!.filter(({ code }) => code === 'worker-lost').length, 2)
    assert.equal(variant.ledger.scheduled, 13_000)
    assert.ok(tookS < 14, `${tookS}`)
  })
})
