import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import type { PartitionState } from '../../../src/contracts/api.ts'
import { analyseFailover, type FailoverInput } from '../../../src/judge/failover.ts'
import { createPartitionHistory, type PartitionHistory } from '../../../src/recording/partition-history.ts'
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

/** Its probes since the first acknowledgement of any partition, unless told otherwise. */
const sung = (
  acks: number[][],
  firstSentNs: number | null = Math.min(...acks.flat()),
  stoppedNs: number | null = null,
): FailoverInput['canary'] => ({ acks, firstSentNs, stoppedNs })

function input(
  overrides: Partial<Omit<FailoverInput, 'leaders'>> & { history?: PartitionHistory } = {},
): FailoverInput {
  const { history = createPartitionHistory(), ...rest } = overrides
  return {
    topic: 't',
    partitions: 1,
    minInsyncReplicas: 2,
    injectedNs: s(30),
    untilNs: s(100),
    before: { fromNs: s(10), toNs: s(30) },
    leaders: { initial: history.initial(), changes: history.changes() },
    canary: { acks: [], firstSentNs: null, stoppedNs: null },
    silences: createSilences(),
    ...rest,
  }
}

describe('failover of a partition', () => {
  const history = createPartitionHistory()
  history.answer(1, s(0), [state(0, 2, 0, [1, 2, 3], [2, 1, 3]), state(1, 1, 0, [1, 2, 3])])
  history.answer(1, s(39), [state(0, 1, 1, [1, 3], [2, 1, 3]), state(1, 1, 0, [1, 3])])
  history.answer(1, s(70), [state(0, 1, 1, [1, 2, 3], [2, 1, 3]), state(1, 1, 0, [1, 2, 3])])
  history.answer(1, s(80), [state(0, 2, 2, [1, 2, 3], [2, 1, 3]), state(1, 1, 0, [1, 2, 3])])
  const canary = [acks([10, 30], [40.5, 99]), acks([10, 30.02], [39.1, 99])]
  const result = analyseFailover(input({ partitions: 2, history, canary: sung(canary), untilNs: s(98) }))

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
    const { partitions } = analyseFailover(input({ canary: sung([acks([10, 30])]) }))
    assert.equal(partitions[0]!.unavailableMs, 70_050)
    assert.equal(partitions[0]!.recovered, false)
  })

  test('between two acknowledgements when the next fault begins: recovered', () => {
    const { partitions } = analyseFailover(input({ canary: sung([acks([10, 30], [30.2, 99.9], [100.4, 110])]) }))
    assert.equal(partitions[0]!.recovered, true)
  })

  test('without a canary: unknown, not 0', () => {
    const { partitions } = analyseFailover(input())
    assert.deepEqual([partitions[0]!.unavailableMs, partitions[0]!.resolutionMs], [null, null])
  })

  test('a gap before the fault is resolution, a gap across the injection is the fault’s', () => {
    const { partitions } = analyseFailover(input({ canary: sung([acks([10, 15], [15.4, 29.9], [33, 100])]) }))
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

describe('min.insync.replicas', () => {
  const shrunk = createPartitionHistory()
  shrunk.answer(1, s(0), [state(0, 1, 0, [1, 2, 3])])
  shrunk.answer(1, s(40), [state(0, 1, 0, [1])])
  shrunk.answer(1, s(60), [state(0, 1, 0, [1, 2, 3])])
  const underMinIsrS = (minInsyncReplicas: number | null, history = shrunk) =>
    analyseFailover(input({ history, minInsyncReplicas })).underMinIsrS

  test('N26: the one in force for the topic, also where it is the brokers’ own', () => {
    assert.equal(underMinIsrS(1), 0)
    assert.equal(underMinIsrS(2), 20)
    assert.equal(underMinIsrS(4), 70, 'more than there are replicas: all the time')
  })

  test('N26: unknown, nothing is claimed; what does not depend on it is known', () => {
    assert.equal(underMinIsrS(null), null)
    assert.equal(analyseFailover(input({ history: shrunk, minInsyncReplicas: null })).underReplicatedS, 20)
  })

  test('N26: without a look at metadata nothing is known, not 0', () => {
    const { underReplicatedS, underMinIsrS, offlineS, uncleanElections } = analyseFailover(input())
    assert.deepEqual([underReplicatedS, underMinIsrS, offlineS, uncleanElections], [null, null, null, null])
  })
})

describe('windows end with their evidence', () => {
  const only = (overrides: Parameters<typeof input>[0]) => analyseFailover(input(overrides)).partitions[0]!

  test('N1: the canary stopped at 30 s, the window goes to 42.5 s: 50 ms, recovered', () => {
    const canary = sung([acks([0, 30])], s(0), s(30))
    const { unavailableMs, recovered } = only({ injectedNs: s(20), untilNs: s(42.5), canary })
    assert.deepEqual([unavailableMs, recovered], [50, true])
  })

  test('N1: an outage that lasts when the canary stops counts up to then, and has not recovered', () => {
    const canary = sung([acks([0, 21]), acks([0, 30])], s(0), s(30))
    const { unavailableMs, recovered } = only({ injectedNs: s(20), untilNs: s(42.5), canary })
    assert.deepEqual([unavailableMs, recovered], [9050, false])
  })

  test('N1: probes on their way when it stopped show that the partition is back', () => {
    const canary = sung([[...acks([0, 21]), s(30.2)]], s(0), s(30))
    const { unavailableMs, recovered } = only({ injectedNs: s(20), untilNs: s(42.5), canary })
    assert.deepEqual([unavailableMs, recovered], [9050, true])
  })

  test('N1: a canary that stopped before the fault says nothing of it', () => {
    const canary = sung([acks([0, 25])], s(0), s(25))
    const { unavailableMs, resolutionMs, recovered } = only({ before: { fromNs: s(10), toNs: s(25) }, canary })
    assert.deepEqual([unavailableMs, resolutionMs, recovered], [null, 50, true])
  })

  test('N1: a fault in the moment in which the load ends has no window, and no negative times', () => {
    const history = createPartitionHistory()
    history.answer(1, s(0), [state(0, 2, 0, [2], [1, 2, 3])])
    const found = analyseFailover(input({ history, injectedNs: s(50), untilNs: s(49), canary: sung([acks([0, 60])]) }))
    assert.deepEqual([found.underReplicatedS, found.partitions[0]!.unavailableMs], [0, null])
  })

  test('N12: no acknowledgement before the fault: counted from the first probe', () => {
    const { unavailableMs, resolutionMs } = only({ canary: sung([acks([45, 100])], s(5)) })
    assert.deepEqual([unavailableMs, resolutionMs], [40_000, null])
  })

  test('N12: first probe and first acknowledgement within the window', () => {
    assert.equal(only({ canary: sung([acks([45, 100])], s(40)) }).unavailableMs, 5000)
  })

  test('N12: a partition that never answered while others did: from the first probe to the end', () => {
    const { partitions } = analyseFailover(
      input({ partitions: 2, untilNs: s(60), canary: sung([[], acks([5, 60])], s(5)) }),
    )
    assert.deepEqual([partitions[0]!.unavailableMs, partitions[0]!.recovered], [55_000, false])
    assert.deepEqual([partitions[1]!.unavailableMs, partitions[1]!.recovered], [50, true])
  })

  test('N12: a canary without any acknowledgement is no evidence', () => {
    const { unavailableMs, resolutionMs, firstAckMs } = only({ canary: sung([[], []], s(5)) })
    assert.deepEqual([unavailableMs, resolutionMs, firstAckMs], [null, null, null])
  })

  test('N12: partitions beyond those that it watches are unknown', () => {
    const { partitions } = analyseFailover(input({ partitions: 2, canary: sung([acks([10, 100])]) }))
    assert.deepEqual([partitions[1]!.unavailableMs, partitions[1]!.resolutionMs], [null, null])
  })

  test('no window outlives its evidence, whenever anything stops', () => {
    const rng = createRng(12)
    for (let round = 0; round < 300; round++) {
      const stoppedS = rng.below(1200) / 20
      const [injectedS, untilS] = [rng.float() * 60, rng.float() * 100]
      const canary = sung([acks([0, stoppedS]), acks([0, rng.float() * stoppedS])], s(0), s(stoppedS))
      const { partitions } = analyseFailover(
        input({ partitions: 2, injectedNs: s(injectedS), untilNs: s(untilS), canary }),
      )
      for (const { unavailableMs } of partitions) {
        const what = `stopped ${stoppedS}, fault ${injectedS}, until ${untilS}: ${unavailableMs}`
        assert.ok((unavailableMs ?? 0) <= stoppedS * 1000 + 1, what)
        if (injectedS >= Math.min(stoppedS, untilS)) assert.equal(unavailableMs, null, what)
      }
      const all = partitions[0]!.unavailableMs
      assert.ok(all === null || all <= 50.1, `answered all the time: ${all}`)
    }
  })

  test('N7: without undisturbed time before it the resolution is unknown', () => {
    const { unavailableMs, resolutionMs } = only({ before: null, canary: sung([acks([10, 35], [40, 100])]) })
    assert.deepEqual([unavailableMs, resolutionMs], [5050, null])
  })
})
