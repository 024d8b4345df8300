import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { faultLag } from '../../../src/judge/fault-lag.ts'
import { type LagPoint, lagSums, withoutCanary } from '../../../src/recording/lag.ts'

/** A sample every half second; `lag` gives the records behind, the end grows by 100 a second. */
const points = (lengthS: number, lag: (atS: number) => number | null): LagPoint[] =>
  Array.from({ length: lengthS * 2 }, (_, index) => {
    const atS = index / 2
    const behind = lag(atS)
    const end = 1_000_000 + atS * 100
    return { atS, ends: [end], committed: [behind === null ? null : end - behind], positions: [end] }
  })
const window = { calmFromS: 10, injectedS: 30, untilS: 90, endS: 120 }

describe('lag after a fault', () => {
  test('peak, drain from the injection, rate', () => {
    const lag = (atS: number) =>
      atS < 30 || atS >= 60 ? 50 : atS < 40 ? 50 + (atS - 30) * 1000 : 10_050 - (atS - 40) * 500
    const found = faultLag(points(120, lag), window)
    assert.deepEqual({ records: found.peak.records, atS: found.peak.atS }, { records: 10_050, atS: 40 })
    assert.equal(found.drainS, 30)
    assert.equal(found.drainRecordsPerSec, 500)
  })

  test('calm for less than five seconds is not drained', () => {
    const lag = (atS: number) => (atS < 30 ? 50 : atS > 60 && atS < 64 ? 10 : 1000)
    assert.equal(faultLag(points(120, lag), window).drainS, null)
  })

  test('unknown is not calm', () => {
    const lag = (atS: number) => (atS < 30 ? 50 : atS < 40 ? 5000 : atS === 43 ? null : 10)
    assert.equal(faultLag(points(120, lag), window).drainS, 13.5)
  })

  test('lag that never rose drained at once; no samples, nothing known', () => {
    assert.equal(
      faultLag(
        points(120, () => 50),
        window,
      ).drainS,
      0,
    )
    assert.deepEqual(faultLag([], window), {
      peak: { records: null, seconds: null, atS: null },
      drainS: null,
      drainRecordsPerSec: null,
    })
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
