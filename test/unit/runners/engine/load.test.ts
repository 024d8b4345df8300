import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSchedule } from '../../../../src/load/schedule.ts'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import { fails, measure } from '../../../support/measure.ts'
import { planOf } from '../../../support/plans.ts'

// What holds of every variant (the ledger is closed, live and stored seconds agree, assembling again gives the same bytes, nothing is left
// open) is checked by `measure` itself.

/** Two producers and a group of two at 1000 records/s: 3 s of warm-up, 10 s of measurement. */
const profile = (more: Partial<ProfileInput> = {}): Partial<ProfileInput> => ({
  topic: { partitions: 4 },
  load: { rate: 1000 },
  producers: { count: 2 },
  consumers: [{ group: 'g2', members: 2 }],
  phases: { warmup: '3s', measure: '10s', drain: '5s' },
  ...more,
})
const phasesOf = (phases: readonly { name: string; startS: number; endS: number }[]) =>
  phases.map(({ name, startS, endS }) => [name, startS, endS])

describe('a load as planned', () => {
  for (const hosts of ['scripted', 'real'] as const) {
    test(`is ok with all acknowledged, read and audited: ${hosts} workers`, async () => {
      const rate = hosts === 'real' ? 50 : 1000
      const plan = planOf(profile({ load: { rate } }))
      const { variant, ticks, stages, sums, world } = await measure({ hosts, plan })
      assert.deepEqual(variant.findings, [])
      assert.equal(variant.status, 'ok')
      assert.deepEqual(variant.ledger, { scheduled: 13 * rate, acked: 13 * rate, failed: 0, unknown: 0, unsent: 0 })
      assert.deepEqual([variant.produce.offeredPerSec, variant.produce.ackedPerSec], [rate, rate])
      assert.equal(variant.consume!.receivedPerSec, rate)
      assert.equal(variant.integrity.verdict, 'ok')
      assert.equal(variant.integrity.audited, 13 * rate)
      assert.equal(variant.lag.g2!.endRecords, 0)
      assert.equal(ticks.length, 13)
      assert.deepEqual(stages, ['topic', 'connect', 'load', 'audit'])
      assert.equal(sums.loadEnded!.by, 'plan')
      assert.deepEqual(phasesOf(variant.phases).slice(0, 2), [
        ['warmup', 0, 3],
        ['measure', 3, 13],
      ])
      assert.equal(variant.effectiveConfig.producer!.fake, true)
      assert.deepEqual(world.topic.removed, [plan.names.topic, plan.groups[0]!.group])
    })
  }

  test('ten minutes are measured in milliseconds', async () => {
    const plan = planOf({ phases: { warmup: '10s', measure: '10m', drain: '5s' }, load: { rate: 5000 } })
    const { variant, ticks, tookS } = await measure({ plan })
    assert.equal(variant.status, 'ok')
    assert.equal(variant.ledger.acked, 5000 * 610)
    assert.equal(ticks.length, 610)
    assert.ok(tookS > 610)
  })

  test('the last seconds are shown even where the workers have nothing more to do', async () => {
    const plan = planOf(profile({ load: { rate: 0.5 }, consumers: [] }))
    const { ticks, variant } = await measure({ hosts: 'real', plan })
    assert.equal(ticks.length, 13)
    assert.equal(variant.status, 'ok')
  })

  test('without consumers and without an audit: a rehearsal', async () => {
    const plan = planOf(profile({ phases: { clusterWarmup: '2s', measure: '10s' } }), { kind: 'rehearsal' })
    const { variant, ticks } = await measure({ plan })
    assert.deepEqual(variant.ledger, { scheduled: 2000, acked: 2000, failed: 0, unknown: 0, unsent: 0 })
    assert.deepEqual([variant.integrity.verdict, variant.integrity.reasons[0]], ['not-audited', 'cluster warm-up'])
    assert.deepEqual([...new Set(ticks.map(({ phase }) => phase))], ['cluster warm-up'])
  })

  for (const [name, rate] of [
    [
      'stages',
      {
        stages: [
          { to: 100, for: '2s' },
          { to: 2000, for: '4s' },
          { to: 0, for: '2s' },
        ],
      },
    ],
    ['steps', { steps: { from: 100, to: 700, by: 300, every: '2s' } }],
    ['sine', { sine: { mean: 333.3, amplitude: 200, period: '7s' } }],
    ['poisson', { poisson: { mean: 77.7 } }],
    ['a fraction', 0.3],
    ['a fraction', 333.3],
  ] as const) {
    test(`offered is the schedule in every second: ${name}`, async () => {
      const plan = planOf(profile({ load: { rate } } as never))
      const { variant } = await measure({ plan })
      const schedule = createSchedule(plan.load)
      const { tickS, columns } = variant.series
      const offered = tickS.map((atS) => schedule.dueIn(atS * 1e9, (atS + 1) * 1e9)!)
      assert.deepEqual(
        columns.offeredPerSec!.slice(0, 13),
        offered.slice(0, 13).map((due) => Math.round(due * 10) / 10),
      )
      assert.equal(variant.ledger.scheduled, schedule.total)
      assert.deepEqual(columns.ackedPerSec!.slice(0, 13), columns.offeredPerSec!.slice(0, 13))
    })
  }
})

