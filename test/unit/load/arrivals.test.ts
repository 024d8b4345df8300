import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createArrivals } from '../../../src/load/arrivals.ts'

const block = 4096

describe('arrivals of a Poisson process', () => {
  // A recording is assembled with the due times of its plan's seed: they must be the same in every version of kbench.
  test('of a seed are these', () => {
    const arrivals = createArrivals(7)
    for (const [n, expected] of [
      [0, 0.092_812_964],
      [1, 0.175_955_262],
      [2, 1.678_566_515],
      [4095, 4103.242_024_533],
      [4096, 4103.556_622_023],
      [50_000, 50_081.833_988_453],
    ] as const)
      assert.ok(Math.abs(arrivals.at(n) - expected) < 1e-6, `${n}: ${arrivals.at(n)}`)
    assert.deepEqual(
      [1, 2, 3, 10, 100].map((blocks) => arrivals.before(blocks * block)),
      [4084, 8161, 12_223, 41_107, 410_028],
    )
  })

  test('numbers of blocks are those of a Poisson process: their mean and their variance are its mean', () => {
    const arrivals = createArrivals(3)
    const counts = Array.from({ length: 2000 }, (_, at) => arrivals.before((at + 1) * block)).map(
      (before, at, all) => before - (all[at - 1] ?? 0),
    )
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length
    assert.ok(Math.abs(mean - block) < 5, String(mean))
    assert.ok(Math.abs(variance / block - 1) < 0.1, String(variance))
  })

  test('at and before agree at every arrival, over the edges of blocks and in any order', () => {
    const arrivals = createArrivals(5)
    for (const n of [0, 1, 4000, 4083, 4084, 4085, 4200, 9000, 4100, 3, 8160, 8161]) {
      const at = arrivals.at(n)
      assert.equal(arrivals.before(at), n)
      assert.equal(arrivals.before(at + 1e-6), n + 1)
      assert.ok(n === 0 || arrivals.at(n - 1) < at)
    }
    assert.deepEqual([arrivals.before(0), arrivals.before(-1)], [0, 0])
  })
})
