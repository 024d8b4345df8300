import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type LagPoint, lagGaps, lagTimeline, summariseLag } from '../../../src/recording/lag.ts'

type Row = readonly (number | null)[]

/** [time, end offsets, committed, positions = committed]. */
const point = (atS: number, ends: Row, committed: Row, positions: Row = committed): LagPoint => ({
  atS,
  ends,
  committed,
  positions,
})
const window = { measureStartS: 0, loadEndS: 100, endS: 200 }
const summary = (points: LagPoint[], overrides: Partial<typeof window> = {}) =>
  summariseLag(points, { ...window, ...overrides })
const columns = (points: LagPoint[]) => lagTimeline('g', 't', points)
const seconds = (points: LagPoint[]) => columns(points)['g:seconds']

describe('lag in records', () => {
  test('is the sum over partitions', () => {
    const points = [point(0, [10, 20], [4, 20]), point(1, [30, 20], [5, 15])]
    assert.deepEqual(columns(points).g, [6, 30])
    assert.deepEqual(columns(points)['g/t-0'], [6, 25])
    assert.deepEqual(columns(points)['g/t-1'], [0, 5])
    assert.equal(summary(points).maxRecords, 30)
    assert.equal(summary(points).endRecords, 30)
  })

  test('is null when a partition is unknown: a partial sum would look like less', () => {
    const points = [point(0, [10, null], [4, 20]), point(1, [30, 20], [null, 20]), point(2, [5, 5], [5, 4])]
    assert.deepEqual(columns(points).g, [null, null, 1])
    assert.deepEqual(columns(points)['g/t-0'], [6, null, 0])
    assert.equal(summary(points).maxRecords, 1)
  })

  test('by what was handed to the consumers is told apart', () => {
    const points = [point(0, [100], [0], [90]), point(1, [200], [50], [140])]
    assert.deepEqual(columns(points)['g:position'], [10, 60])
    assert.equal(summary(points).positionMaxRecords, 60)
    assert.equal(summary(points).maxRecords, 150)
  })

  test('a commit that is newer than the end offset is no negative lag', () => {
    assert.deepEqual(columns([point(0, [10], [12])]).g, [0])
  })

  test('everything unknown, or no sample: null, never 0', () => {
    for (const points of [[], [point(0, [null], [null]), point(1, [null], [3])]]) {
      const { maxRecords, p99Records, endRecords, positionMaxRecords, maxSeconds, drainS } = summary(points)
      assert.deepEqual(
        [maxRecords, p99Records, endRecords, positionMaxRecords, maxSeconds, drainS],
        Array(6).fill(null),
      )
    }
  })

  test('maximum from the start of measure on, p99 under load alone', () => {
    const points = Array.from({ length: 200 }, (_, s) => point(s, [s === 3 ? 9000 : s < 100 ? s : 5000], [0]))
    const result = summary(points, { measureStartS: 10, loadEndS: 99, endS: 150 })
    assert.equal(result.maxRecords, 5000, 'the drain counts, the warm-up does not')
    assert.equal(result.p99Records, 99, '90 samples of 10 to 99')
    assert.equal(result.endRecords, 5000)
  })
})

