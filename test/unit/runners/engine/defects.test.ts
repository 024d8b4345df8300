import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact, FrameFact } from '../../../../src/contracts/facts.ts'
import type { VariantPlan } from '../../../../src/contracts/plan.ts'
import { assemble } from '../../../../src/judge/assemble.ts'
import { createSchedule } from '../../../../src/load/schedule.ts'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import { createCounts, recordNs, takeSparse } from '../../../../src/recording/counts.ts'
import { emptyEvents } from '../../../../src/recording/rows.ts'
import { createSums } from '../../../../src/recording/sums.ts'
import { topicOf } from '../../../support/crew.ts'
import { calmLeaders, fakeFault } from '../../../support/fake-world.ts'
import { frameOf } from '../../../support/frames.ts'
import { measure } from '../../../support/measure.ts'
import { freezeDeep, planOf } from '../../../support/plans.ts'

// Each row of the tables of known defects that the engine can show: the input of the row or one of its kind, and the expected result.

type Profile = Partial<ProfileInput>
const phases = { warmup: '1s', measure: '10s', drain: '4s' }
const produce = (more: Profile = {}): Profile => ({ topic: { partitions: 2 }, load: { rate: 40 }, phases, ...more })
const consumed = (more: Profile = {}): Profile =>
  produce({ producers: { count: 2 }, consumers: [{ group: 'g2', members: 2 }], load: { rate: 1000 }, ...more })
const acked = { afterNs: 2e6, kind: 'acked' } as const
const lastRow = (column: readonly (number | null)[] | undefined) => column!.at(-1)!

describe('N1', () => {
  const faults = [{ use: 'f', at: '2s' }]
  for (const [how, more, interrupt] of [
    ['the user interrupts', {}, { atS: 5.5 }],
    ['the count is used up', { load: { rate: 40, count: 240 } }, null],
    ['a threshold ends it', { thresholds: [{ threshold: 'ledger.failed == 0', abortOnFail: true }] }, null],
  ] as const) {
    test(`N1: ${how}, and the canary falls silent then: 50 ms, recovered`, async () => {
      const { variant, sums } = await measure({
        hosts: 'real',
        plan: planOf(produce({ faults, producers: { partitioner: 'round-robin' }, ...more } as Profile)),
        faults: { f: fakeFault() },
        ...(interrupt && { interrupt }),
        // What is due in the last moment stays open to the end of drain.
        fate: ({ dueS, sequence }) => {
          if (dueS > 5.97) return { fate: 'silence' }
          return {
            fate: dueS > 3.9 && sequence % 10 === 0 && 'thresholds' in more ? { ...acked, kind: 'failed' } : acked,
          }
        },
        isDown: (_, atS) => atS > 6,
      })
      assert.equal(sums.loadEnded!.loadEndNs, 6e9)
      for (const { unavailableMs, recovered, clientGapMs } of variant.faults[0]!.partitions) {
        assert.deepEqual([unavailableMs, recovered], [50, true])
        assert.ok(clientGapMs! >= 25 && clientGapMs! <= 110, String(clientGapMs))
      }
    })
  }
})

describe('N2', () => {
  test('N2: the rates of a load whose count is used up are those of the time in which records were due', async () => {
    const plan = planOf(consumed({ load: { rate: 1000, count: 5000 } }))
    const { variant, codes } = await measure({ plan, commitLagS: 3 })
    assert.deepEqual([variant.produce.ackedPerSec, variant.produce.offeredPerSec], [1000, 1000])
    const { drainS } = variant.lag.g2!
    assert.ok(Math.abs(drainS! - 3) < 0.6, `drained ${drainS} s after the count was used up`)
    assert.deepEqual(codes, ['count-used-up'])
    assert.equal(variant.status, 'ok')
  })

  for (const [rate, count] of [
    [1000, 500],
    [40, 39],
    ['max', 3000],
  ] as const) {
    test(`N2: ${count} records at ${rate} are used up in the warm-up: nothing is measured, and that is not ok`, async () => {
      const { variant } = await measure({ plan: planOf(consumed({ load: { rate, count } })) })
      assert.equal(variant.status, 'invalid')
      assert.deepEqual([variant.findings![0]!.code, variant.findings![0]!.why], ['nothing-due', 'count'])
      assert.equal(variant.ledger.acked, count)
    })
  }
})

