import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as hdr from 'hdr-histogram-js'
import { createRng } from '../../../src/base/rng.ts'
import { countsLength, highestUs } from '../../../src/recording/counts.ts'
import { decodePairs, encodePairs } from '../../../src/recording/hdr-v2.ts'
import { createHistogram, decodeHistogram, encodeHistogram, valueAt } from '../../../src/recording/histogram.ts'

const table: Record<string, number[]> = {
  'the lowest value alone': [0, 1],
  'one zero before it': [1, 1],
  'two zeros before it': [2, 1],
  'one zero between': [5, 1, 7, 2],
  'none between': [5, 1, 6, 2, 7, 3],
  'the highest value alone': [countsLength - 1, 1],
  'counts of 1 to 8 bytes': [1, 63, 2, 64, 3, 8192, 4, 2 ** 20, 5, 2 ** 27, 6, 2 ** 34, 7, 2 ** 41, 9, 2 ** 48],
  'the largest count': [9, 2 ** 52],
}

function drawn(seed: number): number[] {
  const rng = createRng(seed)
  const indexes = new Set(Array.from({ length: 1 + rng.below(300) }, () => rng.below(seed % 2 ? 400 : countsLength)))
  const ascending = [...indexes].sort((a, b) => a - b)
  return ascending.flatMap((index) => [index, 1 + Math.floor(2 ** (rng.float() * 40))])
}

const cases = {
  ...table,
  ...Object.fromEntries(Array.from({ length: 40 }, (_, seed) => [`seed ${seed}`, drawn(seed)])),
}

function recorded(pairs: readonly number[]) {
  const histogram = createHistogram()
  for (let at = 0; at < pairs.length; at += 2) {
    histogram.hdr.recordValueWithCount(Math.min(highestUs, valueAt(pairs[at]!)), pairs[at + 1]!)
  }
  return histogram
}

describe('the bytes are those of hdr-histogram-js, and are read as it reads them', () => {
  for (const [name, pairs] of Object.entries(cases)) {
    test(name, () => {
      // The layout ends beyond the highest value: what stands there is of no histogram that was recorded.
      const possible = pairs.filter((_, at) => valueAt(pairs[at - (at % 2)]!) <= highestUs)
      if (possible.length > 0) {
        const histogram = recorded(possible)
        const theirs = hdr.encodeIntoCompressedBase64(histogram.hdr)
        assert.equal(encodePairs(possible), theirs)
        assert.equal(encodeHistogram(histogram), theirs)
        assert.deepEqual(decodePairs(theirs), possible)
        assert.equal(decodeHistogram(encodePairs(possible))!.totalCount, histogram.hdr.totalCount)
      }
      assert.deepEqual(decodePairs(encodePairs(pairs)), pairs)
    })
  }
})

test('another layout is not decoded, and what is no histogram neither', () => {
  const others = [
    { numberOfSignificantValueDigits: 2 as const },
    { highestTrackableValue: 1e6 },
    { lowestDiscernibleValue: 1000 },
  ]
  for (const other of others) {
    const histogram = hdr.build({ highestTrackableValue: highestUs, ...other })
    histogram.recordValue(5000)
    assert.equal(decodePairs(hdr.encodeIntoCompressedBase64(histogram)), null)
  }
  for (const text of ['', 'AAAA', 'bm8gaGlzdG9ncmFtIGF0IGFsbA==']) assert.equal(decodePairs(text), null)
})
