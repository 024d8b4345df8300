import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { recordOf } from '../../../src/cli/actions/input-records.ts'
import { fromOf, printerOf } from '../../../src/cli/actions/run-consume.ts'
import { startOf } from '../../../src/operations/consume.ts'
import { parseFormat, type ShownRecord } from '../../../src/operations/record-format.ts'

const record: ShownRecord = {
  topic: 'orders',
  partition: 2,
  offset: 17,
  timestampMs: Date.parse('2026-03-01T10:15:00Z'),
  key: Buffer.from('ada'),
  value: Buffer.from('zwölf'),
  headers: { source: Buffer.from('shop'), empty: undefined },
}
const bare: ShownRecord = { ...record, key: null, value: null, headers: {} }

describe('formats of kcat', () => {
  for (const [format, expected, ofBare] of [
    ['%t[%p] at %o: %k=%s\\n', 'orders[2] at 17: ada=zwölf\n', 'orders[2] at 17: null=null\n'],
    ['%K %S', '3 6', '-1 -1'],
    ['%T\\t%h|100%%\\\\', '1772360100000\tsource=shop,empty=null|100%\\', '1772360100000\t|100%\\'],
    ['', '', ''],
  ] as const) {
    test(JSON.stringify(format), () => {
      const print = parseFormat(format)
      assert.ok(typeof print === 'function')
      assert.deepEqual([print(record), print(bare)], [expected, ofBare])
    })
  }

  for (const [format, message] of [
    ['%x', /"%x" means nothing, expected one of %t, %p/],
    ['50%', /"%" means nothing/],
    ['\\q', /"\\q" means nothing, expected one of \\n/],
  ] as const) {
    test(`${format} is refused`, () => assert.match(String(parseFormat(format)), message))
  }
})

test('without a format: the value, and before it what was asked for', () => {
  const base = { partition: [] }
  assert.equal(printerOf(base)(record), 'zwölf\n')
  assert.equal(printerOf(base)(bare), 'null\n')
  assert.equal(printerOf({ ...base, keys: true })(record), 'ada\tzwölf\n')
  assert.equal(
    printerOf({ ...base, keys: true, headers: true, timestamps: true })(record),
    '1772360100000\tsource=shop,empty=null\tada\tzwölf\n',
  )
  assert.deepEqual(JSON.parse(printerOf({ ...base, json: true })(record)), {
    ...{ topic: 'orders', partition: 2, offset: 17, timestamp: '2026-03-01T10:15:00.000Z' },
    ...{ key: 'ada', value: 'zwölf', headers: { source: 'shop', empty: null } },
  })
  assert.throws(() => printerOf({ ...base, format: '%s', keys: true }), /--format says all/)
  assert.throws(() => printerOf({ ...base, format: '%x' }), /--format: "%x" means nothing/)
})

test('where reading begins', () => {
  assert.deepEqual(
    [
      {},
      { fromBeginning: true as const },
      { offset: 'beginning' },
      { offset: 'end' },
      { offset: '7' },
      { offset: '-3' },
    ].map(fromOf),
    ['latest', 'earliest', 'earliest', 'latest', { offset: 7 }, { back: 3 }],
  )
  assert.throws(() => fromOf({ offset: 'soon' }), /--offset soon: expected/)
  assert.throws(() => fromOf({ offset: '1', fromBeginning: true }), /exclude each other/)
  assert.deepEqual(
    [startOf('earliest', 5, 9), startOf('latest', 5, 9), startOf({ offset: 1 }, 5, 9), startOf({ offset: 7 }, 5, 9)],
    [5, 9, 5, 7],
  )
  assert.deepEqual([startOf({ back: 2 }, 5, 9), startOf({ back: 99 }, 5, 9), startOf({ offset: 99 }, 5, 9)], [7, 5, 9])
})

test('a line is a value, or key, separator and value; a word may stand for null', () => {
  const shown = (line: string, separator: string | null, nullWord: string | null = null) => {
    const { key, value } = recordOf(line, separator, nullWord)
    return [key?.toString() ?? null, value?.toString() ?? null]
  }
  assert.deepEqual(shown('a:b', null), [null, 'a:b'])
  assert.deepEqual(shown('a:b:c', ':'), ['a', 'b:c'])
  assert.deepEqual(shown(':b', ':'), ['', 'b'])
  assert.deepEqual(shown('no key', ':'), [null, 'no key'])
  assert.deepEqual(shown('a::b', '::'), ['a', 'b'])
  assert.deepEqual(shown('a:NULL', ':', 'NULL'), ['a', null])
  assert.deepEqual(shown('', null), [null, ''])
})