/** A recording of these facts: what every variant begins and ends with is added. */
function told(
  plan: VariantPlan,
  loadEndNs: number,
  facts: readonly Fact[],
  audited: Record<string, unknown> | null = null,
) {
  const startNs = 1e12
  const sums = createSums(plan)
  const add = (fact: object) => sums.add(freezeDeep({ atNs: startNs, ...fact } as Fact))
  const each = (fact: object) => {
    for (const { worker } of plan.workers) add({ fact: 'worker', worker, ...fact })
  }
  add(topicOf(plan, startNs))
  for (const spec of plan.workers) add({ fact: 'worker', worker: spec.worker, is: 'joined', spec })
  each({ is: 'ready' })
  if (plan.fill) {
    const { records } = plan.fill
    add({ fact: 'filled', scheduled: records, acked: records, failed: 0, unknown: 0, errors: {} })
  }
  add({ fact: 'started', startNs, wallMs: 0 })
  for (const fact of facts) add(fact)
  add({ fact: 'load-ended', loadEndNs, by: 'plan', why: null })
  each({ is: 'done', report: { sent: 0, lastSentNs: null, effectiveConfig: {}, recordsPerBatch: null } })
  add({ fact: 'over', atNs: startNs + loadEndNs + 1e9 })
  if (audited)
    add({ fact: 'audited', integrity: { ...assemble(plan, sums).variant.integrity, verdict: 'ok' }, groups: audited })
  return { sums, startNs, ...assemble(plan, sums) }
}

test('N3: records of a filled topic count from the first to the last that was received', () => {
  const plan = planOf({
    workload: 'consume',
    load: { count: 1_000_000 },
    consumers: [{ group: 'g1' }],
    phases: { warmup: '0s', measure: '30s', drain: '5s' },
  })
  const startNs = 1e12
  const cell = (interval: number, received: number) => ({
    interval,
    events: { ...emptyEvents(), received, receivedBytes: received * 100 },
    latencies: {},
  })
  const frame = (atS: number, received: number, from: number, to: number): FrameFact =>
    frameOf(1, startNs + atS * 1e9, null, {
      cells: [cell(Math.ceil(atS) - 1, received)],
      receivedNs: { first: startNs + from * 1e9, last: startNs + to * 1e9 },
    })
  const { variant } = told(
    plan,
    4e9,
    [frame(1, 400_000, 0.1, 0.999), frame(2, 480_000, 1, 1.999), frame(3, 120_000, 2, 2.15), frame(4, 0, 2.15, 2.15)],
    {},
  )
  assert.equal(Math.round(variant.consume!.receivedPerSec), 487_805)
  assert.equal(Math.round(variant.consume!.receivedBytesPerSec), 48_780_488)
  const short = variant.findings!.find(({ code }) => code === 'short-consume')!
  assert.deepEqual([Math.round(Number(short.seconds) * 100) / 100, short.records], [2.05, 1_000_000])
})

