import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { outcomeCodes, type SettledRecords } from '../../../src/recording/frame.ts'
import { createLedger, enter } from '../../../src/recording/ledger.ts'

function settled(
  entries: readonly (readonly [sequence: number, partition: number, outcome: number])[],
): SettledRecords {
  return {
    sequences: Float64Array.from(entries, ([sequence]) => sequence),
    partitions: Uint16Array.from(entries, ([, partition]) => partition),
    outcomes: Uint8Array.from(entries, ([, , outcome]) => outcome),
  }
}

const { acked, failed, unknown, none } = outcomeCodes

describe('ledger', () => {
  test('holds outcome and partition by sequence, in whatever order they come', () => {
    const ledger = createLedger(3)
    enter(
      ledger,
      settled([
        [5, 11, acked],
        [0, 1, failed],
      ]),
    )
    enter(ledger, settled([[2, 65_535, unknown]]))
    assert.equal(ledger.length, 6)
    assert.deepEqual([...ledger.outcomes.slice(0, 6)], [failed, none, unknown, none, none, acked])
    assert.deepEqual([ledger.partitions[0], ledger.partitions[2], ledger.partitions[5]], [1, 65_535, 11])
    assert.deepEqual([ledger.acked, ledger.failed, ledger.unknown], [1, 1, 1])
  })

  test('grows beyond its first capacity and forgets nothing', () => {
    const ledger = createLedger(0)
    const rng = createRng(1)
    const order = Array.from({ length: 200_000 }, (_, i) => i)
    for (let i = order.length - 1; i > 0; i--) {
      const j = rng.below(i + 1)
      const swapped = order[i]!
      order[i] = order[j]!
      order[j] = swapped
    }
    for (let at = 0; at < order.length; at += 5000) {
      enter(ledger, settled(order.slice(at, at + 5000).map((sequence) => [sequence, sequence % 9, 1 + (sequence % 3)])))
    }
    assert.equal(ledger.length, 200_000)
    assert.equal(ledger.acked + ledger.failed + ledger.unknown, 200_000)
    for (let sequence = 0; sequence < 200_000; sequence += 997) {
      assert.equal(ledger.outcomes[sequence], 1 + (sequence % 3))
      assert.equal(ledger.partitions[sequence], sequence % 9)
    }
  })

  for (const [name, first, second] of [
    ['acked, then failed', acked, failed],
    ['unknown, then acked', unknown, acked],
    ['acked twice', acked, acked],
  ] as const) {
    test(`a record that settles twice is an error: ${name}`, () => {
      const ledger = createLedger(2)
      enter(ledger, settled([[7, 0, first]]))
      assert.throws(() => enter(ledger, settled([[7, 0, second]])), /record 7 of producer 2 was settled twice/)
      assert.equal(ledger.acked + ledger.failed + ledger.unknown, 1)
    })
  }
})
