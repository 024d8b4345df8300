import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { maxLatenessEntries, recordLateness } from '../../../src/recording/lateness.ts'

const ms = 1e6

function entriesOf(latenessNs: number, periodNs = 10 * ms): [number, number][] {
  const entries: [number, number][] = []
  recordLateness((ns, count) => entries.push([ns / ms, count]), latenessNs, periodNs)
  return entries
}

describe('N21: lateness of a periodic tick counts the ticks that it kept from happening', () => {
  const cases: [string, number, [number, number][]][] = [
    ['on time', 0, [[0, 1]]],
    ['early, as timers may be', -1, [[0, 1]]],
    ['less than a period late', 9.5, [[9.5, 1]]],
    ['exactly a period late: the next one is due only now', 10, [[10, 1]]],
    [
      'two and a half periods',
      25,
      [
        [25, 1],
        [15, 1],
        [5, 1],
      ],
    ],
    [
      'three periods',
      30,
      [
        [30, 1],
        [20, 1],
        [10, 1],
      ],
    ],
  ]
  for (const [name, lateMs, expected] of cases) {
    test(`N21: ${name}`, () => assert.deepEqual(entriesOf(lateMs * ms), expected))
  }

  test('N21: a loop that stands still for 1 s of 10 s is late for a tenth of the ticks, not for one of 900', () => {
    const late: number[] = []
    const record = (ns: number, count: number) => late.push(...Array.from({ length: count }, () => ns))
    for (let tick = 0; tick < 900; tick++) recordLateness(record, 0, 10 * ms)
    recordLateness(record, 1000 * ms, 10 * ms)
    assert.equal(late.length, 1000)
    const sorted = late.sort((a, b) => a - b)
    // Half of the stall is left to the mean tick in it: p95 = 500 ms.
    assert.equal(sorted[Math.ceil(0.95 * 1000) - 1], 500 * ms)
    assert.equal(sorted.filter((ns) => ns > 0).length, 100)
  })
})

describe('N21: a long stall stays bounded', () => {
  test('one entry stands for several ticks, and none is dropped', () => {
    const entries = entriesOf(3600e9, 10 * ms)
    assert.ok(entries.length <= maxLatenessEntries + 1, String(entries.length))
    const count = entries.reduce((sum, [, each]) => sum + each, 0)
    assert.equal(count, 360_000)
    const mean = entries.reduce((sum, [value, each]) => sum + value * each, 0) / count
    // 10 ms, 20 ms, …, 3600 s.
    assert.ok(Math.abs(mean - (3_600_000 + 10) / 2) < 1e-3, String(mean))
  })

  test('for any lateness and period: the ticks that were due, all late by more than nothing and no more than the first', () => {
    const rng = createRng(21)
    for (let round = 0; round < 300; round++) {
      const periodNs = 1 + rng.below(1000)
      const lateNs = rng.below(periodNs * 30_000)
      let count = 0
      let entries = 0
      recordLateness(
        (ns, each) => {
          entries++
          count += each
          assert.ok(ns <= lateNs && (entries === 1 || ns > 0), `${ns} of ${lateNs}`)
        },
        lateNs,
        periodNs,
      )
      assert.equal(count, Math.max(1, Math.ceil(lateNs / periodNs)), `${lateNs} of ${periodNs}`)
      assert.ok(entries <= maxLatenessEntries + 1)
    }
  })
})
