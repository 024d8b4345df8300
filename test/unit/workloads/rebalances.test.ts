import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRebalances } from '../../../src/workloads/_rebalances.ts'

const places = (...partitions: number[]) => partitions.map((partition) => ({ topic: 't', partition }))
const ms = (millis: number) => 1e12 + millis * 1e6

/** A member with partitions 0 and 1; [at ms, pause ms, moved] of every rebalance. */
function member() {
  const told: [number, number | null, number][] = []
  const rebalances = createRebalances((atNs, pauseMs, moved) => told.push([(atNs - 1e12) / 1e6, pauseMs, moved]))
  rebalances.begin(places(0, 1))
  return {
    told,
    assigned: (atMs: number, ...partitions: number[]) => rebalances.assigned(places(...partitions), ms(atMs)),
    received: (atMs: number, ...partitions: number[]) => rebalances.received(places(...partitions), ms(atMs)),
    end: () => rebalances.end(),
  }
}

describe('a member that keeps its partitions (cooperative, KIP-848)', () => {
  test('N27: gains one of a member that lost its session: to the first record of that partition', () => {
    const { told, assigned, received } = member()
    assigned(1000, 0, 1, 2)
    received(1001, 0, 1)
    received(1200, 1)
    assert.deepEqual(told, [], 'what it keeps says nothing of what it gained')
    received(1750, 0, 2)
    assert.deepEqual(told, [[1000, 750, 1]])
    received(1800, 2)
    assert.equal(told.length, 1)
  })

  test('N27: gains several: to the first record of the last of them', () => {
    const { told, assigned, received } = member()
    assigned(1000, 0, 1, 2, 3)
    received(1100, 0)
    received(1300, 3)
    received(1900, 2)
    assert.deepEqual(told, [[1000, 900, 2]])
  })

  test('N27: gained in steps: each step is one', () => {
    const { told, assigned, received } = member()
    assigned(1000, 0, 1, 2)
    received(1010, 0)
    assigned(2000, 0, 1, 2, 3)
    received(2020, 2)
    received(2500, 3)
    assert.deepEqual(told, [
      [1000, 10, 1],
      [2000, 500, 1],
    ])
  })

  test('N27: a gained partition that nothing was written to does not hold the rebalance open for ever', () => {
    const { told, assigned, received, end } = member()
    assigned(1000, 0, 1, 2, 3)
    received(1005, 0)
    received(1400, 3)
    received(90_000, 0)
    end()
    assert.deepEqual(told, [[1000, 400, 2]])
  })

  test('loses one: the others go on', () => {
    const { told, assigned, received } = member()
    assigned(1000, 0)
    received(1002, 0)
    assert.deepEqual(told, [[1000, 2, 1]])
  })

  test('N27: loses one and gains one before anything came', () => {
    const { told, assigned, received } = member()
    assigned(1000, 0)
    assigned(1100, 0, 2)
    received(1101, 0)
    received(1600, 2)
    assert.deepEqual(told, [[1000, 600, 2]])
  })
})

describe('a member from which everything is taken (eager)', () => {
  test('gets the same again: from revocation to the first record', () => {
    const { told, assigned, received } = member()
    assigned(1000)
    received(1100, 0)
    assigned(4000, 0, 1)
    received(4200, 1)
    assert.deepEqual(told, [[1000, 3200, 0]])
  })

  test('N27: gets one more: that one’s first record counts as well', () => {
    const { told, assigned, received } = member()
    assigned(1000)
    assigned(4000, 0, 1, 2)
    received(4200, 1)
    received(4300, 2)
    assert.deepEqual(told, [[1000, 3300, 1]])
  })

  test('no record afterwards: null', () => {
    const { told, assigned, received, end } = member()
    assigned(1000)
    assigned(4000, 0)
    received(4100)
    end()
    assert.deepEqual(told, [[1000, null, 1]])
  })

  test('nothing left: null, and no rebalance without one', () => {
    const { told, assigned, end } = member()
    end()
    assigned(1000)
    end()
    assert.deepEqual(told, [[1000, null, 2]])
  })
})
