import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shortestSilenceNs } from '../../../src/recording/frame.ts'
import { createSilence } from '../../../src/recording/silence.ts'

const none = Number.NaN

describe('what a producer notes of its acknowledgements', () => {
  test('the first due record of a partition counts, later ones do not', () => {
    const silence = createSilence(2)
    silence.due(1, 100)
    silence.due(1, 200)
    assert.deepEqual([...silence.take().firstDues], [none, 100])
  })

  test('the time from the first due record to the first acknowledgement is a silence of its own', () => {
    const silence = createSilence(1)
    silence.due(0, 1e9)
    silence.acknowledged(0, 1e9 + shortestSilenceNs + 1, 1e9)
    const { gaps, lastAcks, longestNs } = silence.take()
    assert.deepEqual([...gaps], [0, 1e9, 1e9 + shortestSilenceNs + 1])
    assert.deepEqual([...lastAcks], [1e9 + shortestSilenceNs + 1])
    assert.deepEqual([...longestNs], [0])
  })

  test('a pause that is just not a silence is only the longest one', () => {
    const silence = createSilence(1)
    silence.due(0, 0)
    silence.acknowledged(0, shortestSilenceNs, 0)
    assert.deepEqual(silence.take(), {
      gaps: new Float64Array(0),
      firstDues: Float64Array.of(0),
      lastAcks: Float64Array.of(shortestSilenceNs),
      longestNs: Float64Array.of(shortestSilenceNs),
    })
  })

  test('the longest is the longest since the last frame, whatever the order', () => {
    const silence = createSilence(1)
    silence.due(0, 0)
    for (const atNs of [10, 40, 45]) silence.acknowledged(0, atNs, 0)
    assert.deepEqual([...silence.take().longestNs], [30])
    silence.acknowledged(0, 50, 0)
    assert.deepEqual([...silence.take().longestNs], [5])
  })

  test('silences are handed over once; the first due record and the last acknowledgement stay', () => {
    const silence = createSilence(1)
    silence.due(0, 0)
    silence.acknowledged(0, 2 * shortestSilenceNs, 0)
    assert.equal(silence.take().gaps.length, 3)
    const { gaps, firstDues, lastAcks } = silence.take()
    assert.deepEqual([gaps.length, firstDues[0], lastAcks[0]], [0, 0, 2 * shortestSilenceNs])
  })

  test('partitions keep apart, and one beyond those known is passed over', () => {
    const silence = createSilence(2)
    silence.due(0, 5)
    silence.due(1, 7)
    silence.acknowledged(1, 9, 7)
    silence.acknowledged(2, 1e12, 7)
    const { gaps, firstDues, lastAcks, longestNs } = silence.take()
    assert.deepEqual(
      [[...firstDues], [...lastAcks]],
      [
        [5, 7],
        [none, 9],
      ],
    )
    assert.deepEqual([gaps.length, [...longestNs]], [0, [0, 2]])
  })

  test('with the client’s own partitioner the due time comes with the acknowledgement, and an earlier one stays', () => {
    const silence = createSilence(2)
    silence.acknowledged(0, 30, 10)
    silence.due(1, 10)
    silence.acknowledged(1, 30, 20)
    const { firstDues, longestNs } = silence.take()
    assert.deepEqual(
      [[...firstDues], [...longestNs]],
      [
        [10, 10],
        [20, 20],
      ],
    )
  })

  test('the client’s own partitioner: of a record due earlier than what was noted the earlier time counts', () => {
    const silence = createSilence(1)
    silence.due(0, 20)
    silence.acknowledged(0, 30, 10)
    const { firstDues, longestNs } = silence.take()
    assert.deepEqual([firstDues[0], longestNs[0]], [10, 20])
  })
})
