import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { createAxis, planAxis } from '../../../src/load/axis.ts'
import { outcomeCodes } from '../../../src/recording/frame.ts'
import { createRecorder, type FrameRecorder } from '../../../src/recording/recorder.ts'
import { createRows } from '../../../src/recording/rows.ts'
import { frameOf } from '../../support/frames.ts'

const startNs = 5e12
const lengths = { warmupMs: 2500, measureMs: 3000, drainMs: 1000 }
const axis = createAxis(planAxis(lengths, Number.POSITIVE_INFINITY))
const { edges } = axis.spec
const intervals = axis.rows.map(({ phase, fromNs, toNs }) => ({ phase, startNs: fromNs, endNs: toNs }))
const create = () => createRecorder(edges, startNs)

describe('silences', () => {
  test('gaps above 20 ms per partition, across frames; the last acknowledgement in each', () => {
    const recorder = createRecorder(edges, startNs, 3)
    const ack = (partition: number, atMs: number) =>
      recorder.acknowledged(partition, startNs + atMs * 1e6, startNs + (atMs - 1) * 1e6)
    ack(0, 100)
    ack(0, 119)
    ack(1, 100)
    ack(1, 121)
    const first = recorder.take().silence!
    assert.deepEqual([...first.gaps], [1, startNs + 100e6, startNs + 121e6])
    assert.deepEqual([...first.lastAcks], [startNs + 119e6, startNs + 121e6, Number.NaN])
    assert.deepEqual([...first.firstDues], [startNs + 99e6, startNs + 99e6, Number.NaN])
    ack(0, 2000)
    assert.deepEqual([...recorder.take().silence!.gaps], [0, startNs + 119e6, startNs + 2000e6])
  })

  test('N5: the longest of the shorter gaps, by partition, since the last frame', () => {
    const recorder = createRecorder(edges, startNs, 3)
    for (const atMs of [100, 107, 118, 120, 141]) recorder.acknowledged(1, startNs + atMs * 1e6, startNs + 99e6)
    assert.deepEqual([...recorder.take().silence!.longestNs], [0, 11e6, 0])
    assert.deepEqual([...recorder.take().silence!.longestNs], [0, 0, 0])
    recorder.acknowledged(1, startNs + 144e6, startNs + 140e6)
    assert.deepEqual([...recorder.take().silence!.longestNs], [0, 3e6, 0], 'across frames too')
  })

  test('N12: silence begins when the first record is due', () => {
    const recorder = createRecorder(edges, startNs, 2)
    recorder.due(0, startNs + 50e6)
    recorder.due(0, startNs + 60e6)
    recorder.due(-1, startNs + 10e6)
    const first = recorder.take().silence!
    assert.deepEqual([...first.firstDues], [startNs + 50e6, Number.NaN])
    assert.deepEqual([...first.lastAcks], [Number.NaN, Number.NaN])
    recorder.acknowledged(0, startNs + 900e6, startNs + 60e6)
    recorder.acknowledged(7, startNs + 900e6, startNs + 60e6)
    const { gaps, firstDues } = recorder.take().silence!
    assert.deepEqual([...gaps], [0, startNs + 50e6, startNs + 900e6])
    assert.deepEqual([...firstDues], [startNs + 50e6, Number.NaN])
  })

  test('nothing is kept where nobody asked', () => {
    const recorder = create()
    recorder.due(0, startNs)
    recorder.acknowledged(0, startNs, startNs)
    assert.equal(recorder.take().silence, null)
  })
})

