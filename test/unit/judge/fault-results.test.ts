import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { analyseFaults, type FaultOccurrence, type FaultsInput } from '../../../src/judge/fault-results.ts'
import type { LagPoint } from '../../../src/recording/lag.ts'
import { createPartitionHistory } from '../../../src/recording/partition-history.ts'
import { createSilences } from '../../../src/recording/silences.ts'

const startNs = 5e12
const s = (seconds: number) => startNs + Math.round(seconds * 1e9)
/** Every 50 ms in [from, to), seconds from the start. */
const acks = (...spans: [number, number][]) =>
  spans.flatMap(([from, to]) => Array.from({ length: Math.round((to - from) * 20) }, (_, n) => s(from + n / 20)))

const fault = (injectedS: number, healedS: number | null, more: Partial<FaultOccurrence> = {}): FaultOccurrence => ({
  ...{ use: 'kill-broker', target: 'broker 2', brokers: [2], workers: [], detail: 'SIGKILL to broker 2' },
  injectedNs: s(injectedS),
  verifiedNs: s(injectedS + 0.1),
  healedNs: healedS === null ? null : s(healedS),
  problem: null,
  ...more,
})

/** Lag samples every half second up to `endS`; `lag` gives the records behind. */
const samples = (endS: number, lag: (atS: number) => number | null): LagPoint[] =>
  Array.from({ length: endS * 2 + 1 }, (_, index) => {
    const atS = index / 2
    const behind = lag(atS)
    const end = 1_000_000 + atS * 100
    return { atS, ends: [end], committed: [behind === null ? null : end - behind], positions: [end] }
  })

function input(overrides: Partial<FaultsInput> = {}): FaultsInput {
  return {
    ...{ topic: 't', partitions: 1, minInsyncReplicas: 2 },
    occurrences: [fault(40, 60)],
    startNs,
    measureFromNs: s(10),
    loadEndNs: s(160),
    endNs: s(175),
    leaders: { initial: [], changes: [] },
    canary: { acks: [acks([0, 160])], firstSentNs: s(0), stoppedNs: s(160), offsets: [[]] },
    silences: createSilences(),
    lag: [{ group: 'g1', points: samples(175, () => 100) }],
    ...overrides,
  }
}

const canaryOf = (stoppedS: number, ...acksOf: number[][]): FaultsInput['canary'] => ({
  acks: acksOf,
  firstSentNs: s(0),
  stoppedNs: s(stoppedS),
  offsets: acksOf.map(() => []),
})

