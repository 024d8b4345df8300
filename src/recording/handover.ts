import type { HandedOver, OffsetRange } from '../contracts/facts.ts'

/** What a member was handed since its last frame, and where it is. */
export interface Handover {
  delivered(topic: string, partition: number, from: number, to: number): void
  handedOver(partition: number, offset: number, dueNs: number, atNs: number): void
  received(atNs: number): void
  /** Hands over and forgets. */
  take(): { delivered: OffsetRange[]; handedOver: HandedOver[]; receivedNs: { first: number; last: number } | null }
  /** By partition the next offset; −1 = none yet. Null when nothing has changed since it was asked last. */
  newPositions(): Float64Array | null
}

export function createHandover(partitions: number): Handover {
  const positions = new Float64Array(partitions).fill(-1)
  /** Open ranges at the end of each partition's list. */
  let ranges = new Map<number, OffsetRange[]>()
  let single = new Map<number, { offsets: number[]; dueNs: number[]; atNs: number[] }>()
  let receivedNs: { first: number; last: number } | null = null
  let changed = false
  const moveTo = (partition: number, next: number) => {
    changed = true
    if (partition < partitions) positions[partition] = Math.max(positions[partition]!, next)
  }
  return {
    delivered(topic, partition, from, to) {
      moveTo(partition, to + 1)
      const mine = ranges.get(partition)
      const last = mine?.at(-1)
      if (last && last.to + 1 === from) last.to = to
      else if (mine) mine.push({ topic, partition, from, to })
      else ranges.set(partition, [{ topic, partition, from, to }])
    },
    handedOver(partition, offset, dueNs, atNs) {
      moveTo(partition, offset + 1)
      const mine = single.get(partition) ?? { offsets: [], dueNs: [], atNs: [] }
      single.set(partition, mine)
      mine.offsets.push(offset)
      mine.dueNs.push(dueNs)
      mine.atNs.push(atNs)
    },
    received(atNs) {
      if (receivedNs === null) receivedNs = { first: atNs, last: atNs }
      else receivedNs.last = atNs
    },
    take() {
      const taken = {
        receivedNs,
        delivered: [...ranges.values()].flat(),
        handedOver: [...single].map(([partition, { offsets, dueNs, atNs }]) => ({
          partition,
          offsets: Float64Array.from(offsets),
          dueNs: Float64Array.from(dueNs),
          atNs: Float64Array.from(atNs),
        })),
      }
      ranges = new Map()
      single = new Map()
      receivedNs = null
      return taken
    },
    newPositions() {
      if (!changed) return null
      changed = false
      return positions.slice()
    },
  }
}
