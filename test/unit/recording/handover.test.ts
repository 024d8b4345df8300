import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createHandover } from '../../../src/recording/handover.ts'

describe('what a member was handed', () => {
  test('ranges that follow each other are one; a gap begins another', () => {
    const handover = createHandover(2)
    handover.delivered('t', 1, 0, 4)
    handover.delivered('t', 1, 5, 9)
    handover.delivered('t', 1, 11, 12)
    handover.delivered('t', 0, 3, 3)
    assert.deepEqual(handover.take().delivered, [
      { topic: 't', partition: 1, from: 0, to: 9 },
      { topic: 't', partition: 1, from: 11, to: 12 },
      { topic: 't', partition: 0, from: 3, to: 3 },
    ])
  })

  test('a range that goes back is another one', () => {
    const handover = createHandover(1)
    handover.delivered('t', 0, 5, 9)
    handover.delivered('t', 0, 5, 9)
    assert.equal(handover.take().delivered.length, 2)
  })

  test('records that are told one by one keep their times, by partition', () => {
    const handover = createHandover(2)
    handover.handedOver(0, 7, 100, 150)
    handover.handedOver(1, 3, 110, 151)
    handover.handedOver(0, 8, 120, 152)
    const of = (...values: number[]) => Float64Array.from(values)
    assert.deepEqual(handover.take().handedOver, [
      { partition: 0, offsets: of(7, 8), dueNs: of(100, 120), atNs: of(150, 152) },
      { partition: 1, offsets: of(3), dueNs: of(110), atNs: of(151) },
    ])
  })

  test('the first and the last moment at which something was received', () => {
    const handover = createHandover(1)
    assert.equal(handover.take().receivedNs, null)
    for (const atNs of [10, 20, 30]) handover.received(atNs)
    assert.deepEqual(handover.take().receivedNs, { first: 10, last: 30 })
  })

  test('what was taken is not taken again', () => {
    const handover = createHandover(1)
    handover.delivered('t', 0, 0, 1)
    handover.handedOver(0, 2, 1, 1)
    handover.received(5)
    handover.take()
    assert.deepEqual(handover.take(), { delivered: [], handedOver: [], receivedNs: null })
    handover.delivered('t', 0, 3, 4)
    assert.deepEqual(handover.take().delivered, [{ topic: 't', partition: 0, from: 3, to: 4 }])
  })

  test('positions are the next offsets, and told only when they have changed', () => {
    const handover = createHandover(3)
    assert.equal(handover.newPositions(), null)
    handover.delivered('t', 0, 0, 4)
    handover.handedOver(2, 9, 0, 0)
    const positions = handover.newPositions()!
    assert.deepEqual([...positions], [5, -1, 10])
    assert.equal(handover.newPositions(), null)
    handover.delivered('t', 0, 2, 3)
    assert.deepEqual([...handover.newPositions()!], [5, -1, 10], 'they never go back')
    handover.delivered('t', 7, 2, 3)
    assert.equal(handover.newPositions()!.length, 3, 'a partition that was added later has no place')
    assert.deepEqual([...positions], [5, -1, 10], 'what was handed out does not change')
  })
})
