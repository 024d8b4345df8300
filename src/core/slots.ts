import type { OutRecord } from './api.ts'
import type { PooledValue } from './values.ts'

/** The records that can be in flight at once: a ring, so that all pooled values are used in turn. */
export interface Slots {
  size: number
  free: number
  /** The next free record; only when `free` > 0. */
  acquire(): OutRecord
  release(record: OutRecord): void
  /** The pooled value of a record. */
  valueOf(record: OutRecord): PooledValue
}

export function createSlots(topic: string, values: readonly PooledValue[]): Slots {
  const size = values.length
  const ring = new Array<OutRecord>(size)
  for (let slot = 0; slot < size; slot++) {
    const { value, headers } = values[slot]!
    ring[slot] = { topic, partition: -1, key: null, value, headers, slot, sequence: 0, dueNs: 0, sentNs: 0 }
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
      return record
    },
    release(record) {
      ring[tail] = record
      tail = tail + 1 === size ? 0 : tail + 1
      slots.free++
    },
    valueOf: (record) => values[record.slot]!,
  }
  return slots
}
