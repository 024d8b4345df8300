import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createCanaryAcks } from '../../../src/recording/canary-acks.ts'

const fact = (atNs: number, ...acks: number[]) => ({ fact: 'canary' as const, atNs, acks: Float64Array.from(acks) })

describe('what the canary reported', () => {
  test('nothing yet: nothing is known', () => {
    const canary = createCanaryAcks(2)
    assert.deepEqual(
      [canary.acks, canary.offsets],
      [
        [[], []],
        [[], []],
      ],
    )
    const { firstSentNs, knownUntilNs, stoppedNs, problem } = canary
    assert.deepEqual([firstSentNs(), knownUntilNs(), stoppedNs(), problem()], [null, null, null, null])
  })

  test('the first fact comes with the first probe; the latest says until when it is known', () => {
    const canary = createCanaryAcks(1)
    for (const atNs of [10, 30, 20]) canary.add(fact(atNs))
    assert.deepEqual([canary.firstSentNs(), canary.knownUntilNs()], [10, 30])
  })

  test('acknowledgements and offsets by partition, ascending whatever the order of arrival', () => {
    const canary = createCanaryAcks(2)
    canary.add(fact(100, 0, 5, 40, 1, 7, 41, 0, 6, 42))
    canary.add(fact(200, 0, 3, 30, 0, 4, 42, 0, 9, 50))
    assert.deepEqual(canary.acks, [[30, 40, 42, 42, 50], [41]])
    assert.deepEqual(canary.offsets, [[3, 4, 5, 6, 9], [7]])
  })

  test('an offset that is not known is none; offset 0 is one', () => {
    const canary = createCanaryAcks(1)
    canary.add(fact(100, 0, -1, 40, 0, 0, 50))
    assert.deepEqual([canary.acks[0], canary.offsets[0]], [[40, 50], [0]])
  })

  test('partitions that are not watched, and a torn end, are passed over', () => {
    const canary = createCanaryAcks(1)
    canary.add(fact(100, 3, 1, 40, 0, 1, 50, 0, 2))
    assert.deepEqual(canary.acks, [[50]])
  })

  test('stops once, for the first reason', () => {
    const canary = createCanaryAcks(1)
    canary.add({ fact: 'canary-stopped', atNs: 60, problem: 'a' })
    canary.add({ fact: 'canary-stopped', atNs: 70, problem: 'b' })
    assert.deepEqual([canary.stoppedNs(), canary.problem(), canary.firstSentNs()], [60, 'a', null])
  })
})
