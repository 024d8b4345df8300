import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EventFact, Fact, FrameFact, TopicFact, WorkerFact } from '../../../src/contracts/facts.ts'
import type { WorkerSpec } from '../../../src/contracts/plan.ts'
import { createSums, isOver, isRunning } from '../../../src/recording/sums.ts'
import { frameOf } from '../../support/frames.ts'
import { freezeDeep, planOf } from '../../support/plans.ts'

const plan = planOf({
  topic: { partitions: 3 },
  load: { rate: 10 },
  producers: { count: 2 },
  consumers: [{ group: 'g1' }],
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
  canary: { enabled: true, partitions: 2 },
})
const [producer, other, consumer] = plan.workers as [WorkerSpec, WorkerSpec, WorkerSpec]
const group = plan.groups[0]!.group
/** Origin of the time axis. */
const startNs = 1e12
const s = (seconds: number) => startNs + seconds * 1e9
const started: Fact = { fact: 'started', atNs: s(-0.3), startNs, wallMs: 1.7e12 }
const topic: TopicFact = {
  ...{ fact: 'topic', atNs: s(-2), name: 't', partitions: 3, replicationFactor: 1, minInsyncReplicas: 1 },
  ...{ maxMessageBytes: null, created: true, firstOffsets: [0, 0, 0], differs: [] },
}
const joined = (...specs: WorkerSpec[]): Fact[] =>
  specs.map((spec) => ({ fact: 'worker', atNs: s(-1), worker: spec.worker, is: 'joined', spec }))
const does = (spec: WorkerSpec, atS: number, more: Pick<WorkerFact, 'is'> & Record<string, unknown>) =>
  ({ fact: 'worker', atNs: s(atS), worker: spec.worker, ...more }) as Fact
const ready = (...specs: WorkerSpec[]) => specs.map((spec) => does(spec, -0.5, { is: 'ready' }))
const frame = (spec: WorkerSpec, atS: number, more: Partial<FrameFact> = {}) => frameOf(spec.worker, s(atS), null, more)
const sumsOf = (...facts: Fact[]) => {
  const sums = createSums(plan)
  for (const fact of facts) sums.add(freezeDeep(fact))
  return sums
}
const begun = [topic, ...joined(producer, other, consumer), ...ready(producer, other, consumer), started]
const eventsOf = (acked: number) => ({
  ...{ sent: acked, acked, ackedBytes: 0, failed: 0, unknown: 0, received: 0, receivedBytes: 0 },
})

describe('sums of nothing', () => {
  test('know nothing, and have a place for every group of the plan', () => {
    const sums = createSums(plan)
    const { topic, filled, startNs, wallMs, loadEnded, audited, reference, overNs, leaders, canary } = sums
    for (const each of [topic, filled, startNs, wallMs, loadEnded, audited, reference, overNs, leaders, canary])
      assert.equal(each, null)
    assert.deepEqual([sums.receivedNs, sums.lastFactNs, sums.knownUntilNs, sums.wasCutShort], [null, null, 0, false])
    assert.deepEqual([sums.faults, sums.rebalances, sums.events, sums.workers.size], [[], [], [], 0])
    assert.deepEqual(
      [[...sums.groups.keys()], [...sums.lag].map(([name, points]) => [name, [...points]])],
      [[group], [[group, []]]],
    )
    assert.equal(sums.axis.loadEndNs, 5e9)
  })

  test('nobody but add can change them', () => {
    const sums = createSums(plan) as unknown as Record<string, unknown>
    for (const name of ['startNs', 'loadEnded', 'knownUntilNs'])
      assert.throws(() => {
        sums[name] = 5
      }, TypeError)
    assert.ok(Object.keys(sums).includes('startNs'))
  })
})

