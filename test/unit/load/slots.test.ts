import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { createSlots } from '../../../src/load/slots.ts'
import { createValues } from '../../../src/load/values.ts'

const values = (count: number) =>
  createValues(count, {
    size: 64,
    compressibility: 0,
    stampIn: 'value',
    seed: 1,
    run: 1,
    producer: 0,
    prefill: false,
    distinctBytes: 1024,
  })

describe('slots', () => {
  test('never hands out a record that is in flight, whatever the order of release', () => {
    const slots = createSlots('t', 7, values(7))
    const rng = createRng(3)
    const inFlight: ReturnType<typeof slots.acquire>[] = []
    for (let step = 0; step < 10_000; step++) {
      assert.equal(slots.free, 7 - inFlight.length)
      if (slots.free > 0 && rng.below(2) === 0) {
        const record = slots.acquire()
        assert.ok(!inFlight.includes(record))
        inFlight.push(record)
      } else if (inFlight.length > 0) {
        slots.release(inFlight.splice(rng.below(inFlight.length), 1)[0]!)
      }
    }
  })

  test('slot numbers are dense, and a record keeps its pooled value', () => {
    const pool = values(5)
    const slots = createSlots('t', pool.length, pool)
    const records = Array.from({ length: 5 }, () => slots.acquire())
    assert.deepEqual(
      records.map(({ slot }) => slot),
      [0, 1, 2, 3, 4],
    )
    for (const record of records) {
      assert.equal(record.value, pool[record.slot]!.value)
      assert.equal(slots.valueOf(record), pool[record.slot])
      assert.equal(record.topic, 't')
    }
  })

  test('uses all values in turn, so that few records do not repeat one body', () => {
    const slots = createSlots('t', 4, values(4))
    const used = Array.from({ length: 8 }, () => {
      const record = slots.acquire()
      slots.release(record)
      return record.slot
    })
    assert.deepEqual(used, [0, 1, 2, 3, 0, 1, 2, 3])
  })

  test('what became free in any order is taken in the order in which it lies', () => {
    const slots = createSlots('t', 5, values(5))
    const records = Array.from({ length: 5 }, () => slots.acquire())
    for (const slot of [3, 0, 4]) slots.release(records[slot]!)
    assert.deepEqual([slots.acquire().slot, slots.acquire().slot, slots.acquire().slot], [0, 3, 4])
    assert.equal(slots.free, 0)
    slots.release(records[2]!)
    assert.equal(slots.acquire().slot, 2, 'behind the last one, it goes on from the start')
  })

  test('fewer values than records: values in turn, whichever record is free', () => {
    const pool = values(3)
    const slots = createSlots('t', 7, pool)
    const rng = createRng(1)
    const inFlight: ReturnType<typeof slots.acquire>[] = []
    for (let n = 0; n < 1000; n++) {
      while (slots.free === 0 || rng.below(2) === 0) {
        if (inFlight.length === 0) break
        slots.release(inFlight.splice(rng.below(inFlight.length), 1)[0]!)
      }
      const record = slots.acquire()
      inFlight.push(record)
      assert.equal(slots.valueOf(record), pool[n % 3])
      assert.equal(record.value, pool[n % 3]!.value)
    }
  })

  test('a record tells its times and sequence as they are written by slot', () => {
    const slots = createSlots('t', 2, values(2))
    slots.acquire()
    const record = slots.acquire()
    slots.sequences[record.slot] = 5_000_000_000
    slots.dueNs[record.slot] = 1.5
    slots.sentNs[record.slot] = 2.5
    assert.deepEqual([record.sequence, record.dueNs, record.sentNs], [5_000_000_000, 1.5, 2.5])
  })
})
