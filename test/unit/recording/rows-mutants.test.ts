import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FrameFact } from '../../../src/contracts/facts.ts'
import { createRows, emptyEvents } from '../../../src/recording/rows.ts'
import { frameOf } from '../../support/frames.ts'

/** Frames at whole seconds tell of the row of the second before. */
const create = () => createRows((atNs) => atNs / 1e9 - 1)
const frame = (worker: number, atS: number, more: Partial<FrameFact>) => frameOf(worker, atS * 1e9, null, more)
const counts = (times: number) => ({
  ...{ sent: times, acked: 2 * times, ackedBytes: 3 * times, failed: 4 * times },
  ...{ unknown: 5 * times, received: 6 * times, receivedBytes: 7 * times },
})
const cell = (interval: number, times: number) => ({ interval, events: counts(times), latencies: {} })

describe('rows, number by number', () => {
  test('a row holds the sum of what its frames counted, of every kind, and so does a span', () => {
    const rows = create()
    rows.add(frame(0, 1, { cells: [cell(0, 1), cell(1, 10)] }))
    rows.add(frame(1, 1, { cells: [cell(0, 100)] }))
    assert.deepEqual(rows.events(0), counts(101))
    assert.deepEqual(rows.events(1), counts(10))
    assert.deepEqual(rows.events(2), emptyEvents())
    assert.deepEqual(rows.eventsOver(0, 2), counts(111))
    assert.deepEqual(rows.eventsOver(1, 2), counts(10))
    assert.deepEqual(rows.eventsOver(0, 1), counts(101))
    assert.deepEqual(rows.eventsOver(1, 1), emptyEvents())
    assert.deepEqual(rows.eventsOver(1, 99), counts(10))
    assert.deepEqual(rows.workerEvents(0, 0, 2), counts(11))
    assert.deepEqual(rows.workerEvents(1, 0, 2), counts(100))
    assert.deepEqual(rows.workerEvents(2, 0, 2), emptyEvents())
  })

  test('errors are summed by code over the rows asked for, and only rows with errors are listed', () => {
    const rows = create()
    rows.add(frame(0, 1, { errors: { A: 1 } }))
    rows.add(frame(0, 2, {}))
    rows.add(frame(0, 3, { errors: { A: 2, B: 5 } }))
    rows.add(frame(1, 3, { errors: { B: 1 } }))
    assert.deepEqual(rows.errors(0, 3), { A: 3, B: 6 })
    assert.deepEqual(rows.errors(0, 2), { A: 1 })
    assert.deepEqual(rows.errors(1, 2), {})
    assert.deepEqual(rows.errors(2, 9), { A: 2, B: 6 })
    assert.deepEqual(rows.errorRows(), [0, 2])
  })

  test('in flight is the sum of what each worker said last in the row; null where nobody did', () => {
    const rows = create()
    rows.add(frame(0, 1, { inFlight: 3 }))
    rows.add(frame(0, 1, { inFlight: 5 }))
    rows.add(frame(1, 1, { inFlight: 7 }))
    assert.equal(rows.inFlight(0), 12)
    assert.equal(rows.inFlight(1), null)
  })

  test('utilisation is each worker’s mean over its frames, whatever the row', () => {
    const rows = create()
    rows.add(frame(0, 1, { utilisation: 0.25 }))
    rows.add(frame(0, 1, { utilisation: 0.75 }))
    rows.add(frame(0, 2, { utilisation: 0.2 }))
    rows.add(frame(1, 2, { utilisation: 1 }))
    assert.deepEqual([...rows.utilisation(0, 1)], [[0, 0.5]])
    const both = rows.utilisation(0, 2)
    assert.ok(Math.abs(both.get(0)! - 0.4) < 1e-12)
    assert.equal(both.get(1), 1)
    assert.deepEqual([...rows.utilisation(2, 3)], [])
  })

  test('garbage collection: time adds up, the longest stays the longest', () => {
    const rows = create()
    rows.add(frame(0, 1, { gcMs: 1, gcMaxMs: 0.75 }))
    rows.add(frame(1, 1, { gcMs: 2, gcMaxMs: 0.5 }))
    rows.add(frame(0, 2, { gcMs: 4, gcMaxMs: 3 }))
    assert.deepEqual(rows.gc(0, 1), { gcMs: 3, gcMaxMs: 0.75 })
    assert.deepEqual(rows.gc(0, 2), { gcMs: 7, gcMaxMs: 3 })
    assert.deepEqual(rows.gc(5, 6), { gcMs: 0, gcMaxMs: 0 })
  })
})
