import type { SettledRecords } from '../contracts/audit.ts'
import { outcomeCodes } from '../recording/frame.ts'

/**
 * Outcome, partition and marks of every record, by producer and sequence: one byte a record up to 16 partitions, two up
 * to 4096, four above. An entry is partition × 16 + marks + outcome. Entries are in chunks of shared memory that are
 * made when the first record of each is known. They are never copied to grow, so that threads could read them too.
 */
export interface AuditBook {
  /** Enters settled records. Throws for a record that settled before, and for what cannot be a record; the book is then of no use. */
  settle(producer: number, records: SettledRecords): void
  /** Marks a record as read in a partition, and returns its entry as it was before; -1 = it cannot be a record of this producer. */
  read(producer: number, sequence: number, partition: number): number
  /** Chunks in the order of producers and sequences; `first` = sequence of the first entry. */
  chunks(): Iterable<{ producer: number; first: number; entries: Entries }>
  has(producer: number): boolean
  /** Records that settled, by outcome. */
  readonly settledAs: { readonly acked: number; readonly failed: number; readonly unknown: number }
  bytesPerRecord(): 1 | 2 | 4
  /** Memory of all chunks. */
  bytes(): number
}

export type Entries = Uint8Array | Uint16Array | Uint32Array

/** Parts of an entry: outcome, read at all, read in the partition in which it was acknowledged. */
export const outcomeBits = 3
export const isRead = 4
export const isInPlace = 8
export const partitionShift = 4

/** Sequences in a stamp have 48 bits, producers 16. */
const sequencesEnd = 2 ** 48
const producersEnd = 65_536
/** Chunks made for records that were read and never settled: what a dead producer could not report fits into one. */
const mostUnsettledChunks = 1024

export interface AuditBookOptions {
  /** Partitions of the topic, as far as they are known; a higher one widens the entries. */
  partitions: number
  /** Records per chunk, a power of two. */
  chunkRecords?: number
}

interface Pages {
  chunks: Map<number, Entries>
  /** Chunk that was used last. */
  lastIndex: number
  last: Entries
}

const nothing = new Uint8Array(0)
const { none, unknown } = outcomeCodes

export function createAuditBook({ partitions, chunkRecords = 1_048_576 }: AuditBookOptions): AuditBook {
  if (!isWhole(partitions, 65_537)) throw new Error(`a book for ${partitions} partitions`)
  let width = widthOf(partitions - 1)
  /** What an entry of this width can hold. */
  let highest = highestOf(width)
  let unsettledChunks = 0
  const books: (Pages | undefined)[] = []
  const settledAs = { acked: 0, failed: 0, unknown: 0 }

  function pagesOf(producer: number): Pages {
    let pages = books[producer]
    if (!pages) {
      pages = { chunks: new Map(), lastIndex: -1, last: nothing }
      books[producer] = pages
    }
    return pages
  }

  function turnTo(pages: Pages, index: number, isSettled: boolean): boolean {
    let entries = pages.chunks.get(index)
    if (!entries) {
      if (!isSettled && ++unsettledChunks > mostUnsettledChunks) return false
      entries = createEntries(width, chunkRecords)
      pages.chunks.set(index, entries)
    }
    pages.lastIndex = index
    pages.last = entries
    return true
  }

  function widen(partition: number): void {
    width = widthOf(partition)
    highest = highestOf(width)
    for (const pages of books) {
      if (!pages) continue
      // One chunk after the other: the old one is free before the next is made.
      for (const [index, entries] of pages.chunks) {
        const wider = createEntries(width, chunkRecords)
        wider.set(entries)
        pages.chunks.set(index, wider)
      }
      pages.lastIndex = -1
      pages.last = nothing
    }
  }

  function settle(producer: number, { sequences, partitions, outcomes }: SettledRecords): void {
    if (!isWhole(producer, producersEnd)) throw new Error(`there is no producer ${producer}`)
    const { length } = sequences
    if (partitions.length !== length || outcomes.length !== length) {
      throw new Error(`${length} records settled with ${partitions.length} partitions and ${outcomes.length} outcomes`)
    }
    const pages = pagesOf(producer)
    const of: [number, number, number, number] = [0, 0, 0, 0]
    let entries = nothing as Entries
    let first = 0
    for (let index = 0; index < length; index++) {
      const sequence = sequences[index]!
      const partition = partitions[index]!
      const outcome = outcomes[index]!
      if (partition > highest) {
        widen(partition)
        entries = nothing
      }
      let at = sequence - first
      if (!(at >= 0 && at < entries.length)) {
        if (!isWhole(sequence, sequencesEnd)) throw new Error(whyRefused(producer, sequence, undefined, 0))
        turnTo(pages, Math.floor(sequence / chunkRecords), true)
        entries = pages.last
        first = pages.lastIndex * chunkRecords
        at = sequence - first
      }
      const before = entries[at]
      if (before === undefined || (before & outcomeBits) !== none || outcome === none || outcome > unknown) {
        throw new Error(whyRefused(producer, sequence, before, outcome))
      }
      entries[at] = (partition << partitionShift) | before | outcome
      of[outcome]!++
    }
    settledAs.acked += of[outcomeCodes.acked]
    settledAs.failed += of[outcomeCodes.failed]
    settledAs.unknown += of[outcomeCodes.unknown]
  }

  function read(producer: number, sequence: number, partition: number): number {
    const pages = books[producer] ?? pagesOf(producer)
    const index = Math.floor(sequence / chunkRecords)
    if (pages.lastIndex !== index && !turnTo(pages, index, false)) return -1
    const entries = pages.last
    const at = sequence - index * chunkRecords
    const before = entries[at]!
    const inPlace = (before & outcomeBits) !== outcomeCodes.acked || before >> partitionShift === partition
    entries[at] = before | (inPlace ? isRead | isInPlace : isRead)
    return before
  }

  function* chunks() {
    for (const [producer, pages] of books.entries()) {
      const inOrder = [...(pages?.chunks ?? [])].sort(([a], [b]) => a - b)
      for (const [index, entries] of inOrder) yield { producer, first: index * chunkRecords, entries }
    }
  }

  return {
    settle,
    read,
    chunks,
    has: (producer) => books[producer] !== undefined,
    settledAs,
    bytesPerRecord: () => width,
    bytes: () => books.reduce((sum, pages) => sum + (pages?.chunks.size ?? 0) * chunkRecords * width, 0),
  }
}

/** Bytes of an entry that holds this partition, and 4 bits besides. */
function widthOf(partition: number): 1 | 2 | 4 {
  if (partition < 16) return 1
  return partition < 4096 ? 2 : 4
}

function highestOf(width: 1 | 2 | 4): number {
  return 2 ** (width * 8 - partitionShift) - 1
}

/** Apart from the loop that throws it: the text's parts would slow the loop down. */
function whyRefused(producer: number, sequence: number, before: number | undefined, outcome: number): string {
  if (before === undefined) return `there is no record ${sequence} of producer ${producer}`
  const isKnown = (before & outcomeBits) !== outcomeCodes.none
  return `record ${sequence} of producer ${producer} ${isKnown ? 'was settled twice' : `settled as ${outcome}`}`
}

function createEntries(width: 1 | 2 | 4, records: number): Entries {
  const memory = new SharedArrayBuffer(width * records)
  if (width === 1) return new Uint8Array(memory)
  return width === 2 ? new Uint16Array(memory) : new Uint32Array(memory)
}

function isWhole(value: number, end: number): boolean {
  return value >= 0 && value < end && Math.floor(value) === value
}
