import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import type { SettledRecords } from '../../../src/contracts/api.ts'
import {
  type AuditBook,
  createAuditBook,
  isInPlace,
  isRead,
  outcomeBits,
  partitionShift,
} from '../../../src/judge/audit-book.ts'
import { outcomeCodes } from '../../../src/recording/frame.ts'

const { none, acked, failed, unknown } = outcomeCodes

type Entry = readonly [sequence: number, partition: number, outcome: number]

function settled(entries: readonly Entry[]): SettledRecords {
  return {
    sequences: Float64Array.from(entries, ([sequence]) => sequence),
    partitions: Uint16Array.from(entries, ([, partition]) => partition),
    outcomes: Uint8Array.from(entries, ([, , outcome]) => outcome),
  }
}

/** Everything that settled or was read: sequence → [partition, outcome, marks]. */
function contents(book: AuditBook): Map<number, [number, number, number]> {
  const found = new Map<number, [number, number, number]>()
  for (const { producer, first, entries } of book.chunks()) {
    for (const [at, entry] of entries.entries()) {
      const outcome = entry & outcomeBits
      if (entry !== 0) {
        found.set(producer * 1e15 + first + at, [entry >> partitionShift, outcome, entry & (isRead | isInPlace)])
      }
    }
  }
  return found
}

describe('what is entered is there', () => {
  for (const [name, partitions, most, width] of [
    ['one byte up to 16 partitions', 16, 16, 1],
    ['two bytes from 17 partitions on', 17, 17, 2],
    ['two bytes up to 4096 partitions', 4096, 4096, 2],
    ['four bytes from 4097 partitions on', 4097, 4097, 4],
    ['a topic that grew from 3 to 16 partitions', 3, 16, 1],
    ['a topic that grew from 16 to 17 partitions', 16, 17, 2],
    ['a topic that grew from 1 to 65 536 partitions', 1, 65_536, 4],
    ['a topic whose partitions are not known', 0, 12, 1],
  ] as const) {
    test(`whatever the order, with marks kept: ${name}`, () => {
      const rng = createRng(most)
      const book = createAuditBook({ partitions, chunkRecords: 64 })
      const expected = new Map<number, [number, number, number]>()
      for (let step = 0; step < 3000; step++) {
        const producer = rng.below(3)
        const sequence = rng.below(4000)
        const key = producer * 1e15 + sequence
        // Low partitions first, so that a widening finds entries of every kind.
        const partition = step === 2000 ? most - 1 : rng.below(step < 1500 ? Math.min(most, partitions || 1) : most)
        const known = expected.get(key)
        if (known?.[1] && rng.below(2) === 0) {
          const marks = known[1] !== acked || known[0] === partition ? isRead | isInPlace : isRead
          const before = book.read(producer, sequence, partition)
          assert.deepEqual([before >> partitionShift, before & outcomeBits, before & (isRead | isInPlace)], known)
          known[2] |= marks
        } else if (!known) {
          const outcome = 1 + rng.below(3)
          book.settle(producer, settled([[sequence, partition, outcome]]))
          expected.set(key, [partition, outcome, 0])
        }
      }
      const highest = Math.max(...[...expected.values()].map(([partition]) => partition))
      assert.equal(book.bytesPerRecord(), highest < 16 && width === 1 ? 1 : width)
      assert.deepEqual(
        [...contents(book)],
        [...expected].sort(([a], [b]) => a - b),
      )
      const count = (outcome: number) => [...expected.values()].filter(([, o]) => o === outcome).length
      assert.deepEqual(book.settledAs, { acked: count(acked), failed: count(failed), unknown: count(unknown) })
    })
  }

  test('a widening in the midst of a batch loses nothing of it', () => {
    const book = createAuditBook({ partitions: 12, chunkRecords: 8 })
    book.settle(0, settled(Array.from({ length: 40 }, (_, at) => [at, at === 20 ? 16 : at % 12, acked])))
    assert.equal(book.bytesPerRecord(), 2)
    const partitions = [...contents(book).values()].map(([partition]) => partition)
    assert.deepEqual(
      partitions,
      Array.from({ length: 40 }, (_, at) => (at === 20 ? 16 : at % 12)),
    )
  })

  test('a record that was read before it settled keeps its mark', () => {
    const book = createAuditBook({ partitions: 4, chunkRecords: 8 })
    assert.equal(book.read(0, 3, 2), none)
    book.settle(0, settled([[3, 2, acked]]))
    assert.equal(book.read(0, 3, 2), (2 << partitionShift) | isRead | isInPlace | acked)
  })

  test('a producer is known once one of its records settled', () => {
    const book = createAuditBook({ partitions: 4 })
    assert.equal(book.has(65_535), false)
    book.settle(65_535, settled([[0, 0, failed]]))
    assert.equal(book.has(65_535), true)
    assert.equal(book.has(0), false)
  })
})

