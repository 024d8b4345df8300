import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constantPacer, maxPacer, pacerFor, shareOf } from '../../../src/load/pacer.ts'

const rates = [0.7, 1, 3, 7, 999.9, 1000, 3333.33, 5000, 44_100, 99_999.97, 1_000_000]

describe('constant pacer', () => {
  for (const rate of rates) {
    test(`${rate}/s: record n is due at n / rate, however large n is`, () => {
      const pacer = constantPacer(rate)
      assert.equal(pacer.dueNs(0), 0)
      for (const n of [1, 2, 3, 10, 99, 12_345, 7_654_321, 1e9]) {
        const exactNs = (n * 1e9) / rate
        assert.ok(Math.abs(pacer.dueNs(n) - exactNs) <= exactNs * 1e-15, `n = ${n}`)
      }
    })

    test(`${rate}/s: dueBefore is the inverse of dueNs to the record`, () => {
      const pacer = constantPacer(rate)
      for (const n of [0, 1, 2, 3, 5, 10, 33, 100, 3333, 3334, 9999, 100_000, 3_599_999, 86_400_000]) {
        const dueNs = pacer.dueNs(n)
        assert.equal(pacer.dueBefore(dueNs), n, `record ${n} is not due before its own due time`)
        // The next double above: the smallest step there is.
        const afterNs = dueNs + Math.max(1e-6, dueNs * 2.3e-16)
        assert.equal(pacer.dueBefore(afterNs), n + 1, `record ${n} is due just after its due time`)
      }
    })
  }

  test('whole seconds hold exactly their records, without drift', () => {
    const pacer = constantPacer(5000)
    for (const second of [1, 2, 3600, 86_400]) assert.equal(pacer.dueBefore(second * 1e9), second * 5000)
    // 3333.33/s: after 100 s 333 333 records and not 33 333 * 10.
    assert.equal(constantPacer(3333.33).dueBefore(100e9), 333_333)
  })

  test('the schedule is even within a second: no bursts once a second', () => {
    const pacer = constantPacer(1000)
    for (let ms = 0; ms < 1000; ms++) {
      assert.equal(pacer.dueBefore((ms + 1) * 1e6)! - pacer.dueBefore(ms * 1e6)!, 1)
    }
  })

  test('nothing is due before the start', () => {
    assert.equal(constantPacer(5000).dueBefore(0), 0)
    assert.equal(constantPacer(5000).dueBefore(-1e9), 0)
  })

  test('states its rate', () => assert.equal(constantPacer(0.7).ratePerSec(5e9), 0.7))
})

test('rate max has no schedule', () => {
  for (const pacer of [maxPacer(), pacerFor('max')]) {
    assert.equal(pacer.ratePerSec(0), null)
    assert.equal(pacer.dueBefore(1e12), null)
  }
  assert.equal(pacerFor(2).ratePerSec(0), 2)
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
