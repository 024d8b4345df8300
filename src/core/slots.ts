import type { OutRecord } from './api.ts'
import type { PooledValue } from './values.ts'

/**
 * The records that can be in flight at once, as a ring, so that all pooled values are used in turn. With as many values as records
 * each record keeps its own; with fewer they are handed out in turn, for clients that copy what they are given.
 */
export interface Slots {
  size: number
  free: number
  /** The next free record; only when `free` > 0. */
  acquire(): OutRecord
  release(record: OutRecord): void
  /** The pooled value of a record. */
  valueOf(record: OutRecord): PooledValue
}

export function createSlots(topic: string, size: number, values: readonly PooledValue[]): Slots {
  const shared = values.length < size
  let nextValue = 0
  const ring = new Array<OutRecord>(size)
  for (let slot = 0; slot < size; slot++) {
    const { value, headers } = values[slot % values.length]!
    ring[slot] = {
      topic,
      partition: -1,
      key: null,
      value,
      headers,
      slot,
      valueIndex: slot % values.length,
      sequence: 0,
      dueNs: 0,
      sentNs: 0,
    }
  }
  let head = 0
  let tail = 0
  const slots: Slots = {
    size,
    free: size,
    acquire() {
      const record = ring[head]!
      head = head + 1 === size ? 0 : head + 1
      slots.free--
      if (shared) {
        const { value, headers } = values[nextValue]!
        record.value = value
        record.headers = headers
        record.valueIndex = nextValue
        nextValue = nextValue + 1 === values.length ? 0 : nextValue + 1
      }
      return record
    },
    release(record) {
      ring[tail] = record
      tail = tail + 1 === size ? 0 : tail + 1
      slots.free++
    },
    valueOf: (record) => values[record.valueIndex]!,
  }
  return slots
}
