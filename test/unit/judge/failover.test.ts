import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PartitionState } from '../../../src/contracts/api.ts'
import { analyseFailover, type FailoverInput } from '../../../src/judge/failover.ts'
import { createPartitionHistory } from '../../../src/recording/partition-history.ts'
import { createSilences } from '../../../src/recording/silences.ts'

const s = (seconds: number) => seconds * 1e9
const state = (
  partition: number,
  leader: number,
  leaderEpoch: number,
  isr: number[],
  replicas = [1, 2, 3],
): PartitionState => ({
  partition,
  leader,
  leaderEpoch,
  isr,
  replicas,
})
/** Every 50 ms in [from, to), in seconds. */
const acks = (...spans: [number, number][]) =>
  spans.flatMap(([from, to]) => Array.from({ length: Math.round((to - from) * 20) }, (_, n) => s(from + n / 20)))

function input(overrides: Partial<FailoverInput> = {}): FailoverInput {
  return {
    topic: 't',
    partitions: 1,
    minInsyncReplicas: 2,
    injectedNs: s(30),
    untilNs: s(100),
    calmFromNs: s(10),
    history: createPartitionHistory(),
    canary: [],
    silences: createSilences(),
    ...overrides,
  }
}

describe('failover of a partition', () => {
  const history = createPartitionHistory()
  history.answer(1, s(0), [state(0, 2, 0, [1, 2, 3], [2, 1, 3]), state(1, 1, 0, [1, 2, 3])])
  history.answer(1, s(39), [state(0, 1, 1, [1, 3], [2, 1, 3]), state(1, 1, 0, [1, 3])])
  history.answer(1, s(70), [state(0, 1, 1, [1, 2, 3], [2, 1, 3]), state(1, 1, 0, [1, 2, 3])])
  history.answer(1, s(80), [state(0, 2, 2, [1, 2, 3], [2, 1, 3]), state(1, 1, 0, [1, 2, 3])])
  const canary = [acks([10, 30], [40.5, 99]), acks([10, 30.02], [39.1, 99])]
  const result = analyseFailover(input({ partitions: 2, history, canary, untilNs: s(98) }))

  test('led elsewhere: a new leader, its first acknowledgement, the in-sync set small and full again', () => {
    assert.deepEqual(result.partitions[0], {
      topic: 't',
      id: 0,
      leaderBefore: 2,
      leaderAfter: 1,
      unavailableMs: 10_550,
      clientGapMs: null,
      resolutionMs: 50,
      electionMs: 9000,
      firstAckMs: 10_500,
      isrShrunkMs: 9000,
      isrRestoredS: 40,
      recovered: true,
    })
  })

  test('not led elsewhere: unavailable all the same, no election', () => {
    const { leaderBefore, leaderAfter, unavailableMs, electionMs, firstAckMs, isrShrunkMs } = result.partitions[1]!
    assert.deepEqual([leaderBefore, leaderAfter, electionMs, firstAckMs], [1, null, null, null])
    assert.equal(unavailableMs, 9150)
    assert.equal(isrShrunkMs, 9000)
  })

  test('partition-seconds from the injection on; leadership back to the preferred replica', () => {
    assert.equal(result.underReplicatedS, 2 * 31)
    assert.equal(result.underMinIsrS, 0)
    assert.equal(result.offlineS, 0)
    assert.equal(result.uncleanElections, 0)
    assert.equal(result.leadershipRestoredS, 50)
  })

  test('still gone at the end: counted up to it, and said', () => {
    const { partitions } = analyseFailover(input({ canary: [acks([10, 30])] }))
    assert.equal(partitions[0]!.unavailableMs, 70_050)
    assert.equal(partitions[0]!.recovered, false)
  })

  test('between two acknowledgements when the next fault begins: recovered', () => {
    const { partitions } = analyseFailover(input({ canary: [acks([10, 30], [30.2, 99.9], [100.4, 110])] }))
    assert.equal(partitions[0]!.recovered, true)
  })

  test('without a canary: unknown, not 0', () => {
    const { partitions } = analyseFailover(input())
    assert.deepEqual([partitions[0]!.unavailableMs, partitions[0]!.resolutionMs], [null, null])
  })

  test('a gap before the fault is resolution, a gap across the injection is the fault’s', () => {
    const { partitions } = analyseFailover(input({ canary: [acks([10, 15], [15.4, 29.9], [33, 100])] }))
    assert.equal(partitions[0]!.resolutionMs, 450)
    assert.equal(partitions[0]!.unavailableMs, 3150)
  })

  test('offline, under min.insync.replicas, unclean: each for what it is', () => {
    const unclean = createPartitionHistory()
    unclean.answer(1, s(0), [state(0, 2, 0, [1, 2, 3])])
    unclean.answer(1, s(31), [state(0, 2, 0, [2])])
    unclean.answer(1, s(35), [state(0, -1, 1, [2])])
    unclean.answer(1, s(45), [state(0, 3, 2, [3])])
    const found = analyseFailover(input({ history: unclean, untilNs: s(50) }))
    assert.equal(found.uncleanElections, 1)
    assert.equal(found.offlineS, 10)
    assert.equal(found.underMinIsrS, 19)
    assert.equal(found.partitions[0]!.electionMs, 15_000)
    assert.equal(found.leadershipRestoredS, null)
  })

  test('what came before the fault is no part of it', () => {
    const earlier = createPartitionHistory()
    earlier.answer(1, s(0), [state(0, 2, 0, [1, 2, 3])])
    earlier.answer(1, s(20), [state(0, 1, 1, [1, 2, 3])])
    const { partitions, leadershipRestoredS } = analyseFailover(input({ history: earlier }))
    assert.deepEqual([partitions[0]!.leaderBefore, partitions[0]!.leaderAfter], [1, null])
    assert.equal(leadershipRestoredS, null)
  })
})

describe('silence of the measured client', () => {
  const never = Number.NaN
  test('silent is when all producers are: gaps are intersected', () => {
    const silences = createSilences()
    silences.add(0, { gaps: Float64Array.from([0, s(30), s(41)]), lastAcks: Float64Array.from([s(99)]) })
    silences.add(1, {
      gaps: Float64Array.from([0, s(20), s(21), 0, s(31), s(43)]),
      lastAcks: Float64Array.from([s(98)]),
    })
    assert.deepEqual(silences.longest(0, s(30), s(97)), { fromNs: s(31), toNs: s(41) })
    assert.equal(analyseFailover(input({ silences })).partitions[0]!.clientGapMs, 10_000)
  })

  test('the end of the window cuts what lasts; frames add up', () => {
    const silences = createSilences()
    silences.add(0, { gaps: Float64Array.from([]), lastAcks: Float64Array.from([s(29)]) })
    silences.add(0, { gaps: Float64Array.from([0, s(29), s(30)]), lastAcks: Float64Array.from([s(31)]) })
    assert.deepEqual(silences.longest(0, s(30.5), s(60)), { fromNs: s(31), toNs: s(60) })
  })

  test('a partition that nobody wrote to is unknown', () => {
    const silences = createSilences()
    silences.add(0, { gaps: Float64Array.from([]), lastAcks: Float64Array.from([never, s(5)]) })
    assert.equal(silences.longest(0, s(1), s(60)), null)
    assert.notEqual(silences.longest(1, s(1), s(60)), null)
  })
})
