/**
 * The time axis that all workers share: it is cut at every phase boundary and every full second of a phase, so that
 * both "due in the measure phase" and "happened in the measure phase" are sums of whole intervals.
 */
export interface Interval {
  phase: PhaseName
  startNs: number
  endNs: number
}

export type PhaseName = 'warmup' | 'measure' | 'drain'

export interface PhaseLengths {
  warmupMs: number
  measureMs: number
  drainMs: number
}

/** Intervals in order and without gaps, ns from the start; zero-length phases have none. Drain gets 60 s beyond its deadline. */
export function planIntervals(lengths: PhaseLengths): Interval[] {
  const intervals: Interval[] = []
  let startNs = 0
  const phases: [PhaseName, number][] = [
    ['warmup', lengths.warmupMs],
    ['measure', lengths.measureMs],
    ['drain', lengths.drainMs + 60_000],
  ]
  for (const [phase, lengthMs] of phases) {
    // Whole ns: 4.15m is 249000.00000000003 ms, and a last interval of nothing would make its rates explode.
    const endNs = startNs + Math.round(lengthMs * 1e6)
    for (let at = startNs; at < endNs; at += 1e9) {
      intervals.push({ phase, startNs: at, endNs: Math.min(at + 1e9, endNs) })
    }
    startNs = endNs
  }
  return intervals
}

/** Start of each interval plus the end of the last, ns: what {@link locate} searches. */
export function edgesOf(intervals: readonly Interval[]): Float64Array {
  const edges = new Float64Array(intervals.length + 1)
  intervals.forEach((interval, index) => {
    edges[index] = interval.startNs
  })
  edges[intervals.length] = intervals.at(-1)?.endNs ?? 0
  return edges
}

/** Index of the interval that holds `ns`, clamped to the first and the last. */
export function locate(edges: Float64Array, ns: number): number {
  let low = 0
  let high = edges.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (edges[middle]! <= ns) low = middle
    else high = middle - 1
  }
  return low
}
