import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { calmLevel, faultLag } from '../../../src/judge/fault-lag.ts'
import { type LagPoint, lagSums, withoutCanary } from '../../../src/recording/lag.ts'

/** A sample every half second; `lag` gives the records behind, the end grows by 100 a second. */
const points = (lengthS: number, lag: (atS: number) => number | null): LagPoint[] =>
  Array.from({ length: lengthS * 2 }, (_, index) => {
    const atS = index / 2
    const behind = lag(atS)
    const end = 1_000_000 + atS * 100
    return { atS, ends: [end], committed: [behind === null ? null : end - behind], positions: [end] }
  })
const window = { injectedS: 30, nextS: null, endS: 120, level: 50 }
const lagOf = (lengthS: number, lag: (atS: number) => number | null, overrides: Partial<Window> = {}) =>
  faultLag(lagSums(points(lengthS, lag)), { ...window, ...overrides })
type Window = Parameters<typeof faultLag>[1]

describe('lag after a fault', () => {
  const rising = (atS: number) =>
    atS < 30 || atS >= 60 ? 50 : atS < 40 ? 50 + (atS - 30) * 1000 : 10_050 - (atS - 40) * 500

  test('peak, drain from the injection, rate', () => {
    const found = lagOf(120, rising)
    assert.deepEqual({ records: found.peak.records, atS: found.peak.atS }, { records: 10_050, atS: 40 })
    assert.equal(found.drainS, 30)
    assert.equal(found.drainRecordsPerSec, 500)
  })

  test('calm for less than five seconds is not drained', () => {
    const lag = (atS: number) => (atS < 30 ? 50 : atS > 60 && atS < 64 ? 10 : 1000)
    assert.equal(lagOf(120, lag).drainS, null)
  })

  test('unknown is not calm', () => {
    const lag = (atS: number) => (atS < 30 ? 50 : atS < 40 ? 5000 : atS === 43 ? null : 10)
    assert.equal(lagOf(120, lag).drainS, 13.5)
  })

  test('lag that never rose drained at once; no samples, nothing known', () => {
    assert.equal(lagOf(120, () => 50).drainS, 0)
    assert.deepEqual(faultLag([], window), {
      peak: { records: null, seconds: null, atS: null },
      drainS: null,
      drainRecordsPerSec: null,
    })
  })

  test('N7: drain and peak end at the next fault: what comes then is that one’s', () => {
    const found = lagOf(120, (atS) => (atS < 30 ? 50 : atS < 50 ? 5000 : atS < 60 ? 9000 : 10), { nextS: 50 })
    assert.deepEqual([found.peak.records, found.drainS], [5000, null])
    const before = lagOf(120, rising, { nextS: 66 })
    assert.deepEqual([before.drainS, before.peak.records], [30, 10_050])
    assert.equal(lagOf(120, rising, { nextS: 64 }).drainS, null, 'four seconds of calm are too few')
  })

  test('N7: lag 0 just before the next fault is not the end of all samples', () => {
    const lag = (atS: number) => (atS < 30 ? 50 : atS < 58 ? 5000 : 0)
    assert.equal(lagOf(120, lag, { nextS: 60 }).drainS, null)
    assert.equal(lagOf(60, lag).drainS, 28)
  })

  test('N7: without a level nothing is drained, and nothing is claimed', () => {
    const emptied = (atS: number) => (atS < 60 ? rising(atS) : 0)
    const found = lagOf(120, emptied, { level: null })
    assert.deepEqual([found.peak.records, found.drainS, found.drainRecordsPerSec], [10_050, null, null])
    assert.equal(lagOf(120, emptied, { level: 0 }).drainS, 30)
    assert.equal(lagOf(120, () => 0, { level: null }).drainS, null, 'that it never rose is a claim too')
  })

  test('N18: the level is the p99 of the samples before, by nearest rank; null of none', () => {
    const sums = lagSums(points(60, (atS) => (atS < 50 ? atS * 2 : 900)))
    assert.equal(calmLevel(sums, 0, 50), 98, '100 samples of 0 to 99: the 99th')
    assert.equal(calmLevel(sums, 10, 10.5), 20)
    assert.equal(calmLevel(sums, 70, 80), null)
  })
})

describe('lag without the canary', () => {
  test('its records count neither at the end nor before the committed offset', () => {
    const [first] = withoutCanary(
      [{ atS: 0, ends: [100, 10], committed: [90, null], positions: [95, 10] }],
      [[5, 91, 92, 99, 100], [3]],
    )
    assert.deepEqual(first, { atS: 0, ends: [96, 9], committed: [89, null], positions: [92, 9] })
    assert.equal(lagSums([first!])[0]!.records, null)
    const [both] = withoutCanary([{ atS: 0, ends: [100], committed: [90], positions: [90] }], [[5, 91, 92, 99, 100]])
    assert.equal(lagSums([both!])[0]!.records, 7)
  })
})
