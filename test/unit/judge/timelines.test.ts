import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../../src/contracts/facts.ts'
import type { WorkerSpec } from '../../../src/contracts/plan.ts'
import { eventsOf, lagOf, rebalancesOf, timelinesOf } from '../../../src/judge/timelines.ts'
import { planOf } from '../../support/plans.ts'
import { begin, ended, frame, over, s, viewFrom, worker } from './_facts.ts'

const plan = planOf({
  topic: { partitions: 2 },
  load: { rate: 10 },
  consumers: [
    { group: 'g1', members: 1, assignor: 'cooperative-sticky' },
    { group: 'g2', members: 1, protocol: 'consumer' },
    { group: 'g3', members: 1 },
  ],
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
  samplers: { lag: { interval: '500ms' } },
  canary: { enabled: true, partitions: 2 },
})
const [producer, first, second, third] = plan.workers as [WorkerSpec, WorkerSpec, WorkerSpec, WorkerSpec]
const begun = begin(plan)
const of = (...facts: Fact[]) => viewFrom(plan, ...begun, ...facts, over(7))
const state = (partition: number, leader: number, isr: number[]) => ({
  ...{ partition, leader, leaderEpoch: 0, isr, replicas: [1, 2, 3] },
})
const leaders = (atS: number, initial: boolean, ...states: ReturnType<typeof state>[]): Fact => ({
  ...{ fact: 'leaders', atNs: s(atS), initial, states },
})

describe('events', () => {
  test('one of a worker says whose it is; partition and broker only where there are some', () => {
    const plain: Fact = { fact: 'event', atNs: s(1.2344), kind: 'k', detail: 'd' }
    const full: Fact = { ...plain, atNs: s(2), worker: first.worker, partition: 0, broker: 3 }
    assert.deepEqual(eventsOf(of(plain, full, { ...plain, worker: 99 })), [
      { atS: 1.234, kind: 'k', detail: 'd' },
      { atS: 2, kind: 'k', partition: 0, broker: 3, detail: 'member 0 of group g1: d' },
      { atS: 1.234, kind: 'k', detail: 'd' },
    ])
  })

  test('a worker that was lost, unless a fault ended it', () => {
    const lost = { is: 'lost' as const, reason: 'SIGSEGV', hint: null, silentS: null }
    const killed = worker(second, 1, { is: 'killed' })
    assert.deepEqual(eventsOf(of(worker(producer, 2, lost), killed, worker(second, 2, lost))), [
      { atS: 2, kind: 'worker-lost', detail: 'producer 0 ended: SIGSEGV' },
    ])
  })

  test('a load that a threshold ended', () => {
    const why = {
      ...{ code: 'threshold-missed', level: 'invalid', expression: 'a < 1', windowS: null, atS: 3, value: 2 },
    } as never
    const by = (cause: 'threshold' | 'interrupt', reason: typeof why | null) =>
      eventsOf(of({ fact: 'load-ended', atNs: s(3.5), loadEndNs: 3e9, by: cause, why: reason }))
    const [aborted, ...rest] = by('threshold', why)
    assert.deepEqual([aborted!.atS, aborted!.kind, rest], [3.5, 'aborted', []])
    assert.match(aborted!.detail, /a < 1/)
    assert.deepEqual(by('interrupt', why), [])
    assert.deepEqual(by('threshold', null), [])
  })

  test('leaders: who leads, who led, and who is in sync', () => {
    const view = of(
      leaders(-1, true, state(0, 1, [2, 1]), state(1, 2, [1, 2])),
      leaders(1, false, state(0, -1, [1, 2])),
      leaders(2, false, state(0, 2, [2])),
      leaders(3, false, state(0, 2, [])),
      leaders(4, false, state(1, 2, [2, 1])),
      leaders(5, false, state(5, 3, [3])),
    )
    const at = (atS: number, partition: number) => ({ atS, topic: 't', partition })
    assert.deepEqual(eventsOf(view), [
      { ...at(1, 0), kind: 'leader', detail: 'no leader (was 1)' },
      { ...at(2, 0), kind: 'leader', broker: 2, detail: 'led by 2 (was nobody)' },
      { ...at(2, 0), kind: 'isr', detail: 'in sync: 2 (was 1, 2)' },
      { ...at(3, 0), kind: 'isr', detail: 'in sync: nobody (was 2)' },
      { ...at(5, 5), kind: 'leader', broker: 3, detail: 'led by 3 (was nobody)' },
      { ...at(5, 5), kind: 'isr', detail: 'in sync: 3 (was )' },
    ])
  })

  test('of a recording without an end only what is known', () => {
    const event = (atS: number): Fact => ({ fact: 'event', atNs: s(atS), kind: 'k', detail: String(atS) })
    const frames = plan.workers.map((spec) => frame(spec, 2.05))
    const view = viewFrom(plan, ...begun, ...frames, event(1), event(2), event(2.5))
    assert.deepEqual(
      eventsOf(view).map(({ detail }) => detail),
      ['1', '2'],
    )
  })
})

