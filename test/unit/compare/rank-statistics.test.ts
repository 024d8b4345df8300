import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'
import { cliffsDelta } from '../../../src/compare/effect.ts'
import { mannWhitney, smallestP, uDistribution } from '../../../src/compare/mann-whitney.ts'
import { differences, medianShift, shiftInterval } from '../../../src/compare/shift.ts'

interface Reference {
  source: string
  cases: {
    name: string
    method: string
    a: number[]
    b: number[]
    p: number
    u: number
    shift: number
    low?: number
    high?: number
    confidence?: number
    delta: number
    deltaLow: number
    deltaHigh: number
  }[]
}
const file = join(packageRoot, 'test/fixtures/rank-tests.json')
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as Reference

const near = (actual: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`)

describe('as scipy has it', () => {
  for (const { name, method, a, b, ...expected } of cases) {
    test(`${name}, ${method}`, () => {
      const { u, p } = mannWhitney(a, b)
      assert.equal(u, expected.u)
      near(p, expected.p, method.includes('asymptotic') ? 1e-6 : 1e-12, 'p')
      const sorted = differences(a, b)
      near(medianShift(sorted), expected.shift, 1e-9, 'shift')
      if (expected.low !== undefined) {
        const interval = shiftInterval(sorted, a.length, b.length, 0.05)
        near(interval.low, expected.low, 1e-9, 'low')
        near(interval.high, expected.high!, 1e-9, 'high')
        near(interval.confidence, expected.confidence!, 1e-12, 'confidence')
      }
      const effect = cliffsDelta(u, a.length, b.length)
      near(effect.delta, expected.delta, 1e-12, 'delta')
      near(effect.low, expected.deltaLow, 1e-6, 'low end of delta')
      near(effect.high, expected.deltaHigh, 1e-6, 'high end of delta')
    })
  }
})

test("the example of R's wilcox.test, as Hollander and Wolfe print it: W = 35, 96 % from −0.76 to 0.15 around −0.305", () => {
  const { a, b } = cases[0]!
  const sorted = differences(a, b)
  assert.equal(a.length * b.length - mannWhitney(a, b).u, 35)
  near(medianShift(sorted), -0.305, 1e-12, 'shift')
  const { low, high, confidence } = shiftInterval(sorted, a.length, b.length, 0.05)
  assert.deepEqual(
    [low, high, confidence].map((value) => Number(value.toFixed(2))),
    [-0.76, 0.15, 0.96],
  )
})

test('critical values of U at 5 %, two-sided, as every printed table has them', () => {
  const printed: [number, number, number][] = [
    [4, 4, 0],
    [5, 5, 2],
    [6, 6, 5],
    [7, 7, 8],
    [8, 8, 13],
    [9, 9, 17],
    [10, 10, 23],
    [5, 10, 8],
    [20, 20, 127],
  ]
  for (const [n, m, critical] of printed) {
    let tail = 0
    const found = uDistribution(n, m).findIndex((p) => {
      tail += p
      return tail > 0.025
    })
    assert.equal(found - 1, critical, `${n} × ${m}`)
  }
})

test('smallest p: 0.10, 0.029, 0.008, 0.002 for 3 to 6 runs each', () => {
  assert.deepEqual(
    [3, 4, 5, 6].map((n) => Number(smallestP(n, n).toFixed(3))),
    [0.1, 0.029, 0.008, 0.002],
  )
  assert.equal(smallestP(1, 1), 1)
  near(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]).p, smallestP(5, 6), 1e-15, 'p')
})

test('Infinity is worse than any number, and no different from itself', () => {
  const worse = Number.POSITIVE_INFINITY
  assert.equal(mannWhitney([1, 2, 3, 4], [worse, worse, worse, worse]).p, mannWhitney([1, 2, 3, 4], [5, 5, 5, 5]).p)
  assert.equal(medianShift(differences([worse, worse], [worse, worse])), 0)
  assert.equal(medianShift(differences([1, 2], [worse, worse])), worse)
})
