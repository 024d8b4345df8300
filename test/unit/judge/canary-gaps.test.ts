import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answeringSince, type CanaryRecord, canaryGap, canaryResolution } from '../../../src/judge/canary-gaps.ts'

const ms = 1e6
/** Acknowledgements every 50 ms in each of the spans, ms. */
const every50 = (...spans: [number, number][]) =>
  spans.flatMap(([from, to]) => Array.from({ length: (to - from) / 50 + 1 }, (_, at) => (from + at * 50) * ms))
const record = (acks: number[][], more: Partial<CanaryRecord> = {}): CanaryRecord => ({
  ...{ acks, firstSentNs: 0, stoppedNs: null },
  ...more,
})
const window = (fromMs: number, toMs: number) => ({ fromNs: fromMs * ms, toNs: toMs * ms })

describe('the longest gap of a partition', () => {
  const gapOf = (
    canary: CanaryRecord,
    fromMs: number,
    toMs: number,
    resolutionMs: number | null = null,
    partition = 0,
  ) => {
    const gap = canaryGap(canary, partition, window(fromMs, toMs), resolutionMs === null ? null : resolutionMs * ms)
    return gap && [gap.lengthNs / ms, gap.recovered]
  }

  test('between two acknowledgements', () => {
    const canary = record([every50([0, 1000], [3000, 9000])])
    assert.deepEqual(gapOf(canary, 500, 8000), [2000, true])
    assert.deepEqual(gapOf(canary, 4000, 8000), [50, true])
    assert.deepEqual(gapOf(canary, 2000, 8000), [2000, true], 'it reaches into the window')
    assert.deepEqual(gapOf(canary, 500, 2000), [1000, true], 'and is cut at its end; something came afterwards')
  })

  test('one that lasts: not recovered, unless it is the canary’s own noise', () => {
    const canary = record([every50([0, 1000])])
    assert.deepEqual(gapOf(canary, 500, 3000), [2000, false])
    assert.deepEqual(gapOf(canary, 500, 1499), [499, true])
    assert.deepEqual(gapOf(canary, 500, 1500), [500, false])
    assert.deepEqual(gapOf(canary, 500, 1799, 400), [799, true])
    assert.deepEqual(gapOf(canary, 500, 1800, 400), [800, false])
  })

  test('counts from the first probe on', () => {
    assert.deepEqual(gapOf(record([every50([2000, 9000])]), 500, 8000), [2000, true])
    assert.deepEqual(gapOf(record([every50([2000, 9000])], { firstSentNs: 1500 * ms }), 500, 8000), [500, true])
    assert.deepEqual(gapOf(record([every50([2000, 9000])], { firstSentNs: null }), 500, 8000), [50, true])
  })

  test('does not reach past the moment at which the canary stopped', () => {
    assert.deepEqual(gapOf(record([every50([0, 1000])], { stoppedNs: 1100 * ms }), 500, 9000), [100, true])
    assert.equal(gapOf(record([every50([0, 1000])], { stoppedNs: 400 * ms }), 500, 9000), null)
  })

  test('is not known of a partition that was not watched, before the first probe, and where nothing at all was answered', () => {
    assert.equal(gapOf(record([every50([0, 1000])]), 0, 1000, null, 5), null)
    assert.equal(gapOf(record([every50([2000, 3000])], { firstSentNs: 2000 * ms }), 0, 2000), null)
    assert.equal(gapOf(record([[], []]), 0, 1000), null)
    assert.deepEqual(gapOf(record([[], every50([0, 1000])]), 0, 1000), [1000, false], 'another one answered')
    assert.equal(gapOf(record([[], every50([0, 1000])], { firstSentNs: null }), 0, 1000), null)
  })
})

describe('the resolution', () => {
  test('is the longest gap between two acknowledgements within the span', () => {
    const canary = record([[0, 50 * ms, 120 * ms, 170 * ms, 900 * ms]])
    const of = (fromMs: number, toMs: number) => canaryResolution(canary, 0, window(fromMs, toMs))
    assert.equal(of(0, 200), 70 * ms)
    assert.equal(of(0, 900), 70 * ms, 'its end is outside')
    assert.equal(of(0, 901), 730 * ms)
    assert.equal(of(50, 121), 70 * ms, 'its beginning is inside')
    assert.equal(of(120, 121), null)
    assert.equal(canaryResolution(canary, 3, window(0, 900)), null)
  })
})

describe('since when every partition answers', () => {
  const since = (canary: CanaryRecord, fromMs: number, toMs: number, resolutionMs: number | null = null) => {
    const ns = answeringSince(canary, window(fromMs, toMs), resolutionMs === null ? null : resolutionMs * ms)
    return ns === null ? null : ns / ms
  }

  test('all along', () => {
    assert.equal(since(record([every50([0, 9000])]), 1000, 8000), 1000)
    assert.equal(since(record([]), 1000, 8000), 1000, 'nothing is known')
  })

  test('since the end of the last noticeable gap of any of them', () => {
    const canary = record([every50([0, 2000], [3000, 9000]), every50([0, 4000], [4600, 9000]), every50([0, 9000])])
    assert.equal(since(canary, 1000, 8000), 4600)
    assert.equal(since(canary, 1000, 8000, 400), 3000, 'a gap of 600 ms is within twice the resolution')
    assert.equal(since(canary, 5000, 8000), 5000)
  })

  test('not, where one is silent at the end', () => {
    assert.equal(since(record([every50([0, 2000])]), 1000, 8000), null)
    assert.equal(since(record([every50([0, 2000], [9000, 9500])]), 1000, 8000), null)
    assert.equal(since(record([every50([0, 7600])]), 1000, 8000), 1000, 'which is not noticeable yet')
    assert.equal(since(record([every50([0, 7500])]), 1000, 8000), null)
  })
})
