import type { OffsetRange } from '../contracts/facts.ts'

/** What the members of one group were handed, merged over members, by partition. */
export interface Delivered {
  add(range: OffsetRange): void
  has(partition: number, offset: number): boolean
  /** By partition [from, to, …], disjoint and ascending; those that were added during the run included. */
  ranges(): Float64Array[]
  /** Of the partitions that were there from the start: next offset, null before the first. */
  positions(): (number | null)[]
  /** Offsets that were handed out more than once: legal after a rebalance, but work done twice. */
  redelivered(): number
}

/** `partitions`: that the topic has; it may gain some. */
export function createDelivered(partitions: number): Delivered {
  /** In a calm run there is one range a partition, and it grows at its end. */
  const seen: [number, number][][] = []
  const all = () => Array.from({ length: Math.max(partitions, seen.length) }, (_, partition) => seen[partition] ?? [])
  let twice = 0
  return {
    add({ partition, from, to }) {
      seen[partition] ??= []
      const ranges = seen[partition]
      const last = ranges.at(-1)
      if (!last || from > last[1] + 1) ranges.push([from, to])
      else if (from === last[1] + 1) last[1] = to
      else {
        const merged = insert(ranges, from, to)
        seen[partition] = merged.ranges
        twice += merged.overlap
      }
    },
    has(partition, offset) {
      const ranges = seen[partition] ?? []
      let low = 0
      let high = ranges.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (ranges[middle]![1] < offset) low = middle + 1
        else high = middle
      }
      return low < ranges.length && ranges[low]![0] <= offset
    },
    ranges: () => all().map((ranges) => Float64Array.from(ranges.flat())),
    positions: () =>
      all()
        .slice(0, partitions)
        .map((ranges) => (ranges.length === 0 ? null : ranges.at(-1)![1] + 1)),
    redelivered: () => twice,
  }
}

function insert(ranges: readonly [number, number][], from: number, to: number) {
  let overlap = 0
  let merged: [number, number] = [from, to]
  const result: [number, number][] = []
  for (const range of ranges) {
    if (range[1] < from - 1 || range[0] > to + 1) {
      result.push(range)
      continue
    }
    overlap += Math.max(0, Math.min(range[1], to) - Math.max(range[0], from) + 1)
    merged = [Math.min(merged[0], range[0]), Math.max(merged[1], range[1])]
  }
  result.push(merged)
  return { ranges: result.sort((a, b) => a[0] - b[0]), overlap }
}
