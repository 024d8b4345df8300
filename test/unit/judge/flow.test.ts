import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fact } from '../../../src/contracts/facts.ts'
import type { WorkerSpec } from '../../../src/contracts/plan.ts'
import { consumeOf, produceOf, readingSpan } from '../../../src/judge/flow.ts'
import { seriesOf } from '../../../src/judge/series.ts'
import { openRecords, valueOver } from '../../../src/judge/window-values.ts'
import { planOf } from '../../support/plans.ts'
import { audited, begin, cell, ended, frame, latencies, over, s, viewFrom, worker } from './_facts.ts'

// 10 records/s; rows: 0 is warm-up, 1 to 4 are measure, then drain.
const profile = {
  topic: { partitions: 2 },
  load: { rate: 10 },
  consumers: [{ group: 'g1' }],
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
}
const plan = planOf(profile)
const [producer, consumer] = plan.workers as [WorkerSpec, WorkerSpec]
const begun = begin(plan)
const of = (...facts: Fact[]) => viewFrom(plan, ...begun, ...facts, over(7))
const near = (actual: number | null | undefined, expected: number) =>
  assert.ok(actual != null && Math.abs(actual - expected) <= expected / 500, `${actual} is not about ${expected}`)

const sent = frame(producer, 5, {
  inFlight: 3,
  utilisation: 0.5,
  cells: [
    cell(0, { sent: 10, acked: 10, ackedBytes: 100 }, { response: latencies(900_000) }),
    cell(
      1,
      { sent: 12, acked: 8, ackedBytes: 80, failed: 1, unknown: 2 },
      {
        response: latencies(1000, 2000, 3000),
        service: latencies(500, 700),
        scheduleLag: latencies(5),
        eventLoopDelay: latencies(8),
        backpressure: latencies(6),
      },
    ),
    cell(4, { sent: 20, acked: 20, ackedBytes: 200 }, { response: latencies(7000) }),
    cell(5, { acked: 5, ackedBytes: 50 }),
  ],
  errors: { A: 2 },
})
const received = frame(consumer, 5, {
  cells: [cell(0, { received: 4 }), cell(2, { received: 40, receivedBytes: 400 }, { endToEnd: latencies(4000, 6000) })],
  errors: { B: 1 },
})

describe('what was produced in measure', () => {
  test('rates are events in measure by its length; warm-up and drain do not count', () => {
    const { offeredPerSec, sentPerSec, ackedPerSec, ackedBytesPerSec, errors } = produceOf(of(sent, received))
    assert.deepEqual([offeredPerSec, sentPerSec, ackedPerSec, ackedBytesPerSec], [10, 8, 7, 70])
    assert.deepEqual(errors, { A: 2, B: 1 })
  })

  test('records that were due and have no latency are slower than all others', () => {
    const { responseUs, serviceUs } = produceOf(of(sent))
    assert.deepEqual([responseUs!.count, responseUs!.notAcked, serviceUs!.count], [4, 36, 2])
    assert.equal(responseUs!.p50, null)
    const one = planOf({ ...profile, load: { rate: 1 } })
    const cells = [cell(1, {}, { response: latencies(1000, 2000, 3000, 4000) })]
    const full = produceOf(viewFrom(one, ...begin(one), frame(one.workers[0]!, 5, { cells }), over(7))).responseUs!
    assert.deepEqual([full.count, full.notAcked], [4, 0])
    near(full.p50, 2000)
  })

  test('records per batch is the mean over the producers that say so', () => {
    const three = planOf({ ...profile, producers: { count: 3 } })
    const [a, b, c, d] = three.workers as [WorkerSpec, WorkerSpec, WorkerSpec, WorkerSpec]
    const done = (spec: WorkerSpec, recordsPerBatch: number | null) =>
      worker(spec, 6, { is: 'done', report: { sent: 1, lastSentNs: null, effectiveConfig: null, recordsPerBatch } })
    const per = (...facts: Fact[]) => produceOf(viewFrom(three, ...begin(three), ...facts, over(7))).recordsPerBatch
    assert.equal(per(done(a, 10), done(b, 30), done(c, null), done(d, 1000)), 20)
    assert.equal(per(), null)
  })

  test('at rate max nothing was offered, and there is no response latency', () => {
    const max = planOf({ ...profile, load: { rate: 'max' } })
    const cells = [cell(1, { sent: 3, acked: 2 }, { service: latencies(500, 700) })]
    const view = viewFrom(max, ...begin(max), frame(max.workers[0]!, 5, { cells }), over(7))
    const { offeredPerSec, responseUs, serviceUs } = produceOf(view)
    assert.deepEqual([offeredPerSec, responseUs, serviceUs!.count, serviceUs!.notAcked], [null, null, 2, 1])
  })

  test('with acks 0 there is no latency of an acknowledgement', () => {
    const none = planOf({ ...profile, producers: { acks: 0 } })
    const { responseUs, serviceUs } = produceOf(viewFrom(none, ...begin(none), over(7)))
    assert.deepEqual([responseUs, serviceUs], [null, null])
  })

  test('where the load ended before measure, rates are 0 and nothing is divided by 0', () => {
    const view = viewFrom(plan, ...begun, sent, ended(0.5, 'interrupt'), over(7))
    const { offeredPerSec, sentPerSec, ackedPerSec } = produceOf(view)
    assert.deepEqual([offeredPerSec, sentPerSec, ackedPerSec], [0, 0, 0])
    assert.equal(consumeOf(view)!.receivedPerSec, 0)
  })

  test('errors of the fill are added to those of the load', () => {
    const filling = planOf({ workload: 'consume', load: { count: 20 }, consumers: [{ group: 'g' }] })
    const filled: Fact = {
      fact: 'filled',
      atNs: 1,
      scheduled: 20,
      acked: 12,
      failed: 3,
      unknown: 0,
      errors: { B: 3, C: 1 },
    }
    const errors = frame(filling.workers[0]!, 1, { errors: { B: 1 } })
    assert.deepEqual(produceOf(viewFrom(filling, ...begin(filling), filled, errors, over(60))).errors, { B: 4, C: 1 })
  })
})

