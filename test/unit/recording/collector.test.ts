import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { edgesOf, planIntervals } from '../../../src/load/intervals.ts'
import { createCollector } from '../../../src/recording/collector.ts'
import { type Frame, outcomeCodes } from '../../../src/recording/frame.ts'
import { toLatency } from '../../../src/recording/histogram.ts'
import { createRecorder, type FrameRecorder } from '../../../src/recording/recorder.ts'

const startNs = 1e12
const intervals = planIntervals({ warmupMs: 2000, measureMs: 3000, drainMs: 1000 })
const create = () => createCollector(intervals, () => startNs)
const recorderOf = () => createRecorder(edgesOf(intervals), startNs)

function frame(worker: number, recorder: FrameRecorder, atNs: number, health: Partial<Frame> = {}): Frame {
  return { worker, atNs, ...recorder.take(), inFlight: 0, utilisation: 0, gcMs: 0, gcMaxMs: 0, ...health }
}

describe('collector', () => {
  test('sums workers and seconds; percentiles come from the merged histogram', () => {
    const collector = create()
    for (const worker of [0, 1]) {
      const recorder = recorderOf()
      for (let i = 0; i < 1000; i++) {
        const atNs = startNs + 2e9 + i * 1e6
        recorder.at(atNs).acked++
        // One worker at 1 ms, the other at 1 s: the mean of two medians would be half a second.
        recorder.latency('response', atNs, worker === 0 ? 1e6 : 1e9)
      }
      collector.add(frame(worker, recorder, startNs + 3e9), worker)
    }
    assert.equal(collector.phaseEvents(['measure']).acked, 2000)
    assert.equal(collector.phaseEvents(['warmup']).acked, 0)
    const { count, p50, p90 } = toLatency(collector.phaseLatency('response', ['measure']))
    assert.equal(count, 2000)
    assert.ok(Math.abs(p50! - 1000) <= 1)
    assert.ok(Math.abs(p90! - 1e6) <= 1000)
  })

  test('however many frames tell of an interval, none of their latencies is lost or doubled', () => {
    for (const frames of [1, 7, 8, 9, 16, 100]) {
      const collector = create()
      for (let worker = 0; worker < frames; worker++) {
        const recorder = recorderOf()
        recorder.latency('response', startNs + 2.5e9, (worker + 1) * 1e6)
        recorder.latency('response', startNs + 2.5e9, -1e6)
        recorder.latency('response', startNs + 2.5e9, 4000e9)
        collector.add(frame(worker, recorder, startNs + 3e9), worker)
      }
      const { hdr, minUs, maxUs, sumUs, negative, overflow } = collector.phaseLatency('response', ['measure'])
      assert.deepEqual(
        [hdr.totalCount, minUs, maxUs, sumUs, negative, overflow],
        [frames, 1000, frames * 1000, (frames * (frames + 1) * 1000) / 2, frames, frames],
      )
    }
  })

  test('keeps phases apart, and adds up those asked for', () => {
    const collector = create()
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
    collector.add(frame(0, recorder, startNs + 6e9), 0)
    assert.equal(collector.phaseEvents(['warmup']).sent, 3)
    assert.equal(collector.phaseEvents(['measure']).sent, 12)
    assert.equal(collector.phaseEvents(['drain']).sent, 16)
    assert.equal(collector.phaseEvents(['warmup', 'measure', 'drain']).sent, 31)
    assert.equal(collector.phaseLatency('service', ['warmup', 'measure']).hdr.totalCount, 4)
    assert.equal(collector.phaseLatency('response', ['measure']).hdr.totalCount, 0)
    assert.equal(collector.sentBy(0), 31)
    assert.equal(collector.sentBy(1), 0)
  })

  test('asking for a phase does not change what is collected', () => {
    const collector = create()
    const recorder = recorderOf()
    recorder.latency('service', startNs + 2.5e9, 1e6)
    collector.add(frame(0, recorder, startNs + 3e9), 0)
    for (let i = 0; i < 3; i++) assert.equal(collector.phaseLatency('service', ['measure']).hdr.totalCount, 1)
  })

  test('enters outcomes and errors; a consumer has no ledger', () => {
    const collector = create()
    const recorder = recorderOf()
    recorder.settled(0, 1, outcomeCodes.acked)
    recorder.settled(1, 1, outcomeCodes.failed)
    recorder.error('A')
    collector.add(frame(0, recorder, startNs + 1e9), 0)
    recorder.settled(2, 1, outcomeCodes.unknown)
    recorder.error('A')
    recorder.error('B')
    collector.add(frame(0, recorder, startNs + 2e9), 0)
    const { acked, failed, unknown } = collector.ledger(0)
    assert.deepEqual([acked, failed, unknown], [1, 1, 1])
    assert.deepEqual(collector.errors, { A: 2, B: 1 })
    collector.add(frame(1, recorderOf(), startNs + 2e9), null)
    assert.equal(collector.ledger(7).length, 0)
  })

  test('a prefill has outcomes, and no place on the time axis', () => {
    const collector = create()
    const recorder = recorderOf()
    recorder.at(startNs).sent++
    recorder.settled(0, 0, outcomeCodes.acked)
    collector.addPrefill(frame(0, recorder, startNs), 0)
    assert.equal(collector.ledger(0).acked, 1)
    assert.equal(collector.phaseEvents(['warmup', 'measure', 'drain']).sent, 0)
    assert.equal(collector.utilisation(), null)
  })

  test('a record that settles in two frames is an error', () => {
    const collector = create()
    const recorder = recorderOf()
    recorder.settled(0, 0, outcomeCodes.acked)
    collector.add(frame(0, recorder, startNs + 1e9), 0)
    recorder.settled(0, 0, outcomeCodes.acked)
    assert.throws(() => collector.add(frame(0, recorder, startNs + 2e9), 0), /settled twice/)
  })

  test('utilisation is that of the busiest worker, over the measure phase alone', () => {
    const collector = create()
    const busy = (worker: number, atS: number, utilisation: number) =>
      collector.add(frame(worker, recorderOf(), startNs + atS * 1e9, { utilisation }), worker)
    assert.equal(collector.utilisation(), null)
    busy(0, 1, 1)
    busy(0, 3, 0.2)
    busy(0, 4, 0.4)
    busy(1, 3, 0.8)
    busy(1, 4, 0.9)
    busy(1, 5.5, 0)
    assert.ok(Math.abs(collector.utilisation()! - 0.85) < 1e-9)
  })

  test('garbage collections of the measure phase: sum and longest', () => {
    const collector = create()
    collector.add(frame(0, recorderOf(), startNs + 1e9, { gcMs: 100, gcMaxMs: 90 }), 0)
    collector.add(frame(0, recorderOf(), startNs + 3e9, { gcMs: 5, gcMaxMs: 4 }), 0)
    collector.add(frame(1, recorderOf(), startNs + 3e9, { gcMs: 7, gcMaxMs: 3 }), 1)
    assert.deepEqual(collector.gc(), { gcMs: 12, gcMaxMs: 4 })
  })

  test('records in flight are summed over workers, each by its latest word', () => {
    const collector = create()
    collector.add(frame(0, recorderOf(), startNs + 2.5e9, { inFlight: 10 }), 0)
    collector.add(frame(0, recorderOf(), startNs + 2.9e9, { inFlight: 20 }), 0)
    collector.add(frame(1, recorderOf(), startNs + 2.7e9, { inFlight: 5 }), 1)
    assert.equal(collector.inFlight(2), 25)
    assert.equal(collector.inFlight(1), null, 'no frame, unknown')
  })

  test('a frame sent at the end of a second tells of that second', () => {
    const collector = create()
    collector.add(frame(0, recorderOf(), startNs + 3e9, { inFlight: 1 }), 0)
    assert.equal(collector.lastInterval(), 2)
    assert.equal(collector.inFlight(2), 1)
  })

  test('misfits survive the way', () => {
    const collector = create()
    const recorder = recorderOf()
    recorder.latency('response', startNs + 2.5e9, -5e6)
    recorder.latency('response', startNs + 2.5e9, 4000e9)
    // Through the structured clone that messages between processes take.
    collector.add(structuredClone(frame(0, recorder, startNs + 3e9)), 0)
    const merged = collector.phaseLatency('response', ['measure'])
    assert.deepEqual([merged.negative, merged.overflow, merged.hdr.totalCount], [1, 1, 0])
  })
})
