import type { RecordSpec } from '../contracts/plan.ts'
import { createKeyIndexes } from '../load/keys.ts'
import { outcomeCodes } from '../recording/frame.ts'
import { type AuditBook, isInPlace, isRead, outcomeBits, partitionShift } from './audit-book.ts'

/** How the records of a run got their keys: enough to know which ones compaction may have removed. */
export interface CompactedKeys {
  keys: RecordSpec['keys']
  seed: number
  producers: number
}

export interface CompactedCounts {
  audited: number
  lost: number
  /** Acknowledged, followed by another record of their key in their partition, and not in the log: compaction may have removed them. */
  removable: number
}

/** Keys by partition are held in memory: more than this are not audited. */
const mostPairs = 20_000_000

/**
 * Of a compacted topic only the last value of each key and partition has to be in the log. The outcomes do not say
 * which producer's record was the last there. So one of the producers' last acknowledged records has to be there, or a
 * later one of the same key that was read. `superseded`: key and partition (see {@link pairOf}) of which somebody else
 * has written a record since. null = too many keys.
 */
export function auditCompacted(
  book: AuditBook,
  { keys, seed, producers }: CompactedKeys,
  unread: Uint8Array,
  superseded: ReadonlySet<number>,
  onLost: (producer: number, sequence: number, partition: number) => void,
): CompactedCounts | null {
  /** By pair: the offset of the last acknowledged record of some producer, and whether one was found. */
  const last = new Map<number, { isThere: boolean; producer: number; sequence: number }>()
  const counts: CompactedCounts = { audited: 0, lost: 0, removable: 0 }
  let missing = 0
  for (const [producer, chunks] of byProducer(book)) {
    const keyOf = createKeyIndexes(keys, seed, producer)
    const mine = new Map<number, { isThere: boolean; sequence: number }>()
    let next = 0
    for (const { first, entries } of chunks) {
      // Keys are drawn one after the other: those of sequences without an outcome as well.
      for (; next < first; next++) keyOf(producer + next * producers)
      for (let at = 0; at < entries.length; at++, next++) {
        const key = keyOf(producer + next * producers)
        const entry = entries[at]!
        const outcome = entry & outcomeBits
        const partition = entry >> partitionShift
        if (outcome === outcomeCodes.none || unread[partition] === 1) continue
        const wasRead = (entry & isInPlace) !== 0
        const pair = pairOf(key, partition, keys.cardinality)
        if (outcome !== outcomeCodes.acked) {
          counts.audited++
          // Nobody acknowledged it, and yet it may be what superseded the one before.
          if ((entry & isRead) !== 0 && mine.has(pair)) mine.set(pair, { isThere: true, sequence: next })
          continue
        }
        if (wasRead) counts.audited++
        else missing++
        mine.set(pair, { isThere: wasRead, sequence: next })
        if (mine.size + last.size > mostPairs) return null
      }
    }
    for (const [pair, { isThere, sequence }] of mine) {
      const before = last.get(pair)
      if (!before || (isThere && !before.isThere)) last.set(pair, { isThere, producer, sequence })
    }
  }
  for (const [pair, { isThere, producer, sequence }] of last) {
    if (isThere || superseded.has(pair)) continue
    counts.lost++
    onLost(producer, sequence, Math.floor(pair / keys.cardinality))
  }
  return { ...counts, audited: counts.audited + counts.lost, removable: missing - counts.lost }
}

/** One number for a key in a partition. */
export const pairOf = (key: number, partition: number, cardinality: number): number => partition * cardinality + key

function byProducer(book: AuditBook) {
  const all = new Map<number, { first: number; entries: ArrayLike<number> }[]>()
  for (const { producer, first, entries } of book.chunks()) {
    all.set(producer, [...(all.get(producer) ?? []), { first, entries }])
  }
  return all
}
