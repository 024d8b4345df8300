import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import {
  countsIndex,
  createCounts,
  highestUs,
  mergeSparse,
  recordNs,
  type SparseCounts,
  takeSparse,
} from '../../../src/recording/counts.ts'
import {
  addSparse,
  createHistogram,
  decodeHistogram,
  encodeHistogram,
  type LatencyHistogram,
  mergeLatencies,
  quantileUs,
  toLatency,
  withoutLatency,
} from '../../../src/recording/histogram.ts'

function sparseOf(valuesUs: readonly number[]): SparseCounts | null {
  const counts = createCounts()
  for (const us of valuesUs) recordNs(counts, us * 1000)
  return takeSparse(counts)
}

function histogramOf(valuesUs: readonly number[]): LatencyHistogram {
  const histogram = createHistogram()
  const sparse = sparseOf(valuesUs)
  if (sparse) addSparse(histogram, sparse)
  return histogram
}

const distributions: Record<string, (random: () => number) => number> = {
  'even from 1 µs to 1 h in the logarithm': (random) => Math.floor(Math.exp(random() * Math.log(highestUs))),
  'one value': () => 1234,
  'two far apart': (random) => (random() < 0.9 ? 500 : 30_000_000),
  'small numbers': (random) => Math.floor(random() * 20),
  'with a long tail': (random) => Math.floor(1000 / (random() + 1e-6)),
}

/** Nearest rank; records that were not acked are slower than all. */
function brute(sorted: readonly number[], q: number, notAcked: number): number | null {
  const all = sorted.length + notAcked
  for (let rank = 1; rank <= all; rank++) {
    // In whole ten-thousandths: free of rounding.
    if (rank * 10_000 >= Math.round(q * 10_000) * all) return sorted[rank - 1] ?? null
  }
  return null
}

const quantiles = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999]

describe('quantiles', () => {
  for (const [name, draw] of Object.entries(distributions)) {
    for (const count of [1, 2, 3, 10, 99, 100, 101, 1000, 10_007]) {
      test(`agree with a sorted array to 0.1 %: ${count} values, ${name}`, () => {
        const rng = createRng(count)
        const values = Array.from({ length: count }, () => draw(rng.float))
        const sorted = values.toSorted((a, b) => a - b)
        const histogram = histogramOf(values)
        for (const notAcked of [0, 1, Math.floor(count / 100), Math.floor(count / 10), count]) {
          for (const q of quantiles) {
            const expected = brute(sorted, q, notAcked)
            const found = quantileUs(histogram, q, notAcked)
            const what = `p${q * 100} with ${notAcked} not acked: ${found} instead of ${expected}`
            if (expected === null) assert.equal(found, null, what)
            else assert.ok(found !== null && Math.abs(found - expected) <= expected / 1000, what)
          }
        }
      })
    }
  }

  test('N18: nearest rank, also where a percentage rounds up: 550 recorded, 2 not acked, p90 is the 497th', () => {
    const histogram = histogramOf(Array.from({ length: 550 }, (_, i) => i + 1))
    assert.equal(quantileUs(histogram, 0.9, 2), 497)
    const more = histogramOf(Array.from({ length: 1116 }, (_, i) => i + 1))
    assert.equal(quantileUs(more, 0.9, 2), 1007)
  })

  test('N18: of every small sample, to the µs', () => {
    for (let count = 1; count <= 700; count += 3) {
      const values = Array.from({ length: count }, (_, i) => i + 1)
      const histogram = histogramOf(values)
      for (const notAcked of [0, 1, 2, 7]) {
        for (const q of [...quantiles, 0.07, 0.55]) {
          const what = `p${q * 100} of ${count}, ${notAcked} not acked`
          assert.equal(quantileUs(histogram, q, notAcked), brute(values, q, notAcked), what)
        }
      }
    }
  })

  test('minimum, maximum and mean are exact', () => {
    const { min, max, mean, count } = toLatency(histogramOf([3, 123_457, 100_000_001]))
    assert.deepEqual([min, max, mean, count], [3, 100_000_001, Math.round((3 + 123_457 + 100_000_001) / 3), 3])
  })

  test('never beyond the exact minimum and maximum', () => {
    const { p50, p9999 } = toLatency(histogramOf([1_000_003]))
    assert.deepEqual([p50, p9999], [1_000_003, 1_000_003])
  })
})

