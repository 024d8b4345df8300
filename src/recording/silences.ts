import type { Silence } from './frame.ts'

export interface Gap {
  fromNs: number
  toNs: number
}

/** When no producer at all had an acknowledgement from a partition: what the users of that client see. */
export interface Silences {
  add(worker: number, silence: Silence): void
  /**
   * The longest time without an acknowledgement that reaches into [fromNs, toNs); null = the partition had none before.
   * `toNs` of the gap is that of the window where no acknowledgement followed.
   */
  longest(partition: number, fromNs: number, toNs: number): Gap | null
}

export function createSilences(): Silences {
  /** By worker: per partition its gaps, first and last acknowledgement. */
  const workers = new Map<number, { gaps: Map<number, Gap[]>; lastAcks: Float64Array }>()
  return {
    add(worker, { gaps, lastAcks }) {
      let mine = workers.get(worker)
      if (!mine) {
        mine = { gaps: new Map(), lastAcks }
        workers.set(worker, mine)
      }
      mine.lastAcks = lastAcks
      for (let at = 0; at < gaps.length; at += 3) {
        const partition = gaps[at]!
        const list = mine.gaps.get(partition) ?? []
        list.push({ fromNs: gaps[at + 1]!, toNs: gaps[at + 2]! })
        mine.gaps.set(partition, list)
      }
    },
    longest(partition, fromNs, toNs) {
      const all = [...workers.values()].filter(({ lastAcks }) => !Number.isNaN(lastAcks[partition]!))
      if (all.length === 0) return null
      // Silent for all = silent for each: gaps are intersected, the time after the last acknowledgement being one.
      let common: Gap[] | null = null
      for (const { gaps, lastAcks } of all) {
        const own: Gap[] = [
          ...(gaps.get(partition) ?? []),
          { fromNs: lastAcks[partition]!, toNs: Number.POSITIVE_INFINITY },
        ]
        common = common === null ? own : intersect(common, own)
      }
      return longestOf(common!, fromNs, toNs)
    },
  }
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
