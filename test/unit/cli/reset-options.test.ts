import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { offsetsInFile, type ResetOptions, resetTargets, scopeIn } from '../../../src/cli/commands/reset-options.ts'
import { targetOf } from '../../../src/operations/reset-offsets.ts'

const nowMs = Date.parse('2026-03-10T12:00:00Z')

describe('where to reset to', () => {
  for (const [options, expected] of [
    [{ toEarliest: true }, { to: 'earliest' }],
    [{ toLatest: true }, { to: 'latest' }],
    [{ toCurrent: true }, { to: 'current' }],
    [{ toOffset: 0 }, { to: 'offset', offset: 0 }],
    [{ shiftBy: -10 }, { to: 'shift', by: -10 }],
    [{ toDatetime: '2026-03-01T10:15:00.000Z' }, { to: 'time', ms: Date.parse('2026-03-01T10:15:00Z') }],
    [{ toDatetime: '2026-03-01T10:15:00.000' }, { to: 'time', ms: Date.parse('2026-03-01T10:15:00Z') }],
    [{ toDatetime: '2026-03-01T10:15:00+02:00' }, { to: 'time', ms: Date.parse('2026-03-01T08:15:00Z') }],
    [{ byDuration: '90s' }, { to: 'time', ms: nowMs - 90_000 }],
    [{ byDuration: 'P7D' }, { to: 'time', ms: nowMs - 7 * 86_400_000 }],
    [{ byDuration: 'PT1H30M' }, { to: 'time', ms: nowMs - 5_400_000 }],
    [{ byDuration: 'P1DT0.5S' }, { to: 'time', ms: nowMs - 86_400_500 }],
  ] as [ResetOptions, unknown][]) {
    test(JSON.stringify(options), () => assert.deepEqual(resetTargets(options, nowMs), expected))
  }

  for (const [options, message] of [
    [{}, /^where to\?$/],
    [{ toEarliest: true, toLatest: true }, /more than one/i],
    [{ toDatetime: 'yesterday' }, /--to-datetime yesterday: expected a time like/],
    [{ toDatetime: '2026-13-41T99:00:00Z' }, /expected a time like/],
    [{ byDuration: 'P' }, /--by-duration P: expected a duration/],
    [{ byDuration: 'PT' }, /expected a duration/],
    [{ byDuration: '5' }, /expected a duration/],
  ] as [ResetOptions, RegExp][]) {
    test(`${JSON.stringify(options)} is refused`, () =>
      assert.throws(
        () => resetTargets(options, nowMs),
        (error: Error & { code?: string }) => error.code === 'usage' && message.test(error.message),
      ))
  }
})

test('a topic, or some of its partitions', () => {
  assert.deepEqual(scopeIn('orders'), { topic: 'orders', partitions: null })
  assert.deepEqual(scopeIn('orders:0,12'), { topic: 'orders', partitions: [0, 12] })
  for (const wrong of ['', ':1', 'orders:', 'orders:x', 'a:1:2'])
    assert.throws(() => scopeIn(wrong), /expected a topic/)
})

test('a file of offsets: quotes and empty lines are fine, what is wrong comes all at once', () => {
  assert.deepEqual(offsetsInFile('orders,0,17\r\n\n"my topic", 1 , 0\n', 'x.csv'), [
    { topic: 'orders', partition: 0, offset: 17 },
    { topic: 'my topic', partition: 1, offset: 0 },
  ])
  assert.throws(
    () => offsetsInFile('orders,0,17\norders;1;2\norders,-1,2\n', 'x.csv'),
    (error: Error & { details?: string[] }) =>
      assert.deepEqual(error.details, [
        'x.csv:2: expected topic,partition,offset',
        'x.csv:3: expected topic,partition,offset',
      ]) === undefined,
  )
  assert.throws(() => offsetsInFile('\n', 'x.csv'), /has no lines/)
})

test('the offset of a partition for each way to reset', () => {
  const at = { topic: 't', partition: 1, low: 10, high: 90, from: 40, atTime: 55 }
  const offsets = [{ topic: 't', partition: 1, offset: 33 }]
  assert.deepEqual(
    [
      targetOf({ to: 'earliest' }, at),
      targetOf({ to: 'latest' }, at),
      targetOf({ to: 'current' }, at),
      targetOf({ to: 'current' }, { ...at, from: null }),
      targetOf({ to: 'offset', offset: 7 }, at),
      targetOf({ to: 'shift', by: -5 }, at),
      targetOf({ to: 'shift', by: -5 }, { ...at, from: null }),
      targetOf({ to: 'time', ms: 1 }, at),
      targetOf({ to: 'time', ms: 1 }, { ...at, atTime: -1 }),
      targetOf({ to: 'file', offsets }, at),
      targetOf({ to: 'file', offsets }, { ...at, partition: 2 }),
    ],
    [10, 90, 40, 90, 7, 35, null, 55, 90, 33, null],
  )
})
