import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { createDelivered } from '../../../src/recording/delivered.ts'

const range = (partition: number, from: number, to: number) => ({ topic: 't', partition, from, to })

describe('delivered', () => {
  test('nothing yet', () => {
    const delivered = createDelivered(2)
    assert.deepEqual(delivered.positions(), [null, null])
    assert.equal(delivered.redelivered(), 0)
  })

  test('in order: positions move, nothing comes twice, gaps of transaction markers are no loss', () => {
    const delivered = createDelivered(2)
    for (const [partition, from, to] of [
      [0, 0, 9],
      [0, 10, 19],
      [1, 5, 5],
      [0, 21, 30],
    ] as const) {
      delivered.add(range(partition, from, to))
    }
    assert.deepEqual(delivered.positions(), [31, 6])
    assert.equal(delivered.redelivered(), 0)
  })

  test('an offset handed out n times counts n − 1 times', () => {
    const delivered = createDelivered(1)
    for (let i = 0; i < 4; i++) delivered.add(range(0, 10, 12))
    assert.equal(delivered.redelivered(), 9)
  })

  for (let seed = 1; seed <= 20; seed++) {
    test(`agrees with a set, seed ${seed}`, () => {
      const rng = createRng(seed)
      const delivered = createDelivered(3)
      const sets = [new Set<number>(), new Set<number>(), new Set<number>()]
      let twice = 0
      for (let step = 0; step < 400; step++) {
        const partition = rng.below(3)
        const from = rng.below(300)
        const to = from + rng.below(seed % 2 ? 3 : 40)
        delivered.add(range(partition, from, to))
        for (let offset = from; offset <= to; offset++) {
          if (sets[partition]!.has(offset)) twice++
          sets[partition]!.add(offset)
        }
        assert.equal(delivered.redelivered(), twice, `step ${step}`)
        assert.deepEqual(
          delivered.positions(),
          sets.map((set) => (set.size === 0 ? null : Math.max(...set) + 1)),
        )
      }
    })
  }

  test('a range that was added does not change with the caller’s object', () => {
    const delivered = createDelivered(1)
    const mine = range(0, 0, 4)
    delivered.add(mine)
    mine.to = 100
    delivered.add(range(0, 5, 6))
    assert.deepEqual(delivered.positions(), [7])
    assert.equal(delivered.redelivered(), 0)
  })
})
