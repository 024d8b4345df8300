import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WorkerPlan } from '../../src/contracts/api.ts'
import type { ThresholdOutcome } from '../../src/contracts/result.ts'
import { profileSchema, type ThresholdProfile } from '../../src/profile/schema.ts'
import { thresholdEntry } from '../../src/profile/threshold-entry.ts'
import { endEarly } from '../../src/runners/variant/conduct.ts'
import type { Session } from '../../src/runners/variant/session.ts'
import { brokenFinding, createThresholdWatch } from '../../src/runners/variant/threshold-watch.ts'
import { syntheticVariant } from '../fixtures/variant.ts'
import { play } from '../support/crew.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createFakeDriver, type Fate } from '../support/fake-driver.ts'

interface Watched {
  outcomes: ThresholdOutcome[]
  reason: string | null
  /** When it ended early, and the last record that was sent, s from the start. */
  endedS: number | null
  lastSentS: number
  measuredS: number
}

/** Two producers at 1000 records/s for 1 s of warm-up and 10 s of measurement, whose records fare as `fate` says, by due second. */
async function watched(written: readonly ThresholdProfile[], fate: (dueS: number) => Fate): Promise<Watched> {
  const clock = createFakeClock()
  let start = () => 0
  const driver = createFakeDriver({
    clock,
    fate: (_record, nowNs) => fate((nowNs - start()) / 1e9),
  })
  const entries = written.map((each) => {
    const entry = thresholdEntry(each)
    assert.ok(typeof entry === 'object', String(entry))
    return entry
  })
  const watch = createThresholdWatch(entries, { client: 'fake' })
  const stop = new AbortController()
  const over = new Set<number>()
  const plans = new Map<number, WorkerPlan>()
  const profile = profileSchema.parse({ name: 'x', load: { rate: 1000 }, producers: { count: 2 } })
  let session: Session | null = null
  let endedS: number | null = null
  await play({
    clock,
    driver,
    producers: 2,
    warmupMs: 1000,
    measureMs: 10_000,
    drainMs: 2000,
    settings: { maxInFlight: 100_000 },
    signal: stop.signal,
    begun: ({ intervals, collector, startNs }) => {
      start = startNs
      session = {
        intervals,
        collector,
        groups: [],
        events: [],
        lag: new Map(),
        early: new AbortController(),
        plans: [{ worker: 0 }, { worker: 1 }],
        crew: { isRunning: (worker: number) => !over.has(worker) },
        job: { variant: { profile }, workload: { prefill: false } },
        get startNs() {
          return startNs()
        },
        endNs: 0,
      } as unknown as Session
    },
    frame(plan, frame) {
      plans.set(plan.worker, plan)
      watch.frame(plan, frame)
      if (session!.early.signal.aborted) return
      const broken = watch.broken(session!, clock.nowNs())
      if (!broken) return
      endEarly(session!, clock.nowNs(), brokenFinding(broken))
      endedS = (clock.nowNs() - session!.startNs) / 1e9
      stop.abort()
    },
  })
  session!.endNs = clock.nowNs()
  watch.over(session!)
  const { signal } = session!.early
  return {
    outcomes: watch.outcomes(syntheticVariant()),
    reason: signal.aborted ? `at ${(signal.reason as { atS: number }).atS}` : null,
    endedS,
    lastSentS: Math.max(...driver.handed.map(({ sentNs }) => (sentNs - start()) / 1e9)),
    measuredS: session!.intervals.filter(({ phase }) => phase === 'measure').length,
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
    const { outcomes, reason } = await watched([entry('produce.responseUs.p99 < 50ms', { window: 3000 })], slowSecond)
    assert.equal(reason, null)
    const { value, ...rest } = outcomes[0]!
    assert.deepEqual(rest, {
      expression: 'produce.responseUs.p99 < 50ms',
      variant: 'client=kafkajs',
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
        entry('produce.ackedPerSec >= 900', { window: 1000 }),
        entry('ledger.failed == 0', { window: 2000 }),
        entry('produce.errors <= 500', { window: 5000 }),
        entry('produce.offeredPerSec == 1000', { window: 4000 }),
      ],
      (dueS) => (dueS >= 5 && dueS < 5.5 ? refused : quick),
    )
    const told = outcomes.map(({ ok, value, windowsMissed, atS }) => ({ ok, value, windowsMissed, atS }))
    assert.deepEqual(told[0], { ok: false, value: told[0]!.value, windowsMissed: 1, atS: 5 })
    assert.ok(Math.abs(told[0]!.value! - 500) <= 4)
    assert.equal(told[1]!.windowsMissed, 2)
    assert.equal(told[1]!.atS, 4)
    assert.deepEqual([told[2]!.ok, told[2]!.value], [true, 500])
    assert.deepEqual([told[3]!.ok, told[3]!.value], [true, 1000])
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
    const { outcomes, reason, endedS, lastSentS, measuredS } = await watched(
      [entry('produce.responseUs.p99 < 50ms', { window: 1000, abortOnFail: true })],
      slowSecond,
    )
    assert.equal(reason, 'at 5')
    // The second is over at 6 s, its slow records at 6.3 s: the next frame tells.
    assert.equal(endedS, 7)
    assert.ok(lastSentS >= 6.9 && lastSentS <= 7.1, String(lastSentS))
    assert.equal(measuredS, 6)
    assert.deepEqual([outcomes[0]!.ok, outcomes[0]!.aborted, outcomes[0]!.atS], [false, true, 5])
  })

  test('records that are still open count as soon as they are slower than the limit', async () => {
    const { reason, endedS } = await watched(
      [entry('produce.responseUs.p99 < 50ms', { window: 1000, abortOnFail: true })],
      (dueS) => (dueS >= 5 ? 'silence' : quick),
    )
    assert.deepEqual([reason, endedS], ['at 5', 7])
  })

  test('a long limit is waited for', async () => {
    const { reason, endedS } = await watched(
      [entry('produce.responseUs.p99 < 3s', { window: 1000, abortOnFail: true })],
      (dueS) => (dueS >= 3 ? { afterNs: 2.9e9, kind: 'acked' } : quick),
    )
    assert.deepEqual([reason, endedS], [null, null])
  })

  test('a count that only grows ends it at the first frame that tells, also without windows', async () => {
    const { outcomes, endedS, measuredS } = await watched(
      [entry('ledger.failed == 0', { abortOnFail: true })],
      (dueS) => (dueS >= 4.5 ? refused : quick),
    )
    assert.deepEqual([endedS, measuredS], [5, 4])
    assert.deepEqual([outcomes[0]!.aborted, outcomes[0]!.atS, outcomes[0]!.ok], [true, 5, false])
  })

  test('a value that may recover counts from delayAbortEval on', async () => {
    const late = entry('produce.responseUs.p50 < 50ms', { abortOnFail: true, delayAbortEval: 6000 })
    const recovers = await watched([late], (dueS) => (dueS < 3 ? slow : quick))
    assert.equal(recovers.reason, null)
    const stays = await watched([late], (dueS) => (dueS < 5 ? slow : quick))
    assert.equal(stays.endedS, 7)
    assert.equal(stays.outcomes[0]!.ok, false)
    assert.ok(stays.outcomes[0]!.value! >= 300_000)
  })

  test('what holds ends nothing', async () => {
    const entries = [
      entry('produce.responseUs.max < 50ms', { abortOnFail: true }),
      entry('produce.ackedPerSec > 990', { window: 2000, abortOnFail: true }),
      entry('produce.errors == 0', { abortOnFail: true }),
    ]
    const { reason, measuredS, outcomes } = await watched(entries, () => quick)
    assert.deepEqual([reason, measuredS], [null, 10])
    assert.ok(outcomes.every(({ aborted }) => aborted === undefined))
  })
})

test('an entry for other variants has no outcome', async () => {
  const { outcomes } = await watched([entry('ledger.failed == 0', { variant: { client: 'other' } })], () => quick)
  assert.deepEqual(outcomes, [])
})
