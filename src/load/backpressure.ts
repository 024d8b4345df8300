/**
 * How long the generator was held back by its in-flight bound. It separates the causes of a late hand-over:
 * back-pressure (the cluster's doing) and schedule lag (the generator's own). Due times are asked in ascending order.
 */
export interface Backpressure {
  block(atNs: number): void
  unblock(atNs: number): void
  /** ns of [dueNs, nowNs) in which the generator was held back. */
  since(dueNs: number, nowNs: number): number
}

export function createBackpressure(): Backpressure {
  // Closed intervals of blocking, and the total before each; those behind the last asked due time are dropped.
  let starts: number[] = []
  let ends: number[] = []
  let before: number[] = []
  let first = 0
  let totalNs = 0
  let blockedFromNs: number | null = null

  return {
    block(atNs) {
      blockedFromNs ??= atNs
    },
    unblock(atNs) {
      if (blockedFromNs === null) return
      starts.push(blockedFromNs)
      ends.push(atNs)
      before.push(totalNs)
      totalNs += atNs - blockedFromNs
      blockedFromNs = null
    },
    since(dueNs, nowNs) {
      while (first < ends.length && ends[first]! <= dueNs) first++
      if (first > 4096) {
        starts = starts.slice(first)
        ends = ends.slice(first)
        before = before.slice(first)
        first = 0
      }
      const open = blockedFromNs === null ? 0 : nowNs - Math.max(dueNs, blockedFromNs)
      if (first === ends.length) return open
      return totalNs - before[first]! - Math.max(0, dueNs - starts[first]!) + open
    },
  }
}
