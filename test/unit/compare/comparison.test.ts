import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng, type Rng } from '../../../src/base/rng.ts'
import { compareMetrics, holm, type Samples } from '../../../src/compare/comparison.ts'

const gated: Omit<Samples, 'base' | 'other'> = {
  metric: 'produce.responseUs.p99',
  direction: 'lower',
  noise: 0.05,
  gated: true,
}
const compare = (base: number[], other: number[], rest: Partial<Samples> = {}) =>
  compareMetrics([{ ...gated, base, other, ...rest }])[0]!

/** Box–Muller. */
const normal = (rng: Rng) => Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float())
const runs = (rng: Rng, n: number, mean: number, cv = 0.05) =>
  Array.from({ length: n }, () => mean * (1 + cv * normal(rng)))

describe('1000 simulated pairs, CV 5 %, n = 10', () => {
  const differs = (verdict: string) => ['better', 'worse'].includes(verdict)

  test('A/A: a difference is claimed in at most 5 %, also without a noise threshold', () => {
    for (const noise of [0.05, 0]) {
      const rng = createRng(1)
      let claimed = 0
      for (let pair = 0; pair < 1000; pair++) {
        if (differs(compare(runs(rng, 10, 100), runs(rng, 10, 100), { noise }).verdict)) claimed++
      }
      assert.ok(claimed <= 50, `${claimed} of 1000 with a threshold of ${noise}`)
    }
  })

  test('A/A over three gated metrics: at most 5 % of the pairs have any', () => {
    const rng = createRng(2)
    let claimed = 0
    for (let pair = 0; pair < 1000; pair++) {
      const metrics = [1, 2, 3].map(() => ({ ...gated, noise: 0, base: runs(rng, 10, 100), other: runs(rng, 10, 100) }))
      if (compareMetrics(metrics).some(({ verdict }) => differs(verdict))) claimed++
    }
    assert.ok(claimed > 0 && claimed <= 50, `${claimed} of 1000`)
  })

  test('a true shift of 10 % is found in at least 90 %, and with the right sign', () => {
    const rng = createRng(3)
    let found = 0
    for (let pair = 0; pair < 1000; pair++) {
      if (compare(runs(rng, 10, 100), runs(rng, 10, 110)).verdict === 'worse') found++
    }
    assert.ok(found >= 900, `${found} of 1000`)
  })

  test('the interval of the shift holds the true one in at least 93 %', () => {
    const rng = createRng(4)
    let held = 0
    for (let pair = 0; pair < 1000; pair++) {
      const { interval } = compare(runs(rng, 10, 100), runs(rng, 10, 107, 0.05 * (100 / 107)))
      if (interval.low <= 7 && interval.high >= 7) held++
    }
    assert.ok(held >= 930 && held < 1000, `${held} of 1000`)
  })
})

describe('verdicts', () => {
  const base = [100, 101, 99, 102, 98]

  test('direction decides what is better', () => {
    const other = base.map((value) => value + 20)
    assert.equal(compare(base, other).verdict, 'worse')
    assert.equal(compare(base, other, { direction: 'higher' }).verdict, 'better')
    assert.equal(compare(base, other, { direction: 'neither' }).verdict, 'higher')
    assert.equal(compare(other, base, { direction: 'neither' }).verdict, 'lower')
    assert.equal(compare(base, other).shift, 20)
    assert.equal(compare(base, other).relative!.shift, 0.2)
  })

  test('three repetitions are inconclusive, whatever they show; so are four for two gated metrics', () => {
    assert.equal(compare([1, 2, 3], [100, 200, 300]).verdict, 'inconclusive')
    const four = { ...gated, base: [1, 2, 3, 4], other: [10, 20, 30, 40] }
    assert.equal(compareMetrics([four])[0]!.verdict, 'worse')
    assert.deepEqual(
      compareMetrics([four, four]).map(({ verdict }) => verdict),
      ['inconclusive', 'inconclusive'],
    )
    assert.equal(compareMetrics([four, four, { ...four, gated: false }])[2]!.verdict, 'worse')
  })

  test('five are enough for six gated metrics, not for seven', () => {
    const five = { ...gated, base, other: base.map((value) => value * 2) }
    const verdicts = (count: number) => new Set(compareMetrics(new Array(count).fill(five)).map((one) => one.verdict))
    assert.deepEqual([...verdicts(6)], ['worse'])
    assert.deepEqual([...verdicts(7)], ['inconclusive'])
  })

  test('a sure shift within the noise is no difference; equivalent only where the whole interval is within it', () => {
    const shifted = base.map((value) => value + 4.5)
    const small = compare(base, shifted)
    assert.ok(small.p < 0.05)
    assert.equal(small.verdict, 'no-difference')
    assert.equal(compare(base, shifted, { noise: 0.1 }).verdict, 'equivalent')
    assert.equal(compare(base, base).verdict, 'equivalent')
    const wide = compare([80, 100, 120, 90, 110], [82, 101, 121, 92, 112])
    assert.equal(wide.verdict, 'no-difference')
  })

  test('the smallest detectable shift is one: with it the same scatter shows a difference, with less it does not', () => {
    const wide = [80, 100, 120, 90, 110, 95]
    const other = [82, 101, 123, 92, 112, 97]
    const { detectable, shift } = compare(wide, other)
    const at = (by: number) =>
      compare(
        wide,
        other.map((value) => value - shift + by),
      ).verdict
    assert.equal(at(detectable! * 1.001), 'worse')
    assert.equal(at(-detectable! * 1.001), 'better')
    assert.equal(at(detectable! * 0.5), 'no-difference')
  })

  test('nothing against nothing is equivalent; something against nothing is a difference without a share', () => {
    const none = [0, 0, 0, 0, 0]
    assert.equal(compare(none, none).verdict, 'equivalent')
    const some = compare(none, [3, 5, 2, 9, 4])
    assert.deepEqual([some.verdict, some.relative, some.shift], ['worse', null, 4])
  })

  test('what could not be measured is worse', () => {
    const lost = [500, Number.POSITIVE_INFINITY, 600, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    const made = compare(base, lost)
    assert.deepEqual([made.verdict, made.shift], ['worse', Number.POSITIVE_INFINITY])
  })
})

test("Holm's own arithmetic: times 3, 2, 1, never falling, at most 1", () => {
  assert.deepEqual(holm([0.04, 0.01, 0.03]), [0.06, 0.03, 0.06])
  assert.deepEqual(holm([0.6, 0.7]), [1, 1])
  assert.deepEqual(holm([]), [])
})