describe('N4', () => {
  const plan = planOf({
    load: { rate: 100 },
    consumers: [{ group: 'g2', members: 2 }],
    phases: { warmup: '0s', measure: '10s', drain: '5s' },
  })
  const startNs = 1e12
  const latencies = (count: number, ns: number) => {
    const counts = createCounts()
    recordNs(counts, ns, count)
    return takeSparse(counts)!
  }
  const producer = frameOf(0, startNs + 10e9, null, {
    cells: [
      {
        interval: 3,
        events: { ...emptyEvents(), sent: 1000, acked: 1000 },
        latencies: { response: latencies(1000, 1e6), service: latencies(1000, 1e6) },
      },
    ],
  })
  const ranges = (to: number) => [{ topic: 't', partition: 0, from: 0, to }]
  const member0 = (received: number) =>
    frameOf(1, startNs + 10e9, null, {
      cells: [
        { interval: 3, events: { ...emptyEvents(), received }, latencies: { endToEnd: latencies(received, 5e6) } },
      ],
      delivered: ranges(received - 1),
    })
  /** Told one by one after it got the partition. */
  const member1 = (from: number, count: number) =>
    frameOf(2, startNs + 10e9, null, {
      cells: [{ interval: 3, events: { ...emptyEvents(), received: count }, latencies: {} }],
      handedOver: [
        {
          partition: 0,
          offsets: Float64Array.from({ length: count }, (_, at) => from + at),
          dueNs: new Float64Array(count).fill(startNs + 3.5e9),
          atNs: new Float64Array(count).fill(startNs + 3.6e9),
        },
      ],
    })
  const groups = { [plan.groups[0]!.group]: { received: 900, notReceived: 100 } }

  for (const [name, audited] of [
    ['by the audit, record by record', groups],
    ['by the counts, without an audit', null],
  ] as const) {
    test(`N4: 1000 acked, 900 received, 100 of them again by another member: ${name}`, () => {
      const { variant } = told(plan, 10e9, [producer, member0(900), member1(800, 100)], audited)
      const { count, notAcked, p50, p90, p95, p99, max } = variant.consume!.endToEndUs!
      assert.deepEqual([count, notAcked, p95, p99, max], [900, 100, null, null, null])
      assert.ok(p50 !== null && p90 !== null)
    })
  }

  test('N4: what another member was handed first is not missing', () => {
    const { variant } = told(plan, 10e9, [producer, member0(800), member1(750, 250)])
    const { count, notAcked } = variant.consume!.endToEndUs!
    assert.deepEqual([count, notAcked], [1000, 0])
  })

  test('N4: received records whose ack was lost stand in for nothing: the audit tells them apart', () => {
    // 1000 received, 100 of which were never acknowledged.
    const { variant } = told(plan, 10e9, [producer, member0(1000)], groups)
    const { notAcked, p95 } = variant.consume!.endToEndUs!
    assert.deepEqual([notAcked, p95], [100, null])
  })
})

describe('N5, N12: what the client saw', () => {
  for (const [rate, gapMs] of [
    [100, 10],
    [80, 12.5],
    [25, 40],
  ] as const) {
    test(`N5: an acknowledgement every ${gapMs} ms is a gap of ${gapMs} ms, not an unknown one`, async () => {
      const plan = planOf(produce({ topic: { partitions: 1 }, load: { rate }, faults: [{ use: 'f', at: '3s' }] }))
      const { variant } = await measure({ hosts: 'real', plan, faults: { f: fakeFault() } })
      const [partition] = variant.faults[0]!.partitions
      assert.ok(Math.abs(partition!.clientGapMs! - gapMs) < 1, String(partition!.clientGapMs))
    })
  }

  test('N12: nothing acknowledged from the start to the fault: counted from the first record that was due', async () => {
    const plan = planOf(produce({ topic: { partitions: 1 }, faults: [{ use: 'f', at: '3s' }] }))
    const { variant } = await measure({
      hosts: 'real',
      plan,
      faults: { f: fakeFault() },
      fate: ({ atS }) => ({ fate: { ...acked, afterNs: Math.max(2e6, (4.5 - atS) * 1e9) } }),
      isDown: () => true,
    })
    const [partition] = variant.faults[0]!.partitions
    assert.ok(Math.abs(partition!.clientGapMs! - 4500) < 5, String(partition!.clientGapMs))
    assert.equal(partition!.unavailableMs, null, 'a canary without any acknowledgement is no evidence')
  })
})

