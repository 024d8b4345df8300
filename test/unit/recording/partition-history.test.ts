import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PartitionState } from '../../../src/contracts/api.ts'
import { createPartitionHistory } from '../../../src/recording/partition-history.ts'

const state = (leader: number, leaderEpoch: number, isr: number[], partition = 0): PartitionState => ({
  partition,
  leader,
  leaderEpoch,
  isr,
  replicas: [1, 2, 3],
})
const ms = (n: number) => n * 1e6
const seen = (history: ReturnType<typeof createPartitionHistory>) =>
  history.changes().map(({ atNs, leader, leaderEpoch, isr }) => [atNs / 1e6, leader, leaderEpoch, isr.join('')])

describe('partition history', () => {
  test('the first answer is the beginning, no change; nor is the same again from others', () => {
    const history = createPartitionHistory()
    history.answer(1, ms(0), [state(1, 5, [1, 2, 3])])
    history.answer(2, ms(5), [state(1, 5, [3, 1, 2])])
    assert.deepEqual(history.changes(), [])
    assert.deepEqual(
      history.initial().map(({ leader }) => leader),
      [1],
    )
  })

  test('a higher epoch counts from whoever tells it first; an older answer of another broker does not undo it', () => {
    const history = createPartitionHistory()
    for (const broker of [1, 2]) history.answer(broker, ms(0), [state(1, 5, [1, 2, 3])])
    history.answer(2, ms(50), [state(2, 6, [2, 3])])
    history.answer(1, ms(60), [state(1, 5, [1, 2, 3])])
    history.answer(1, ms(70), [state(2, 6, [2, 3])])
    assert.deepEqual(seen(history), [[50, 2, 6, '23']])
  })

  test('within an epoch it counts that an answer changed: who is behind changes nothing', () => {
    const history = createPartitionHistory()
    for (const broker of [1, 2]) history.answer(broker, ms(0), [state(1, 5, [1, 2, 3])])
    history.answer(1, ms(50), [state(1, 5, [1, 2])])
    history.answer(2, ms(55), [state(1, 5, [1, 2, 3])])
    history.answer(2, ms(105), [state(1, 5, [1, 2])])
    history.answer(1, ms(150), [state(1, 5, [1, 2, 3])])
    assert.deepEqual(seen(history), [
      [50, 1, 5, '12'],
      [150, 1, 5, '123'],
    ])
  })

  test('a broker that comes back may be behind: it is believed after a second, or when it changes its mind', () => {
    const history = createPartitionHistory()
    for (const broker of [1, 2]) history.answer(broker, ms(0), [state(1, 5, [1, 2, 3])])
    history.silence(2)
    history.answer(1, ms(50), [state(1, 5, [1])])
    history.answer(2, ms(100), [state(1, 5, [1, 2, 3])])
    assert.equal(history.changes().length, 1)
    for (let at = 200; at < 1100; at += 100) history.answer(2, ms(at), [state(1, 5, [1, 2, 3])])
    assert.equal(history.changes().length, 1)
    history.answer(2, ms(1100), [state(1, 5, [1, 2, 3])])
    assert.deepEqual(seen(history).at(-1), [1100, 1, 5, '123'])
  })

  test('no leader is a change, and so are other replicas', () => {
    const history = createPartitionHistory()
    history.answer(1, ms(0), [state(1, 5, [1])])
    history.answer(1, ms(10), [state(-1, 6, [1])])
    history.answer(1, ms(20), [{ ...state(-1, 6, [1]), replicas: [1, 2] }])
    assert.deepEqual(seen(history), [
      [10, -1, 6, '1'],
      [20, -1, 6, '1'],
    ])
    assert.deepEqual(history.current(0)?.replicas, [1, 2])
  })

  test('a partition that appears later begins there', () => {
    const history = createPartitionHistory()
    history.answer(1, ms(0), [state(1, 0, [1])])
    history.answer(1, ms(10), [state(1, 0, [1]), state(2, 0, [2], 1)])
    assert.deepEqual(
      history.initial().map(({ partition }) => partition),
      [0, 1],
    )
    assert.deepEqual(history.changes(), [])
  })
})
