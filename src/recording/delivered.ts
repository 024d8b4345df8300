import type { OffsetRange } from './frame.ts'

/** What the members of one group were handed, merged over members, by partition. */
export interface Delivered {
  add(range: OffsetRange): void
  /** Of the partitions that were there from the start: next offset, null before the first. */
  positions(): (number | null)[]
  /** Offsets that were handed out more than once: legal after a rebalance, but work done twice. */
  redelivered(): number
  /** By partition, those that were added during the run included: [from, to, …], disjoint and ascending. */
  ranges(): Float64Array[]
}

export function createDelivered(partitions: number): Delivered {
  /** Disjoint, ascending [from, to] per partition. In a calm run there is one, and it grows at its end. */
  const seen: [number, number][][] = Array.from({ length: partitions }, () => [])
  let twice = 0
  return {
    add({ partition, from, to }) {
      while (seen.length <= partition) seen.push([])
      const ranges = seen[partition]!
      const last = ranges.at(-1)
      if (!last || from > last[1] + 1) ranges.push([from, to])
      else if (from === last[1] + 1) last[1] = to
      else {
        const merged = insert(ranges, from, to)
        seen[partition] = merged.ranges
        twice += merged.overlap
      }
    },
    positions: () => seen.slice(0, partitions).map((ranges) => (ranges.length === 0 ? null : ranges.at(-1)![1] + 1)),
    redelivered: () => twice,
    ranges: () => seen.map((ranges) => Float64Array.from(ranges.flat())),
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
