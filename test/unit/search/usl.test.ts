import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import type { FindMaxSearch } from '../../../src/contracts/result.ts'
import { kneeOf } from '../../../src/search/knee.ts'
import { fitUsl, fitWithIntervals, peakOf, surfaceOf, type UslParameters, uslAt } from '../../../src/search/usl.ts'

const partitions = [1, 2, 6, 12, 24, 48, 96, 200]
const exact = (truth: UslParameters, ns = partitions) => ns.map((n) => ({ n, perSec: uslAt(truth, n) }))

describe('Universal Scalability Law', () => {
  const table: UslParameters[] = [
    { lambda: 1000, sigma: 0.05, kappa: 0.0002 },
    { lambda: 20_000, sigma: 0.4, kappa: 0.00005 },
    { lambda: 5, sigma: 0, kappa: 0.001 },
    { lambda: 995, sigma: 0.0267, kappa: 0.00077 },
  ]
  for (const truth of table) {
    test(`found again: λ ${truth.lambda}, σ ${truth.sigma}, κ ${truth.kappa}`, () => {
      const found = fitUsl(exact(truth))
      assert.ok(Math.abs(found.lambda / truth.lambda - 1) < 0.01, JSON.stringify(found))
      assert.ok(Math.abs(found.sigma - truth.sigma) < 0.005, JSON.stringify(found))
      assert.ok(Math.abs(found.kappa - truth.kappa) < 0.02 * truth.kappa + 1e-6, JSON.stringify(found))
    })
  }

  test('its peak', () => {
    assert.ok(Math.abs(peakOf({ lambda: 1, sigma: 0.19, kappa: 0.0001 })! - 90) < 1e-9)
    assert.equal(peakOf({ lambda: 1, sigma: 0.19, kappa: 0 }), null)
  })

  test('intervals hold the truth of noisy points about as often as they say, and are not all there is', () => {
    const truth = { lambda: 1000, sigma: 0.05, kappa: 0.0002 }
    const rng = createRng(5)
    const runs = 12
    let held = 0
    for (let times = 0; times < runs; times++) {
      const noisy = exact(truth).map(({ n, perSec }) => ({ n, perSec: perSec * (1 + 0.06 * (rng.float() - 0.5)) }))
      const { lambda } = fitWithIntervals(noisy, times)
      assert.ok(lambda.low < lambda.high && lambda.high < 1.5 * lambda.low, JSON.stringify(lambda))
      if (lambda.low <= truth.lambda && truth.lambda <= lambda.high) held++
    }
    assert.ok(held >= 0.75 * runs, `${held} of ${runs}`)
  })
})

describe('surface', () => {
  const search = (params: FindMaxSearch['params'], confirmedPerSec: number | null): FindMaxSearch => ({
    params,
    verdict: 'SLO_LATENCY',
    confirmedPerSec,
    confirmedWireBytesPerSec: null,
    ceilingPerSec: null,
    reasons: [],
    steps: [],
  })

  test('a series per client over the partitions, with its fit', () => {
    const searches = ['a', 'b'].flatMap((client) =>
      exact({ lambda: 1000, sigma: 0.1, kappa: 0.001 }, [1, 6, 12, 48]).map(({ n, perSec }) =>
        search({ client, 'topic.partitions': n }, perSec),
      ),
    )
    const surface = surfaceOf(searches, 1)!
    assert.equal(surface.over, 'topic.partitions')
    assert.deepEqual(
      surface.fits.map(({ params }) => params),
      [{ client: 'a' }, { client: 'b' }],
    )
    for (const { usl, points } of surface.fits) {
      assert.equal(points.length, 4)
      assert.ok(Math.abs(usl!.lambda.value - 1000) < 20)
    }
    assert.deepEqual(surfaceOf(searches, 1), surface, 'the same again')
  })

  test('too few points: no fit, and why', () => {
    const searches = [1, 6, 12, 48].map((n) =>
      search({ client: 'a', 'topic.partitions': n }, n === 48 ? null : 100 * n),
    )
    const [fit] = surfaceOf(searches, 1)!.fits
    assert.equal(fit!.usl, null)
    assert.match(fit!.reason!, /^3 confirmed rates/)
  })

  test('nothing numeric varies: none', () => {
    assert.equal(surfaceOf([search({ client: 'a' }, 1)], 1), null)
    assert.equal(
      surfaceOf(
        [search({ client: 'a', 'producers.acks': 'all' }, 1), search({ client: 'a', 'producers.acks': 1 }, 1)],
        1,
      ),
      null,
    )
  })
})

describe('knee', () => {
  const curve = (...p99: (number | null)[]) => p99.map((p99Us, at) => ({ ratePerSec: 100 * (at + 1), p99Us }))
  const table: [string, (number | null)[], number | null][] = [
    ['turns up', [10, 11, 15, 80, 500], 300],
    ['never', [10, 11, 12], null],
    ['at once', [10, 90, 900], 100],
    ['a dip behind it does not count', [10, 30, 11], 100],
    ['not acknowledged is beyond', [10, 12, null], 200],
    ['too few', [10, 90], null],
  ]
  for (const [name, p99, knee] of table) test(name, () => assert.equal(kneeOf(curve(...p99)), knee))
})
