import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AbortedTransaction, abortedRecords, type BatchRecord } from '../../src/kafka/aborted.ts'

// Logs in words: "a" a record of producer a's transaction, "A" the control record that ends it, "." a record outside of transactions.

const recordsOf = (log: string, from = 0): BatchRecord[] =>
  [...log].map((letter, index) => ({
    offset: String(from + index),
    isControlRecord: /[A-Z]/.test(letter),
    batchContext: { producerId: letter === '.' ? '-1' : letter.toLowerCase(), inTransaction: letter !== '.' },
  }))

const aborted = (log: string, transactions: readonly [string, number][], from = 0): string => {
  const records = recordsOf(log, from)
  const listed = transactions.map(
    ([producerId, first]): AbortedTransaction => ({ producerId, firstOffset: String(first) }),
  )
  const found = abortedRecords(records, listed)
  return records.map((record) => (found.has(record) ? 'x' : '-')).join('')
}

for (const [what, log, transactions, wanted, from] of [
  ['nothing aborted', 'a.aA', [], '----'],
  ['one', '.aa.A.', [['a', 1]], '-xx---'],
  ['the same producer aborts, then commits', 'aaAaaA', [['a', 0]], 'xx----'],
  [
    'the same producer aborts twice',
    'aAaA',
    [
      ['a', 0],
      ['a', 2],
    ],
    'x-x-',
  ],
  [
    'two interleaved, from within both',
    'baba.ABb',
    [
      ['a', 10],
      ['b', 11],
    ],
    'xxxx----',
    20,
  ],
  [
    'one around another: listed as they end',
    'aabbBaA',
    [
      ['b', 2],
      ['a', 0],
    ],
    'xxxx-x-',
  ],
  ['another commits between', 'abAbB', [['a', 0]], 'x----'],
] as [string, string, [string, number][], string, number?][]) {
  test(`aborted records: ${what}`, () => assert.equal(aborted(log, transactions, from), wanted))
}

test('a record whose key looks like an abort marker ends nothing', () => {
  const records = recordsOf('aaA').map((record) => ({ ...record, key: Buffer.from([0, 0, 0, 0]) }))
  assert.equal(abortedRecords(records, [{ producerId: 'a', firstOffset: '0' }]).size, 2)
})

test('a format without transactions', () => {
  assert.equal(
    abortedRecords([{ offset: '0', isControlRecord: false }], [{ producerId: 'a', firstOffset: '0' }]).size,
    0,
  )
})
