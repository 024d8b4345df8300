import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LatencyName } from '../../../src/contracts/api.ts'
import type { FrameFact, SparseCounts } from '../../../src/contracts/facts.ts'
import { histogramOf } from '../../../src/judge/flow.ts'
import { createAxis, planAxis } from '../../../src/load/axis.ts'
import { createCounts, mergeSparse, recordNs, takeSparse } from '../../../src/recording/counts.ts'
import { outcomeCodes } from '../../../src/recording/frame.ts'
import { toLatency } from '../../../src/recording/histogram.ts'
import { createRecorder, type FrameRecorder } from '../../../src/recording/recorder.ts'
import { createRows, emptyEvents } from '../../../src/recording/rows.ts'
import { createSums, isOver } from '../../../src/recording/sums.ts'
import { frameOf } from '../../support/frames.ts'
import { planOf } from '../../support/plans.ts'

const startNs = 1e12
const lengths = { warmupMs: 2000, measureMs: 3000, drainMs: 1000 }
const axis = createAxis(planAxis(lengths, Number.POSITIVE_INFINITY))
const { edges } = axis.spec
// Two rows of warm-up, three of measure, then drain.
const warmup = [0, 2] as const
const measure = [2, 5] as const
const all = [0, axis.rows.length] as const
const recorderOf = () => createRecorder(edges, startNs)
const create = () => createRows((atNs) => axis.rowOf(atNs - startNs - 100e6))
const latencyOf = (rows: ReturnType<typeof create>, name: LatencyName, [from, to]: readonly [number, number]) =>
  histogramOf(rows.latency(name, from, to))

const frame = (worker: number, recorder: FrameRecorder | null, atS: number, more: Partial<FrameFact> = {}) =>
  frameOf(worker, startNs + atS * 1e9, recorder, more)