describe('what was received in measure', () => {
  test('rates by the length of measure', () => {
    const { receivedPerSec, receivedBytesPerSec, endToEndUs } = consumeOf(of(sent, received))!
    assert.deepEqual([receivedPerSec, receivedBytesPerSec, endToEndUs!.count], [10, 100, 2])
  })

  test('what was acknowledged and not received counts as slower: by the audit, else by the difference', () => {
    const group = plan.groups[0]!.group
    const more = frame(producer, 5, { cells: [cell(1, {}, { service: latencies(1, 1, 1, 1, 1) })] })
    assert.equal(consumeOf(of(more, received))!.endToEndUs!.notAcked, 3)
    const told = { ...audited, groups: { [group]: { received: 2, notReceived: 7 } } } as Fact
    assert.equal(consumeOf(of(more, received, told))!.endToEndUs!.notAcked, 7)
  })

  test('records that were told one by one count in the row in which they were due', () => {
    const single = (dueS: number, offset: number) => ({
      ...{ partition: 0, offsets: Float64Array.of(offset), dueNs: Float64Array.of(s(dueS)) },
      atNs: Float64Array.of(s(dueS) + 2e6),
    })
    const handedOver = [single(0.5, 1), single(1, 2), single(4.9, 3), single(5, 4)]
    const { endToEndUs } = consumeOf(of(received, frame(consumer, 6, { handedOver })))!
    assert.equal(endToEndUs!.count, 4)
    assert.equal(consumeOf(of(frame(consumer, 6, { handedOver })))!.endToEndUs!.count, 2)
  })

  test('without groups nothing is', () => {
    const alone = planOf({ ...profile, workload: 'produce', consumers: [] })
    assert.equal(consumeOf(viewFrom(alone, ...begin(alone), over(7))), null)
  })

  test('of a filled topic: from the first to the last record that was received in measure', () => {
    const filling = planOf({ ...profile, workload: 'consume', load: { count: 20 } })
    const read = (first: number, last: number) =>
      viewFrom(
        filling,
        ...begin(filling),
        frame(filling.workers[0]!, 5, {
          receivedNs: { first: s(first), last: s(last) },
          cells: [cell(1, { received: 30, receivedBytes: 60 })],
        }),
        over(7),
      )
    assert.deepEqual(readingSpan(read(2, 3.5)), { fromNs: 2e9, toNs: 3.5e9, seconds: 1.5 })
    assert.deepEqual(readingSpan(read(0.5, 6)), { fromNs: 1e9, toNs: 5e9, seconds: 4 })
    assert.equal(readingSpan(read(0.2, 0.4)), null)
    assert.equal(readingSpan(read(2, 2)), null)
    assert.equal(readingSpan(viewFrom(filling, ...begin(filling), over(7))), null)
    const { receivedPerSec, receivedBytesPerSec, endToEndUs } = consumeOf(read(2, 3.5))!
    assert.deepEqual([receivedPerSec, receivedBytesPerSec, endToEndUs], [20, 40, null])
    assert.equal(consumeOf(read(2, 2))!.receivedPerSec, 0)
  })
})

