import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nowNs, systemClock } from '../../../src/base/clock.ts'

// Real time, a few milliseconds of it: what a fake clock cannot show.
const clock = systemClock()

describe('the system clock', () => {
  test('never goes back, and counts nanoseconds', () => {
    let last = nowNs()
    const firstNs = last
    for (let i = 0; i < 10_000; i++) {
      const now = clock.nowNs()
      assert.ok(now >= last)
      last = now
    }
    const bigint = Number(process.hrtime.bigint())
    assert.ok(bigint >= firstNs && bigint - last < 60e9)
  })

  test('never wakes early', async () => {
    for (let i = 0; i < 20; i++) {
      const atNs = clock.nowNs() + 1.1e6 + i * 0.09e6
      await clock.sleepUntil(atNs)
      assert.ok(clock.nowNs() >= atNs, `${atNs - clock.nowNs()} ns early`)
    }
  })

  test('what is past is resolved in a later turn of the event loop, not in this one', async () => {
    const order: string[] = []
    const slept = clock.sleepUntil(0).then(() => order.push('slept'))
    await Promise.resolve().then(() => order.push('microtask'))
    await slept
    assert.deepEqual(order, ['microtask', 'slept'])
  })

  test('an abort wakes it at once, before or during the sleep', { timeout: 10_000 }, async () => {
    const far = () => clock.nowNs() + 3600e9
    const stop = new AbortController()
    const slept = clock.sleepUntil(far(), stop.signal)
    stop.abort()
    await slept
    await clock.sleepUntil(far(), stop.signal)
  })
})