describe('workers', () => {
  test('one that joined is known with nothing else; what is said of one that did not is passed over', () => {
    const sums = sumsOf(...joined(producer), does(other, 1, { is: 'ready' }))
    assert.deepEqual([...sums.workers.keys()], [producer.worker])
    assert.deepEqual(sums.workers.get(producer.worker), {
      ...{ spec: producer, readyNs: null, partitions: null, report: null, lost: null, byOrder: false },
      ...{ paused: false, resumedNs: null, lastFrameNs: null, stoodStillNs: 0, stoodStillAtNs: 0 },
    })
  })

  test('is ready, assigned, paused, resumed and done', () => {
    const report = { sent: 5, lastSentNs: 7, effectiveConfig: null, recordsPerBatch: 2 } as never
    const sums = sumsOf(...joined(producer))
    const state = () => sums.workers.get(producer.worker)!
    assert.deepEqual([isRunning(state()), isOver(state())], [false, false])
    sums.add(does(producer, 1, { is: 'ready' }))
    sums.add(does(producer, 2, { is: 'assigned', partitions: 4 }))
    sums.add(does(producer, 3, { is: 'paused' }))
    assert.deepEqual([state().readyNs, state().partitions, state().paused, state().resumedNs], [s(1), 4, true, null])
    assert.deepEqual([isRunning(state()), isOver(state())], [true, false])
    sums.add(does(producer, 4, { is: 'resumed' }))
    assert.deepEqual([state().paused, state().resumedNs, state().byOrder], [false, s(4), false])
    sums.add(does(producer, 5, { is: 'done', report }))
    assert.deepEqual([state().report, state().lost, state().byOrder], [report, null, false])
    assert.deepEqual([isRunning(state()), isOver(state())], [false, true])
  })

  test('is lost once, with the first reason; killed and left are by order', () => {
    const lost = (reason: string) => ({ is: 'lost' as const, reason, hint: 'h', silentS: 5 })
    const sums = sumsOf(
      ...joined(producer, other, consumer),
      does(producer, 1, lost('a')),
      does(producer, 2, lost('b')),
    )
    const state = sums.workers.get(producer.worker)!
    assert.deepEqual(state.lost, { reason: 'a', hint: 'h', silentS: 5, atNs: s(1) })
    assert.deepEqual([isOver(state), state.byOrder], [true, false])
    sums.add(does(other, 1, { is: 'killed' }))
    sums.add(does(consumer, 1, { is: 'left' }))
    for (const spec of [other, consumer]) assert.equal(sums.workers.get(spec.worker)!.byOrder, true)
  })
})

describe('how long a worker stood still', () => {
  const stood = (...facts: Fact[]) => {
    const { stoodStillNs, stoodStillAtNs } = sumsOf(...begun, ...facts).workers.get(producer.worker)!
    return [stoodStillNs / 1e9, (stoodStillAtNs - startNs) / 1e9]
  }

  test('a frame every second: not at all', () => {
    assert.equal(stood(frame(producer, 1), frame(producer, 2), frame(producer, 3))[0], 0)
  })

  test('the longest time beyond a second, and where it began', () => {
    assert.deepEqual(
      stood(frame(producer, 1), frame(producer, 3.5), frame(producer, 4.5), frame(producer, 6)),
      [1.5, 1],
    )
  })

  test('the first frame is expected a second after the start, or after one that joins later is ready', () => {
    assert.deepEqual(stood(frame(producer, 3)), [2, 0])
    assert.deepEqual(stood(does(producer, 2, { is: 'ready' }), frame(producer, 3.25)), [0.25, 2])
  })

  test('not while a fault stops it, and after it from the moment of resuming', () => {
    const paused = does(producer, 1.5, { is: 'paused' })
    assert.equal(stood(frame(producer, 1), paused, frame(producer, 4))[0], 0)
    const resumed = does(producer, 5, { is: 'resumed' })
    assert.deepEqual(stood(frame(producer, 1), paused, resumed, frame(producer, 6.5)), [0.5, 5])
  })

  test('a frame that comes out of order does not turn time back', () => {
    const sums = sumsOf(...begun, frame(producer, 3), frame(producer, 2))
    assert.equal(sums.workers.get(producer.worker)!.lastFrameNs, s(3))
  })
})

describe('known until', () => {
  test('the last frame of the worker that is furthest behind', () => {
    const sums = sumsOf(...begun)
    assert.equal(sums.knownUntilNs, 0)
    sums.add(frame(producer, 3))
    sums.add(frame(other, 2))
    assert.equal(sums.knownUntilNs, 0, 'one has not reported yet')
    sums.add(frame(consumer, 5))
    assert.equal(sums.knownUntilNs, 2e9)
  })

  test('a worker that is over or not ready is not waited for', () => {
    const lost = does(other, 2, { is: 'lost', reason: 'r', hint: null, silentS: null })
    const done = does(consumer, 3, { is: 'done', report: { sent: 0 } })
    const late = { ...other, worker: 9 }
    const sums = sumsOf(...begun, frame(producer, 4), lost, done, ...joined(late))
    assert.equal(sums.knownUntilNs, 4e9)
  })

  test('one that joined later owes nothing of before', () => {
    const late = { ...other, worker: 9 }
    const all = [frame(producer, 4), frame(other, 4), frame(consumer, 4)]
    const sums = sumsOf(...begun, ...all, ...joined(late), does(late, 3, { is: 'ready' }))
    assert.equal(sums.knownUntilNs, 3e9)
  })

  test('without a worker at work: the end, else the last fact; nothing before the start', () => {
    assert.equal(sumsOf(topic).knownUntilNs, 0)
    assert.equal(sumsOf(topic, started, { fact: 'over', atNs: s(7) }).knownUntilNs, 7e9)
    const event: Fact = { fact: 'event', atNs: s(6), kind: 'k', detail: '' }
    assert.equal(sumsOf(topic, started, event).knownUntilNs, 6e9)
    const late: Fact = { fact: 'event', atNs: s(8), kind: 'k', detail: '' }
    assert.equal(sumsOf(topic, started, { fact: 'over', atNs: s(7) }, late).knownUntilNs, 7e9)
    assert.equal(sumsOf(topic, started).knownUntilNs, 0, 'never before the start')
  })
})

