import type { InRecord } from '../../contracts/api.ts'
import type { Address, Calls } from './calls.ts'
import { message } from './layout.ts'
import { createReader, pin } from './memory.ts'

/** Records of one call. */
export const batchRecords = 1000

export interface Batch {
  /** Good until the next call of `take`: records and values are used again. */
  records: readonly InRecord[]
  /** Errors that came in the place of records, in the library's own words. */
  errors: readonly string[]
}

export interface Wanted {
  headers: boolean
  timestamps: boolean
}

/** A record with memory of its own for its value, used again and again: records of one size cost no new object. */
class PooledRecord implements InRecord {
  topic = ''
  partition = 0
  offset = 0
  timestampMs?: number
  value: Buffer | null = null
  headers: Record<string, Buffer> | null = null
  /** Address of the value. */
  store: Buffer = Buffer.alloc(0)

  room(length: number): Buffer {
    if (this.store.length < length) this.store = Buffer.allocUnsafeSlow(Math.max(256, 2 * length))
    return this.store
  }
}

/**
 * Takes up to 1000 records from a queue with one call and copies them out. Gives each back to the library, which has no
 * call that gives back more than one.
 */
export function createBatches(calls: Calls, queue: Address, wanted: Wanted): () => Batch {
  const reader = createReader()
  const pointers = new Uint32Array(2 * batchRecords)
  const pool = Array.from({ length: batchRecords }, () => new PooledRecord())
  const topics = new Map<number, string>()
  const headersOf = createHeaders(calls)
  const timestampType = new Uint32Array(1)
  let lastTopic = -1
  let lastName = ''

  const nameOf = (low: number, high: number): string => {
    const topic = (low >>> 0) + high * 4294967296
    if (topic === lastTopic) return lastName
    lastName = topics.get(topic) ?? calls.topicName(topic)
    topics.set(topic, lastName)
    lastTopic = topic
    return lastName
  }

  const fill = (record: PooledRecord, address: Address, words: Int32Array, at: number): void => {
    record.topic = nameOf(words[at + message.rkt / 4]!, words[at + message.rkt / 4 + 1]!)
    record.partition = words[at + message.partition / 4]!
    record.offset = (words[at + message.offset / 4]! >>> 0) + words[at + message.offset / 4 + 1]! * 4294967296
    const low = words[at + message.payload / 4]! >>> 0
    const high = words[at + message.payload / 4 + 1]!
    if (low === 0 && high === 0) record.value = null
    else {
      const length = words[at + message.len / 4]!
      const store = record.room(length)
      reader.copy(low, high, length, store, 0)
      if (record.value === null || record.value.length !== length || record.value.buffer !== store.buffer) {
        record.value = store.subarray(0, length)
      }
    }
    if (wanted.headers) record.headers = headersOf(address)
    if (wanted.timestamps) record.timestampMs = calls.messageTimestamp(address, timestampType)
  }

  return () => {
    const count = calls.consumeBatch(queue, 0, pointers, batchRecords)
    const errors: string[] = []
    let filled = 0
    for (let index = 0; index < count; index++) {
      const low = pointers[2 * index]!
      const high = pointers[2 * index + 1]!
      const address = low + high * 4294967296
      reader.seek(low, high)
      const { words, at } = reader
      const code = words[at + message.err / 4]!
      if (code === 0) fill(pool[filled++]!, address, words, at)
      else errors.push(calls.errorText(code))
      calls.destroyMessage(address)
    }
    return { records: filled === batchRecords ? pool : pool.slice(0, filled), errors }
  }
}

/** The headers of a record, copied; the last of a name counts. */
function createHeaders(calls: Calls): (record: Address) => Record<string, Buffer> | null {
  const list = new BigUint64Array(1)
  const name = new BigUint64Array(1)
  const value = new BigUint64Array(1)
  const size = new BigUint64Array(1)
  const reader = createReader()
  const text = pin(256)
  const bytesAt = (address: bigint, length: number, into: Uint8Array) =>
    reader.copy(Number(address & 0xffffffffn), Number(address >> 32n), length, into, 0)
  const nameAt = (address: bigint): string => {
    for (let length = 32; ; length *= 2) {
      bytesAt(address, Math.min(length, 256), text.bytes)
      const end = text.bytes.indexOf(0)
      if (end >= 0) return Buffer.from(text.bytes.subarray(0, end)).toString()
      if (length >= 256) return ''
    }
  }
  return (record) => {
    if (calls.messageHeaders(record, list) !== 0) return null
    const headers: Record<string, Buffer> = {}
    const address = Number(list[0])
    for (let index = 0; calls.headerAt(address, index, name, value, size) === 0; index++) {
      const bytes = Buffer.allocUnsafeSlow(Number(size[0]))
      bytesAt(value[0]!, bytes.length, bytes)
      headers[nameAt(name[0]!)] = bytes
    }
    return headers
  }
}
