import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createAuditBook } from '../../../src/judge/audit-book.ts'
import { auditCompacted, type CompactedKeys, pairOf } from '../../../src/judge/compacted.ts'
import { createKeyIndexes } from '../../../src/load/keys.ts'
import { outcomeCodes } from '../../../src/recording/frame.ts'

const partitions = 4
const { acked, unknown } = outcomeCodes
const distributions = ['sequential', 'uniform', 'zipf'] as const

interface Sent {
  producer: number
  sequence: number
  partition: number
  key: number
  outcome: number
}

/** What producers sent, each record to the partition of its key. */
function sent({ keys, seed, producers }: CompactedKeys, records: number): Sent[] {
  return Array.from({ length: producers }, (_, producer) => {
    const keyOf = createKeyIndexes(keys, seed, producer)
    return Array.from({ length: records }, (_, sequence): Sent => {
      const key = keyOf(producer + sequence * producers)
      return { producer, sequence, partition: key % partitions, key, outcome: acked }
    })
  }).flat()
}

/** The audit of a log that holds `there` of what was sent. */
function audit(
  all: readonly Sent[],
  how: CompactedKeys,
  there: readonly Sent[],
  superseded: ReadonlySet<number> = new Set(),
) {
  const book = createAuditBook({ partitions, chunkRecords: 64 })
  for (let producer = 0; producer < how.producers; producer++) {
    const mine = all.filter((each) => each.producer === producer)
    book.settle(producer, {
      sequences: Float64Array.from(mine.map(({ sequence }) => sequence)),
      partitions: Uint16Array.from(mine.map(({ partition }) => partition)),
      outcomes: Uint8Array.from(mine.map(({ outcome }) => outcome)),
    })
  }
  for (const { producer, sequence, partition } of there) book.read(producer, sequence, partition)
  const lost: string[] = []
  const counts = auditCompacted(book, how, new Uint8Array(65_536), superseded, (producer, sequence) =>
    lost.push(`${producer}/${sequence}`),
  )
  return { ...counts!, examples: lost }
}

/** The last of each key and partition, in this order. */
const lastOf = (all: readonly Sent[]): Sent[] => [
  ...new Map(all.map((each) => [pairOf(each.key, each.partition, 1e6), each])).values(),
]

const howOf = (distribution: (typeof distributions)[number], producers = 1): CompactedKeys => ({
  ...{ keys: { cardinality: 17, distribution, exponent: 1 }, seed: 3, producers },
})

describe('X7: the audit of a compacted topic', () => {
  for (const distribution of distributions) {
    test(`X7: of ${distribution} keys only the last values are there: nothing is lost`, () => {
      const how = howOf(distribution)
      const all = sent(how, 500)
      const last = lastOf(all)
      const { lost, audited, removable } = audit(all, how, last)
      assert.deepEqual([lost, audited, removable], [0, last.length, 500 - last.length])
    })

    test(`X7: of ${distribution} keys every last value that is gone is lost, and named`, () => {
      const how = howOf(distribution)
      const all = sent(how, 500)
      const last = lastOf(all)
      for (const gone of last) {
        const { lost, examples } = audit(
          all,
          how,
          all.filter((each) => each !== gone),
        )
        assert.equal(lost, 1, `key ${gone.key}`)
        assert.deepEqual(examples, [`0/${gone.sequence}`])
      }
    })
  }

  test('X7: nothing was removed yet: everything is audited', () => {
    const how = howOf('uniform')
    const all = sent(how, 200)
    assert.deepEqual(audit(all, how, all), { audited: 200, lost: 0, removable: 0, examples: [] })
  })

  test('X7: of several producers any may have written last; a key that none of them has left is lost', () => {
    const how = howOf('uniform', 3)
    const all = sent(how, 300)
    for (const order of [all, all.toReversed()]) {
      const byProducer = order.toSorted((a, b) => a.sequence - b.sequence)
      assert.equal(audit(all, how, lastOf(byProducer)).lost, 0)
    }
    const without = all.filter(({ key }) => key !== 5)
    assert.equal(audit(all, how, without).lost, 1)
  })

  test('X7: a record that nobody acknowledged and that is there stands in for the one that it superseded', () => {
    const how = howOf('sequential')
    const all = sent(how, 34)
    const late = all.at(-1)!
    late.outcome = unknown
    const before = all.find(({ key, sequence }) => key === late.key && sequence < late.sequence)!
    assert.equal(
      audit(
        all,
        how,
        all.filter((each) => each !== before),
      ).lost,
      0,
    )
    assert.equal(
      audit(
        all,
        how,
        all.filter((each) => each !== before && each !== late),
      ).lost,
      1,
    )
  })

  test('X7: a key that somebody else has written since is not lost', () => {
    const how = howOf('sequential')
    const all = sent(how, 34)
    const gone = lastOf(all)[3]!
    const there = all.filter((each) => each !== gone)
    assert.equal(audit(all, how, there, new Set([pairOf(gone.key, gone.partition, how.keys.cardinality)])).lost, 0)
  })
})