describe('lag in seconds', () => {
  test('is now − the moment the end offset passed the committed offset', () => {
    // 100 records/s; the group has committed what was written 2 s ago.
    const points = Array.from({ length: 20 }, (_, s) => point(s, [s * 100], [Math.max(0, s - 2) * 100]))
    for (const value of seconds(points)!.slice(2)) assert.equal(value, 2)
  })

  test('is interpolated between samples', () => {
    const points = [point(0, [0], [0]), point(10, [1000], [0]), point(20, [2000], [250])]
    // Record 250 was written at 2.5 s.
    assert.deepEqual(seconds(points), [0, 10, 17.5])
  })

  test('nothing waits: 0, however long ago the last record came', () => {
    const points = [point(0, [0], [0]), point(1, [100], [100]), point(500, [100], [100])]
    assert.deepEqual(seconds(points), [0, 0, 0])
  })

  test('counts from the last moment at which nothing waited, not from the last record long before', () => {
    const points = [point(0, [0], [0]), point(1, [100], [100]), point(500, [100], [100]), point(501, [110], [100])]
    assert.equal(seconds(points)![3], 1)
  })

  test('is the worst partition’s', () => {
    const points = [point(0, [0, 0], [0, 0]), point(10, [100, 100], [100, 0]), point(20, [200, 200], [190, 50])]
    // Partition 0: record 190 at 19 s. Partition 1: record 50 at 5 s.
    assert.equal(seconds(points)![2], 15)
    const mirrored = points.map(({ atS, ends, committed }) => point(atS, ends, committed.toReversed()))
    assert.equal(seconds(mirrored)![2], 15)
  })

  test('is interpolated over unknown samples, not cut short at the last of them', () => {
    const points = [point(0, [0], [0]), point(1, [null], [0]), point(9, [null], [0]), point(10, [1000], [100])]
    // Written evenly between 0 and 10 s for all that is known: record 100 at 1 s.
    assert.deepEqual(seconds(points), [0, null, null, 9])
  })

  test('is unknown when the record is older than the sampled history', () => {
    const points = [point(0, [500], [100]), point(1, [600], [200]), point(2, [700], [500]), point(3, [800], [600])]
    // From offset 500 on it is known when it was written.
    assert.deepEqual(seconds(points), [null, null, 2, 2])
    assert.equal(summary(points).maxSeconds, 2)
  })

  test('follows a commit that goes back', () => {
    const points = [point(0, [0], [0]), point(10, [1000], [900]), point(20, [2000], [1900]), point(30, [3000], [500])]
    assert.equal(seconds(points)![2], 1)
    assert.equal(seconds(points)![3], 25)
  })

  test('agrees with a brute-force history', () => {
    const points: LagPoint[] = []
    let end = 0
    let committed = 0
    for (let i = 0; i < 200; i++) {
      end += (i * 7919) % 40
      committed = Math.min(end, committed + ((i * 104_729) % 37))
      points.push(point(i / 2, [end], [committed]))
    }
    const found = seconds(points)!
    for (const [i, { ends, committed: done, atS }] of points.entries()) {
      if (done[0] === ends[0]) {
        assert.equal(found[i], 0)
        continue
      }
      const last = points.findLastIndex(({ ends: [e] }, at) => at <= i && e! <= done[0]!)
      if (last < 0) {
        assert.equal(found[i], null)
        continue
      }
      const [a, b] = [points[last]!, points[last + 1]!]
      const passed = a.atS + ((done[0]! - a.ends[0]!) / (b.ends[0]! - a.ends[0]!)) * (b.atS - a.atS)
      assert.ok(Math.abs(found[i]! - (atS - passed)) < 1e-9, `sample ${i}`)
    }
  })
})

describe('gaps', () => {
  const at = (...times: number[]) => times.map((s) => point(s, [1], [1]))

  test('are two samples further apart than three periods', () => {
    assert.deepEqual(lagGaps(at(0, 0.5, 1, 2.5, 3), 0.5), [])
    assert.deepEqual(lagGaps(at(0, 0.5, 2.1), 0.5), [{ atS: 0.5, lengthS: 1.6 }])
  })

  test('samples in which something was unknown do not fill one', () => {
    const points = [...at(0), point(0.5, [null], [1]), point(1, [1], [null]), point(1.5, [1], [null]), ...at(2)]
    assert.deepEqual(lagGaps(points, 0.5), [{ atS: 0, lengthS: 2 }])
  })

  test('at the beginning and at the end count too', () => {
    const unknown = (s: number) => point(s, [null], [null])
    assert.deepEqual(lagGaps([...at(0), unknown(1), unknown(5)], 0.5), [{ atS: 0, lengthS: 5 }])
    assert.deepEqual(lagGaps([unknown(0), unknown(4), ...at(5)], 0.5), [{ atS: 0, lengthS: 5 }])
    assert.deepEqual(lagGaps([unknown(0), unknown(4)], 0.5), [{ atS: 0, lengthS: 4 }])
  })

  test('none without samples', () => assert.deepEqual(lagGaps([], 0.5), []))
})

describe('drain', () => {
  const load = { loadEndS: 10 }

  test('from the end of the load until lag 0', () => {
    const points = [point(9, [100], [50]), point(10, [100], [60]), point(12, [100], [90]), point(13.5, [100], [100])]
    assert.equal(summary(points, load).drainS, 3.5)
  })

  test('lag 0 all along: at once', () => {
    assert.equal(summary([point(9, [5], [5]), point(10, [9], [9])], load).drainS, 0)
  })

  test('never: null, a result', () => {
    assert.equal(summary([point(9, [5], [5]), point(11, [9], [8]), point(20, [9], [8])], load).drainS, null)
  })

  test('lag 0 in passing, before the last records came, is not drained', () => {
    const points = [point(10, [5], [5]), point(11, [9], [5]), point(14, [9], [9])]
    assert.equal(summary(points, load).drainS, 4)
    assert.equal(summary([point(10, [5], [5]), point(11, [9], [5])], load).drainS, null)
  })

  test('unknown is not 0', () => {
    const points = [point(10, [5], [null]), point(12, [5], [5])]
    assert.equal(summary(points, load).drainS, 2)
  })
})
