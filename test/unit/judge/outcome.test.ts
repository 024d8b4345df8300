import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../../src/contracts/facts.ts'
import type { FindingFacts } from '../../../src/contracts/findings.ts'
import type { VariantPlan, WorkerSpec } from '../../../src/contracts/plan.ts'
import type { Integrity } from '../../../src/contracts/result.ts'
import { explain } from '../../../src/judge/explain.ts'
import { produceOf } from '../../../src/judge/flow.ts'
import { ledgerOf } from '../../../src/judge/ledger.ts'
import { notAudited } from '../../../src/judge/not-audited.ts'
import { recordFindings, statusOf } from '../../../src/judge/outcome.ts'
import { planOf } from '../../support/plans.ts'
import { audited, begin, cell, ended, frame, over, s, topicFact, viewFrom, worker } from './_facts.ts'

const profile = {
  topic: { partitions: 2 },
  load: { rate: 1000 },
  consumers: [{ group: 'g1' }],
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
}
const plan = planOf(profile)
const [producer] = plan.workers as [WorkerSpec]
const whole: Integrity = { ...notAudited(''), verdict: 'ok', reasons: [], logRecords: 5000 }

function told(of: VariantPlan, facts: readonly Fact[], { integrity = whole, isOver = true } = {}) {
  const end = isOver ? [{ ...audited, integrity } as Fact, over(7)] : []
  const view = viewFrom(of, ...begin(of), ...facts, ...end)
  const findings = recordFindings(view, { ledger: ledgerOf(view), produce: produceOf(view), integrity })
  return { findings, codes: findings.map(({ code }) => code), status: statusOf(view, findings) }
}
/** `sent` records of the load, and what became of them. */
const load = (sent: number, acked: number, failed = 0, unknown = 0, errors: Record<string, number> = {}): Fact =>
  frame(producer, 5, { cells: [cell(1, { sent, acked, failed, unknown })], errors })
const good = load(5000, 5000)

describe('how a variant ended', () => {
  test('as planned: there is nothing to say', () => {
    assert.deepEqual(told(plan, [good]), { findings: [], codes: [], status: 'ok' })
  })

  test('interrupted by the user, in the load or in the drain', () => {
    const { findings, status } = told(plan, [good, ended(3, 'interrupt')])
    assert.deepEqual([findings[0]!.code, findings[0]!.atS, status], ['interrupted', 3, 'interrupted'])
    const drain: Fact = { fact: 'event', atNs: s(6), kind: 'interrupted', detail: '' }
    assert.deepEqual(told(plan, [good, drain]).codes, ['interrupted'])
    assert.equal(told(plan, [good, drain]).findings[0]!.atS, 5)
  })

  test('by a threshold, which says why', () => {
    const why = { code: 'threshold-missed', level: 'interrupted', expression: 'a < 1' } as FindingFacts
    const { findings, status } = told(plan, [good, { ...ended(3, 'threshold'), why } as Fact])
    assert.deepEqual([findings[0], status], [why, 'interrupted'])
  })

  test('with the death of the supervisor: known until the last second that all reported', () => {
    const frames = plan.workers.map((spec) => frame(spec, 3.05))
    const { findings, status } = told(plan, frames, { isOver: false })
    assert.deepEqual([findings[0]!.code, findings[0]!.untilS, status], ['known-until', 3, 'interrupted'])
  })

  test('over without an audit that was due: interrupted at its end', () => {
    const view = viewFrom(plan, ...begin(plan), good, over(7))
    const [first] = recordFindings(view, { ledger: ledgerOf(view), produce: produceOf(view), integrity: whole })
    assert.deepEqual([first!.code, first!.atS, statusOf(view, [])], ['interrupted', 7, 'interrupted'])
  })

  test('by its count', () => {
    const counted = planOf({ ...profile, load: { rate: 1000, count: 4000 } })
    const { findings, codes } = told(counted, [load(4000, 4000), ended(4, 'count')])
    assert.deepEqual([codes[0], findings[0]!.count, findings[0]!.atS], ['count-used-up', 4000, 4])
  })
})

