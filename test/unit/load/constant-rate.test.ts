import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSchedule, shareOf } from '../../../src/load/schedule.ts'
import { constantRate, longestNs } from '../../support/constant-rate.ts'

const rates = [0.7, 1, 3, 7, 999.9, 1000, 3333.33, 5000, 44_100, 99_999.97, 1_000_000]

describe('a constant rate', () => {
  for (const rate of rates) {
    test(`${rate}/s: record n is due at n / rate, however large n is`, () => {
      const schedule = constantRate(rate)
      assert.equal(schedule.dueNs(0), 0)
      for (const n of [1, 2, 3, 10, 99, 12_345, 7_654_321, 1e9]) {
        const exactNs = (n * 1e9) / rate
        if (exactNs >= longestNs) continue
        assert.ok(Math.abs(schedule.dueNs(n) - exactNs) <= Math.max(1, exactNs * 1e-15), `n = ${n}`)
      }
    })

    test(`${rate}/s: dueBefore is the inverse of dueNs to the record`, () => {
      const schedule = constantRate(rate)
      for (const n of [0, 1, 2, 3, 5, 10, 33, 100, 3333, 3334, 9999, 100_000, 3_599_999, 86_400_000]) {
        const dueNs = schedule.dueNs(n)
        if (dueNs >= longestNs) continue
        assert.equal(schedule.dueBefore(dueNs), n, `record ${n} is not due before its own due time`)
        // Due times are whole ns: the smallest step there is, as far as doubles have it.
        const afterNs = dueNs + Math.max(1, dueNs * 2.3e-16)
        assert.equal(schedule.dueBefore(afterNs), n + 1, `record ${n} is due just after its due time`)
      }
    })
  }

  test('whole seconds hold exactly their records, without drift', () => {
    const schedule = constantRate(5000)
    for (const second of [1, 2, 3600, 86_400]) assert.equal(schedule.dueBefore(second * 1e9), second * 5000)
    // 3333.33/s: after 100 s 333 333 records and not 33 333 * 10.
    assert.equal(constantRate(3333.33).dueBefore(100e9), 333_333)
  })

  test('the schedule is even within a second: no bursts once a second', () => {
    const schedule = constantRate(1000)
    for (let ms = 0; ms < 1000; ms++) {
      assert.equal(schedule.dueBefore((ms + 1) * 1e6)! - schedule.dueBefore(ms * 1e6)!, 1)
    }
  })

  test('nothing is due before the start', () => {
    assert.equal(constantRate(5000).dueBefore(0), 0)
    assert.equal(constantRate(5000).dueBefore(-1e9), 0)
  })

  test('states its rate', () => assert.equal(constantRate(0.7).ratePerSec(5e9), 0.7))
})

test('rate max has no due times', () => {
  const schedule = createSchedule({ segments: null, count: null, poisson: false, seed: 1 })
  assert.equal(schedule.ratePerSec(0), null)
  assert.equal(schedule.dueBefore(1e12), null)
  assert.equal(constantRate(2).ratePerSec(0), 2)
})

describe('striping over workers', () => {
  test('shares of every total and number of workers sum to the total: no remainder is lost', () => {
    for (let workers = 1; workers <= 17; workers++) {
      for (const total of [0, 1, 2, 3, 7, 16, 17, 100, 4999, 5000, 333_333]) {
        const shares = Array.from({ length: workers }, (_, worker) => shareOf(total, worker, workers))
        assert.equal(
          shares.reduce((sum, share) => sum + share, 0),
          total,
          `${total} over ${workers}`,
        )
        assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, 'as even as it can be')
      }
    }
  })

  test('a share is the number of n < total with n ≡ worker (mod workers)', () => {
    for (const [total, worker, workers] of [
      [10, 0, 3],
      [10, 1, 3],
      [10, 2, 3],
      [2, 2, 3],
      [3, 2, 3],
    ] as const) {
      const brute = Array.from({ length: total }, (_, n) => n).filter((n) => n % workers === worker).length
      assert.equal(shareOf(total, worker, workers), brute)
    }
  })
})
