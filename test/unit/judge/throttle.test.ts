import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact, ThrottleTimes } from '../../../src/contracts/facts.ts'
import { assemble } from '../../../src/judge/assemble.ts'
import { throttledMs } from '../../../src/judge/throttle.ts'
import { createSums } from '../../../src/recording/sums.ts'
import { factsOf, judgeStep } from '../../../src/search/find-max-judge.ts'
import { planOf } from '../../support/plans.ts'
import { audited, begin, cell, ended, frame, over, s, viewFrom } from './_facts.ts'

/** 1 s of warm-up and 4 s of measurement; a producer and a consumer. */
const plan = planOf({
  topic: { partitions: 2 },
  load: { rate: 100 },
  consumers: [{ group: 'g' }],
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
})
const [producer, consumer] = plan.workers

/** A frame a second of the producer; throttle times by the row that the frame closes, undefined = the client shows none. */
const facts = (throttle: (row: number) => ThrottleTimes | undefined, ...more: Fact[]): Fact[] => [
  ...begin(plan),
  ...[0, 1, 2, 3, 4].map((row) => {
    const times = throttle(row)
    const acked = row === 0 ? 100 : 50
    return frame(producer!, row + 1, {
      cells: [cell(row, { sent: 100, acked, unknown: 100 - acked })],
      errors: acked < 100 ? { MSG_TIMED_OUT: 50 } : {},
      ...(times && { throttle: times }),
    })
  }),
  ...more,
  ended(5),
]
const none = { responses: 0, sumMs: 0, maxMs: 0 }
const result = (...all: Fact[]) => {
  const sums = createSums(plan)
  for (const fact of [...all, audited, over(6)]) sums.add(fact)
  return assemble(plan, sums).variant
}

describe('throttle time of the responses', () => {
  test('of the measure phase: longest, sum and responses; by full seconds, the warm-up left out', () => {
    const { produce, consume, series } = result(
      ...facts((row) =>
        row === 0 ? { responses: 9, sumMs: 9000, maxMs: 5000 } : { responses: row, sumMs: 10 * row, maxMs: 5 * row },
      ),
    )
    assert.deepEqual(produce.throttle, { maxMs: 20, sumMs: 100, responses: 10, reason: null })
    assert.deepEqual(series.columns.throttleMs!.slice(0, 5), [5000, 5, 10, 15, 20])
    assert.equal(series.columns.fetchThrottleMs, undefined)
    assert.match(consume!.throttle!.reason!, /fake does not show the throttle time/)
  })

  test('0 where the client shows it and had none; null with the reason where it does not', () => {
    assert.deepEqual(result(...facts(() => none)).produce.throttle, { maxMs: 0, sumMs: 0, responses: 0, reason: null })
    const { throttle } = result(...facts(() => undefined)).produce
    assert.deepEqual(throttle, {
      ...{ maxMs: null, sumMs: null, responses: null },
      reason: 'fake does not show the throttle time of its responses',
    })
  })

  test('of consumers apart', () => {
    const times = { responses: 1, sumMs: 40, maxMs: 40 }
    const { produce, consume } = result(...facts(() => none, frame(consumer!, 3, { throttle: times })))
    assert.deepEqual([produce.throttle!.maxMs, consume!.throttle!.maxMs], [0, 40])
  })
})

describe('what a quota decides', () => {
  test('bound by it: the second half of measure, by responses or by brokers', () => {
    const quota = (ms: number | null): Fact[] =>
      [2, 4.5].map((atS) => ({
        ...{ fact: 'quota', atNs: s(atS), broker: 1, fetchMs: null, requestMs: null, produceBytes: 0 },
        produceMs: ms,
      }))
    const late = (maxMs: number) => (row: number) => (row >= 3 ? { responses: 1, sumMs: maxMs, maxMs } : none)
    const early = (row: number) => (row < 3 ? { responses: 1, sumMs: 70, maxMs: 70 } : none)
    const cases: [(row: number) => ThrottleTimes | undefined, Fact[], number | null][] = [
      [late(30), [], 30],
      [early, [], 0],
      [() => undefined, [], null],
      [() => undefined, quota(12.5), 12.5],
      [late(30), quota(12.5), 30],
      [() => none, quota(12.5), 12.5],
    ]
    for (const [throttle, more, expected] of cases) {
      assert.equal(throttledMs(viewFrom(plan, ...facts(throttle, ...more), over(6)), 1), expected)
    }
    const { bound } = result(...facts(late(30)))
    assert.ok(bound!.by.includes('quota'), JSON.stringify(bound))
  })

  test('THROTTLED without any metrics of brokers', () => {
    const step = (throttle: (row: number) => ThrottleTimes | undefined) => {
      const variant = result(...facts(throttle))
      return { throttle: variant.throttle ?? null, ...judgeStep(factsOf(variant, 100), { sloUs: 50_000 }) }
    }
    const throttled = step(() => ({ responses: 1, sumMs: 12, maxMs: 12 }))
    assert.deepEqual([throttled.throttle, throttled.verdict], [null, 'THROTTLED'])
    for (const other of [step(() => none), step(() => undefined)]) assert.notEqual(other.verdict, 'THROTTLED')
  })

  test('records that ran out of time behind it: invalid as before, and the first reason names the quota', () => {
    const { status, reasons, findings } = result(...facts(() => ({ responses: 1, sumMs: 4500, maxMs: 4500 })))
    assert.equal(status, 'invalid')
    assert.equal(findings![0]!.code, 'records-failed')
    assert.equal(
      reasons[0],
      "200 of 500 records unknown: MSG_TIMED_OUT (a quota of the brokers delayed the client's requests, by up to 4.5 s each)",
    )
    for (const ms of [0, 999]) {
      const [first] = result(...facts(() => ({ responses: 1, sumMs: ms, maxMs: ms }))).reasons
      assert.equal(first, '200 of 500 records unknown: MSG_TIMED_OUT', `${ms} ms`)
    }
    const metered = result(
      ...facts(() => undefined, {
        ...{ fact: 'quota', atNs: s(3), broker: 1, fetchMs: 9000, requestMs: null, produceBytes: 0 },
        produceMs: 2500,
      }),
    )
    assert.match(metered.reasons[0]!, /by up to 2\.5 s each/)
  })
})
