import type { Address, Calls } from './calls.ts'
import { message } from './layout.ts'
import { createReader } from './memory.ts'

/** A delivery report: error code, partition, offset (−1 = unknown), and what the record was sent with. */
export type OnReport = (code: number, partition: number, offset: number, opaque: number) => void

/** Reports of an event that are looked at together. */
const capacity = 4096

/**
 * Reads the delivery reports of an event: one call for up to 4096 of them, and no call for each. Answers how many there were; 0 = it is
 * another event.
 */
export function createReports(calls: Calls): (event: Address, onReport: OnReport) => number {
  const reader = createReader()
  // As two halves each: a pointer as a double would be one more conversion.
  const pointers = new Uint32Array(2 * capacity)
  return (event, onReport) => {
    let all = 0
    for (;;) {
      const count = calls.eventMessages(event, pointers, capacity)
      for (let index = 0; index < count; index++) {
        reader.seek(pointers[2 * index]!, pointers[2 * index + 1]!)
        const { words, at } = reader
        const offset = (words[at + message.offset / 4]! >>> 0) + words[at + message.offset / 4 + 1]! * 4294967296
        onReport(
          words[at + message.err / 4]!,
          words[at + message.partition / 4]!,
          offset,
          words[at + message.private / 4]!,
        )
      }
      all += count
      if (count < capacity) return all
    }
  }
}
