import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { within } from '../../../src/base/within.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const never = () => new Promise<never>(() => {})

describe('within', () => {
  test('resolves, or rejects, with what the work does, and leaves nothing to come', async () => {
    const clock = createFakeClock()
    assert.equal(await clock.run(within(1000, 'x', async () => 7, { clock })), 7)
    const failing = within(1000, 'x', async () => Promise.reject(new Error('theirs')), { clock })
    await assert.rejects(clock.run(failing), /^Error: theirs$/)
    assert.equal(clock.pending(), 0)
  })

  test('ends at its deadline, naming the stage', async () => {
    const clock = createFakeClock(0)
    const late = clock.run(within(1500, 'topic orders', never, { clock }))
    await assert.rejects(late, { code: 'environment', message: 'topic orders: no answer within 1.5 s' })
    assert.equal(clock.nowNs(), 1.5e9)
  })

  test('what comes forward has its time anew', async () => {
    const clock = createFakeClock(0)
    const work = async (alive: () => void) => {
      for (let n = 0; n < 5; n++) {
        await clock.sleepUntil(clock.nowNs() + 0.9e9)
        alive()
      }
      return never()
    }
    await assert.rejects(clock.run(within(1000, 'audit', work, { clock })), /no answer within 1 s/)
    assert.equal(clock.nowNs(), 5.5e9)
  })

  for (const [name, abortNs, options, endNs] of [
    ['is over a second after the interruption', 3e9, {}, 4e9],
    ['has a grace of its own', 3e9, { graceMs: 5000 }, 8e9],
    ['of an interruption before it', 0, {}, 1e9],
  ] as const) {
    test(name, async () => {
      const clock = createFakeClock(0)
      const user = new AbortController()
      const why = new Error('Ctrl-C')
      if (abortNs === 0) user.abort(why)
      else clock.at(abortNs, () => user.abort(why))
      const work = within(60_000, 'x', never, { clock, signal: user.signal, ...options })
      await assert.rejects(clock.run(work), why)
      assert.equal(clock.nowNs(), endNs)
      assert.equal(clock.pending(), 0)
    })
  }

  test('the error of work that was given up ends nothing', async () => {
    const clock = createFakeClock(0)
    let fail = (_: Error) => {}
    const work = () =>
      new Promise<never>((_, reject) => {
        fail = reject
      })
    await assert.rejects(clock.run(within(1000, 'x', work, { clock })), /no answer/)
    fail(new Error('late'))
    // An unhandled rejection would end the process in the next turn.
    await new Promise((resolve) => setImmediate(resolve))
  })

  test('without a limit it waits on, on the machine’s clock as well', async () => {
    const user = new AbortController()
    const work = within(Number.POSITIVE_INFINITY, 'x', never, { signal: user.signal, graceMs: 0 })
    user.abort(new Error('enough'))
    await assert.rejects(work, /enough/)
  })
})