describe('rows', () => {
  test('sums workers and seconds; percentiles come from the merged histogram', () => {
    const rows = create()
    for (const worker of [0, 1]) {
      const recorder = recorderOf()
      for (let i = 0; i < 1000; i++) {
        const atNs = startNs + 2e9 + i * 1e6
        recorder.at(atNs).acked++
        // One worker at 1 ms, the other at 1 s: the mean of two medians would be half a second.
        recorder.latency('response', atNs, worker === 0 ? 1e6 : 1e9)
      }
      rows.add(frame(worker, recorder, 3))
    }
    assert.equal(rows.eventsOver(...measure).acked, 2000)
    assert.equal(rows.eventsOver(...warmup).acked, 0)
    const { count, p50, p90 } = toLatency(latencyOf(rows, 'response', measure))
    assert.equal(count, 2000)
    assert.ok(Math.abs(p50! - 1000) <= 1)
    assert.ok(Math.abs(p90! - 1e6) <= 1000)
  })

  test('rows that are long over are packed, and say the same: also of frames that come late', () => {
    const rows = createRows(() => 0)
    const told: { row: number; counts: SparseCounts }[] = []
    const add = (worker: number, row: number, times: number) => {
      const counts = createCounts()
      for (let n = 0; n < times; n++) recordNs(counts, ((worker + 1) * 7919 * (n + 1) * (row + 1)) % 2e9)
      recordNs(counts, -5)
      const sparse = takeSparse(counts)!
      told.push({ row, counts: sparse })
      const cell = { interval: row, events: emptyEvents(), latencies: { response: sparse } }
      rows.add({ ...frameOf(worker, startNs, null), cells: [cell] })
    }
    for (let row = 0; row < 60; row++) for (const worker of [0, 1, 2]) add(worker, row, row % 7 === 0 ? 0 : 50)
    for (const row of [3, 3, 41, 59]) add(5, row, 20)
    add(0, 75, 1)
    for (const [from, to] of [
      [0, 80],
      [3, 4],
      [40, 61],
      [0, 1],
    ] as const) {
      const whole = mergeSparse(told.filter(({ row }) => row >= from && row < to).map(({ counts }) => counts))
      const found = rows.latency('response', from, to)
      assert.deepEqual({ ...found, sumUs: 0 }, { ...whole, sumUs: 0 }, `${from} to ${to}`)
      assert.ok(Math.abs(found.sumUs - whole.sumUs) < 1e-3)
    }
  })

  test('however many frames tell of a row, none of their latencies is lost or doubled', () => {
    for (const frames of [1, 7, 8, 9, 16, 100]) {
      const rows = create()
      for (let worker = 0; worker < frames; worker++) {
        const recorder = recorderOf()
        recorder.latency('response', startNs + 2.5e9, (worker + 1) * 1e6)
        recorder.latency('response', startNs + 2.5e9, -1e6)
        recorder.latency('response', startNs + 2.5e9, 4000e9)
        rows.add(frame(worker, recorder, 3))
      }
      const { hdr, minUs, maxUs, sumUs, negative, overflow } = latencyOf(rows, 'response', measure)
      assert.deepEqual(
        [hdr.totalCount, minUs, maxUs, sumUs, negative, overflow],
        [frames, 1000, frames * 1000, (frames * (frames + 1) * 1000) / 2, frames, frames],
      )
    }
  })

  test('keeps phases and workers apart, and adds up those asked for', () => {
    const rows = create()
    const recorder = recorderOf()
    for (const [atS, count] of [
      [0.5, 1],
      [1.5, 2],
      [2.5, 4],
      [4.5, 8],
      [5.5, 16],
    ] as const) {
      recorder.at(startNs + atS * 1e9).sent += count
      recorder.latency('service', startNs + atS * 1e9, 1e6)
    }
    rows.add(frame(0, recorder, 6))
    assert.equal(rows.eventsOver(...warmup).sent, 3)
    assert.equal(rows.eventsOver(...measure).sent, 12)
    assert.equal(rows.eventsOver(5, all[1]).sent, 16)
    assert.equal(rows.eventsOver(...all).sent, 31)
    assert.equal(latencyOf(rows, 'service', [0, 5]).hdr.totalCount, 4)
    assert.equal(latencyOf(rows, 'response', measure).hdr.totalCount, 0)
    assert.equal(rows.workerEvents(0, ...all).sent, 31)
    assert.equal(rows.workerEvents(1, ...all).sent, 0)
  })

  test('asking for rows does not change what is collected', () => {
    const rows = create()
    const recorder = recorderOf()
    recorder.latency('service', startNs + 2.5e9, 1e6)
    rows.add(frame(0, recorder, 3))
    for (let i = 0; i < 3; i++) assert.equal(latencyOf(rows, 'service', measure).hdr.totalCount, 1)
  })

  test('events of a row are those of its second alone, and a row that nobody told of has none', () => {
    const rows = create()
    const recorder = recorderOf()
    recorder.at(startNs + 2.5e9).failed += 3
    recorder.at(startNs + 3.5e9).unknown += 2
    rows.add(frame(0, recorder, 4))
    assert.deepEqual([rows.events(2).failed, rows.events(2).unknown], [3, 0])
    assert.deepEqual([rows.events(3).failed, rows.events(3).unknown], [0, 2])
    assert.deepEqual(rows.events(40), rows.eventsOver(40, 41))
  })

  test('errors are told by the row of the frame, and summed over those asked for', () => {
    const rows = create()
    const recorder = recorderOf()
    recorder.error('A')
    rows.add(frame(0, recorder, 1))
    recorder.error('A')
    recorder.error('B')
    rows.add(frame(0, recorder, 2))
    assert.deepEqual(rows.errors(...all), { A: 2, B: 1 })
    assert.deepEqual(rows.errors(1, 2), { A: 1, B: 1 })
    assert.deepEqual(rows.errorRows(), [0, 1])
  })

  test('utilisation is told by worker, over the rows asked for alone', () => {
    const rows = create()
    const busy = (worker: number, atS: number, utilisation: number) =>
      rows.add(frame(worker, recorderOf(), atS, { utilisation }))
    assert.equal(rows.utilisation(...measure).size, 0)
    busy(0, 1, 1)
    busy(0, 3, 0.2)
    busy(0, 4, 0.4)
    busy(1, 3, 0.8)
    busy(1, 4, 0.9)
    busy(1, 5.5, 0)
    const shares = rows.utilisation(...measure)
    assert.ok(Math.abs(shares.get(0)! - 0.3) < 1e-9)
    assert.ok(Math.abs(shares.get(1)! - 0.85) < 1e-9)
  })

  test('garbage collections of the measure phase: sum and longest', () => {
    const rows = create()
    rows.add(frame(0, recorderOf(), 1, { gcMs: 100, gcMaxMs: 90 }))
    rows.add(frame(0, recorderOf(), 3, { gcMs: 5, gcMaxMs: 4 }))
    rows.add(frame(1, recorderOf(), 3, { gcMs: 7, gcMaxMs: 3 }))
    assert.deepEqual(rows.gc(...measure), { gcMs: 12, gcMaxMs: 4 })
  })

  test('records in flight are summed over workers, each by its latest word', () => {
    const rows = create()
    rows.add(frame(0, recorderOf(), 2.5, { inFlight: 10 }))
    rows.add(frame(0, recorderOf(), 2.9, { inFlight: 20 }))
    rows.add(frame(1, recorderOf(), 2.7, { inFlight: 5 }))
    assert.equal(rows.inFlight(2), 25)
    assert.equal(rows.inFlight(1), null, 'no frame, unknown')
  })

  test('a frame sent at the end of a second tells of that second', () => {
    const rows = create()
    rows.add(frame(0, recorderOf(), 3, { inFlight: 1 }))
    assert.equal(rows.inFlight(3), null)
    assert.equal(rows.inFlight(2), 1)
  })

  test('misfits survive the way', () => {
    const rows = create()
    const recorder = recorderOf()
    recorder.latency('response', startNs + 2.5e9, -5e6)
    recorder.latency('response', startNs + 2.5e9, 4000e9)
    // Through the structured clone that messages between processes take.
    rows.add(structuredClone(frame(0, recorder, 3)))
    const merged = latencyOf(rows, 'response', measure)
    assert.deepEqual([merged.negative, merged.overflow, merged.hdr.totalCount], [1, 1, 0])
  })
})