describe('frames', () => {
  test('a frame up to 100 ms after a full second is still that second’s', () => {
    const sums = sumsOf(...begun, frame(producer, 1.05, { inFlight: 3 }), frame(producer, 2.15, { inFlight: 4 }))
    assert.deepEqual([sums.rows.inFlight(0), sums.rows.inFlight(1), sums.rows.inFlight(2)], [3, null, 4])
  })

  test('without a start every frame is the first row’s', () => {
    const sums = sumsOf(...joined(producer), frame(producer, 3, { inFlight: 2 }))
    assert.equal(sums.rows.inFlight(0), 2)
  })

  test('counts are in the rows, even of a worker that nobody knows', () => {
    const cells = [{ interval: 1, events: eventsOf(5), latencies: {} }]
    assert.equal(sumsOf(started, frame(producer, 2, { cells })).rows.events(1).acked, 5)
  })

  test('the group of a consumer is handed its ranges; a producer has none', () => {
    const delivered = [{ topic: 't', partition: 1, from: 0, to: 4 }]
    const sums = sumsOf(...begun, frame(consumer, 1, { delivered }), frame(producer, 1, { delivered }))
    assert.deepEqual(sums.groups.get(group)!.delivered.positions(), [null, 5, null])
    assert.equal(sums.groups.get(group)!.delivered.redelivered(), 0)
  })

  test('a consumer of a group that the plan does not have changes nothing', () => {
    const stranger = { ...consumer, worker: 8, role: { kind: 'consumer' as const, group: 'x', member: 0 } }
    const delivered = [{ topic: 't', partition: 1, from: 0, to: 4 }]
    const sums = sumsOf(...begun, ...joined(stranger), frame(stranger, 1, { delivered }))
    assert.deepEqual(sums.groups.get(group)!.delivered.positions(), [null, null, null])
  })

  test('silences are those of producers', () => {
    const silence = {
      ...{ gaps: Float64Array.of(0, s(1), s(2)), firstDues: Float64Array.of(s(0)) },
      ...{ lastAcks: Float64Array.of(s(3)), longestNs: Float64Array.of(0) },
    }
    assert.equal(sumsOf(...begun, frame(producer, 3, { silence })).silences.longest(0, s(0), s(3)), 1e9)
    assert.equal(sumsOf(...begun, frame(consumer, 3, { silence })).silences.longest(0, s(0), s(3)), null)
  })

  test('records were received from the first to the last of all members', () => {
    const at = (first: number, last: number) => ({ receivedNs: { first: s(first), last: s(last) } })
    const sums = sumsOf(...begun, frame(consumer, 2, at(1, 2)), frame(consumer, 3, at(0.5, 1.5)))
    assert.deepEqual(sums.receivedNs, { first: s(0.5), last: s(2) })
    sums.add(frame(consumer, 4))
    assert.deepEqual(sums.receivedNs, { first: s(0.5), last: s(2) })
  })
})

describe('faults', () => {
  const fact = (atS: number, more: Record<string, unknown>) =>
    ({ fact: 'fault', atNs: s(atS), occurrence: 0, ...more }) as Fact
  const beginning = fact(1, { is: 'begun', use: 'f' })

  test('one that began has nothing else yet; one that did not is passed over', () => {
    const none = { brokers: [], workers: [], verifiedNs: null, healedNs: null, problem: null }
    assert.deepEqual(sumsOf(beginning).faults, [
      { occurrence: 0, use: 'f', target: '', detail: '', injectedNs: s(1), ...none },
    ])
    assert.deepEqual(sumsOf(fact(2, { is: 'verified' })).faults, [])
  })

  test('injected, verified and healed, each at its moment', () => {
    const injected = fact(2, { is: 'injected', target: 'broker 1', brokers: [1], workers: [0], detail: 'd' })
    const [fault] = sumsOf(beginning, injected, fact(3, { is: 'verified' }), fact(4, { is: 'healed' })).faults
    assert.deepEqual(fault, {
      ...{ occurrence: 0, use: 'f', target: 'broker 1', brokers: [1], workers: [0], detail: 'd' },
      ...{ injectedNs: s(2), verifiedNs: s(3), healedNs: s(4), problem: null },
    })
  })

  test('the first failure counts, and names its target only where none is known', () => {
    const failed = (target: string, detail: string) =>
      fact(5, { is: 'failed', problem: 'not-verified', target, detail })
    const [fault] = sumsOf(beginning, failed('broker 2', 'a'), failed('broker 3', 'b')).faults
    assert.deepEqual([fault!.target, fault!.problem], ['broker 2', { is: 'not-verified', detail: 'a' }])
    assert.deepEqual([fault!.healedNs, fault!.verifiedNs], [null, null])
  })
})

