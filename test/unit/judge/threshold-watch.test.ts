import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ThresholdOutcome } from '../../../src/contracts/result.ts'
import type { ThresholdProfile } from '../../../src/profile/schema.ts'
import type { Fate } from '../../support/fake-driver.ts'
import { measure } from '../../support/measure.ts'
import { planOf } from '../../support/plans.ts'

interface Watched {
  outcomes: ThresholdOutcome[]
  /** Start of the window that was missed, or how far it was known; null = it did not end early. */
  missedAtS: number | null
  /** When the end was decided and where the load ended, s from the start; null = as planned. */
  decidedS: number | null
  loadEndS: number
  lastDueS: number
  measuredS: number
}

/** Two producers at 50 records/s for 1 s of warm-up and 10 s of measurement, whose records fare as `fate` says, by due second. */
async function watched(written: readonly ThresholdProfile[], fate: (dueS: number) => Fate): Promise<Watched> {
  const plan = planOf({
    load: { rate: 50 },
    topic: { partitions: 2 },
    producers: { count: 2 },
    phases: { warmup: '1s', measure: '10s', drain: '2s' },
  })
  let lastDueS = 0
  const { thresholds, sums, variant } = await measure({
    plan: { ...plan, thresholds: written },
    hosts: 'real',
    fate: ({ dueS }) => {
      lastDueS = Math.max(lastDueS, dueS)
      return { fate: fate(dueS) }
    },
  })
  const { why, atNs, loadEndNs } = sums.loadEnded!
  const measured = variant.phases.find(({ name }) => name === 'measure')
  return {
    outcomes: thresholds,
    missedAtS: why === null ? null : Number(why.atS),
    decidedS: why === null ? null : (atNs - sums.startNs!) / 1e9,
    loadEndS: loadEndNs / 1e9,
    lastDueS,
    measuredS: measured!.endS - measured!.startS,
  }
}

const quick: Fate = { afterNs: 2e6, kind: 'acked' }
const slow: Fate = { afterNs: 300e6, kind: 'acked' }
const refused: Fate = { afterNs: 2e6, kind: 'failed' }
/** Slow for one second, 5 s to 6 s from the start. */
const slowSecond = (dueS: number) => (dueS >= 5 && dueS < 6 ? slow : quick)

const entry = (threshold: string, more: object = {}): ThresholdProfile =>
  ({ threshold, variant: {}, abortOnFail: false, ...more }) as ThresholdProfile

describe('windows', () => {
  test('a slow second is in every window that holds it, and in no other', async () => {
    const { outcomes, missedAtS } = await watched(
      [entry('produce.responseUs.p99 < 50ms', { window: 3000 })],
      slowSecond,
    )
    assert.equal(missedAtS, null)
    const { value, ...rest } = outcomes[0]!
    assert.deepEqual(rest, {
      expression: 'produce.responseUs.p99 < 50ms',
      variant: 'client=fake',
      ok: false,
      windowS: 3,
      windows: 8,
      windowsMissed: 3,
      atS: 3,
      worstAtS: 3,
    })
    assert.ok(value! >= 300_000 && value! < 301_000, String(value))
  })

  test('over the run it would have drowned: 10 % of the records', async () => {
    const { outcomes } = await watched([entry('produce.responseUs.p50 < 50ms', { window: 10_000 })], slowSecond)
    assert.deepEqual([outcomes[0]!.ok, outcomes[0]!.windows], [true, 1])
  })

  test('rates and counts of windows', async () => {
    const { outcomes } = await watched(
      [
        entry('produce.ackedPerSec >= 45', { window: 1000 }),
        entry('ledger.failed == 0', { window: 2000 }),
        entry('produce.errors <= 25', { window: 5000 }),
        entry('produce.offeredPerSec == 50', { window: 4000 }),
      ],
      (dueS) => (dueS >= 5 && dueS < 5.5 ? refused : quick),
    )
    const told = outcomes.map(({ ok, value, windowsMissed, atS }) => ({ ok, value, windowsMissed, atS }))
    assert.deepEqual(told[0], { ok: false, value: told[0]!.value, windowsMissed: 1, atS: 5 })
    assert.ok(Math.abs(told[0]!.value! - 25) <= 1)
    assert.equal(told[1]!.windowsMissed, 2)
    assert.equal(told[1]!.atS, 4)
    assert.deepEqual([told[2]!.ok, told[2]!.value], [true, 25])
    assert.deepEqual([told[3]!.ok, told[3]!.value], [true, 50])
  })

  test('records without an answer are slower than any: unknown, and the worst', async () => {
    const silent = (dueS: number): Fate => (dueS >= 9 ? 'silence' : slowSecond(dueS))
    const { outcomes } = await watched([entry('produce.responseUs.p99 < 50ms', { window: 2000 })], silent)
    const { value, windowsMissed, atS, worstAtS } = outcomes[0]!
    assert.deepEqual({ value, atS, worstAtS }, { value: null, atS: 4, worstAtS: 8 })
    assert.equal(windowsMissed, 4)
  })

  test('not one whole window: unknown, and missed', async () => {
    const { outcomes } = await watched([entry('ledger.failed == 0', { window: 11_000 })], () => quick)
    assert.deepEqual([outcomes[0]!.ok, outcomes[0]!.value, outcomes[0]!.windows], [false, null, 0])
  })
})

