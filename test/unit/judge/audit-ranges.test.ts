import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { auditRanges } from '../../../src/judge/audit-ranges.ts'

const offsets = (...entries: [number, number][]) => new Map(entries)

describe('what the audit reads', () => {
  test('every partition from its offset before the load to its end', () => {
    const found = auditRanges({
      first: offsets([0, 10], [1, 0]),
      partitions: [0, 1],
      starts: offsets([0, 0], [1, 0]),
      ends: offsets([0, 25], [1, 7]),
    })
    assert.deepEqual(found, {
      ranges: [
        { partition: 0, from: 10, to: 25 },
        { partition: 1, from: 0, to: 7 },
      ],
      gone: [],
      reasons: [],
      logRecords: 22,
    })
  })

  test('N9: partitions that were added during the run are read from their beginning', () => {
    const found = auditRanges({
      first: offsets([0, 10]),
      partitions: [0, 1, 2],
      starts: offsets([0, 0], [1, 0], [2, 0]),
      ends: offsets([0, 10], [1, 5], [2, 0]),
    })
    assert.deepEqual(found.ranges, [
      { partition: 0, from: 10, to: 10 },
      { partition: 1, from: 0, to: 5 },
      { partition: 2, from: 0, to: 0 },
    ])
    assert.equal(found.logRecords, 5)
  })

  test('N9: an added partition that nobody leads, or whose beginning is gone, is not read, and that is reported', () => {
    const found = auditRanges({
      first: offsets([0, 0]),
      partitions: [2, 1, 0],
      starts: offsets([0, 0], [2, 3]),
      ends: offsets([0, 4], [2, 9]),
    })
    assert.deepEqual(found.ranges, [{ partition: 0, from: 0, to: 4 }])
    assert.deepEqual(found.gone, [1, 2])
    assert.match(found.reasons[0]!, /partition 1: no leader/)
    assert.match(found.reasons[1]!, /partition 2: retention/)
    assert.equal(found.logRecords, 13)
  })

  test('retention that has moved a start up to the first offset is harmless, one further is not', () => {
    const at = (start: number) =>
      auditRanges({ first: offsets([0, 5]), partitions: [0], starts: offsets([0, start]), ends: offsets([0, 9]) })
    assert.deepEqual(at(5).gone, [])
    assert.deepEqual(at(6).gone, [0])
  })

  test('a partition that is no longer there is not read', () => {
    const found = auditRanges({
      first: offsets([0, 0], [1, 0]),
      partitions: [0],
      starts: offsets([0, 0]),
      ends: offsets([0, 1]),
    })
    assert.deepEqual(found.gone, [1])
  })
})