describe('records that were not acked', () => {
  const thousand = histogramOf(Array.from({ length: 1000 }, (_, i) => i + 1))

  test('percentile q is null when more than 1 − q of the due records were not acked', () => {
    // 990 acked of 1000.
    const histogram = histogramOf(Array.from({ length: 990 }, (_, i) => i + 1))
    assert.equal(quantileUs(histogram, 0.99, 10), 990)
    assert.equal(quantileUs(histogram, 0.99, 11), null)
    assert.equal(quantileUs(histogram, 0.95, 11), 951)
  })

  test('one of 1001 takes p99.99, the maximum and the mean away', () => {
    const latency = toLatency(thousand, 1)
    assert.equal(latency.notAcked, 1)
    assert.equal(latency.count, 1000)
    assert.equal(latency.p9999, null)
    assert.equal(latency.max, null)
    assert.equal(latency.mean, null)
    assert.equal(latency.p999, 1000)
    assert.equal(latency.min, 1)
  })

  test('overflow counts as slow as they', () => {
    const histogram = histogramOf([...Array.from({ length: 98 }, () => 100), highestUs + 1, highestUs + 2])
    const { overflow, count, p95, p99, max } = toLatency(histogram)
    assert.deepEqual([overflow, count, p95, p99, max], [2, 98, 100, null, null])
  })

  test('nothing recorded: everything null, and no histogram', () => {
    for (const notAcked of [0, 5]) {
      const { count, min, mean, p50, p9999, max, histogram } = toLatency(createHistogram(), notAcked)
      assert.deepEqual([count, min, mean, p50, p9999, max, histogram], [0, null, null, null, null, null, ''])
    }
  })

  test('a billion records: the share that decides is exact', () => {
    const histogram = createHistogram()
    const counts = {
      pairs: Float64Array.of(7, 999_000_000),
      total: 999_000_000,
      sumUs: 7 * 999_000_000,
      minUs: 7,
      maxUs: 7,
    }
    addSparse(histogram, { ...counts, overflow: 0, negative: 0 })
    assert.equal(quantileUs(histogram, 0.999, 1_000_000), 7)
    assert.equal(quantileUs(histogram, 0.999, 1_001_002), null)
  })
})

describe('merging', () => {
  const mergedOf = (...workers: readonly (readonly number[])[]) => {
    const merged = createHistogram()
    for (const values of workers) {
      const sparse = sparseOf(values)
      if (sparse) addSparse(merged, sparse)
    }
    return merged
  }

  test('gives the histogram of all values; percentiles are never averaged', () => {
    const fast = Array.from({ length: 990 }, () => 100)
    const slow = Array.from({ length: 10 }, () => 1_000_000)
    const merged = mergedOf(fast, slow)
    assert.deepEqual(toLatency(merged), toLatency(histogramOf([...fast, ...slow])))
    assert.equal(toLatency(merged).p99, 100)
    assert.equal(toLatency(merged).max, 1_000_000)
  })

  test('of nothing, and with nothing beside it', () => {
    assert.equal(toLatency(mergedOf([], [])).min, null)
    const merged = mergedOf([], [5], [])
    assert.deepEqual([toLatency(merged).min, toLatency(merged).max], [5, 5])
  })

  test('adds overflow and negatives up', () => {
    const one = [highestUs * 2, -7, 1]
    const merged = mergedOf(one, one)
    assert.deepEqual([merged.overflow, merged.negative, merged.hdr.totalCount], [2, 2, 2])
  })
})

