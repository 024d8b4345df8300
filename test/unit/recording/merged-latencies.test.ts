import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { createCounts, mergeSparse, recordNs, type SparseCounts, takeSparse } from '../../../src/recording/counts.ts'
import { addSparse, createHistogram, quantileUs, toLatency } from '../../../src/recording/histogram.ts'
import { latenciesOf } from '../../../src/recording/merged-latencies.ts'

const quantiles = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999]

test('merged rows say what the merged HDR histogram says', () => {
  const rng = createRng(3)
  for (let round = 0; round < 20; round++) {
    const told: SparseCounts[] = []
    const reference = createHistogram()
    const records = 1 + rng.below(400)
    for (let row = 0; row < 6; row++) {
      const counts = createCounts()
      for (let n = 0; n < records; n++) recordNs(counts, 1000 * Math.exp(rng.below(17_000) / 1000))
      if (round === 7 && row === 3) recordNs(counts, 4e15)
      const sparse = takeSparse(counts)!
      told.push(sparse)
      if (row >= 2 && row < 5) addSparse(reference, sparse)
    }
    const merged = latenciesOf(mergeSparse(told.slice(2, 5)))
    for (const notAcked of [0, 1, records, 20 * records]) {
      for (const q of quantiles) assert.equal(merged.quantileUs(q, notAcked), quantileUs(reference, q, notAcked))
      const { min, mean, max } = toLatency(reference, notAcked)
      assert.deepEqual([merged.minUs, merged.meanUs(notAcked), merged.maxUs(notAcked)], [min, mean, max])
    }
    assert.equal(merged.count, reference.hdr.totalCount)
    assert.equal(merged.overflow, reference.overflow)
  }
})

test('rows without a record know nothing', () => {
  const merged = latenciesOf(mergeSparse([]))
  assert.deepEqual(
    [merged.count, merged.quantileUs(0.5, 0), merged.minUs, merged.meanUs(0), merged.maxUs(0)],
    [0, null, null, null, null],
  )
})