test('N8: of an interrupted run with one open record, one cut holds for ledger, rates and latencies', async () => {
  const plan = planOf(produce({ load: { rate: 40 }, phases: { warmup: '1s', measure: '10s', drain: '4s' } }))
  const { variant } = await measure({
    hosts: 'real',
    plan,
    interrupt: { atS: 5.3 },
    fate: ({ sequence }) => ({ fate: sequence === 130 ? 'silence' : acked }),
  })
  assert.deepEqual(variant.ledger, { scheduled: 240, acked: 239, failed: 0, unknown: 1, unsent: 0 })
  const { notAcked, count, p95, p99 } = variant.produce.responseUs!
  assert.deepEqual([notAcked, count], [1, 199])
  assert.ok(p95 !== null && p99 !== null, 'one of 200')
  assert.deepEqual([variant.produce.offeredPerSec, variant.produce.ackedPerSec], [40, 39.8])
})

describe('N11', () => {
  const burst = (atS: number) => (atS < 8 ? acked : { ...acked, afterNs: (14.02 - atS) * 1e9 })
  for (const [name, scene, more] of [
    ['that did not drain', { troubles: { 2: [{ is: 'dies', atNs: 4.3e9 }] } }, {}],
    ['that was interrupted in drain', { commitLagS: 2, interrupt: { atS: 11.7 } }, {}],
    ['that drained in a fraction of a second', { hosts: 'real' }, { load: { rate: 40 } }],
    ['whose count ended within a second', {}, { load: { rate: 1000, count: 4321 } }],
    [
      'that ended right after everything was acknowledged at once',
      // Everything from 8 s on is acknowledged at 14.02 s, and nothing is left to wait for then.
      { hosts: 'real', fate: ({ atS }: { atS: number }) => ({ fate: burst(atS) }) },
      { load: { rate: 40 } },
    ],
  ] as const) {
    test(`N11: no row of a series ${name} covers less than it says`, async () => {
      const { variant } = await measure({ plan: planOf(consumed(more as Profile)), ...(scene as object) })
      const { tickS, columns } = variant.series
      const rate = variant.produce.offeredPerSec!
      for (const name of ['sentPerSec', 'ackedPerSec', 'receivedPerSec']) {
        assert.ok(Math.max(...columns[name]!.map((value) => value ?? 0)) <= rate * 1.1, name)
      }
      const endS = variant.phases.at(-1)!.endS
      assert.ok(tickS.at(-1)! < endS)
      assert.ok([...tickS.slice(1), endS].every((at, index) => at > tickS[index]!))
    })
  }
})

describe('N13, N22: one schedule', () => {
  for (const rate of [0.3, 7.7, 33.3]) {
    test(`N13: at ${rate}/s the records of measure are those that are due in it, with real workers`, async () => {
      const plan = planOf(produce({ load: { rate }, producers: { count: 2 } }))
      const { variant } = await measure({ hosts: 'real', plan })
      const due = createSchedule(plan.load).dueIn(1e9, 11e9)!
      assert.equal(variant.produce.responseUs!.count, due)
      assert.equal(Math.round(variant.produce.offeredPerSec! * 10), due)
      assert.equal(variant.status, 'ok', String(variant.reasons))
    })
  }

  test('N13: at every rate the seconds add up to the schedule', async () => {
    for (const rate of [0.3, 1 / 3, 333.3, 999.9, 1e5 / 7]) {
      const plan = planOf(consumed({ load: { rate }, consumers: [] }))
      const { variant } = await measure({ plan })
      const sum = variant.series.columns.offeredPerSec!.reduce<number>((all, value) => all + (value ?? 0), 0)
      assert.ok(Math.abs(sum - variant.ledger.scheduled) < 1e-6, `${rate}: ${sum}`)
      assert.equal(variant.ledger.scheduled, createSchedule(plan.load).dueIn(0, 11e9))
    }
  })

  for (const count of [4321, 7000, 10_999]) {
    test(`N22: after ${count} records no second offers any`, async () => {
      const { variant } = await measure({ plan: planOf(consumed({ load: { rate: 1000, count } })), commitLagS: 2 })
      const { tickS, columns } = variant.series
      const endS = count / 1000
      const offered = tickS.map((from, at) => {
        const toS = tickS[at + 1] ?? from + 1
        return (columns.offeredPerSec![at] ?? 0) * (toS - from)
      })
      assert.ok(Math.abs(offered.reduce((all, value) => all + value, 0) - count) < 0.1)
      for (const [at, from] of tickS.entries())
        if (from >= endS) assert.equal(columns.offeredPerSec![at], 0, `${from} s`)
      assert.equal(lastRow(columns.offeredPerSec), 0)
    })
  }
})

