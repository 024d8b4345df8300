import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createKeys, type KeyOptions } from '../../../src/load/keys.ts'

const options = (distribution: KeyOptions['distribution'], cardinality = 100, exponent = 1): KeyOptions => ({
  distribution,
  cardinality,
  exponent,
})

function histogram(keys: KeyOptions, draws: number, seed = 1): Map<string, number> {
  const keyOf = createKeys(keys, seed, 0)
  const counts = new Map<string, number>()
  for (let n = 0; n < draws; n++) {
    const key = keyOf(n)!.toString()
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

describe('keys', () => {
  test('none: no key', () => {
    const keyOf = createKeys(options('none'), 1, 0)
    assert.equal(keyOf(0), null)
    assert.equal(keyOf(99), null)
  })

  test('sequential: k0, k1, … by the place in the global schedule, whichever producer sends it', () => {
    for (const producer of [0, 1, 5]) {
      const keyOf = createKeys(options('sequential', 3), 1, producer)
      assert.deepEqual(
        [0, 1, 2, 3, 4, 3_000_000_002].map((n) => keyOf(n)!.toString()),
        ['k0', 'k1', 'k2', 'k0', 'k1', 'k2'],
      )
    }
  })

  test('uniform: every key as likely, none beyond the cardinality', () => {
    const counts = histogram(options('uniform', 50), 100_000)
    assert.equal(counts.size, 50)
    const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)
    // 49 degrees of freedom.
    assert.ok(chi2 < 85.4, `χ² = ${chi2}`)
  })

  for (const exponent of [0.5, 1, 1.5]) {
    test(`zipf ${exponent}: key i is 1/(i+1)^${exponent} times as frequent as k0`, () => {
      const draws = 200_000
      const counts = histogram(options('zipf', 100, exponent), draws)
      let weight = 0
      for (let i = 1; i <= 100; i++) weight += i ** -exponent
      let chi2 = 0
      for (let i = 1; i <= 100; i++) {
        const expected = (draws * i ** -exponent) / weight
        chi2 += ((counts.get(`k${i - 1}`) ?? 0) - expected) ** 2 / expected
      }
      // 99 degrees of freedom: above 148 once in a thousand seeds.
      assert.ok(chi2 < 148, `χ² = ${chi2}`)
    })
  }

  test('one key only', () => {
    for (const distribution of ['sequential', 'uniform', 'zipf'] as const) {
      assert.deepEqual([...histogram(options(distribution, 1), 10).keys()], ['k0'])
    }
  })

  test('same seed, same keys; another producer or seed draws others', () => {
    const take = (seed: number, producer: number) => {
      const keyOf = createKeys(options('zipf', 1000), seed, producer)
      return Array.from({ length: 200 }, (_, n) => keyOf(n)!.toString())
    }
    assert.deepEqual(take(1, 0), take(1, 0))
    assert.notDeepEqual(take(1, 0), take(1, 1))
    assert.notDeepEqual(take(1, 0), take(2, 0))
  })

  test('cardinality beyond the cache', () => {
    const keyOf = createKeys(options('sequential', 1_000_000), 1, 0)
    assert.equal(keyOf(999_999)!.toString(), 'k999999')
    assert.equal(keyOf(1_000_000)!.toString(), 'k0')
  })
})
