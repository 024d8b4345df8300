import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WorkerSpec } from '../../../src/contracts/plan.ts'
import { ledgerOf, sentOf } from '../../../src/judge/ledger.ts'
import { planOf } from '../../support/plans.ts'
import { begin, cell, ended, frame, over, viewFrom, worker } from './_facts.ts'

// 10 records/s for 5 s: 50 are due, 25 of each producer.
const plan = planOf({
  load: { rate: 10 },
  producers: { count: 2 },
  consumers: [],
  workload: 'produce',
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
})
const [first, second] = plan.workers as [WorkerSpec, WorkerSpec]
const all = (spec: WorkerSpec) =>
  frame(spec, 5, { cells: [cell(0, { sent: 5, acked: 5 }), cell(1, { sent: 20, acked: 20 })] })

describe('the ledger', () => {
  test('all that was due was acknowledged', () => {
    const view = viewFrom(plan, ...begin(plan), all(first), all(second), over(6))
    assert.deepEqual(ledgerOf(view), { scheduled: 50, acked: 50, failed: 0, unknown: 0, unsent: 0 })
    assert.equal(sentOf(view), 50)
  })

  test('what was sent and is not settled is unknown, what was due and not sent is unsent', () => {
    const cells = [cell(1, { sent: 20, acked: 14, failed: 2, unknown: 1 })]
    const view = viewFrom(plan, ...begin(plan), all(first), frame(second, 5, { cells }), over(6))
    assert.deepEqual(ledgerOf(view), { scheduled: 50, acked: 39, failed: 2, unknown: 4, unsent: 5 })
    assert.equal(sentOf(view), 45)
  })

  test('of a producer that was lost, what was due up to its last moment may have been sent', () => {
    const cells = [cell(1, { sent: 10, acked: 10 })]
    const lost = worker(second, 3, { is: 'lost', reason: 'r', hint: null, silentS: null })
    const view = viewFrom(plan, ...begin(plan), all(first), frame(second, 2, { cells }), lost, over(6))
    assert.deepEqual(ledgerOf(view), { scheduled: 50, acked: 35, failed: 0, unknown: 5, unsent: 10 })
  })

  test('one that was lost after the end of the load owes no more than was due by then', () => {
    const lost = worker(second, 5.5, { is: 'lost', reason: 'r', hint: null, silentS: null })
    const view = viewFrom(plan, ...begin(plan), all(first), lost, over(6))
    assert.deepEqual(ledgerOf(view), { scheduled: 50, acked: 25, failed: 0, unknown: 25, unsent: 0 })
  })

  test('a load that ended early scheduled no more', () => {
    const view = viewFrom(plan, ...begin(plan), ended(3, 'threshold'), over(6))
    assert.deepEqual(ledgerOf(view), { scheduled: 30, acked: 0, failed: 0, unknown: 0, unsent: 30 })
  })

  test('more sent than was due by the cut: what was sent is scheduled', () => {
    const cells = [cell(1, { sent: 18, acked: 18 })]
    const view = viewFrom(plan, ...begin(plan), frame(first, 3, { cells }), ended(3, 'interrupt'), over(6))
    assert.deepEqual(ledgerOf(view), { scheduled: 33, acked: 18, failed: 0, unknown: 0, unsent: 15 })
  })

  test('at rate max what was sent was scheduled', () => {
    const max = planOf({ workload: 'produce', load: { rate: 'max' }, consumers: [] })
    const cells = [cell(1, { sent: 7, acked: 5, failed: 1 })]
    const view = viewFrom(max, ...begin(max), frame(max.workers[0]!, 2, { cells }), over(60))
    assert.deepEqual(ledgerOf(view), { scheduled: 7, acked: 5, failed: 1, unknown: 1, unsent: 0 })
  })

  test('of a topic that was filled beforehand it is the fill', () => {
    const filling = planOf({ workload: 'consume', load: { count: 20 }, consumers: [{ group: 'g' }] })
    const filled = { fact: 'filled' as const, atNs: 1, scheduled: 20, acked: 12, failed: 3, unknown: 1, errors: {} }
    const view = viewFrom(filling, ...begin(filling), filled, over(60))
    assert.deepEqual(ledgerOf(view), { scheduled: 20, acked: 12, failed: 3, unknown: 1, unsent: 4 })
    assert.equal(sentOf(view), 20)
    const never = viewFrom(filling, ...begin(filling), over(60))
    assert.deepEqual(ledgerOf(never), { scheduled: 0, acked: 0, failed: 0, unknown: 0, unsent: 0 })
    assert.equal(sentOf(never), 0)
  })

  test('consumers are in no ledger', () => {
    const both = planOf({ load: { rate: 10 }, consumers: [{ group: 'g' }], phases: { warmup: '1s', measure: '4s' } })
    const consumer = both.workers.find(({ role }) => role.kind === 'consumer')!
    const view = viewFrom(both, ...begin(both), frame(consumer, 5, { cells: [cell(1, { received: 9 })] }), over(30))
    assert.deepEqual(ledgerOf(view), { scheduled: 50, acked: 0, failed: 0, unknown: 0, unsent: 50 })
  })
})
