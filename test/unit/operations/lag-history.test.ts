import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createLagHistory } from '../../../src/operations/lag-history.ts'
import type { LagPoint } from '../../../src/recording/lag.ts'

const point = (
  atS: number,
  ends: (number | null)[],
  committed: (number | null)[],
  offline: number[] = [],
): LagPoint => ({
  ...{ atS, ends, committed, offline },
  positions: ends.map(() => null),
})

describe('lag of others', () => {
  test('nothing is known before the first look', () => {
    const none = { records: null, seconds: null, perSecond: null, zeroInS: null }
    assert.deepEqual(createLagHistory().figures(), none)
  })

  test('records and age from the looks alone, where the record came in between them', () => {
    const history = createLagHistory()
    history.add(point(0, [100], [100]))
    history.add(point(10, [200], [100]))
    history.add(point(20, [200], [150]))
    assert.deepEqual(history.unknown(), [])
    const { records, seconds } = history.figures()
    // The end passed 150 at 5 s.
    assert.deepEqual([records, seconds], [50, 15])
  })

  test('what is older than the first look is asked for, and known from the record once it was read', () => {
    const history = createLagHistory()
    history.add(point(0, [100, 7], [40, 7]))
    assert.deepEqual(history.unknown(), [{ partition: 0, offset: 40 }])
    assert.deepEqual([history.figures().records, history.figures().seconds], [60, null])
    history.written(0, 40, -300)
    assert.deepEqual(history.unknown(), [])
    assert.equal(history.figures().seconds, 300)
    // It moves on: the new record is read as well, until then it is reckoned between what is known.
    history.add(point(10, [100, 7], [70, 7]))
    assert.deepEqual(history.unknown(), [{ partition: 0, offset: 70 }])
    assert.equal(history.figures().seconds, 160)
    history.written(0, 70, -20)
    assert.equal(history.figures().seconds, 30)
  })

  test('the age of a record that cannot be read stays unknown, and is asked for once', () => {
    const history = createLagHistory()
    history.add(point(0, [100], [40]))
    history.written(0, 40, null)
    assert.deepEqual(history.unknown(), [])
    assert.deepEqual([history.figures().records, history.figures().seconds], [60, null])
  })

  test('a producer whose clock is ahead makes no age below 0', () => {
    const history = createLagHistory()
    history.add(point(0, [100], [40]))
    history.written(0, 40, 50)
    assert.equal(history.figures().seconds, 0)
  })

  test('an unknown partition makes the sum unknown; one without a commit is left out', () => {
    const history = createLagHistory()
    history.add(point(0, [100, 50], [100, null], [1]))
    assert.deepEqual([history.figures().records, history.figures().seconds], [0, 0])
    history.add(point(1, [null, 50], [100, null], [1]))
    assert.deepEqual(
      [history.figures().records, history.figures().seconds, history.figures().perSecond],
      [null, null, null],
    )
  })

  for (const [name, lags, perSecond, zeroInS] of [
    ['grows', [0, 10, 20, 30, 40], 10, null],
    ['shrinks', [100, 90, 80, 70, 60], -10, 6],
    ['is steady', [5, 5, 5, 5, 5], 0, null],
    ['is gone', [40, 30, 20, 10, 0], -10, 0],
    ['is not known from three looks', [100, 90, 80], null, null],
  ] as const) {
    test(`a lag that ${name}`, () => {
      const history = createLagHistory()
      for (const [atS, lag] of lags.entries()) history.add(point(atS, [1000], [1000 - lag]))
      const figures = history.figures()
      assert.deepEqual([figures.perSecond, figures.zeroInS], [perSecond, zeroInS])
    })
  }

  test('the trend is that of the last minute; a long watch keeps what it needs', () => {
    const history = createLagHistory()
    for (let atS = 0; atS < 3000; atS++) history.add(point(atS, [10_000], [Math.max(0, 10_000 - atS)]))
    const { records, perSecond, seconds } = history.figures()
    assert.equal(records, 2999)
    assert.ok(Math.abs(perSecond! - 1) < 1e-9)
    assert.equal(seconds, null, 'older than the watch')
  })
})