describe('memory', () => {
  test('N19: one byte a record up to 16 partitions, two above, in chunks that are made when they are needed', () => {
    for (const [partitions, bytes] of [
      [16, 1],
      [17, 2],
    ] as const) {
      const book = createAuditBook({ partitions })
      assert.equal(book.bytes(), 0)
      for (const sequence of [0, 716_800_000, 716_800_001, 8e8, 1e9 - 1, 2 ** 32 + 5, 2 ** 48 - 1]) {
        book.settle(0, settled([[sequence, 15, acked]]))
      }
      assert.equal(book.bytes(), 6 * 1_048_576 * bytes, 'two of the records share a chunk')
      for (const sequence of [716_800_000, 1e9 - 1, 2 ** 32 + 5, 2 ** 48 - 1]) {
        assert.equal(book.read(0, sequence, 15), (15 << partitionShift) | acked)
      }
      // 2³² apart: a sequence cut to 32 bits would be taken for the other one.
      assert.equal(book.read(0, 5, 15), none)
      const firsts = [...book.chunks()].map(({ first }) => first)
      assert.deepEqual(
        firsts,
        firsts.toSorted((a, b) => a - b),
      )
      assert.equal(firsts.at(-1), 2 ** 48 - 1_048_576)
    }
  })

  test('N19: 10⁹ records take 954 chunks of one byte a record and no more', () => {
    const chunkRecords = 1_048_576
    const book = createAuditBook({ partitions: 12, chunkRecords })
    const last = 1e9 - 1
    for (let sequence = 0; sequence <= last; sequence += chunkRecords) book.settle(0, settled([[sequence, 1, acked]]))
    book.settle(0, settled([[last, 1, acked]]))
    assert.equal(book.bytes(), 954 * chunkRecords)
    assert.equal(book.settledAs.acked, 955)
  })

  test('entries lie in shared memory, so that threads could read them', () => {
    const book = createAuditBook({ partitions: 1 })
    book.settle(0, settled([[0, 0, acked]]))
    for (const { entries } of book.chunks()) assert.ok(entries.buffer instanceof SharedArrayBuffer)
  })

  test('sequences that nobody sent do not fill the memory', () => {
    const book = createAuditBook({ partitions: 1, chunkRecords: 8 })
    let taken = 0
    for (let at = 0; at < 5000; at++) if (book.read(0, at * 1e9, 0) === none) taken++
    assert.equal(taken, 1024)
    assert.equal(book.bytes(), 1024 * 8)
    book.settle(0, settled([[4999e9, 0, acked]]))
    assert.equal(book.read(0, 4999e9, 0), acked, 'what settled always has its place')
  })
})

describe('what cannot be a record is refused', () => {
  for (const [name, first, second] of [
    ['acked, then failed', acked, failed],
    ['unknown, then acked', unknown, acked],
    ['acked twice', acked, acked],
  ] as const) {
    test(`settled twice: ${name}`, () => {
      for (const sequence of [7, 2 ** 32 + 7]) {
        const book = createAuditBook({ partitions: 12 })
        book.settle(2, settled([[sequence, 0, first]]))
        assert.throws(
          () => book.settle(2, settled([[sequence, 11, second]])),
          new RegExp(`record ${sequence} of producer 2 was settled twice`),
        )
        assert.equal(book.read(2, sequence, 0), first)
      }
    })
  }

  test('settled twice in one batch, and after the entries became wider', () => {
    const twice = createAuditBook({ partitions: 12 })
    assert.throws(
      () =>
        twice.settle(
          0,
          settled([
            [1, 0, acked],
            [1, 0, acked],
          ]),
        ),
      /settled twice/,
    )
    const wider = createAuditBook({ partitions: 12 })
    wider.settle(
      0,
      settled([
        [1, 0, acked],
        [2, 40, acked],
      ]),
    )
    assert.throws(() => wider.settle(0, settled([[1, 0, failed]])), /settled twice/)
  })

  for (const sequence of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 48, -0.1]) {
    test(`sequence ${sequence}`, () => {
      const book = createAuditBook({ partitions: 12 })
      assert.throws(() => book.settle(0, settled([[sequence, 0, acked]])), /there is no record/)
      assert.equal(book.bytes(), 0)
    })
  }

  for (const outcome of [none, 4, 255]) {
    test(`outcome ${outcome}`, () => {
      assert.throws(() => createAuditBook({ partitions: 1 }).settle(0, settled([[0, 0, outcome]])), /settled as/)
    })
  }

  for (const producer of [-1, 65_536, 0.5, Number.NaN]) {
    test(`producer ${producer}`, () => {
      assert.throws(() => createAuditBook({ partitions: 1 }).settle(producer, settled([])), /there is no producer/)
    })
  }

  for (const partitions of [-1, 0.5, Number.NaN, 65_537, 1e12]) {
    test(`${partitions} partitions`, () => assert.throws(() => createAuditBook({ partitions }), /a book for/))
  }

  test('arrays of unequal length', () => {
    const three = settled([
      [0, 0, acked],
      [1, 0, acked],
      [2, 0, acked],
    ])
    for (const wrong of [
      { ...three, partitions: new Uint16Array(2) },
      { ...three, outcomes: new Uint8Array(4) },
      { ...three, sequences: new Float64Array(0) },
    ]) {
      const book = createAuditBook({ partitions: 1 })
      assert.throws(() => book.settle(0, wrong), /records settled with/)
      assert.deepEqual(book.settledAs, { acked: 0, failed: 0, unknown: 0 })
    }
  })
})
