import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../../src/contracts/facts.ts'
import { dueIn, secondsAt, spanOf, viewOf } from '../../../src/judge/view.ts'
import { createSums } from '../../../src/recording/sums.ts'
import { planOf } from '../../support/plans.ts'
import { audited, begin, ended, frame, over, s, startNs, topicFact, viewFrom } from './_facts.ts'

const profile = {
  load: { rate: 10 },
  consumers: [{ group: 'g' }],
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
}
const plan = planOf(profile)
const reported = (atS: number) => plan.workers.map((spec) => frame(spec, atS))

describe('what counts', () => {
  test('nothing, where the load never started or there is no topic', () => {
    assert.equal(viewOf(plan, createSums(plan)), null)
    assert.equal(viewFrom(plan, topicFact), null)
    assert.equal(viewFrom(plan, ...begin(plan).filter(({ fact }) => fact !== 'topic')), null)
  })

  test('of a variant that came to its end: all of it', () => {
    const view = viewFrom(plan, ...begin(plan), audited, over(6.5))
    assert.deepEqual([view.isComplete, view.isInterrupted, view.startNs], [true, false, startNs])
    assert.deepEqual([view.loadEndNs, view.endNs], [5e9, 6.5e9])
    assert.deepEqual(view.warmup, { from: 0, to: 1, fromNs: 0, toNs: 1e9, lengthS: 1 })
    assert.deepEqual(view.measure, { from: 1, to: 5, fromNs: 1e9, toNs: 5e9, lengthS: 4 })
    assert.deepEqual([view.known.from, view.known.to], [0, view.axis.rows.length])
  })

  test('of a load that was cut: measure is whole rows before the cut', () => {
    const view = viewFrom(plan, ...begin(plan), ended(3.4, 'threshold'), audited, over(6))
    assert.deepEqual([view.loadEndNs, view.isInterrupted], [3.4e9, false])
    assert.deepEqual(view.measure, { from: 1, to: 3, fromNs: 1e9, toNs: 3e9, lengthS: 2 })
    assert.equal(viewFrom(plan, ...begin(plan), ended(0.4, 'threshold'), over(6)).measure, null)
  })

  test('of a recording without an end: up to the last second that every worker has reported', () => {
    const view = viewFrom(plan, ...begin(plan), ...reported(3.05))
    assert.deepEqual([view.isComplete, view.isInterrupted, view.endNs, view.loadEndNs], [false, true, 3e9, 3e9])
    assert.deepEqual(view.measure, { from: 1, to: 3, fromNs: 1e9, toNs: 3e9, lengthS: 2 })
    assert.equal(view.known.to, 3)
    assert.equal(viewFrom(plan, ...begin(plan)).endNs, 0)
  })

  test('of one that ends in the drain, the load was whole', () => {
    const view = viewFrom(plan, ...begin(plan), ...reported(6.05))
    assert.deepEqual([view.loadEndNs, view.endNs, view.measure!.lengthS, view.known.to], [5e9, 6e9, 4, 6])
  })

  test('is interrupted by the user, in the load or the drain, or where an audit is missing', () => {
    const facts = (...more: Fact[]) => viewFrom(plan, ...begin(plan), ...more, over(6)).isInterrupted
    assert.equal(facts(audited, ended(3, 'interrupt')), true)
    assert.equal(facts(audited, { fact: 'event', atNs: s(5.5), kind: 'interrupted', detail: '' }), true)
    assert.equal(facts(), true)
    const rehearsal = planOf(profile, { kind: 'rehearsal' })
    assert.equal(viewFrom(rehearsal, ...begin(rehearsal), over(60)).isInterrupted, false)
  })

  test('records that were due, of those that were due before the end of the load', () => {
    const view = viewFrom(plan, ...begin(plan), ended(3, 'threshold'), over(6))
    assert.deepEqual([dueIn(view, 0, 2e9), dueIn(view, 1e9, 5e9), dueIn(view, 4e9, 5e9)], [20, 20, 0])
    const filling = planOf({ ...profile, workload: 'consume', load: { count: 5 } })
    assert.equal(dueIn(viewFrom(filling, ...begin(filling), over(60)), 0, 1e9), null)
  })

  test('spans of rows, and seconds to the ms', () => {
    const { axis } = viewFrom(plan, ...begin(plan), over(6))
    assert.deepEqual(spanOf(axis, 2, 4), { from: 2, to: 4, fromNs: 2e9, toNs: 4e9, lengthS: 2 })
    assert.deepEqual(spanOf(axis, 2, 2), { from: 2, to: 2, fromNs: 2e9, toNs: 2e9, lengthS: 0 })
    assert.equal(spanOf(axis, 99_999, 99_999).fromNs, 0)
    assert.equal(secondsAt({ startNs }, s(1.2345)), 1.235)
  })
})