describe('the topic as it is', () => {
  const config = { 'min.insync.replicas': 2 }

  test('N24: a topic that was there with other settings is shown as it is, with a finding each', async () => {
    const plan = planOf(consumed({ topic: { name: 't', partitions: 4, replicationFactor: 3, config } }))
    const { variant, sums, world } = await measure({
      plan,
      topic: { existed: 7, partitions: 4, actual: { replicationFactor: 1, minInsyncReplicas: 1 } },
    })
    const differs = variant.findings!.filter(({ code }) => code === 'topic-differs')
    assert.deepEqual(
      differs.map(({ what, planned, actual }) => [what, planned, actual]),
      [
        ['topic.replicationFactor', '3', '1'],
        ['topic.config.min.insync.replicas', '2', '1'],
      ],
    )
    assert.deepEqual([sums.topic!.replicationFactor, sums.topic!.minInsyncReplicas, sums.topic!.created], [1, 1, false])
    assert.equal(variant.status, 'ok')
    assert.equal(variant.integrity.logRecords, 11_000, 'old records are not counted')
    assert.deepEqual(world.topic.removed, [plan.groups[0]!.group], 'somebody else’s topic stays')
  })

  // Another number of partitions than the profile states is refused: X3.
  test('N24: it has another number of replicas', async () => {
    const plan = planOf(consumed({ topic: { name: 't', replicationFactor: 2 } }))
    const { variant } = await measure({ plan, topic: { existed: 1, partitions: 6, actual: { replicationFactor: 5 } } })
    const [differs] = variant.findings!
    assert.deepEqual([differs!.what, differs!.planned, differs!.actual], ['topic.replicationFactor', '2', '5'])
    assert.equal(variant.ledger.acked, 11_000)
  })

  test('N24: what cannot be asked about differs from nothing', async () => {
    const { codes } = await measure({
      plan: planOf(consumed({ topic: { partitions: 2, config } })),
      topic: { actual: null },
    })
    assert.deepEqual(codes, [])
  })

  for (const [minInsyncReplicas, underMinIsrS] of [
    [2, 2],
    [1, 0],
    [null, null],
  ] as const) {
    test(`N26: min.insync.replicas ${minInsyncReplicas} of the brokers counts, where the topic has none of its own`, async () => {
      const { variant } = await measure({
        plan: planOf(consumed({ faults: [{ use: 'f', at: '3s', for: '4s' }] })),
        topic: { actual: { minInsyncReplicas } },
        faults: {},
        prepare(clock, world) {
          const [first] = calmLeaders(2)
          const inject = () => {
            world.leaders([{ ...first!, isr: [1] }])
            clock.at(clock.nowNs() + 2e9, () => world.leaders([first!]))
          }
          ;(world.faults as Map<string, unknown>).set('f', fakeFault({ inject }))
        },
      })
      assert.equal(variant.faults[0]!.underMinIsrS, underMinIsrS)
    })
  }
})

