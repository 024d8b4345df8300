import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lagLines, lagScreen, lagTable } from '../../../src/cli/text/lag-text.ts'
import type { LagLook, TopicLag } from '../../../src/operations/lag.ts'

const row = (group: string, records: number | null, more: Partial<TopicLag> = {}): TopicLag => ({
  ...{ group, topic: 'orders', protocol: 'classic', state: 'Stable', members: 3, reason: null, partitions: [] },
  ...{ records, seconds: records === null ? null : 1.234, perSecond: -12.34, zeroInS: records === null ? null : 7260 },
  ...more,
})
const lookOf = (topics: TopicLag[], silent: number[] = []): LagLook => ({
  ...{ atMs: Date.parse('2026-03-01T10:15:00Z'), overS: 3, topics, silent },
})
const unknown = row('secret', null, {
  ...{ topic: null, state: null, members: 0, perSecond: null },
  reason: 'no permission to Describe the group',
})

describe('lag as text', () => {
  test('a table with what is unknown as "-", and why', () => {
    assert.equal(
      lagTable(lookOf([row('billing', 12_345), unknown], [2])),
      [
        'GROUP    TOPIC   RECORDS     AGE  TREND/s  TO ZERO  STATE   MEMBERS',
        'billing  orders   12 345  1.23 s    -12.3    2.0 h  Stable        3',
        'secret   -             -       -        -        -  -             -',
        'secret: no permission to Describe the group',
        'broker 2 does not answer: the groups there are not shown',
        '',
      ].join('\n'),
    )
  })

  test('no groups at all', () => {
    assert.equal(lagTable(lookOf([])), 'there are no groups\n')
    assert.match(lagScreen(lookOf([]), { columns: 80, rows: 24 }), /0 groups[^\n]*\nthere are no groups\n$/)
  })

  test('a line each for a log', () => {
    assert.equal(
      lagLines(lookOf([row('billing', 12_345, { perSecond: 3 }), unknown])),
      '10:15:00 billing orders records=12 345 age=1.23 s trend=+3/s zero=2.0 h\n' +
        '10:15:00 secret - records=- age=- trend=-/s zero=- (no permission to Describe the group)\n',
    )
  })

  test('names cannot move the cursor', () => {
    const evil = lookOf([row('a\u001b[2Jb', 1, { topic: 'c\nd' })])
    for (const text of [lagTable(evil), lagLines(evil), lagScreen(evil, { columns: 80, rows: 24 })]) {
      assert.ok(!text.includes('\u001b') && !text.includes('c\nd'), text)
    }
  })

  for (const [columns, rows, count] of [
    [80, 24, 3],
    [80, 24, 100],
    [40, 6, 3],
    [20, 3, 50],
    [200, 60, 50],
  ] as const) {
    test(`${count} groups fit on a terminal of ${columns} × ${rows}`, () => {
      const many = Array.from({ length: count }, (_, n) =>
        row(`group-with-a-name-${n}`, 1000 * (count - n), {
          topic: `topic-with-a-much-longer-name-${n}`,
          reason: 'x'.repeat(90),
        }),
      )
      const lines = lagScreen(lookOf(many, [1, 2]), { columns, rows }).split('\n')
      assert.equal(lines.pop(), '')
      // The cursor is on the line after the last.
      assert.ok(lines.length <= Math.max(5, rows - 1), `${lines.length} lines`)
      for (const line of lines) assert.ok([...line].length < columns, line)
    })
  }

  test('names take the room that there is', () => {
    const look = lookOf([row('analytics-team.sessions', 1, { topic: 'clicks' })])
    assert.match(lagScreen(look, { columns: 80, rows: 24 }), /\nanalytics-team\.sessions {2}clicks /)
  })
})