describe('abortOnFail', () => {
  test('ends the load once a window has missed it, and what is measured are whole seconds', async () => {
    const { outcomes, missedAtS, decidedS, loadEndS, lastDueS, measuredS } = await watched(
      [entry('produce.responseUs.p99 < 50ms', { window: 1000, abortOnFail: true })],
      slowSecond,
    )
    assert.equal(missedAtS, 5)
    // The second is over at 6 s, its slow records at 6.3 s: the next frame tells. All stop at the next full second.
    assert.ok(decidedS! >= 7 && decidedS! < 7.5, String(decidedS))
    assert.equal(loadEndS, 8)
    assert.ok(lastDueS >= 7.9 && lastDueS < 8, String(lastDueS))
    assert.equal(measuredS, 7)
    assert.deepEqual([outcomes[0]!.ok, outcomes[0]!.aborted, outcomes[0]!.atS], [false, true, 5])
  })

  test('records that are still open count as soon as they are slower than the limit', async () => {
    const { missedAtS, decidedS } = await watched(
      [entry('produce.responseUs.p99 < 50ms', { window: 1000, abortOnFail: true })],
      (dueS) => (dueS >= 5 ? 'silence' : quick),
    )
    assert.equal(missedAtS, 5)
    assert.ok(decidedS! >= 7 && decidedS! < 7.5, String(decidedS))
  })

  test('a long limit is waited for', async () => {
    const { missedAtS, decidedS, loadEndS } = await watched(
      [entry('produce.responseUs.p99 < 3s', { window: 1000, abortOnFail: true })],
      (dueS) => (dueS >= 3 ? { afterNs: 2.9e9, kind: 'acked' } : quick),
    )
    assert.deepEqual([missedAtS, decidedS, loadEndS], [null, null, 11])
  })

  test('a count that only grows ends it at the first frame that tells, also without windows', async () => {
    const { outcomes, decidedS, loadEndS, measuredS } = await watched(
      [entry('ledger.failed == 0', { abortOnFail: true })],
      (dueS) => (dueS >= 4.5 ? refused : quick),
    )
    assert.ok(decidedS! >= 5 && decidedS! < 5.5, String(decidedS))
    assert.deepEqual([loadEndS, measuredS], [6, 5])
    assert.deepEqual([outcomes[0]!.aborted, outcomes[0]!.atS, outcomes[0]!.ok], [true, 5, false])
  })

  test('a value that may recover counts from delayAbortEval on', async () => {
    const late = entry('produce.responseUs.p50 < 50ms', { abortOnFail: true, delayAbortEval: 6000 })
    const recovers = await watched([late], (dueS) => (dueS < 3 ? slow : quick))
    assert.equal(recovers.missedAtS, null)
    const stays = await watched([late], (dueS) => (dueS < 5 ? slow : quick))
    assert.ok(stays.decidedS! >= 7 && stays.decidedS! < 7.5, String(stays.decidedS))
    assert.equal(stays.outcomes[0]!.ok, false)
    assert.ok(stays.outcomes[0]!.value! >= 300_000)
  })

  test('what holds ends nothing', async () => {
    const entries = [
      entry('produce.responseUs.max < 50ms', { abortOnFail: true }),
      entry('produce.ackedPerSec > 49', { window: 2000, abortOnFail: true }),
      entry('produce.errors == 0', { abortOnFail: true }),
    ]
    const { missedAtS, measuredS, outcomes } = await watched(entries, () => quick)
    assert.deepEqual([missedAtS, measuredS], [null, 10])
    assert.ok(outcomes.every(({ aborted }) => aborted === undefined))
  })
})

test('an entry for other variants has no outcome', async () => {
  const { outcomes } = await watched([entry('ledger.failed == 0', { variant: { client: 'other' } })], () => quick)
  assert.deepEqual(outcomes, [])
})
