import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../../src/contracts/facts.ts'
import type { VariantPlan, WorkerSpec } from '../../../src/contracts/plan.ts'
import { produceOf } from '../../../src/judge/flow.ts'
import { busiestLoop, generatorOf, whoIs } from '../../../src/judge/generator.ts'
import { createCounts, recordNs, takeSparse } from '../../../src/recording/counts.ts'
import { planOf } from '../../support/plans.ts'
import { audited, begin, cell, ended, frame, latencies, over, s, viewFrom, worker } from './_facts.ts'

// Warm-up is rows 0 to 5: its last third is 4 and 5.
const plan = planOf({
  topic: { partitions: 2 },
  load: { rate: 100 },
  producers: { count: 2 },
  consumers: [{ group: 'g1', members: 2 }],
  phases: { warmup: '6s', measure: '4s', drain: '1s' },
})
const [first, second, member, other] = plan.workers as [WorkerSpec, WorkerSpec, WorkerSpec, WorkerSpec]
const steady: Fact = frame(first, 10, {
  cells: [cell(4, { acked: 100 }), cell(5, { acked: 100 }), cell(6, { sent: 400, acked: 400 })],
})

/** A frame of every worker at every second. */
const alive = (of: VariantPlan, utilisation = 0): Fact[] =>
  of.workers.flatMap((spec) => Array.from({ length: 10 }, (_, at) => frame(spec, at + 1, { utilisation })))

function told(facts: readonly Fact[], of: VariantPlan = plan, live: readonly Fact[] = alive(of)) {
  const view = viewFrom(of, ...begin(of), ...live, ...facts, audited, over(12))
  const { generator, findings } = generatorOf(view, produceOf(view))
  return { generator, findings, codes: findings.map(({ code }) => code) }
}

describe('the health of the load hosts', () => {
  test('nothing to say of a load that was steady and kept its schedule', () => {
    const { codes, generator } = told([steady])
    assert.deepEqual([codes, generator.valid, generator.reasons], [[], true, []])
    assert.deepEqual([generator.cpuPercent, generator.rssBytes, generator.gcMs, generator.gcMaxMs], [null, null, 0, 0])
  })

  test('latencies and garbage collection are those of measure', () => {
    const rows = frame(second, 7, {
      ...{ gcMs: 5, gcMaxMs: 2 },
      cells: [
        cell(0, {}, { scheduleLag: latencies(900), backpressure: latencies(900), eventLoopDelay: latencies(900) }),
        cell(6, {}, { scheduleLag: latencies(7), backpressure: latencies(8), eventLoopDelay: latencies(9, 9) }),
      ],
    })
    const { generator } = told([steady, frame(second, 1, { gcMs: 50, gcMaxMs: 50 }), rows])
    const { scheduleLagUs, backpressureUs, eventLoopDelayUs, gcMs, gcMaxMs } = generator
    assert.deepEqual([scheduleLagUs.max, backpressureUs.max, eventLoopDelayUs.max], [7, 8, 9])
    assert.deepEqual([scheduleLagUs.count, eventLoopDelayUs.count], [1, 2])
    assert.deepEqual([gcMs, gcMaxMs], [5, 2])
  })

  test('CPU and memory of the hosts are those of measure', () => {
    const host = (atS: number, cpuMs: number): Fact => ({
      ...{ fact: 'usage', of: 'host', atNs: s(atS), host: 0, cpuMs, rssBytes: 1000 },
    })
    const hosts = Array.from({ length: 12 }, (_, atS) => host(atS, atS < 6 ? 0 : (atS - 6) * 250))
    const { generator } = told([steady, ...hosts])
    assert.deepEqual([generator.cpuPercent, generator.rssBytes], [25, 1000])
  })

  test('a schedule that was not kept makes it invalid', () => {
    const late = frame(second, 7, { cells: [cell(6, {}, { scheduleLag: latencies(80_000) })] })
    const { codes, generator } = told([steady, late])
    assert.deepEqual([codes, generator.valid, generator.reasons.length], [['schedule-late'], false, 1])
    assert.deepEqual(
      told([steady, frame(second, 7, { cells: [cell(0, {}, { scheduleLag: latencies(80_000) })] })]).codes,
      [],
    )
  })

  test('negative latencies of every kind and phase add up', () => {
    const counts = createCounts()
    recordNs(counts, -5e6)
    const negative = takeSparse(counts)!
    const cells = [
      cell(0, {}, { response: negative, service: negative }),
      cell(7, {}, { endToEnd: negative, scheduleLag: negative }),
    ]
    const { findings } = told([steady, frame(second, 8, { cells })])
    assert.deepEqual([findings[0]!.code, findings[0]!.count], ['negative-latency', 4])
  })

  test('what came too slowly is saturated, or the client’s event loop was busy; only that makes it invalid', () => {
    const slow = (utilisation: number) =>
      told(
        [
          frame(first, 6, { cells: [cell(4, { acked: 75 }), cell(5, { acked: 75 })] }),
          frame(first, 7, { cells: [cell(6, { sent: 300, acked: 300 })] }),
        ],
        plan,
        alive(plan, utilisation),
      )
    assert.deepEqual([slow(0.5).codes, slow(0.5).generator.valid], [['saturated'], true])
    assert.deepEqual([slow(0.95).codes, slow(0.95).generator.valid], [['client-busy'], false])
  })
})