describe('more than 2³² of one value', () => {
  const many = (us: number, count: number): SparseCounts => ({
    pairs: Float64Array.of(countsIndex(us), count),
    total: count,
    sumUs: us * count,
    minUs: us,
    maxUs: us,
    overflow: 0,
    negative: 0,
  })
  const edges = [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40 + 3, 2 ** 52 - 1]

  for (const count of edges) {
    test(`N20: ${count} are counted, ranked, encoded and decoded`, () => {
      const histogram = createHistogram()
      addSparse(histogram, many(1000, count))
      addSparse(histogram, many(2000, 1))
      const latency = toLatency(histogram)
      assert.deepEqual([latency.count, latency.p50, latency.p9999, latency.max], [count + 1, 1000, 1000, 2000])
      const decoded = decodeHistogram(latency.histogram)!
      assert.equal(decoded.totalCount, count + 1)
      const counts = decoded as unknown as { getCountAtIndex(index: number): number }
      assert.equal(counts.getCountAtIndex(countsIndex(1000)), count)
      assert.equal(counts.getCountAtIndex(countsIndex(2000)), 1)
      const merged = mergeLatencies([latency, latency])!
      assert.deepEqual([merged.count, merged.p50, merged.max], [2 * (count + 1), 1000, 2000])
    })

    test(`N20: ${count} are merged from what workers told`, () => {
      const merged = mergeSparse([many(7, count - 1), many(7, 1), many(9, 1)])
      assert.deepEqual([...merged.pairs], [7, count, 9, 1])
      assert.deepEqual([merged.total, merged.minUs, merged.maxUs], [count + 1, 7, 9])
      assert.deepEqual([...mergeSparse([many(7, 1)]).pairs], [7, 1], 'nothing is left over')
    })
  }

  test('N20: the share that was not acked decides to the record', () => {
    const histogram = createHistogram()
    addSparse(histogram, many(7, 999 * 2 ** 33))
    assert.equal(quantileUs(histogram, 0.999, 2 ** 33), 7)
    assert.equal(quantileUs(histogram, 0.999, 2 ** 33 + 2), null)
  })
})

describe('overflow', () => {
  test('N20: counts once: a record that took longer than an hour is not missing as well', () => {
    const histogram = histogramOf([
      ...Array.from({ length: 97 }, () => 100),
      highestUs + 1,
      highestUs * 2,
      highestUs * 3,
    ])
    const notAcked = withoutLatency(histogram, 100)
    assert.equal(notAcked, 0)
    const { count, overflow, p95, p99 } = toLatency(histogram, notAcked)
    assert.deepEqual([count, overflow, p95, p99], [97, 3, 100, null])
    assert.equal(withoutLatency(histogram, 105), 5)
    assert.equal(withoutLatency(histogram, 90), 0, 'never less than none')
    assert.equal(toLatency(histogram, 0).count + 3, 100)
  })

  test('N20: 98 of 100 received in time, two after more than an hour: p97 is known', () => {
    const histogram = histogramOf([...Array.from({ length: 98 }, () => 100), highestUs + 1, highestUs + 1])
    assert.equal(quantileUs(histogram, 0.98, withoutLatency(histogram, 100)), 100)
  })
})

describe('encoding', () => {
  test('comes back with every count', () => {
    const rng = createRng(9)
    const values = Array.from({ length: 5000 }, () => Math.floor(Math.exp(rng.float() * Math.log(highestUs))))
    const histogram = histogramOf(values)
    const decoded = decodeHistogram(encodeHistogram(histogram))!
    assert.equal(decoded.totalCount, 5000)
    for (const q of [1, 25, 50, 90, 99, 99.9, 100]) {
      assert.equal(decoded.getValueAtPercentile(q), histogram.hdr.getValueAtPercentile(q))
    }
  })

  test('of nothing is nothing', () => assert.equal(decodeHistogram(''), null))
})
