import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  addReading,
  counterAt,
  covered,
  createTrack,
  growth,
  leastCovered,
  levelAt,
  meanRate,
  positionAt,
  type Track,
} from '../../../src/recording/track.ts'

function trackOf(...readings: [atNs: number, value: number | null][]): Track {
  const track = createTrack()
  for (const [atNs, value] of readings) addReading(track, atNs, value)
  return track
}

const gapNs = 20

describe('readings of a value over time', () => {
  test('one that is unknown, or not later than the last, is left out', () => {
    const track = trackOf([10, 1], [10, 2], [5, 3], [20, null], [30, 4])
    assert.deepEqual(track, { atNs: [10, 30], values: [1, 4] })
  })

  test('the last one at or before a moment', () => {
    const track = trackOf([10, 1], [20, 2], [30, 3])
    assert.deepEqual(
      [9, 10, 11, 20, 29, 30, 99].map((ns) => positionAt(track, ns)),
      [-1, 0, 0, 1, 1, 2, 2],
    )
    assert.equal(positionAt(createTrack(), 5), -1)
  })

  test('a level holds for as long as a gap, and no longer', () => {
    const track = trackOf([10, 7])
    assert.deepEqual(
      [9, 10, 30, 31].map((ns) => levelAt(track, ns, gapNs)),
      [null, 7, 7, null],
    )
  })
})

describe('a counter', () => {
  const track = trackOf([10, 100], [20, 200], [40, 300])

  test('lies on the straight line between two readings', () => {
    assert.deepEqual(
      [10, 15, 20, 30, 40].map((ns) => counterAt(track, ns, gapNs)),
      [100, 150, 200, 250, 300],
    )
  })

  test('is unknown outside of the readings, and between two that are too far apart', () => {
    assert.deepEqual([counterAt(track, 9, gapNs), counterAt(track, 41, gapNs)], [null, null])
    assert.deepEqual([counterAt(track, 30, 19), counterAt(track, 40, 19), counterAt(track, 20, 5)], [null, 300, 200])
  })

  test('is unknown where it fell; rounding of its digits is no fall', () => {
    assert.equal(counterAt(trackOf([10, 100], [20, 99]), 15, gapNs), null)
    assert.equal(counterAt(trackOf([10, 1e12], [20, 1e12 - 500]), 15, gapNs), 1e12)
  })
})

describe('how much a counter grew', () => {
  test('between two moments, readings or not', () => {
    const track = trackOf([10, 100], [20, 200], [40, 300])
    assert.equal(growth(track, { fromNs: 10, toNs: 40 }, gapNs), 200)
    assert.equal(growth(track, { fromNs: 15, toNs: 30 }, gapNs), 100)
  })

  test('unknown where either end is, or the span is empty', () => {
    const track = trackOf([10, 100], [20, 200])
    for (const [fromNs, toNs] of [
      [5, 20],
      [10, 25],
      [15, 15],
      [20, 10],
    ] as const)
      assert.equal(growth(track, { fromNs, toNs }, gapNs), null, `${fromNs} to ${toNs}`)
  })

  test('unknown where it fell in between, whatever it reached afterwards', () => {
    const track = trackOf([10, 100], [20, 200], [30, 50], [40, 900])
    assert.equal(growth(track, { fromNs: 10, toNs: 40 }, gapNs), null)
    assert.equal(growth(track, { fromNs: 30, toNs: 40 }, gapNs), 850)
    assert.equal(growth(track, { fromNs: 10, toNs: 20 }, gapNs), 100)
  })

  test('never less than nothing', () => {
    assert.equal(growth(trackOf([10, 1e12], [20, 1e12 - 500]), { fromNs: 10, toNs: 20 }, gapNs), 0)
  })
})

describe('the mean rate', () => {
  test('the part of a span that the readings cover', () => {
    const track = trackOf([10, 0], [20, 5])
    assert.deepEqual(covered(track, { fromNs: 0, toNs: 15 }), { fromNs: 10, toNs: 15 })
    assert.deepEqual(covered(track, { fromNs: 12, toNs: 99 }), { fromNs: 12, toNs: 20 })
    assert.equal(covered(track, { fromNs: 0, toNs: 10 }), null)
    assert.equal(covered(track, { fromNs: 20, toNs: 30 }), null)
    assert.equal(covered(createTrack(), { fromNs: 0, toNs: 10 }), null)
  })

  test('over the covered part, which must be nearly all of the span', () => {
    const track = trackOf([0, 0], [15, 30])
    assert.equal(leastCovered, 0.75)
    assert.equal(meanRate(track, { fromNs: 0, toNs: 20 }, gapNs), 2)
    assert.equal(meanRate(track, { fromNs: 0, toNs: 21 }, gapNs), null)
    assert.equal(meanRate(createTrack(), { fromNs: 0, toNs: 20 }, gapNs), null)
    assert.equal(meanRate(trackOf([0, 9], [15, 3]), { fromNs: 0, toNs: 15 }, gapNs), null)
  })
})
