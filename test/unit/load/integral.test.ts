import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Segment } from '../../../src/contracts/plan.ts'
import { createIntegral } from '../../../src/load/integral.ts'

const s = 1e9
const segment = (fromS: number, toS: number, from: number, to = from): Segment => ({
  ...{ fromNs: fromS * s, toNs: toS * s, perSec: [from, to] },
})
// 10/s, then nothing, then from 0 to 20/s, then back to 0.
const up = createIntegral([segment(0, 2, 10), segment(2, 4, 0), segment(4, 6, 0, 20), segment(6, 8, 20, 0)])

describe('what a rate adds up to', () => {
  test('at the edges and within, clamped outside', () => {
    assert.equal(up.endNs, 8 * s)
    for (const [atS, records] of [
      [-1, 0],
      [0, 0],
      [0.5, 5],
      [2, 20],
      [3, 20],
      [4, 20],
      [5, 25],
      [6, 40],
      [7, 55],
      [8, 60],
      [99, 60],
    ] as const)
      assert.equal(up.upTo(atS * s), records, `${atS} s`)
  })

  test('back: the moment from which on there are more', () => {
    for (const [records, atS] of [
      [0, 0],
      [5, 0.5],
      [19, 1.9],
      [20, 4],
      [25, 5],
      [40, 6],
      [55, 7],
    ] as const)
      assert.equal(up.inverseNs(records), atS * s, `${records} records`)
    assert.equal(up.inverseNs(60), Number.POSITIVE_INFINITY)
    assert.equal(up.inverseNs(Number.NaN), Number.POSITIVE_INFINITY)
  })

  test('in any order of asking', () => {
    const asked = [55, 5, 40, 20, 0, 25, 60, 19]
    const fresh = asked.map((records) =>
      createIntegral([segment(0, 2, 10), segment(2, 4, 0), segment(4, 6, 0, 20), segment(6, 8, 20, 0)]).inverseNs(
        records,
      ),
    )
    assert.deepEqual(
      asked.map((records) => up.inverseNs(records)),
      fresh,
    )
  })

  test('a record lies within the segment that holds it, however close to its end', () => {
    const integral = createIntegral([segment(0, 1, 3), segment(1, 2, 0), segment(2, 3, 3)])
    assert.ok(integral.inverseNs(3 - 1e-12) < s)
    assert.equal(integral.inverseNs(3), 2 * s)
  })

  test('the rate itself, 0 outside', () => {
    for (const [atS, perSec] of [
      [-0.1, 0],
      [0, 10],
      [1.9, 10],
      [2, 0],
      [4, 0],
      [5, 10],
      [6, 20],
      [7, 10],
      [8, 0],
    ] as const)
      assert.equal(up.ratePerSec(atS * s), perSec, `${atS} s`)
  })

  test('nothing adds up to nothing', () => {
    const none = createIntegral([])
    assert.deepEqual([none.endNs, none.upTo(5 * s), none.ratePerSec(0)], [0, 0, 0])
    assert.equal(none.inverseNs(0), Number.POSITIVE_INFINITY)
  })

  test('sums that rounding left a little off a whole number are whole', () => {
    const tenths = createIntegral(
      Array.from({ length: 30 }, (_, at) => segment(at / 10, (at + 1) / 10, 1)).map((each) => ({
        ...each,
        fromNs: Math.round(each.fromNs),
        toNs: Math.round(each.toNs),
      })),
    )
    assert.equal(tenths.upTo(3 * s), 3)
    assert.equal(createIntegral([segment(0, 1, 0.5)]).upTo(s), 0.5)
  })
})

describe('segments that are no schedule', () => {
  const message = (...segments: Segment[]) => {
    try {
      createIntegral(segments)
    } catch (error) {
      assert.ok(error instanceof RangeError)
      return error.message
    }
    return null
  }

  test('are refused, with the first that is wrong', () => {
    assert.equal(
      message(segment(0, 1, 5), segment(2, 3, 5)),
      'segment 1 of a schedule: [2000000000, 3000000000) at 5 to 5 records/s',
    )
    for (const wrong of [
      segment(1, 2, 5),
      segment(0, 0, 5),
      segment(0, -1, 5),
      { ...segment(0, 1, 5), toNs: 0.5 },
      segment(0, 1, -1),
      segment(0, 1, 5, -1),
      segment(0, 1, Number.NaN),
      segment(0, 1, 5, Number.POSITIVE_INFINITY),
    ])
      assert.match(message(wrong)!, /^segment 0 of a schedule/)
    assert.equal(message(segment(0, 1, 0, 5)), null)
  })
})
