import type { OutRecord } from '../contracts/api.ts'
import type { PooledValue } from './values.ts'

/**
 * The records that can be in flight at the same time, used in turn, so that all pooled values are. With as many values
 * as records each record keeps its own; with fewer they are handed out in turn, for clients that copy what they are
 * given. Times and sequences are in arrays by slot. Slots are taken in the order of their memory, whatever the order in
 * which they became free. Ten thousand records in flight do not fit into a processor's cache, but it can then prefetch
 * the next one.
 */
export interface Slots {
  size: number
  free: number
  sequences: Float64Array
  dueNs: Float64Array
  sentNs: Float64Array
  /** Of key and value, once it is sent. */
  bytes: Uint32Array
  /** The next free record; only when `free` > 0. */
  acquire(): OutRecord
  release(record: OutRecord): void
  /** The pooled value of a record. */
  valueOf(record: OutRecord): PooledValue
}

export function createSlots(topic: string, size: number, values: readonly PooledValue[]): Slots {
  const shared = values.length < size
  const records: OutRecord[] = []
  const valueOfSlot = new Int32Array(size)
  const busy = new Uint8Array(size)
  let nextValue = 0
  let next = 0
  const slots: Slots = {
    size,
    free: size,
    sequences: new Float64Array(size),
    dueNs: new Float64Array(size),
    sentNs: new Float64Array(size),
    bytes: new Uint32Array(size),
    acquire() {
      if (next === size) next = 0
      if (busy[next] !== 0) {
        next = busy.indexOf(0, next)
        if (next < 0) next = busy.indexOf(0)
      }
      const slot = next++
      const record = records[slot]!
      busy[slot] = 1
      slots.free--
      if (shared) {
        const { value, headers } = values[nextValue]!
        record.value = value
        record.headers = headers
        valueOfSlot[slot] = nextValue
        nextValue = nextValue + 1 === values.length ? 0 : nextValue + 1
      }
      return record
    },
    release(record) {
      busy[record.slot] = 0
      slots.free++
    },
    valueOf: (record) => values[valueOfSlot[record.slot]!]!,
  }
  for (let slot = 0; slot < size; slot++) {
    valueOfSlot[slot] = slot % values.length
    records.push(new PooledRecord(topic, slot, values[slot % values.length]!, slots))
  }
  return slots
}

/** What drivers see of a slot. */
class PooledRecord implements OutRecord {
  topic: string
  slot: number
  partition = -1
  key: Buffer | null = null
  value: Buffer | null
  headers: Record<string, Buffer> | undefined
  readonly #slots: Slots

  constructor(topic: string, slot: number, { value, headers }: PooledValue, slots: Slots) {
    this.topic = topic
    this.slot = slot
    this.value = value
    this.headers = headers
    this.#slots = slots
  }

  get sequence(): number {
    return this.#slots.sequences[this.slot]!
  }

  get dueNs(): number {
    return this.#slots.dueNs[this.slot]!
  }

  get sentNs(): number {
    return this.#slots.sentNs[this.slot]!
  }
}
