import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestRank, rankOf } from '../../../src/base/rank.ts'
import { createRng } from '../../../src/base/rng.ts'

/** In whole numbers of any size. */
function exactRank(q: number, count: number): number {
  const share = BigInt(Math.round(q * 1e6)) * BigInt(count)
  const rank = Number((share + 999_999n) / 1_000_000n)
  return Math.max(1, rank)
}

test('N18: the rank of a quantile is the nearest one, at every count: no floating point adds one', () => {
  assert.equal(rankOf(0.07, 100), 7, '0.07 · 100 is 7.000000000000001')
  assert.equal(rankOf(0.55, 100), 55)
  assert.equal(rankOf(0.9, 552), 497)
  for (let percent = 0; percent <= 100; percent++) {
    for (let count = 1; count <= 300; count++) {
      assert.equal(rankOf(percent / 100, count), exactRank(percent / 100, count), `p${percent} of ${count}`)
    }
  }
})

test('N18: also of billions, where 1e-9 is less than what a product is rounded by', () => {
  const rng = createRng(5)
  for (let round = 0; round < 5000; round++) {
    const count = 1 + Math.floor(rng.float() * 2 ** (1 + rng.below(52)))
    for (const q of [0, 0.001, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1]) {
      assert.equal(rankOf(q, count), exactRank(q, count), `${q} of ${count}`)
    }
  }
})

test('N18: the quantile of a few values is one of them', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.equal(nearestRank(values, 0.07), 7)
  assert.equal(nearestRank(values, 0.99), 99)
  assert.equal(nearestRank(values, 1), 100)
  assert.equal(nearestRank([3, 1], 0.5), 1)
  assert.equal(nearestRank([42], 0.99), 42)
  assert.equal(nearestRank([], 0.5), null)
  assert.deepEqual(values[0], 100, 'the values stay in their order')
})