describe('recorder', () => {
  test('counts events where they happened and latencies where the record was due', () => {
    const recorder = create()
    recorder.at(startNs + 100e6).sent += 3
    recorder.at(startNs + 2600e6).acked += 3
    recorder.latency('response', startNs + 100e6, 2500e6)
    const { cells } = recorder.take()
    const first = cells.find(({ interval }) => interval === 0)!
    const measure = cells.find(({ interval }) => intervals[interval]!.phase === 'measure')!
    assert.equal(first.events.sent, 3)
    assert.equal(first.events.acked, 0)
    assert.equal(first.latencies.response!.total, 1)
    assert.equal(measure.events.acked, 3)
    assert.deepEqual(measure.latencies, {})
  })

  test('cuts at phase boundaries to the nanosecond', () => {
    const recorder = create()
    for (const [ns, name] of [
      [2500e6 - 1, 'warmup'],
      [2500e6, 'measure'],
      [5500e6 - 1, 'measure'],
      [5500e6, 'drain'],
    ] as const) {
      recorder.at(startNs + ns).sent++
      recorder.latency('response', startNs + ns, 1e6)
      const { cells } = recorder.take()
      const used = cells.filter(({ events }) => events.sent > 0)
      assert.equal(used.length, 1)
      assert.equal(intervals[used[0]!.interval]!.phase, name, `${ns} ns`)
      assert.equal(used[0]!.latencies.response!.total, 1)
    }
  })

  test('after a stall the latencies of many seconds are open at once, none mixed up', () => {
    const recorder = create()
    const rng = createRng(1)
    const expected = intervals.map(() => 0)
    for (let i = 0; i < 5000; i++) {
      const relativeNs = rng.float() * 8e9
      recorder.latency('response', startNs + relativeNs, 1e6)
      recorder.at(startNs + 8e9).acked++
      expected[intervals.findIndex(({ startNs: from, endNs }) => relativeNs >= from && relativeNs < endNs)]!++
    }
    const found = intervals.map(() => 0)
    for (const { interval, latencies } of recorder.take().cells) found[interval]! += latencies.response?.total ?? 0
    assert.deepEqual(found, expected)
  })

  test('times before the start and after the end are kept in the first and last interval', () => {
    const recorder = create()
    recorder.at(startNs - 1e9).sent++
    recorder.at(startNs + 1e15).acked++
    const { cells } = recorder.take()
    assert.deepEqual(
      cells.map(({ interval }) => interval).sort((a, b) => a - b),
      [0, intervals.length - 1],
    )
  })

  test('hands over and forgets', () => {
    const recorder = create()
    recorder.at(startNs).sent++
    recorder.latency('service', startNs, 1e6)
    recorder.settled(0, 3, outcomeCodes.acked)
    recorder.error('E')
    const first = recorder.take()
    assert.equal(first.cells[0]!.latencies.service!.total, 1)
    assert.deepEqual(first.errors, { E: 1 })
    assert.deepEqual([...first.settled!.sequences], [0])
    assert.deepEqual(recorder.take(), { cells: [], settled: null, errors: {}, silence: null })
    // What is handed over does not change any more.
    recorder.at(startNs).sent += 10
    recorder.settled(1, 1, outcomeCodes.failed)
    assert.equal(first.cells[0]!.events.sent, 1)
    assert.deepEqual([...first.settled!.outcomes], [outcomeCodes.acked])
    const second = recorder.take()
    assert.equal(second.cells[0]!.events.sent, 10)
    assert.deepEqual(second.cells[0]!.latencies, {}, 'reused counts are empty')
  })

  test('counts that are used again for another latency hold nothing of the first', () => {
    const recorder = create()
    for (let i = 0; i < 100; i++) recorder.latency('response', startNs, i * 1e6)
    recorder.take()
    recorder.latency('service', startNs + 3e9, 5e6)
    const { latencies } = recorder.take().cells[0]!
    assert.deepEqual(Object.keys(latencies), ['service'])
    assert.deepEqual([...latencies.service!.pairs.filter((_, at) => at % 2 === 1)], [1])
  })

  test('keeps every outcome, more than its buffer holds', () => {
    const recorder = create()
    for (let sequence = 0; sequence < 20_000; sequence++) recorder.settled(sequence, sequence % 7, 1 + (sequence % 3))
    const { sequences, partitions, outcomes } = recorder.take().settled!
    assert.equal(sequences.length, 20_000)
    for (const [at, sequence] of sequences.entries()) {
      assert.equal(sequence, at)
      assert.equal(partitions[at], at % 7)
      assert.equal(outcomes[at], 1 + (at % 3))
    }
  })

  test('taken in any rhythm, the sums are the same', () => {
    const total = (every: number) => {
      const recorder = create()
      const rows = createRows(() => 0)
      const tell = (atNs: number, from: FrameRecorder) => rows.add(frameOf(0, atNs, from))
      const rng = createRng(4)
      for (let i = 0; i < 2000; i++) {
        const atNs = startNs + i * 3e6
        recorder.at(atNs).acked++
        recorder.latency('response', atNs - rng.below(2000) * 1e6, rng.below(2000) * 1e6)
        if (i % every === 0) tell(atNs, recorder)
      }
      tell(startNs + 6e9, recorder)
      return intervals.map((_, interval) => {
        const { total, maxUs } = rows.latency('response', interval, interval + 1)
        return [rows.events(interval).acked, total, maxUs]
      })
    }
    assert.deepEqual(total(1), total(1_000_000))
    assert.deepEqual(total(7), total(1_000_000))
  })
})