describe('what was due', () => {
  test('nothing in measure: the load ended before, its count was used up, or the rate is 0', () => {
    const why = (of: VariantPlan, ...facts: Fact[]) =>
      told(of, facts).findings.find(({ code }) => code === 'nothing-due')?.why
    assert.equal(why(plan, ended(0.5, 'threshold')), 'ended')
    assert.equal(why(planOf({ ...profile, load: { rate: 1000, count: 500 } })), 'count')
    assert.equal(why(plan, ended(0.5, 'count')), 'count')
    const silent = { stages: [{ to: 0, for: '5s' }] }
    assert.equal(why(planOf({ ...profile, load: { rate: silent } as never })), 'rate')
    assert.equal(why(plan, good), undefined)
    assert.equal(why(plan, ended(0.5, 'interrupt')), undefined, 'the user knows why')
  })

  test('a measure that is shorter than 3 s, and than was planned, is said to be short', () => {
    const short = (of: VariantPlan, ...facts: Fact[]) =>
      told(of, facts).findings.find(({ code }) => code === 'short-measure')
    const found = short(plan, good, ended(3, 'threshold'))!
    assert.deepEqual([found.seconds, found.plannedS], [2, 4])
    assert.equal(short(plan, good, ended(4, 'threshold')), undefined, '3 s are not short')
    const planned = planOf({ ...profile, phases: { ...profile.phases, measure: '2s' } })
    assert.equal(short(planned, good), undefined, 'as planned')
  })
})

describe('what became of the records', () => {
  const errors = { A: 1, B: 3, C: 2 }

  test('nothing was acknowledged: with the most common error and its count', () => {
    const { findings, status } = told(plan, [load(5000, 0, 4000, 1000, errors)])
    assert.deepEqual(findings, [
      {
        ...{ code: 'nothing-acknowledged', level: 'failed', sent: 5000, failed: 4000, unknown: 1000 },
        ...{ error: 'B', errorCount: 3, explanation: null },
      },
    ])
    assert.equal(status, 'failed')
    assert.equal(told(plan, []).status, 'failed', 'nothing sent either')
    assert.ok(!told(plan, [load(5000, 0), ended(3, 'interrupt')]).codes.includes('nothing-acknowledged'))
  })

  test('from more than 0.1 % on records that failed or are unknown make it invalid', () => {
    assert.deepEqual(told(plan, [load(5000, 4995, 3, 2)]).codes, ['some-records-failed'])
    assert.deepEqual(told(plan, [load(5000, 4995, 3, 2)]).status, 'ok')
    assert.deepEqual(told(plan, [load(5000, 4994, 3, 3)]).codes, ['records-failed'])
    assert.deepEqual(told(plan, [load(5000, 4994, 3, 3)]).status, 'invalid')
    const [found] = told(plan, [load(5000, 4994, 3, 3)]).findings
    assert.deepEqual([found!.error, found!.errorCount], [null, null])
  })

  test('during a fault, or after an interruption, they may', () => {
    const fault: Fact = { fact: 'fault', atNs: s(2), occurrence: 0, is: 'begun', use: 'f' }
    assert.deepEqual(told(plan, [load(5000, 4000, 1000), fault]).codes, ['some-records-failed'])
    const codes = told(plan, [load(3000, 2000, 1000), ended(3, 'interrupt')]).codes
    assert.deepEqual(codes, ['interrupted', 'some-records-failed'])
  })

  test('with acks 0 the growth of the log is the evidence: the audit’s, else that of the lag samples', () => {
    const none = planOf({ ...profile, producers: { acks: 0 } })
    const sent = frame(none.workers[0]!, 5, { cells: [cell(1, { sent: 5000 })] })
    const lag = (...ends: (number | null)[]): Fact => ({
      fact: 'lag',
      atNs: s(6),
      ends,
      groups: {
        [none.groups[0]!.group]: { committed: [0, 0], positions: [0, 0] },
      },
    })
    const skipped = (logRecords = 0): Integrity => ({ ...notAudited('why'), logRecords })
    const codes = (facts: Fact[], integrity: Integrity) => told(none, facts, { integrity }).codes
    assert.ok(!codes([sent], whole).includes('nothing-acknowledged'))
    assert.ok(codes([sent], { ...whole, logRecords: 0 }).includes('nothing-acknowledged'))
    assert.ok(codes([sent, lag(0, 0)], skipped()).includes('nothing-acknowledged'))
    assert.ok(!codes([sent, lag(0, 7)], skipped()).includes('nothing-acknowledged'))
    assert.ok(!codes([sent, lag(null, null)], skipped()).includes('nothing-acknowledged'), 'unknown is not 0')
    assert.ok(!codes([sent], skipped()).includes('nothing-acknowledged'))
    assert.ok(!codes([], { ...whole, logRecords: 0 }).includes('nothing-acknowledged'), 'nothing was sent')
  })

  test('not audited, and why', () => {
    const found = told(plan, [good], { integrity: notAudited('too small') }).findings
    assert.deepEqual(
      found.map(({ code, reason }) => [code, reason]),
      [['not-audited', 'too small']],
    )
  })

  test('where the topic is not what the profile says', () => {
    const differs = [{ what: 'topic.replicationFactor', planned: '3', actual: '1' }]
    const { findings, status } = told(plan, [good, { ...topicFact, differs }])
    assert.deepEqual([findings[0]!.code, findings[0]!.planned, findings[0]!.actual], ['topic-differs', '3', '1'])
    assert.equal(status, 'ok')
  })

  test('what a group was handed again and cannot be told apart', () => {
    const twice = { topic: 't', partition: 0, from: 0, to: 9 }
    const consumer = plan.workers.find(({ role }) => role.kind === 'consumer')!
    const { findings } = told(plan, [good, frame(consumer, 2, { delivered: [twice, twice] })])
    assert.deepEqual(
      findings.map(({ code, group, records }) => [code, group, records]),
      [['redelivered-uncounted', 'g1', 10]],
    )
  })
})