describe('N28', () => {
  for (const [name, scene, more] of [
    ['rate max', {}, { load: { rate: 'max' }, producers: { count: 1 }, consumers: [{ group: 'g1' }] }],
    [
      'real workers at rate max',
      { hosts: 'real' },
      {
        load: { rate: 'max' },
        producers: { count: 1, maxInFlight: 2 },
        consumers: [{ group: 'g1' }],
        phases: { warmup: '1s', measure: '2s', drain: '1s' },
      },
    ],
    ['several workers', { hosts: 'real' }, { load: { rate: 40 } }],
  ] as const) {
    test(`N28: each second is shown once, in full and as it is stored: ${name}`, async () => {
      const fate = () => ({ fate: { ...acked, afterNs: 40e6 } })
      const { ticks, variant, sums } = await measure({
        plan: planOf(consumed(more as Profile)),
        fate,
        ...(scene as object),
      })
      assert.ok(ticks.length >= 3)
      for (const [row, tick] of ticks.entries()) {
        const { sent, acked: acknowledged, received } = sums.rows.events(row)
        const { fromNs, toNs } = sums.axis.rows[row]!
        const seconds = (toNs - fromNs) / 1e9
        assert.deepEqual(
          [tick.sentPerSec, tick.ackedPerSec, tick.receivedPerSec].map((perSec) => Math.round(perSec * seconds)),
          [sent, acknowledged, received],
          `second ${tick.atS}`,
        )
      }
      assert.equal(variant.status, 'ok')
    })
  }
})

describe('V1, V2: what was not acknowledged', () => {
  const rate = { rate: 25 }
  const slow = { load: rate, phases: { warmup: '2s', measure: '10s', drain: '2s' } }

  for (const kind of ['unknown', 'silence'] as const) {
    test(`V1: nothing is acknowledged (${kind}): failed, with the error and its count first`, async () => {
      const { variant } = await measure({
        hosts: 'real',
        plan: planOf(produce(slow)),
        fate: () => ({ fate: kind === 'silence' ? kind : { ...acked, kind, error: 'REQUEST_TIMED_OUT' } }),
      })
      assert.equal(variant.status, 'failed')
      const [first] = variant.findings!
      assert.deepEqual(
        [first!.code, first!.sent, first!.unknown, first!.errorCount],
        ['nothing-acknowledged', 300, 300, 300],
      )
      const error = kind === 'silence' ? 'fake unknown' : 'REQUEST_TIMED_OUT'
      assert.equal(variant.reasons[0], `300 of 300 records unknown: ${error}`)
    })
  }

  test('V1: the cluster stops in the midst of the load: invalid', async () => {
    const { variant } = await measure({
      hosts: 'real',
      plan: planOf(produce(slow)),
      fate: ({ dueS }) => ({ fate: dueS < 4.84 ? acked : 'silence' }),
    })
    assert.equal(variant.status, 'invalid')
    assert.deepEqual([variant.ledger.acked, variant.ledger.unknown], [121, 179])
    assert.equal(variant.reasons[0], '179 of 300 records unknown: fake unknown')
  })

  for (const [name, failed, status, code] of [
    ['0.05 %', 6, 'ok', 'some-records-failed'],
    ['exactly 0.1 %', 12, 'ok', 'some-records-failed'],
    ['just above 0.1 %', 13, 'invalid', 'records-failed'],
    ['1 %', 120, 'invalid', 'records-failed'],
  ] as const) {
    test(`V1: ${name} refused is ${status}, and comes first`, async () => {
      let left = failed
      const { variant } = await measure({
        plan: planOf(consumed({ load: { rate: 1200 }, phases: { warmup: '0s', measure: '10s', drain: '4s' } })),
        row: (_, __, due) => {
          const mine = Math.min(left, 50)
          left -= mine
          return { acked: due - mine, failed: mine }
        },
      })
      assert.deepEqual([variant.ledger.failed, variant.status], [failed, status])
      const [first] = variant.findings!
      assert.deepEqual([first!.code, first!.failed, first!.sent, first!.error], [code, failed, 12_000, 'FAKE_REFUSAL'])
    })
  }

  test('V1: in a run with a fault it is a result, not a reason to distrust it', async () => {
    const { variant } = await measure({
      plan: planOf(consumed({ faults: [{ use: 'f', at: '3s', for: '1s' }] })),
      faults: { f: fakeFault() },
      row: (_, fromS, due) => (fromS === 4 ? { acked: 0, unknown: due } : { acked: due }),
    })
    assert.deepEqual([variant.status, variant.findings![0]!.code], ['ok', 'some-records-failed'])
  })

  for (const [name, grows, status] of [
    ['and the log grew', true, 'ok'],
    ['and the log did not grow', false, 'failed'],
  ] as const) {
    test(`V1: acks 0 ${name}: ${status}`, async () => {
      const { variant, codes } = await measure({
        hosts: 'real',
        plan: planOf(produce({ producers: { acks: 0 } })),
        fate: () => ({ fate: { afterNs: 0, kind: 'unknown' }, isInLog: grows }),
      })
      assert.equal(variant.status, status)
      assert.deepEqual(codes, grows ? [] : ['nothing-acknowledged'])
    })
  }

  test('V2: every record is refused: failed, with the limit that refused them', async () => {
    const { variant } = await measure({
      hosts: 'real',
      plan: planOf(produce({ load: { rate: 7.5 }, phases: { warmup: '0s', measure: '10s', drain: '1s' } })),
      effectiveConfig: { 'message.max.bytes': 1_000_000 },
      fate: () => ({ fate: { afterNs: 0, kind: 'failed', error: 'MSG_SIZE_TOO_LARGE' } }),
    })
    assert.equal(variant.status, 'failed')
    assert.equal(
      variant.reasons[0],
      "75 of 75 records refused: MSG_SIZE_TOO_LARGE (the client's message.max.bytes is 1 000 000)",
    )
  })

  test('V2: refused by the topic: the code alone, where the limit is not known', async () => {
    const { variant } = await measure({
      hosts: 'real',
      plan: planOf(produce({ load: { rate: 7.5 }, phases: { warmup: '2s', measure: '10s', drain: '1s' } })),
      fate: () => ({ fate: { afterNs: 0, kind: 'failed', error: 'MESSAGE_TOO_LARGE' } }),
    })
    assert.equal(variant.status, 'failed')
    assert.equal(variant.reasons[0], '90 of 90 records refused: MESSAGE_TOO_LARGE')
  })
})

