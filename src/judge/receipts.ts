import type { DeliveredRanges, GroupReceipts } from '../contracts/audit.ts'

/** Which of the records that a log holds a group was handed; see MEASURING, "Integrity audit". */
export interface Receipts {
  /** A record at this offset; those of a partition in the order of their offsets. */
  count(partition: number, offset: number): void
  /** Over the partitions that were read whole. */
  sum(unread: ReadonlySet<number>): GroupReceipts
}

const none = new Float64Array(0)

export function createReceipts(delivered: DeliveredRanges, partitions: number): Receipts {
  const received = new Float64Array(partitions)
  const notReceived = new Float64Array(partitions)
  /** By partition: index of the first range that ends at or after the last offset. */
  const cursors = new Uint32Array(partitions)
  return {
    count(partition, offset) {
      const ranges = delivered[partition] ?? none
      let at = cursors[partition]!
      while (at < ranges.length && ranges[at + 1]! < offset) at += 2
      cursors[partition] = at
      if (at < ranges.length && offset >= ranges[at]!) received[partition]!++
      else notReceived[partition]!++
    },
    sum(unread) {
      const total = { received: 0, notReceived: 0 }
      for (let partition = 0; partition < partitions; partition++) {
        if (unread.has(partition)) continue
        total.received += received[partition]!
        total.notReceived += notReceived[partition]!
      }
      return total
    },
  }
}
