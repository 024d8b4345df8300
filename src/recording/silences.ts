import type { Silence } from '../contracts/facts.ts'
import { shortestSilenceNs } from './frame.ts'

export interface Gap {
  fromNs: number
  toNs: number
}

/** When no producer at all had an acknowledgement from a partition: what the users of that client see. */
export interface Silences {
  /** What a producer's frame says; `atNs`: of that frame, until which everything of that producer is known. */
  add(worker: number, silence: Silence, atNs: number): void
  /**
   * The longest time without an acknowledgement that reaches into [fromNs, toNs), ns. It counts from the first record that was due in the
   * partition, and to the end of the window, or of what the producers reported, where no acknowledgement followed. Up to `shortestSilenceNs`
   * it is the actual gap of one producer and an upper bound for several. Null = nothing is known.
   */
  longest(partition: number, fromNs: number, toNs: number): number | null
}

/** Many frames share an array: one of its own would take more than the numbers in it. */
interface Frames {
  atNs: number[]
  /** By partition, of {@link framesPerArray} frames each. */
  longestNs: Float32Array[]
  partitions: number
}

const framesPerArray = 64

interface Producer {
  gaps: Map<number, Gap[]>
  firstDues: Float64Array
  lastAcks: Float64Array
  /** By frame. */
  frames: Frames
}

export function createSilences(): Silences {
  const producers = new Map<number, Producer>()
  return {
    add(worker, { gaps, firstDues, lastAcks, longestNs }, atNs) {
      let mine = producers.get(worker)
      if (!mine) {
        mine = {
          gaps: new Map(),
          firstDues,
          lastAcks,
          frames: { atNs: [], longestNs: [], partitions: longestNs.length },
        }
        producers.set(worker, mine)
      }
      Object.assign(mine, { firstDues, lastAcks })
      addFrame(mine.frames, atNs, longestNs)
      for (let at = 0; at + 2 < gaps.length; at += 3) {
        const partition = gaps[at]!
        const list = mine.gaps.get(partition) ?? []
        list.push({ fromNs: gaps[at + 1]!, toNs: gaps[at + 2]! })
        mine.gaps.set(partition, list)
      }
    },
    longest(partition, fromNs, toNs) {
      const all = [...producers.values()].filter(({ firstDues }) => !Number.isNaN(firstDues[partition] ?? Number.NaN))
      if (all.length === 0) return null
      const sinceNs = Math.min(...all.map(({ firstDues }) => firstDues[partition]!))
      const untilNs = Math.min(toNs, Math.max(...all.map(({ frames }) => frames.atNs.at(-1)!)))
      if (Math.max(sinceNs, fromNs) >= untilNs) return null
      // Silent for all = silent for each: gaps are intersected.
      const own = all.map((producer) => gapsOf(producer, partition))
      const common = own.reduce(intersect).map((gap) => ({ ...gap, fromNs: Math.max(gap.fromNs, sinceNs) }))
      const known = lengthOf(longestOf(common, fromNs, untilNs))
      // A gap of all that is not reported is within one that is not reported of one of them, and within one of each.
      const short = all.map((producer) => shortOf(producer, partition, fromNs, untilNs))
      const ofEach = all.map((_, at) => Math.max(short[at]!, lengthOf(longestOf(own[at]!, fromNs, untilNs))))
      const longest = Math.max(known, Math.min(Math.max(...short), ...ofEach))
      return longest > 0 ? longest : null
    },
  }
}

function addFrame(frames: Frames, atNs: number, longestNs: Float64Array): void {
  const { partitions } = frames
  const at = frames.atNs.length % framesPerArray
  // Half the memory of doubles, and exact to 2 ns: what is kept here is 20 ms at most.
  if (at === 0) frames.longestNs.push(new Float32Array(framesPerArray * partitions))
  frames.longestNs.at(-1)!.set(longestNs.subarray(0, partitions), at * partitions)
  frames.atNs.push(atNs)
}

/** 0 = of a partition that this frame knows nothing of. */
function longestIn({ longestNs, partitions }: Frames, frame: number, partition: number): number {
  if (partition >= partitions) return 0
  return longestNs[Math.floor(frame / framesPerArray)]![(frame % framesPerArray) * partitions + partition]!
}

/** Before its first record was due and after its last acknowledgement a producer is silent too. Ascending and disjoint. */
function gapsOf({ gaps, firstDues, lastAcks }: Producer, partition: number): Gap[] {
  const firstDue = firstDues[partition]!
  const lastAck = lastAcks[partition]!
  const after = { fromNs: Number.isNaN(lastAck) ? firstDue : lastAck, toNs: Number.POSITIVE_INFINITY }
  const [first, ...others] = [...(gaps.get(partition) ?? []), after]
  const fromNs = Number.NEGATIVE_INFINITY
  // Between two that follow each other there is an acknowledgement, but none at the first due time.
  return first!.fromNs === firstDue
    ? [{ fromNs, toNs: first!.toNs }, ...others]
    : [{ fromNs, toNs: firstDue }, first!, ...others]
}

/** The longest gap that was not reported, of the frames that may have one that reaches into the window. */
function shortOf({ frames }: Producer, partition: number, fromNs: number, toNs: number): number {
  let longest = 0
  let beforeNs = Number.NEGATIVE_INFINITY
  for (const [at, atNs] of frames.atNs.entries()) {
    const sinceNs = beforeNs - shortestSilenceNs
    beforeNs = atNs
    if (atNs > fromNs && sinceNs < toNs) longest = Math.max(longest, longestIn(frames, at, partition))
  }
  return longest
}

/** Both ascending and disjoint. */
function intersect(a: readonly Gap[], b: readonly Gap[]): Gap[] {
  const result: Gap[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const fromNs = Math.max(a[i]!.fromNs, b[j]!.fromNs)
    const toNs = Math.min(a[i]!.toNs, b[j]!.toNs)
    if (fromNs < toNs) result.push({ fromNs, toNs })
    if (a[i]!.toNs < b[j]!.toNs) i++
    else j++
  }
  return result
}

const lengthOf = (gap: Gap | null): number => (gap === null ? 0 : gap.toNs - gap.fromNs)

/** The longest that reaches into the window, cut at its end. */
export function longestOf(gaps: readonly Gap[], fromNs: number, toNs: number): Gap | null {
  let longest: Gap | null = null
  for (const gap of gaps) {
    if (gap.toNs <= fromNs || gap.fromNs >= toNs) continue
    const cut = { fromNs: gap.fromNs, toNs: Math.min(gap.toNs, toNs) }
    if (!longest || cut.toNs - cut.fromNs > longest.toNs - longest.fromNs) longest = cut
  }
  return longest
}