describe('rebalances', () => {
  const rebalance = (spec: WorkerSpec, atS: number, pauseMs: number | null): Fact => ({
    ...{ fact: 'rebalance', atNs: s(atS), worker: spec.worker, pauseMs, partitionsMoved: 2 },
  })

  test('by group, member and protocol, in order of time; a producer has none', () => {
    const view = of(
      rebalance(third, 3, null),
      rebalance(second, 2, 0.25),
      rebalance(first, 1, 12.345),
      rebalance(producer, 1, 1),
    )
    const moved = { member: 0, partitionsMoved: 2 }
    assert.deepEqual(rebalancesOf(view), [
      { group: 'g1', atS: 1, pauseMs: 12.3, protocol: 'cooperative', ...moved },
      { group: 'g2', atS: 2, pauseMs: 0.3, protocol: 'consumer', ...moved },
      { group: 'g3', atS: 3, pauseMs: null, protocol: 'eager', ...moved },
    ])
  })
})

describe('timelines', () => {
  test('none where there is nothing to show', () => {
    assert.deepEqual(timelinesOf(of()), {})
  })

  test('errors: a row where there were some, a column each', () => {
    const errors = [frame(producer, 1, { errors: { A: 1 } }), frame(producer, 3, { errors: { A: 2, B: 5 } })]
    assert.deepEqual(timelinesOf(of(...errors)).errors, { atS: [0, 2], columns: { A: [1, 2], B: [0, 5] } })
  })

  test('leaders: states at the start, then a row for each moment at which one changed', () => {
    const view = of(
      leaders(-2, true, state(1, 2, [1, 2]), state(0, 1, [1, 2])),
      leaders(-1, false, state(0, 2, [1, 2, 3])),
      leaders(1, false, state(0, 3, [3]), state(1, 3, [3])),
      leaders(6.5, false, state(1, 2, [2, 3])),
      leaders(8, false, state(1, 1, [1])),
    )
    assert.deepEqual(timelinesOf(view).leaders, {
      atS: [0, 1, 6.5],
      columns: {
        'leader/t-0': [2, 3, 3],
        'isr/t-0': [3, 1, 1],
        'leader/t-1': [2, 3, 2],
        'isr/t-1': [2, 1, 2],
      },
    })
  })

  test('canary: acknowledgements per 250 ms up to the end of the load', () => {
    const acks = Float64Array.of(0, 0, s(0.1), 0, 1, s(0.24), 0, 2, s(0.25), 1, 0, s(0.9), 1, 1, s(1.01), 0, 3, s(-0.1))
    const view = of({ fact: 'canary', atNs: s(1.1), acks }, ended(1, 'interrupt'))
    assert.deepEqual(timelinesOf(view).canary, {
      atS: [0, 0.25, 0.5, 0.75],
      columns: { 't-0': [2, 1, 0, 0], 't-1': [0, 0, 0, 1] },
    })
  })
})

describe('lag', () => {
  const group = plan.groups[0]!.group
  const lag = (atS: number, end: number, committed: number): Fact => ({
    ...{ fact: 'lag', atNs: s(atS), ends: [end, 0] },
    groups: { [group]: { committed: [committed, 0], positions: [end, 0] } },
  })

  test('is by group, a point each, from the start on', () => {
    const view = of(lag(-0.5, 0, 0), lag(0, 10, 10), lag(0.5, 20, 15), lag(1, 30, 30))
    const { lag: sums, timeline, gaps } = lagOf(view)
    assert.deepEqual(Object.keys(sums), ['g1', 'g2', 'g3'])
    assert.equal(sums.g1!.maxRecords, 0, 'in measure, which begins at 1 s')
    const column = Object.entries(timeline!.columns).find(([name]) => name.startsWith('g1'))!
    assert.equal(column[1].length, 3)
    assert.deepEqual(gaps, [])
  })

  test('a gap of more than three periods is an event', () => {
    const { gaps } = lagOf(of(lag(0, 1, 1), lag(0.5, 1, 1), lag(2.5, 1, 1)))
    assert.equal(gaps.length, 1)
    assert.deepEqual([gaps[0]!.kind, gaps[0]!.detail], ['lag-gap', 'group g1: nothing known for 2.0 s'])
  })

  test('without groups there is none', () => {
    const alone = planOf({ workload: 'produce', load: { rate: 10 }, consumers: [] })
    assert.deepEqual(lagOf(viewFrom(alone, ...begin(alone), over(60))), { lag: {}, timeline: null, gaps: [] })
  })

  test('of a recording without an end only what is known counts', () => {
    const frames = plan.workers.map((spec) => frame(spec, 2.05))
    const view = viewFrom(plan, ...begun, ...frames, lag(1.5, 10, 5), lag(2.5, 90, 5))
    assert.equal(lagOf(view).lag.g1!.maxRecords, 5)
  })
})
