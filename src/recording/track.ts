/** A value over time, as it was read: a counter that only grows, or a level. Readings that are unknown are not in it. */
export interface Track {
  /** Ascending. */
  atNs: number[]
  values: number[]
}

export interface Span {
  fromNs: number
  toNs: number
}

export const createTrack = (): Track => ({ atNs: [], values: [] })

/** Adds a reading; one that is unknown, or not later than the one before, is left out. */
export function addReading(track: Track, atNs: number, value: number | null): void {
  if (value === null || atNs <= (track.atNs.at(-1) ?? Number.NEGATIVE_INFINITY)) return
  track.atNs.push(atNs)
  track.values.push(value)
}

/** Position of the last reading at or before `ns`; −1 = none. */
export function positionAt({ atNs }: Track, ns: number): number {
  let low = 0
  let high = atNs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (atNs[middle]! <= ns) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The last reading at or before `ns`, at most `gapNs` old; null = none. */
export function levelAt(track: Track, ns: number, gapNs: number): number | null {
  const at = positionAt(track, ns)
  return at < 0 || ns - track.atNs[at]! > gapNs ? null : track.values[at]!
}

/** Counters are printed with a limited number of digits: a fall by no more than this share of the value is none. */
const roundingShare = 1e-9

const fell = (from: number, to: number): boolean => to < from - roundingShare * from

/**
 * A counter at `ns`, on the straight line between the readings around it. Null outside of the readings. Null also
 * between two that are further apart than `gapNs` (nobody knows when in between it grew), and where it fell (it was
 * reset at an unknown moment).
 */
export function counterAt(track: Track, ns: number, gapNs: number): number | null {
  const at = positionAt(track, ns)
  if (at < 0) return null
  const [fromNs, from] = [track.atNs[at]!, track.values[at]!]
  if (fromNs === ns) return from
  const [toNs, to] = [track.atNs[at + 1], track.values[at + 1]]
  if (toNs === undefined || to === undefined || toNs - fromNs > gapNs || fell(from, to)) return null
  return from + (Math.max(0, to - from) * (ns - fromNs)) / (toNs - fromNs)
}

/**
 * How much a counter grew in [fromNs, toNs). Null where either end is unknown (see {@link counterAt}). Null also where
 * the counter fell in between: its growth since its last reading is lost, and a sum without it would be too low.
 */
export function growth(track: Track, { fromNs, toNs }: Span, gapNs: number): number | null {
  const [from, to] = [counterAt(track, fromNs, gapNs), counterAt(track, toNs, gapNs)]
  if (from === null || to === null || toNs <= fromNs) return null
  for (let at = positionAt(track, fromNs); at < positionAt(track, toNs); at++) {
    if (fell(track.values[at]!, track.values[at + 1]!)) return null
  }
  return Math.max(0, to - from)
}

/** The part of a span that the readings cover; null = none of it. */
export function covered({ atNs }: Track, { fromNs, toNs }: Span): Span | null {
  const [first, last] = [atNs[0], atNs.at(-1)]
  if (first === undefined || last === undefined) return null
  const part = { fromNs: Math.max(fromNs, first), toNs: Math.min(toNs, last) }
  return part.fromNs < part.toNs ? part : null
}

/** A mean over less than this share of a span would be that of another span; with a reading a second, 4 s are covered this far. */
export const leastCovered = 0.75

/** Growth per ns over the covered part of a span, which must be nearly all of it; null = unknown. */
export function meanRate(track: Track, span: Span, gapNs: number): number | null {
  const part = covered(track, span)
  if (part === null || part.toNs - part.fromNs < leastCovered * (span.toNs - span.fromNs)) return null
  const grown = growth(track, part, gapNs)
  return grown === null ? null : grown / (part.toNs - part.fromNs)
}