describe('the series', () => {
  test('a row per second with the rates and quantiles of that second', () => {
    const { tickS, columns } = seriesOf(of(sent, received))
    assert.deepEqual(tickS, [0, 1, 2, 3, 4, 5, 6])
    const none = [0, 0, 0, 0, 0, 0, 0]
    assert.deepEqual(columns.offeredPerSec, [10, 10, 10, 10, 10, 0, 0])
    assert.deepEqual(columns.sentPerSec, [10, 12, 0, 0, 20, 0, 0])
    assert.deepEqual(columns.ackedPerSec, [10, 8, 0, 0, 20, 5, 0])
    assert.deepEqual([columns.failedPerSec![1], columns.unknownPerSec![1]], [1, 2])
    assert.deepEqual(columns.failedPerSec, none.with(1, 1))
    assert.deepEqual(columns.receivedPerSec, [4, 0, 40, 0, 0, 0, 0])
    assert.deepEqual(columns.inFlight, [null, null, null, null, 3, null, null])
    const quantile = (name: string, row: number, us: number) => {
      near(columns[name]![row], us)
      assert.equal(columns[name]!.filter((value) => value !== null).length, name.startsWith('response') ? 3 : 1, name)
    }
    for (const [name, row, us] of [
      ['responseP50Us', 1, 2000],
      ['responseP99Us', 1, 3000],
      ['responseP999Us', 1, 3000],
      ['serviceP50Us', 1, 500],
      ['serviceP99Us', 1, 700],
      ['endToEndP50Us', 2, 4000],
      ['endToEndP99Us', 2, 6000],
      ['scheduleLagP99Us', 1, 5],
      ['eventLoopDelayP99Us', 1, 8],
    ] as const)
      quantile(name, row, us)
  })

  test('no row that is not known in full, nor one beyond the end', () => {
    const frames = plan.workers.map((spec) => frame(spec, 2.05))
    assert.deepEqual(seriesOf(viewFrom(plan, ...begun, ...frames)).tickS, [0, 1])
    assert.deepEqual(seriesOf(viewFrom(plan, ...begun, over(2.5))).tickS, [0, 1])
  })

  test('without groups no column of them; rates are to a tenth', () => {
    const alone = planOf({
      ...profile,
      workload: 'produce',
      consumers: [],
      phases: { ...profile.phases, warmup: '300ms' },
    })
    const cells = [cell(0, { sent: 1 })]
    const { columns, tickS } = seriesOf(
      viewFrom(alone, ...begin(alone), frame(alone.workers[0]!, 1, { cells }), over(7)),
    )
    for (const name of ['receivedPerSec', 'endToEndP50Us', 'endToEndP99Us']) assert.ok(!(name in columns))
    assert.ok('inFlight' in columns && 'sentPerSec' in columns)
    assert.deepEqual([tickS.slice(0, 2), columns.sentPerSec![0]], [[0, 0.3], 3.3])
  })
})

