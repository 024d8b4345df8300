import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { createBackpressure } from '../../../src/load/backpressure.ts'

describe('backpressure', () => {
  test('nothing was held back', () => assert.equal(createBackpressure().since(0, 1000), 0))

  test('the part of [due, now) in which the generator was blocked', () => {
    const held = createBackpressure()
    held.block(100)
    held.unblock(200)
    assert.equal(held.since(50, 250), 100)
    assert.equal(held.since(150, 250), 50)
    assert.equal(held.since(200, 250), 0)
    assert.equal(held.since(240, 250), 0)
  })

  test('a block that is still open counts up to now', () => {
    const held = createBackpressure()
    held.block(100)
    assert.equal(held.since(0, 150), 50)
    assert.equal(held.since(120, 150), 30)
  })

  test('blocking twice is blocking once, unblocking twice does nothing', () => {
    const held = createBackpressure()
    held.block(100)
    held.block(150)
    held.unblock(200)
    held.unblock(300)
    assert.equal(held.since(0, 400), 100)
  })

  for (const seed of [1, 2, 3, 4, 5]) {
    test(`agrees with a brute-force model, seed ${seed}`, () => {
      const rng = createRng(seed)
      const held = createBackpressure()
      const blocked: boolean[] = []
      let now = 0
      let due = 0
      let open = false
      const advance = (ns: number) => {
        for (let i = 0; i < ns; i++) blocked.push(open)
        now += ns
      }
      for (let step = 0; step < 6000; step++) {
        advance(rng.below(6))
        const dice = rng.below(3)
        if (dice === 0) {
          open = true
          held.block(now)
        } else if (dice === 1) {
          open = false
          held.unblock(now)
        } else {
          // Due times ascend, and are sometimes far behind.
          due = Math.min(now, due + rng.below(step % 1000 < 500 ? 4 : 20))
          let brute = 0
          for (let ns = due; ns < now; ns++) if (blocked[ns]) brute++
          assert.equal(held.since(due, now), brute, `step ${step}`)
        }
      }
    })
  }
})
