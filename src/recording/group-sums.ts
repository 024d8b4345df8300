import type { FrameFact } from '../contracts/facts.ts'
import { createDelivered, type Delivered } from './delivered.ts'

/** One record that was handed over after an assignment in the midst of a run; ns of CLOCK_MONOTONIC. */
export interface HandedRecord {
  partition: number
  offset: number
  dueNs: number
  atNs: number
}

/** What the members of one group were handed, each record counted once. */
export interface GroupSums {
  add(frame: FrameFact): void
  /** Everything, whoever was handed it. */
  delivered: Delivered
  /** Of the records that were reported one by one: those that no member had been handed before, each once, at its earliest. */
  firstHanded(): HandedRecord[]
  /** Offsets handed out again whose latencies cannot be separated from the first ones. */
  uncounted(): number
}

export function createGroupSums(partitions: number): GroupSums {
  const delivered = createDelivered(partitions)
  /** Those whose latencies are in the frames' rows. */
  const counted = createDelivered(partitions)
  const single = new Map<string, HandedRecord>()
  return {
    add(frame) {
      for (const range of frame.delivered) {
        delivered.add(range)
        counted.add(range)
      }
      for (const { partition, offsets, dueNs, atNs } of frame.handedOver) {
        for (const [at, offset] of offsets.entries()) {
          delivered.add({ topic: '', partition, from: offset, to: offset })
          const name = `${partition}/${offset}`
          const before = single.get(name)
          if (!before || atNs[at]! < before.atNs)
            single.set(name, { partition, offset, dueNs: dueNs[at]!, atNs: atNs[at]! })
        }
      }
    },
    delivered,
    firstHanded: () => [...single.values()].filter(({ partition, offset }) => !counted.has(partition, offset)),
    uncounted: () => counted.redelivered(),
  }
}