describe('the rest', () => {
  test('lag is by group and second from the start, to the ms; of a group that is not the plan’s nothing is kept', () => {
    const lag = (atS: number, name = group): Fact => ({
      ...{ fact: 'lag', atNs: s(atS), ends: [5], groups: { [name]: { committed: [3], positions: [4] } } },
    })
    const sums = sumsOf(started, lag(-0.5), lag(1.2344), lag(2, 'x'))
    assert.deepEqual(
      [...sums.lag.get(group)!],
      [
        { atS: -0.5, ends: [5], committed: [3], positions: [4] },
        { atS: 1.234, ends: [5], committed: [3], positions: [4] },
      ],
    )
    assert.equal(sumsOf(lag(3)).lag.get(group)!.read(0)!.atS, 0, 'before the clock runs')
  })

  test('leaders: the first states, and every change with its moment', () => {
    const state = { partition: 0, leader: 1, leaderEpoch: 0, isr: [1], replicas: [1] }
    const sums = sumsOf({ fact: 'leaders', atNs: s(0), initial: true, states: [state] })
    assert.deepEqual(sums.leaders, { initial: [state], changes: [] })
    sums.add({ fact: 'leaders', atNs: s(2), initial: false, states: [{ ...state, leader: 2 }] })
    assert.deepEqual(sums.leaders, { initial: [state], changes: [{ ...state, leader: 2, atNs: s(2) }] })
  })

  test('the canary watches as many partitions as the plan says and the topic has', () => {
    const acks = Float64Array.of(0, 7, s(1))
    const canary: Fact = { fact: 'canary', atNs: s(1), acks }
    assert.deepEqual(sumsOf(topic, canary).canary!.acks, [[s(1)], []])
    assert.deepEqual(sumsOf({ ...topic, partitions: 1 }, canary).canary!.acks, [[s(1)]])
    assert.deepEqual(sumsOf(canary).canary!.acks.length, 2, 'before the topic is known: as planned')
    const stopped = sumsOf(topic, { fact: 'canary-stopped', atNs: s(2), problem: 'p' }).canary!
    assert.deepEqual([stopped.stoppedNs(), stopped.problem()], [s(2), 'p'])
  })

  test('the first end of the load cuts the axis, later ones change nothing', () => {
    const ended = (loadEndNs: number): Fact => ({
      ...{ fact: 'load-ended', atNs: s(3), loadEndNs, by: 'interrupt', why: null },
    })
    const sums = sumsOf(started, ended(3e9), ended(2e9))
    assert.deepEqual([sums.axis.loadEndNs, sums.loadEnded!.loadEndNs], [3e9, 3e9])
  })

  test('events, rebalances, the fill, the audit, the reference and the end are kept as they came', () => {
    const event: EventFact = { fact: 'event', atNs: s(1), kind: 'other', detail: 'd', broker: 2 }
    const rebalance: Fact = { fact: 'rebalance', atNs: s(1), worker: 2, pauseMs: 5, partitionsMoved: 1 }
    const filled: Fact = { fact: 'filled', atNs: s(1), scheduled: 5, acked: 4, failed: 1, unknown: 0, errors: {} }
    const audited = { fact: 'audited', atNs: s(1), integrity: {}, groups: {} } as unknown as Fact
    const reference = { fact: 'reference', atNs: s(1), result: {}, durationS: 1 } as unknown as Fact
    const sums = sumsOf(started, event, rebalance, filled, audited, reference, { fact: 'over', atNs: s(9) })
    assert.deepEqual([sums.events, sums.rebalances, sums.filled], [[event], [rebalance], filled])
    assert.deepEqual([sums.audited, sums.reference, sums.overNs, sums.wasCutShort], [audited, reference, s(9), false])
    assert.deepEqual([sums.startNs, sums.wallMs, sums.lastFactNs], [startNs, 1.7e12, s(9)])
  })

  test('an interruption of the drain is an event of its own kind', () => {
    assert.equal(sumsOf({ fact: 'event', atNs: s(1), kind: 'interrupted', detail: '' }).wasCutShort, true)
  })

  test('usage is read at the period of the plan', () => {
    const usage = (atS: number, cpuMs: number): Fact => ({
      ...{ fact: 'usage', of: 'host', atNs: s(atS), host: 0, cpuMs, rssBytes: 5 },
    })
    assert.equal(sumsOf(usage(0, 0), usage(1, 10)).usage.hosts.size, 1)
  })
})