describe('reading a filled topic', () => {
  const filling = planOf({ ...profile, workload: 'consume', load: { count: 500 } })
  const filled: Fact = { fact: 'filled', atNs: 1, scheduled: 500, acked: 500, failed: 0, unknown: 0, errors: {} }
  const read = (row: number, received: number, first: number, last: number) =>
    frame(filling.workers[0]!, 5, {
      ...{ cells: [cell(row, { received })], receivedNs: { first: s(first), last: s(last) } },
    })

  test('nothing received in measure, with what came before', () => {
    const { findings, status } = told(filling, [filled, read(0, 500, 0.2, 0.8)])
    assert.deepEqual([findings[0]!.code, findings[0]!.before, status], ['nothing-received', 500, 'failed'])
    assert.equal(told(filling, [filled]).findings[0]!.before, 0)
  })

  test('read within less than 3 s: short', () => {
    const { findings, status } = told(filling, [filled, read(1, 500, 1.5, 3.5)])
    assert.deepEqual(
      [findings[0]!.code, findings[0]!.seconds, findings[0]!.records, status],
      [...['short-consume', 2, 500, 'ok']],
    )
    assert.deepEqual(told(filling, [filled, read(1, 500, 1.5, 4.5)]).codes, [])
  })
})

describe('the status', () => {
  const view = viewFrom(plan, ...begin(plan), good, audited, over(7))
  const of = (...levels: FindingFacts['level'][]) =>
    statusOf(
      view,
      levels.map((level) => ({ code: 'other', level })),
    )

  test('is that of the worst finding', () => {
    assert.equal(of('info', 'warning'), 'ok')
    assert.equal(of('warning', 'interrupted'), 'interrupted')
    assert.equal(of('interrupted', 'invalid'), 'invalid')
    assert.equal(of('invalid', 'failed'), 'failed')
  })

  test('what the user interrupted is interrupted, whatever else', () => {
    assert.equal(statusOf({ ...view, isInterrupted: true }, [{ code: 'other', level: 'failed' }]), 'interrupted')
  })
})

describe('why records were refused', () => {
  const explained = (
    size: unknown,
    client: number | null,
    topic: number | null,
    error: string | null = 'MSG_SIZE_TOO_LARGE',
  ) => {
    const of = planOf({ ...profile, load: { rate: 1000, record: { size } } as never })
    const effectiveConfig = client === null ? {} : { 'message.max.bytes': client }
    const done = (spec: WorkerSpec) =>
      worker(spec, 6, { is: 'done', report: { sent: 0, lastSentNs: null, effectiveConfig, recordsPerBatch: null } })
    return explain(viewFrom(of, ...begin(of), { ...topicFact, maxMessageBytes: topic }, ...of.workers.map(done)), error)
  }

  test('nothing is said of another error, or where no limit is known', () => {
    assert.equal(explained(2000, 1000, 1000, 'TIMED_OUT'), null)
    assert.equal(explained(2000, 1000, 1000, null), null)
    assert.equal(explained(2000, null, null), null)
  })

  test('the limit that the largest record is above: the client’s first, then the topic’s', () => {
    assert.match(explained(2000, 1500, 1000)!, /^the client's message\.max\.bytes is 1.?500$/)
    assert.match(explained(2000, 3000, 1000)!, /^the topic's max\.message\.bytes is 1.?000$/)
    assert.match(explained(2000, null, 1000)!, /^the topic's/)
    assert.match(explained(2000, 3000, null)!, /^the client's message\.max\.bytes is 3.?000$/)
    assert.match(explained(2000, 2000, 2000)!, /^records of 2.?000 bytes in batches above the topic's/)
    assert.match(explained({ uniform: [10, 2000] }, 1500, 1000)!, /^the client's/)
    assert.match(explained({ list: [10, 2000, 20] }, 1500, 1000)!, /^the client's/)
    for (const error of ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
      assert.match(explained(2000, 1500, 1000, error)!, /^the client's/)
  })
})
