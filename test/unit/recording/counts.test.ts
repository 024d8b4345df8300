import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as hdr from 'hdr-histogram-js'
import { createRng } from '../../../src/base/rng.ts'
import {
  countsIndex,
  countsLength,
  createCounts,
  highestUs,
  recordNs,
  takeSparse,
} from '../../../src/recording/counts.ts'
import { valueAt } from '../../../src/recording/histogram.ts'

/** The library's own layout: its methods are public in JS. */
interface Layout {
  countsArrayIndex(value: number): number
  countsArrayLength: number
  highestEquivalentValue(value: number): number
  lowestEquivalentValue(value: number): number
}
const layout = hdr.build({
  bitBucketSize: 32,
  autoResize: false,
  lowestDiscernibleValue: 1,
  highestTrackableValue: highestUs,
  numberOfSignificantValueDigits: 3,
}) as unknown as Layout

/** Edges of every doubling, and a million values in between, even in the logarithm. */
function* values(): Generator<number> {
  for (let us = 0; us < 5000; us++) yield us
  for (let power = 11; power < 32; power++) for (const by of [-2, -1, 0, 1, 2]) yield 2 ** power + by
  yield highestUs - 1
  yield highestUs
  const rng = createRng(1)
  for (let i = 0; i < 200_000; i++) yield Math.floor(Math.exp(rng.float() * Math.log(highestUs)))
}

describe('the layout', () => {
  test('is hdr-histogram-js’ own, index by index, up to an hour', () => {
    for (const us of values()) {
      if (us > highestUs) continue
      assert.equal(countsIndex(us), layout.countsArrayIndex(us), `${us} µs`)
    }
    assert.ok(countsLength >= layout.countsArrayLength)
    assert.ok(countsIndex(highestUs) < countsLength)
  })

  test('valueAt is the lowest value of an index', () => {
    for (const us of values()) {
      if (us > highestUs) continue
      assert.equal(valueAt(countsIndex(us)), layout.lowestEquivalentValue(us))
    }
  })

  test('values of one index differ by 0.1 % at most', () => {
    for (const us of values()) {
      const lowest = valueAt(countsIndex(us))
      assert.ok(us - lowest <= us / 1000, `${us} µs lies with ${lowest}`)
    }
  })
})

describe('recording', () => {
  test('rounds to the nearest µs and keeps minimum, maximum and sum exact', () => {
    const counts = createCounts()
    for (const ns of [1499, 1500, 123_456_789_000, 999_999]) recordNs(counts, ns)
    const { total, sumUs, minUs, maxUs } = takeSparse(counts)!
    assert.deepEqual([total, sumUs, minUs, maxUs], [4, 1 + 2 + 123_456_789 + 1000, 1, 123_456_789])
  })

  test('counts overflow and negative values apart', () => {
    const counts = createCounts()
    recordNs(counts, 3_600e9)
    recordNs(counts, 3_600e9 + 1000)
    recordNs(counts, Number.POSITIVE_INFINITY)
    recordNs(counts, -1000)
    recordNs(counts, -1e15)
    const sparse = takeSparse(counts)!
    assert.equal(sparse.total, 1)
    assert.equal(sparse.maxUs, highestUs)
    assert.equal(sparse.overflow, 2)
    assert.equal(sparse.negative, 2)
  })

  test('0 is a value; less than half a microsecond below it is rounding, not a negative', () => {
    const counts = createCounts()
    recordNs(counts, 0)
    recordNs(counts, -0.25)
    const { total, negative, pairs } = takeSparse(counts)!
    assert.deepEqual([total, negative, [...pairs]], [2, 0, [0, 2]])
  })
})

describe('taking', () => {
  test('hands over exactly what was recorded, and nothing a second time', () => {
    const rng = createRng(2)
    const counts = createCounts()
    for (let round = 0; round < 5; round++) {
      const expected = new Map<number, number>()
      for (let i = 0; i < 3000; i++) {
        const us = Math.floor(Math.exp(rng.float() * Math.log(highestUs)))
        recordNs(counts, us * 1000)
        expected.set(countsIndex(us), (expected.get(countsIndex(us)) ?? 0) + 1)
      }
      const { pairs, total } = takeSparse(counts)!
      const found = new Map<number, number>()
      for (let at = 0; at < pairs.length; at += 2) found.set(pairs[at]!, pairs[at + 1]!)
      assert.deepEqual([...found].sort(), [...expected].sort())
      assert.equal(total, 3000)
      assert.equal(takeSparse(counts), null)
    }
  })

  test('misfits alone are handed over too', () => {
    const counts = createCounts()
    recordNs(counts, -5000)
    assert.equal(takeSparse(counts)!.negative, 1)
    assert.equal(takeSparse(counts), null)
  })
})