describe('rate max', () => {
  test('is as much as the workers make of it, and nothing was offered', async () => {
    const { variant } = await measure({ plan: planOf(profile({ load: { rate: 'max' } })), maxPerSec: 70_000 })
    assert.equal(variant.status, 'ok')
    assert.deepEqual([variant.produce.offeredPerSec, variant.produce.ackedPerSec], [null, 140_000])
    assert.equal(variant.produce.responseUs, null)
    assert.equal(variant.produce.serviceUs!.count, 1_400_000)
    assert.equal(variant.ledger.scheduled, 1_820_000)
    assert.ok(variant.series.columns.offeredPerSec!.every((value) => value === null))
  })

  for (const [count, endS, status] of [
    [100_000, 5, 'ok'],
    [20_000, 1, 'invalid'],
  ] as const) {
    test(`ends with its count of ${count}`, async () => {
      const { variant, sums } = await measure({ plan: planOf(profile({ load: { rate: 'max', count } })) })
      assert.deepEqual([variant.ledger.scheduled, variant.ledger.acked], [count, count])
      assert.deepEqual([sums.loadEnded!.by, sums.loadEnded!.loadEndNs], ['count', endS * 1e9])
      assert.equal(variant.status, status)
      const codes = variant.findings!.map(({ code }) => code)
      assert.deepEqual(codes, [...(status === 'invalid' ? ['nothing-due'] : ['short-measure']), 'count-used-up'])
    })
  }

  test('with real workers: the in-flight bound is the load', async () => {
    const plan = planOf(
      profile({
        load: { rate: 'max' },
        producers: { count: 1, maxInFlight: 2 },
        phases: { warmup: '1s', measure: '2s', drain: '1s' },
      }),
    )
    const { variant } = await measure({ hosts: 'real', plan, fate: () => ({ fate: { afterNs: 40e6, kind: 'acked' } }) })
    assert.equal(variant.status, 'ok')
    assert.ok(Math.abs(variant.produce.ackedPerSec - 50) <= 2, String(variant.produce.ackedPerSec))
  })
})

describe('a filled topic', () => {
  const filled = (count: number, phases = { warmup: '0s', measure: '10s', drain: '5s' }) =>
    planOf(profile({ workload: 'consume', load: { count }, phases }))

  test('is read from the start of measure on; its ledger is that of the fill', async () => {
    const { variant, sums, stages } = await measure({ plan: filled(1_800_000), maxPerSec: 100_000 })
    assert.deepEqual(stages, ['topic', 'connect', 'fill', 'load', 'audit'])
    assert.deepEqual(variant.ledger, {
      scheduled: 1_800_000,
      acked: 1_800_000,
      failed: 0,
      unknown: 0,
      unsent: 0,
    })
    // 100 000 a second of each partition at most: 4.5 s.
    assert.equal(variant.consume!.receivedPerSec, 1_800_000 / 5)
    assert.equal(variant.consume!.endToEndUs, null)
    assert.equal(variant.status, 'ok')
    assert.deepEqual(sums.receivedNs, { first: sums.startNs!, last: sums.startNs! + 5e9 })
    assert.equal(variant.lag.g2!.endRecords, 0)
  })

  test('with real workers', async () => {
    const { variant, codes } = await measure({ hosts: 'real', plan: filled(300) })
    assert.deepEqual(variant.ledger, { scheduled: 300, acked: 300, failed: 0, unknown: 0, unsent: 0 })
    assert.deepEqual(codes, ['short-consume'])
    assert.equal(variant.integrity.audited, 300)
  })

  test('a producer that dies while it is filled: what it did not send is unsent', async () => {
    const { variant, codes } = await measure({
      plan: filled(300_000),
      troubles: { 0: [{ is: 'dies-at-fill', afterNs: 5.5e9 }] },
    })
    const { scheduled, acked, unsent } = variant.ledger
    assert.equal(scheduled, 300_000)
    assert.ok(unsent > 50_000 && acked + unsent <= 300_000, JSON.stringify(variant.ledger))
    assert.equal(variant.status, 'invalid')
    assert.ok(codes.includes('worker-lost'))
  })

  test('one that cannot be filled in time is an error, and nothing is left', async () => {
    const plan = filled(10_000_000)
    const short = { ...plan, deadlinesMs: { ...plan.deadlinesMs, fill: 20_000 } }
    const { error, world } = await fails({ plan: short })
    assert.match(error.message, /^the topic was not filled within 20 s: 380000 of 10000000 records$/)
    assert.deepEqual(world.topic.removed.length, 2)
  })
})

describe('a threshold with abortOnFail', () => {
  const slow = (_producer: number, fromS: number, due: number) =>
    fromS >= 6 ? { acked: due / 5, open: (due * 4) / 5 } : { acked: due }

  test('ends the load at a full second, for all workers the same, and says which it was', async () => {
    const thresholds = [
      { threshold: 'produce.ackedPerSec > 400', window: '1s', abortOnFail: true },
      { threshold: 'ledger.failed == 0', window: '2s' },
    ]
    const {
      variant,
      thresholds: outcomes,
      sums,
      ticks,
    } = await measure({ plan: planOf(profile({ thresholds })), row: slow })
    assert.deepEqual([sums.loadEnded!.by, sums.loadEnded!.loadEndNs], ['threshold', 8e9])
    assert.equal(variant.ledger.scheduled, 8000)
    const missed = variant.findings!.find(({ code }) => code === 'threshold-missed')!
    assert.deepEqual(
      [missed.expression, missed.windowS, missed.atS, missed.value],
      ['produce.ackedPerSec > 400', 1, 6, 200],
    )
    assert.deepEqual(
      outcomes.map(({ ok, aborted }) => [ok, aborted]),
      [
        [false, true],
        [true, undefined],
      ],
    )
    assert.deepEqual(phasesOf(variant.phases)[1], ['measure', 3, 8])
    assert.ok(ticks.some(({ atS, phase }) => atS === 8 && phase === 'drain'))
    assert.equal(variant.status, 'invalid', 'its open records are unknown')
  })
})
