import type { ShapeProblem, ShapeSegment } from '../contracts/shapes.ts'

/** A plan travels to every worker: more segments than that are no shape any more. */
export const segmentsAtMost = 1_000_000
/** What repeats does so at least this far apart. */
const shortestMs = 10

/** Whole ns of ms. */
export const nsOf = (ms: number): number => Math.round(ms * 1e6)

/** Segments one after the other; those of no length are left out. `end` is where the last one ends. */
export function createSegments() {
  const segments: ShapeSegment[] = []
  let endNs = 0
  return {
    segments,
    end: () => endNs,
    /** The rate goes from `from` to `to`, and is there at `toNs`. */
    to(toNs: number, from: number, to: number) {
      if (toNs <= endNs) return
      segments.push({ fromNs: endNs, toNs, perSec: [from, to] })
      endNs = toNs
    },
  }
}

/** A duration that is too short to repeat something after it, or so short that the measurement has too many of them. */
export function checkRepeat(key: string, everyMs: number, each: number, measureNs: number): ShapeProblem[] {
  if (everyMs < shortestMs) return [{ path: [key], message: `expected ${shortestMs}ms or more` }]
  const times = Math.ceil(measureNs / nsOf(everyMs))
  if (times * each <= segmentsAtMost) return []
  return [{ path: [key], message: `is too short: the measurement holds it ${times} times` }]
}