describe('a single fault', () => {
  test('what was done, when, seconds from the start, and what it cost', () => {
    const lag = samples(175, (atS) => (atS < 40 || atS >= 70 ? 100 : 3000))
    const { results, findings } = analyseFaults(input({ lag: [{ group: 'g1', points: lag }] }))
    const { partitions, ...result } = results[0]!
    assert.deepEqual(findings, [])
    assert.deepEqual(result, {
      ...{ use: 'kill-broker', target: 'broker 2', detail: 'SIGKILL to broker 2' },
      ...{ injectedAtS: 40, verifiedAtS: 40.1, healedAtS: 60, calmBeforeS: 30 },
      lagPeak: { g1: { records: 3000, seconds: 30, atS: 40 } },
      drainS: { g1: 30 },
      drainRecordsPerSec: { g1: 97 },
      ...{ leadershipRestoredS: null, underReplicatedS: null, underMinIsrS: null, offlineS: null },
      uncleanElections: null,
    })
    assert.deepEqual([partitions[0]!.unavailableMs, partitions[0]!.resolutionMs], [50, 50])
  })

  test('lag is taken without the canary’s records', () => {
    // Only the canary writes after 40 s, and nobody commits past its records.
    const points = samples(175, () => 0).map((point) =>
      point.atS < 40 ? point : { ...point, ends: [1_004_000 + 10], committed: [1_004_000] },
    )
    const offsets = [Array.from({ length: 10 }, (_, n) => 1_004_000 + n)]
    const lagOf = (canary: FaultsInput['canary']) =>
      analyseFaults(input({ canary, lag: [{ group: 'g1', points }] })).results[0]!.lagPeak.g1!.records
    assert.equal(lagOf({ ...canaryOf(160, acks([0, 160])), offsets }), 0)
    assert.equal(lagOf(canaryOf(160, acks([0, 160]))), 10)
  })

  for (const [how, loadEndS, stoppedS] of [
    ['load.count is used up', 30, 30.1],
    ['a threshold ends the load', 30, 30.05],
    ['Ctrl-C', 30, 31],
    ['the canary’s process dies first', 160, 30],
  ] as const) {
    test(`N1: ${how}: fault at 20 s, drained until 42.5 s, answered all the time: 50 ms, recovered`, () => {
      const { results } = analyseFaults(
        input({
          occurrences: [fault(20, how === 'Ctrl-C' ? 30.2 : null)],
          loadEndNs: s(loadEndS),
          endNs: s(42.5),
          canary: canaryOf(stoppedS, acks([0, 30])),
          lag: [{ group: 'g1', points: samples(42, () => 100) }],
        }),
      )
      const { unavailableMs, recovered } = results[0]!.partitions[0]!
      assert.deepEqual([unavailableMs, recovered], [50, true])
    })
  }

  test('N1: known only to a moment before the end of the load (the supervisor was killed): up to then', () => {
    const { results } = analyseFaults(
      input({
        occurrences: [fault(20, null)],
        endNs: s(25),
        canary: { ...canaryOf(0, acks([0, 22])), stoppedNs: null },
      }),
    )
    assert.equal(results[0]!.partitions[0]!.unavailableMs, 3050)
  })

  test('N26: min.insync.replicas that is not known', () => {
    const history = createPartitionHistory()
    const isr = (...ids: number[]) => ({ partition: 0, leader: 1, leaderEpoch: 0, isr: ids, replicas: [1, 2, 3] })
    history.answer(1, s(0), [isr(1, 2, 3)])
    history.answer(1, s(50), [isr(1)])
    history.answer(1, s(62), [isr(1, 2, 3)])
    const leaders = { initial: history.initial(), changes: history.changes() }
    const of = (minInsyncReplicas: number | null) =>
      analyseFaults(input({ leaders, minInsyncReplicas })).results[0]!.underMinIsrS
    assert.deepEqual([of(2), of(1), of(null)], [12, 0, null])
  })
})

