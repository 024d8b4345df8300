import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Silence } from '../../../src/contracts/facts.ts'
import { createSilences, longestOf } from '../../../src/recording/silences.ts'

const ms = 1e6
const silence = (more: Partial<Record<keyof Silence, readonly number[]>>): Silence => ({
  gaps: Float64Array.from(more.gaps ?? []),
  firstDues: Float64Array.from(more.firstDues ?? [0]),
  lastAcks: Float64Array.from(more.lastAcks ?? [1000 * ms]),
  longestNs: Float64Array.from(more.longestNs ?? [0]),
})

describe('the longest gap that reaches into a window', () => {
  const gap = (fromNs: number, toNs: number) => ({ fromNs, toNs })

  test('of several the longest, of two equal ones the first', () => {
    assert.deepEqual(longestOf([gap(0, 5), gap(10, 18), gap(20, 24)], 0, 100), gap(10, 18))
    assert.deepEqual(longestOf([gap(0, 5), gap(10, 15)], 0, 100), gap(0, 5))
  })

  test('is cut at the end of the window, and keeps its own beginning', () => {
    assert.deepEqual(longestOf([gap(0, 50)], 20, 30), gap(0, 30))
    assert.deepEqual(longestOf([gap(0, 9), gap(10, 50)], 5, 15), gap(0, 9), 'what is cut counts as cut')
  })

  test('one that ends where the window begins, or begins where it ends, is outside', () => {
    assert.equal(longestOf([gap(0, 10), gap(20, 30)], 10, 20), null)
    assert.equal(longestOf([], 0, 10), null)
  })
})

describe('silences of a partition', () => {
  test('nothing is known of a partition of which no record was due, nor of a window before the first one', () => {
    const silences = createSilences()
    assert.equal(silences.longest(0, 0, 100), null)
    silences.add(0, silence({ firstDues: [100 * ms, Number.NaN] }), 1000 * ms)
    assert.equal(silences.longest(1, 0, 1000 * ms), null)
    assert.equal(silences.longest(7, 0, 1000 * ms), null)
    assert.equal(silences.longest(0, 0, 100 * ms), null)
  })

  test('nor of what comes after the last frame', () => {
    const silences = createSilences()
    silences.add(0, silence({ gaps: [0, 100 * ms, 200 * ms], firstDues: [0], lastAcks: [900 * ms] }), 1000 * ms)
    assert.equal(silences.longest(0, 1000 * ms, 2000 * ms), null)
    assert.equal(silences.longest(0, 0, 5000 * ms), 100 * ms, 'the silence since the last acknowledgement is as long')
    assert.equal(silences.longest(0, 0, 950 * ms), 100 * ms)
  })

  test('several gaps of one frame belong to their partitions', () => {
    const silences = createSilences()
    const gaps = [0, 100 * ms, 150 * ms, 1, 200 * ms, 280 * ms, 0, 300 * ms, 330 * ms]
    const both = { firstDues: [0, 0], lastAcks: [1000 * ms, 1000 * ms], longestNs: [0, 0] }
    silences.add(0, silence({ gaps, ...both }), 1000 * ms)
    assert.equal(silences.longest(0, 50 * ms, 1000 * ms), 50 * ms)
    assert.equal(silences.longest(0, 200 * ms, 1000 * ms), 30 * ms)
    assert.equal(silences.longest(1, 50 * ms, 1000 * ms), 80 * ms)
  })

  test('what was never acknowledged is silent from the first due record on', () => {
    const silences = createSilences()
    silences.add(0, silence({ firstDues: [100 * ms], lastAcks: [Number.NaN] }), 1000 * ms)
    assert.equal(silences.longest(0, 0, 600 * ms), 500 * ms)
  })

  test('is the time in which every producer was silent', () => {
    const silences = createSilences()
    silences.add(0, silence({ gaps: [0, 100 * ms, 400 * ms] }), 1000 * ms)
    silences.add(1, silence({ gaps: [0, 50 * ms, 150 * ms, 0, 300 * ms, 500 * ms] }), 1000 * ms)
    assert.equal(silences.longest(0, 20 * ms, 1000 * ms), 100 * ms)
    silences.add(2, silence({ gaps: [0, 100 * ms, 140 * ms] }), 1000 * ms)
    assert.equal(silences.longest(0, 20 * ms, 1000 * ms), 40 * ms)
  })

  test('a producer whose first record is due later is silent before it', () => {
    const silences = createSilences()
    silences.add(0, silence({ gaps: [0, 100 * ms, 300 * ms] }), 1000 * ms)
    silences.add(1, silence({ firstDues: [250 * ms], lastAcks: [1000 * ms] }), 1000 * ms)
    assert.equal(silences.longest(0, 50 * ms, 1000 * ms), 150 * ms)
  })

  test('short gaps count by the frame in which they ended, whichever is longest', () => {
    const silences = createSilences()
    for (const [atMs, longest] of [
      [1000, 4],
      [2000, 9],
      [3000, 2],
    ] as const)
      silences.add(0, silence({ longestNs: [longest * ms], lastAcks: [3000 * ms] }), atMs * ms)
    assert.equal(silences.longest(0, 0, 3000 * ms), 9 * ms)
    assert.equal(silences.longest(0, 2000 * ms, 3000 * ms), 2 * ms)
    assert.equal(silences.longest(0, 0, 900 * ms), 4 * ms)
    assert.equal(silences.longest(0, 0, 990 * ms), 9 * ms, 'it may have begun up to 20 ms before its frame')
  })

  test('a short gap of all lies within one of each: the shortest of their longest', () => {
    const silences = createSilences()
    silences.add(0, silence({ longestNs: [8 * ms] }), 1000 * ms)
    silences.add(1, silence({ longestNs: [3 * ms] }), 1000 * ms)
    assert.equal(silences.longest(0, 100 * ms, 1000 * ms), 3 * ms)
  })

  test('no gap at all is not known to be one of 0', () => {
    const silences = createSilences()
    silences.add(0, silence({}), 1000 * ms)
    assert.equal(silences.longest(0, 100 * ms, 1000 * ms), null)
  })
})