describe('values over some rows', () => {
  const view = of(sent, received)
  const value = (path: string, from = 1, to = 5) => valueOver(view, path.split('.'), from, to)

  test('rates, counts and errors', () => {
    for (const [path, expected] of [
      ['produce.offeredPerSec', 10],
      ['produce.sentPerSec', 8],
      ['produce.ackedPerSec', 7],
      ['produce.ackedBytesPerSec', 70],
      ['consume.receivedPerSec', 10],
      ['consume.receivedBytesPerSec', 100],
      ['ledger.failed', 1],
      ['ledger.unknown', 2],
      ['produce.errors', 3],
    ] as const)
      assert.equal(value(path), expected, path)
    assert.equal(value('produce.sentPerSec', 1, 2), 12)
    assert.equal(value('produce.offeredPerSec', 5, 6), 0)
  })

  test('latencies, with the records that have none', () => {
    assert.equal(openRecords(view, 'response', 1, 5), 36)
    assert.equal(openRecords(view, 'service', 1, 2), 8)
    assert.equal(openRecords(view, 'endToEnd', 1, 5), 0)
    for (const name of ['scheduleLag', 'backpressure', 'eventLoopDelay'] as const)
      assert.equal(openRecords(view, name, 1, 5), 0)
    assert.equal(value('produce.responseUs.p50'), null)
    near(value('produce.responseUs.min'), 1000)
    near(value('consume.endToEndUs.p50'), 4000)
    near(value('consume.endToEndUs.max'), 6000)
    near(value('consume.endToEndUs.mean'), 5000)
    near(value('generator.scheduleLagUs.p99'), 5)
    near(value('generator.backpressureUs.p90'), 6)
    near(value('generator.eventLoopDelayUs.p999'), 8)
  })

  test('no latency of acknowledgements with acks 0, no response latency at rate max', () => {
    const none = planOf({ ...profile, producers: { acks: 0 } })
    const cells = [cell(1, {}, { response: latencies(5), service: latencies(5), scheduleLag: latencies(5) })]
    const unacked = viewFrom(none, ...begin(none), frame(none.workers[0]!, 5, { cells }), received, over(7))
    for (const path of ['produce.responseUs.min', 'produce.serviceUs.min'])
      assert.equal(valueOver(unacked, path.split('.'), 1, 5), null)
    near(valueOver(unacked, ['generator', 'scheduleLagUs', 'min'], 1, 5), 5)
    const max = planOf({ ...profile, load: { rate: 'max' } })
    const fast = viewFrom(max, ...begin(max), frame(max.workers[0]!, 5, { cells }), over(7))
    assert.equal(valueOver(fast, ['produce', 'responseUs', 'min'], 1, 5), null)
    near(valueOver(fast, ['produce', 'serviceUs', 'min'], 1, 5), 5)
    assert.equal(valueOver(fast, ['produce', 'offeredPerSec'], 1, 5), null)
  })

  test('lag of a group in records, seconds and position', () => {
    const { group } = plan.groups[0]!
    const lag = (atS: number, end: number, committed: number, position: number): Fact => ({
      ...{ fact: 'lag', atNs: s(atS), ends: [end, 0] },
      groups: { [group]: { committed: [committed, 0], positions: [position, 0] } },
    })
    const lagged = of(lag(0.5, 50, 0, 0), lag(1, 100, 50, 60), lag(2, 100, 90, 95), lag(5.5, 200, 0, 0))
    const over = (how: string, from = 1, to = 5) => valueOver(lagged, ['lag', 'g1', how], from, to)
    assert.equal(over('maxRecords'), 50)
    assert.equal(over('maxRecords', 2, 3), 10)
    assert.equal(over('p99Records'), 50)
    assert.equal(over('positionMaxRecords'), 40)
    assert.equal(over('positionMaxRecords', 2, 3), 5)
    assert.equal(over('maxRecords', 3, 4), null)
    assert.equal(valueOver(lagged, ['lag', 'nobody', 'maxRecords'], 1, 5), null)
  })

  test('usage of the load hosts', () => {
    const host = (atS: number, cpuMs: number, rssBytes: number): Fact => ({
      ...{ fact: 'usage', of: 'host', atNs: s(atS), host: 0, cpuMs, rssBytes },
    })
    const used = of(host(0, 0, 5), host(1, 100, 5), host(2, 600, 9), host(3, 700, 7))
    const over = (key: string, from: number, to: number) => valueOver(used, ['generator', key], from, to)
    assert.equal(over('cpuPercent', 1, 2), 50)
    assert.equal(over('cpuPercent', 1, 3), 30)
    assert.equal(over('rssBytes', 0, 3), 9)
    assert.equal(over('cpuPercent', 5, 6), null)
  })

  test('usage of the brokers, over brokers as the path says', () => {
    const broker = (atS: number, id: number, cpuMs: number): Fact => ({
      ...{ fact: 'usage', of: 'broker', atNs: s(atS), broker: id, cpuMs, rssBytes: 10 * id },
      ...{ diskBytes: null, networkInBytes: null, networkOutBytes: null, cores: null },
    })
    const used = of(broker(1, 1, 0), broker(1, 2, 0), broker(2, 1, 100), broker(2, 2, 400))
    assert.equal(valueOver(used, ['brokers', 'cpuPercent', 'max'], 1, 2), 40)
    assert.equal(valueOver(used, ['brokers', 'rssBytes', 'max'], 1, 2), 20)
  })
})