describe('several faults', () => {
  /** Unavailable and behind for a while after 40 s; then calm, if it is over before the second at 100 s. */
  const twice = (drainedS: number, backS = 45, overrides: Partial<FaultsInput> = {}) =>
    analyseFaults(
      input({
        occurrences: [fault(40, 60), fault(100, 110, { use: 'pause-broker' })],
        canary: canaryOf(160, acks([0, 40], [backS, 101], [103, 160])),
        lag: [
          {
            group: 'g1',
            points: samples(175, (atS) => (atS >= 40 && atS < drainedS ? 5000 : atS > 101 && atS < 120 ? 900 : 100)),
          },
        ],
        ...overrides,
      }),
    )
  const before = ({ results }: ReturnType<typeof analyseFaults>, occurrence = 1) => {
    const { calmBeforeS, drainS, partitions } = results[occurrence]!
    return [calmBeforeS, partitions[0]!.resolutionMs, drainS.g1]
  }

  test('N7: the second has its before in the time since the first was undone, recovered and drained', () => {
    const found = twice(80)
    assert.deepEqual(before(found, 0), [30, 50, 40])
    assert.deepEqual(before(found), [20, 50, 20])
    assert.equal(found.results[1]!.partitions[0]!.unavailableMs, 2050, 'not the 5050 ms of the first')
    assert.deepEqual(found.findings, [])
  })

  for (const [reason, drainedS, backS, healedS] of [
    ['not-drained', 98, 45, 60],
    ['not-drained', 140, 45, 60],
    ['not-recovered', 80, 99.99, 60],
    ['fault-active', 80, 45, 105],
    ['fault-active', 80, 45, null],
  ] as const) {
    test(`N7: ${reason} (${drainedS} s, ${backS} s, ${healedS} s): null, and why`, () => {
      const occurrences = [fault(40, healedS), fault(100, 110, { use: 'pause-broker' })]
      const acksOf = backS < 99 ? acks([0, 40], [backS, 101], [103, 160]) : acks([0, 40], [101, 160])
      const found = twice(drainedS, backS, { occurrences, canary: canaryOf(160, acksOf) })
      assert.deepEqual(before(found), [null, null, null])
      assert.deepEqual(found.findings, [
        {
          ...{ code: 'no-undisturbed-before', level: 'info', fault: 'pause-broker', occurrence: 1, atS: 100 },
          ...{ reason, earlier: 0 },
        },
      ])
      assert.ok(found.results[1]!.lagPeak.g1!.records! >= 900, 'what was seen is reported all the same')
    })
  }

  test('N7: an in-sync set that is not full again when the next fault begins is not undisturbed', () => {
    const isr = (...ids: number[]) => ({ partition: 0, leader: 1, leaderEpoch: 0, isr: ids, replicas: [1, 2, 3] })
    const at = (backS: number) => {
      const mine = createPartitionHistory()
      mine.answer(1, s(0), [isr(1, 2, 3)])
      mine.answer(1, s(50), [isr(1, 3)])
      mine.answer(1, s(backS), [isr(1, 2, 3)])
      return twice(80, 45, { leaders: { initial: mine.initial(), changes: mine.changes() } })
    }
    assert.deepEqual(before(at(90)), [10, 50, 20])
    assert.equal(at(101).findings[0]!.reason, 'not-recovered')
  })

  test('N7: a cluster that is degraded from the start is what is normal there', () => {
    const history = createPartitionHistory()
    history.answer(1, s(0), [{ partition: 0, leader: 1, leaderEpoch: 0, isr: [1, 3], replicas: [1, 2, 3] }])
    const leaders = { initial: history.initial(), changes: history.changes() }
    assert.deepEqual(before(twice(80, 45, { leaders })), [20, 50, 20])
  })

  test('N7: recurring, drained in between or not: each has its own before, or none', () => {
    const occurrences = [30, 60, 90, 120].map((atS) => fault(atS, atS + 5))
    const drained = samples(175, (atS) => (atS >= 30 && atS < 150 && atS % 30 < 12 ? 4000 : 100))
    const calm = analyseFaults(input({ occurrences, lag: [{ group: 'g1', points: drained }] }))
    assert.deepEqual(
      calm.results.map(({ calmBeforeS, drainS }) => [calmBeforeS, drainS.g1]),
      [
        [20, 12],
        [18, 12],
        [18, 12],
        [18, 12],
      ],
    )
    const never = samples(175, (atS) => (atS >= 30 ? 4000 : 100))
    const busy = analyseFaults(input({ occurrences, lag: [{ group: 'g1', points: never }] }))
    assert.deepEqual(
      busy.results.map(({ calmBeforeS, drainS }) => [calmBeforeS, drainS.g1]),
      [
        [20, null],
        [null, null],
        [null, null],
        [null, null],
      ],
    )
    assert.deepEqual(
      busy.findings.map(({ occurrence, reason, earlier }) => [occurrence, reason, earlier]),
      [
        [1, 'not-drained', 0],
        [2, 'not-drained', 1],
        [3, 'not-drained', 2],
      ],
    )
  })

  test('N7: overlapping: the second has none, the first ends for lag where the second begins', () => {
    const occurrences = [fault(40, 70), fault(50, 80), fault(120, 130)]
    const lag = samples(175, (atS) => (atS >= 40 && atS < 90 ? 50 * atS : 100))
    const { results, findings } = analyseFaults(input({ occurrences, lag: [{ group: 'g1', points: lag }] }))
    assert.deepEqual(
      results.map(({ calmBeforeS, lagPeak }) => [calmBeforeS, lagPeak.g1!.records]),
      [
        [30, 2475],
        [null, 4475],
        [30, 100],
      ],
    )
    assert.deepEqual(
      findings.map(({ occurrence, reason, earlier }) => [occurrence, reason, earlier]),
      [[1, 'fault-active', 0]],
    )
  })

  test('N7: two that begin together share their before and their after', () => {
    const occurrences = [fault(40, 60), fault(40.3, 55, { use: 'pause-consumer' }), fault(100, 110)]
    const lag = samples(175, (atS) => (atS >= 41 && atS < 70 ? 3000 : 100))
    const { results, findings } = analyseFaults(input({ occurrences, lag: [{ group: 'g1', points: lag }] }))
    assert.deepEqual(
      results.map(({ calmBeforeS, drainS }) => [calmBeforeS, drainS.g1]),
      [
        [30, 30],
        [30, 29.7],
        [30, 0],
      ],
    )
    assert.deepEqual(findings, [])
  })

  test('N7: a fault at the very start of measure has no before', () => {
    const { results, findings } = analyseFaults(input({ occurrences: [fault(10, 20), fault(100, 110)] }))
    assert.deepEqual([results[0]!.calmBeforeS, results[0]!.partitions[0]!.resolutionMs], [null, null])
    assert.deepEqual(
      findings.map(({ occurrence, reason, earlier }) => [occurrence, reason, earlier]),
      [
        [0, 'begins-with-measure', null],
        [1, 'drain-unknown', 0],
      ],
    )
  })

  test('N7: one that could not be done disturbs nothing', () => {
    const occurrences = [fault(40, null, { problem: 'not-injected', detail: '' }), fault(100, 110)]
    const { results, findings } = analyseFaults(input({ occurrences }))
    assert.deepEqual([results[1]!.calmBeforeS, findings.length], [60, 0])
  })

  test('N7: nothing that a before would be for: no finding', () => {
    const nothing = { acks: [], firstSentNs: null, stoppedNs: null, offsets: [] }
    const { findings } = analyseFaults(input({ occurrences: [fault(10, 20)], canary: nothing, lag: [] }))
    assert.deepEqual(findings, [])
  })

  test('N7: in the order of the input, whichever began first; windows of a fault end where the next begins', () => {
    const occurrences = [fault(100, 110), fault(40, 60)]
    const { results } = analyseFaults(
      input({ occurrences, canary: canaryOf(160, acks([0, 40], [45, 101], [108, 160])) }),
    )
    assert.deepEqual(
      results.map(({ injectedAtS, partitions }) => [injectedAtS, partitions[0]!.unavailableMs]),
      [
        [100, 7050],
        [40, 5050],
      ],
    )
  })

  test('whatever faults there are: no before overlaps an active fault, and null comes with a finding', () => {
    const rng = createRng(77)
    for (let round = 0; round < 200; round++) {
      const occurrences = Array.from({ length: 1 + rng.below(5) }, () => {
        const atS = 10 + rng.below(140)
        return fault(atS, rng.below(5) === 0 ? null : atS + rng.below(30))
      }).sort((a, b) => a.injectedNs - b.injectedNs)
      const { results, findings } = analyseFaults(input({ occurrences }))
      for (const [at, { calmBeforeS, partitions, drainS }] of results.entries()) {
        const isNull = calmBeforeS === null
        assert.equal(findings.filter(({ occurrence }) => occurrence === at).length, isNull ? 1 : 0)
        if (isNull) assert.deepEqual([partitions[0]!.resolutionMs, drainS.g1], [null, null])
        const mine = occurrences[at]!
        const fromNs = mine.injectedNs - (calmBeforeS ?? 0) * 1e9
        for (const other of isNull ? [] : occurrences) {
          const together = Math.abs(other.injectedNs - mine.injectedNs) <= 1e9
          const healedNs = other.healedNs ?? Number.POSITIVE_INFINITY
          assert.ok(together || other.injectedNs > mine.injectedNs || healedNs <= fromNs, `round ${round}, fault ${at}`)
        }
      }
    }
  })
})