describe('sums', () => {
  const plan = planOf({ workload: 'consume', load: { count: 10 }, consumers: [{ group: 'g' }] })

  test('a filled topic has its outcomes in one fact, and no place on the time axis', () => {
    const sums = createSums(plan)
    sums.add({ fact: 'filled', atNs: startNs, scheduled: 10, acked: 8, failed: 1, unknown: 1, errors: { A: 2 } })
    assert.equal(sums.filled!.acked, 8)
    assert.equal(sums.rows.eventsOver(0, sums.axis.rows.length).sent, 0)
    assert.equal(sums.rows.utilisation(0, sums.axis.rows.length).size, 0)
  })

  test('a worker that was never heard of has no state, and its frames do no harm', () => {
    const sums = createSums(plan)
    sums.add(frame(7, null, 1))
    sums.add({ fact: 'worker', atNs: startNs, worker: 7, is: 'ready' })
    assert.equal(sums.workers.get(7), undefined)
  })

  test('only add changes what the sums say', () => {
    const sums = createSums(plan)
    assert.throws(() => Object.assign(sums, { startNs: 5 }), TypeError)
    assert.throws(() => Object.assign(sums, { knownUntilNs: 5 }), TypeError)
    assert.throws(() => Object.defineProperty(sums, 'filled', { value: 1 }), TypeError)
    assert.equal(sums.startNs, null)
  })

  test('is over with a report, or lost; what comes second changes nothing', () => {
    const sums = createSums(plan)
    const spec = plan.workers[0]!
    const worker = spec.worker
    sums.add({ fact: 'worker', atNs: startNs, worker, is: 'joined', spec })
    assert.equal(isOver(sums.workers.get(worker)!), false)
    sums.add({ fact: 'worker', atNs: startNs, worker, is: 'lost', reason: 'first', hint: null, silentS: null })
    sums.add({ fact: 'worker', atNs: startNs, worker, is: 'lost', reason: 'second', hint: null, silentS: 3 })
    assert.equal(isOver(sums.workers.get(worker)!), true)
    assert.equal(sums.workers.get(worker)!.lost!.reason, 'first')
  })
})

test('outcomes are distinct, and none is 0', () => {
  assert.equal(new Set(Object.values(outcomeCodes)).size, 4)
  assert.equal(outcomeCodes.none, 0)
})