describe('V5, V6: few records, and none', () => {
  for (const rate of [0.1, 0.5, 0.75, 1.5, 2.5, 0.07, 3.3]) {
    test(`V5: ${rate} records/s are ok, whatever falls on an edge`, async () => {
      const plan = planOf(produce({ load: { rate }, phases: { warmup: '3s', measure: '20s', drain: '2s' } }))
      const { variant } = await measure({ hosts: 'real', plan, fate: () => ({ fate: { ...acked, afterNs: 400e6 } }) })
      assert.deepEqual([variant.status, variant.reasons], ['ok', []])
    })
  }

  test('V5: a rate at which nothing is due in measure is not ok', async () => {
    const { variant } = await measure({ hosts: 'real', plan: planOf(produce({ load: { rate: 0.05 } })) })
    assert.deepEqual(
      [variant.status, variant.findings![0]!.code, variant.findings![0]!.why],
      ['invalid', 'nothing-due', 'rate'],
    )
  })

  test('V6: records of a filled topic that are read before the measurement: failed, not ok', async () => {
    const plan = planOf(consumed({ workload: 'consume', load: { count: 5000 } }))
    const { variant } = await measure({ plan })
    assert.equal(variant.status, 'failed')
    assert.deepEqual([variant.findings![0]!.code, variant.findings![0]!.before], ['nothing-received', 5000])
  })

  test('V6: nobody receives anything of a filled topic', async () => {
    const plan = planOf(consumed({ workload: 'consume', load: { count: 5000 } }))
    const { variant } = await measure({ plan, row: (_, __, due) => ({ acked: 0, failed: due }) })
    assert.equal(variant.status, 'failed')
    assert.ok(variant.findings!.some(({ code, before }) => code === 'nothing-received' && before === 0))
  })
})