describe('the last third of the warm-up', () => {
  const acked = (...rows: [row: number, acked: number][]) =>
    told([
      frame(first, 10, {
        cells: [cell(6, { sent: 400, acked: 400 }), ...rows.map(([row, n]) => cell(row, { acked: n }))],
      }),
    ])

  test('is steady within 5 % of what was due', () => {
    assert.deepEqual(acked([4, 100], [5, 90]).codes, [])
    const { findings, codes, generator } = acked([3, 100], [4, 100], [5, 89])
    assert.deepEqual([codes, generator.valid], [['warm-up-unsteady'], false])
    const { acked: seen, due, seconds } = findings[0]!
    assert.deepEqual([seen, due, seconds], [189, 200, 2])
  })

  test('is not asked of acks 0, of a filled topic, at rate max, and where it is shorter than a second', () => {
    const profile = { load: { rate: 100 }, consumers: [{ group: 'g' }], phases: { warmup: '6s', measure: '4s' } }
    const measured = frame(first, 10, {
      cells: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((row) => cell(row, { sent: 100, acked: row < 6 ? 1 : 100 })),
    })
    for (const of of [
      planOf({ ...profile, producers: { acks: 0 } }),
      planOf({ ...profile, workload: 'consume', load: { count: 500 } }),
      planOf({ ...profile, load: { rate: 'max' } }),
      planOf({ ...profile, phases: { warmup: '900ms', measure: '4s' } }),
      planOf({ ...profile, phases: { warmup: '0s', measure: '4s' } }),
    ])
      assert.ok(!told([measured], of).codes.includes('warm-up-unsteady'), of.workload)
    assert.ok(told([measured], planOf(profile)).codes.includes('warm-up-unsteady'))
  })
})

describe('workers', () => {
  const lost = { is: 'lost' as const, reason: 'SIGSEGV', hint: 'h', silentS: 5 }

  test('one that was lost, with its name; not one that a fault ended', () => {
    const { findings, generator } = told([steady, worker(member, 3, lost)])
    assert.deepEqual(findings, [
      {
        ...{ code: 'worker-lost', level: 'invalid', worker: member.worker, who: 'member 0 of group g1' },
        ...{ reason: 'SIGSEGV', hint: 'h', silentS: 5 },
      },
    ])
    assert.equal(generator.valid, false)
    assert.deepEqual(told([steady, worker(member, 2, { is: 'killed' }), worker(member, 3, lost)]).codes, [])
  })

  test('one that stood still for a second or more, how long, and in which phase', () => {
    const frames = (...seconds: number[]) => seconds.map((atS) => frame(other, atS))
    const { findings } = told([steady, ...frames(1, 2, 3, 6.26)], plan, [])
    assert.deepEqual(
      findings.map(({ code, who, stillS, phase }) => [code, who, stillS, phase]),
      [
        ['worker-stood-still', 'producer 0', 9, 'warmup'],
        ['worker-stood-still', 'member 1 of group g1', 2.3, 'warmup'],
      ],
    )
    const ofOther = (...seconds: number[]) =>
      told([steady, ...frames(...seconds)], plan, []).findings.find(({ worker }) => worker === other.worker)
    assert.equal(ofOther(1, 2.9, 3.9), undefined)
    assert.equal(ofOther(1, 2, 3, 4, 5, 6, 7, 9)!.phase, 'measure')
  })

  test('a fault that did not do what it should, and a canary that failed; not after an interruption', () => {
    const fault = (more: Record<string, unknown>) => ({ fact: 'fault', atNs: s(7), occurrence: 0, ...more }) as Fact
    const facts = [
      steady,
      fault({ is: 'begun', use: 'f' }),
      fault({ is: 'failed', problem: 'not-verified', target: 'broker 1', detail: 'd' }),
      { fact: 'canary-stopped', atNs: s(8), problem: 'gone' } as Fact,
    ]
    const { findings, codes } = told(facts)
    assert.deepEqual(
      codes.filter((code) => code !== 'worker-stood-still'),
      ['fault-failed', 'canary-failed'],
    )
    const failed = findings.find(({ code }) => code === 'fault-failed')!
    const { use, target, occurrence, problem, detail } = failed
    assert.deepEqual([use, target, occurrence, problem, detail], ['f', 'broker 1', 0, 'not-verified', 'd'])
    assert.ok(
      !told([...facts, ended(9, 'interrupt')]).codes.some(
        (code) => code === 'fault-failed' || code === 'canary-failed',
      ),
    )
  })

  test('names', () => {
    assert.equal(whoIs({ plan }, { spec: second }), 'producer 1')
    assert.equal(whoIs({ plan }, { spec: other }), 'member 1 of group g1')
    const stranger = { ...other, role: { kind: 'consumer' as const, group: 'x', member: 3 } }
    assert.equal(whoIs({ plan }, { spec: stranger }), 'member 3 of group x')
  })

  test('the busiest event loop of a kind, over measure', () => {
    const frames = [
      frame(first, 3, { utilisation: 1 }),
      frame(first, 7, { utilisation: 0.2 }),
      frame(second, 7, { utilisation: 0.4 }),
      frame(second, 8, { utilisation: 0.6 }),
      frame(member, 7, { utilisation: 0.9 }),
    ]
    const view = viewFrom(plan, ...begin(plan), ...frames, over(12))
    assert.deepEqual([busiestLoop(view, 'producer'), busiestLoop(view, 'consumer')], [0.5, 0.9])
    assert.equal(busiestLoop({ ...view, measure: null }, 'producer'), null)
    assert.equal(busiestLoop(viewFrom(plan, ...begin(plan), over(12)), 'producer'), null)
  })
})
