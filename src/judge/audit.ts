import type { DeliveredRanges, GroupReceipts } from '../contracts/audit.ts'
import { keyIndexOf } from '../load/keys.ts'
import { flags, readStampWords, type Stamp, stampBytes } from '../load/stamp.ts'
import { outcomeCodes } from '../recording/frame.ts'
import { type AuditBook, type Entries, isInPlace, isRead, outcomeBits, partitionShift } from './audit-book.ts'
import { createExamples } from './audit-examples.ts'
import { createBodyCheck, load } from './body-check.ts'
import { auditCompacted, type CompactedKeys, pairOf } from './compacted.ts'
import { createReceipts } from './receipts.ts'
import { createComparedMemory } from './same-bytes.ts'

export interface AuditOptions {
  run: number
  /** Producers 0 to this − 1 wrote to the topic: a stamp that names another, of which the book knows nothing, is corrupt. */
  producers: number
  /** The topic contains nothing but this run's records: a record without a stamp is corrupt, not foreign. */
  exclusive: boolean
  /** [start, end) of the measure phase, ns of CLOCK_MONOTONIC. */
  measure: readonly [number, number]
  /** Above the highest partition that is read. */
  partitions: number
  /** What each group was handed. */
  delivered?: Readonly<Record<string, DeliveredRanges>>
  /** The topic is compacted, and this is how its records got their keys. */
  compacted?: Omit<CompactedKeys, 'producers'>
  /** Room for distinct bodies to compare others with, a multiple of 64 KiB; the default is 63 MiB. */
  keptBytes?: number
}

export interface AuditCounts {
  /** Acked, failed or unknown records that were looked for, and those of which a dead producer could not report but that are there. */
  audited: number
  auditedMeasure: number
  lost: number
  duplicated: number
  reordered: number
  corrupt: number
  failedButRead: number
  unknownRead: number
  /** Probes, the canary's and foreign records that were passed over. */
  skipped: number
  /** Of a compacted topic, else absent: records that are gone and that compaction may have removed; null = too many keys to know. */
  removable?: number | null
  examples: string[]
  groups: Record<string, GroupReceipts>
}

export interface Audit {
  /** One record of the log, partition by partition in offset order. `header` = the value of header `kbench`, if there is one. */
  record(partition: number, offset: number, value: Buffer | null, header: Buffer | null, key?: Buffer | null): void
  /** `notRead`: partitions that were not read whole; their records count neither as lost nor as audited. */
  finish(notRead: ReadonlySet<number>): AuditCounts
}

type Tally = Omit<AuditCounts, 'examples' | 'groups' | 'removable'>

const nothing = Buffer.alloc(0)

/** Compares a log with the acknowledgements that producers got: MEASURING, "Integrity audit". At most 100 ns for a record of 100 B. */
export function createAudit(book: AuditBook, options: AuditOptions): Audit {
  const { run, exclusive, partitions, producers, compacted } = options
  const superseded = new Set<number>()
  const [measureStartNs, measureEndNs] = options.measure
  const counts = emptyTally()
  const examples = createExamples()
  const stamp: Stamp = { flags: 0, run: 0, producer: 0, sequence: 0, dueNs: 0, bodyChecksum: 0 }
  /** By producer: highest sequence so far, by partition. */
  const highest: (Float64Array | undefined)[] = []
  const measured = new Float64Array(partitions)
  const memory = createComparedMemory(options.keptBytes)
  const bodyIsWhole = createBodyCheck(memory)
  const groups = Object.entries(options.delivered ?? {})
  const receipts = groups.map(([, delivered]) => createReceipts(delivered, partitions))

  // No closure in here: it would cost an object per record.
  function record(
    partition: number,
    offset: number,
    value: Buffer | null,
    header: Buffer | null,
    key: Buffer | null = null,
  ): void {
    const source = header ?? value
    const found = source === null ? 'foreign' : readStampWords(memory.scratch, load(memory, source), stamp)
    if (found !== 'ok' || stamp.run !== run) {
      passOver(found, partition, offset, source)
      if (compacted && key !== null) supersede(partition, key)
      return
    }
    if (stamp.flags === flags.probe || stamp.flags === flags.canary) {
      counts.skipped++
      return
    }
    const { producer, sequence, dueNs } = stamp
    const body = value ?? nothing
    if (header !== null) load(memory, body)
    const isWhole = bodyIsWhole(body, header === null ? stampBytes : 0, stamp.bodyChecksum)
    const before = producer < producers || book.has(producer) ? book.read(producer, sequence, partition) : -1
    if (!isWhole || before < 0) {
      counts.corrupt++
      examples.add('corrupt', partition, offset, producer, sequence)
      // With a whole stamp it is known which record it is: broken, but not lost.
      if (before < 0) return
    }
    if ((before & isRead) !== 0) {
      counts.duplicated++
      examples.add('duplicated', partition, offset, producer, sequence)
      return
    }
    const outcome = before & outcomeBits
    const isAcked = outcome === outcomeCodes.acked
    if (dueNs >= measureStartNs && dueNs < measureEndNs) {
      measured[partition]!++
      // What was not acknowledged never stands in for what was.
      if (isAcked) for (let at = 0; at < receipts.length; at++) receipts[at]!.count(partition, offset)
    }
    if (!isAcked) countUnacked(outcome)
    else if (before >> partitionShift !== partition) {
      examples.add('elsewhere', partition, offset, producer, sequence)
      return
    }
    inOrder(partition, offset, producer, sequence)
  }

  function passOver(found: 'ok' | 'foreign' | 'corrupt', partition: number, offset: number, source: Buffer | null) {
    if (found !== 'ok' && (exclusive || (found === 'corrupt' && runOf(source!) === run))) {
      counts.corrupt++
      examples.addUnstamped(partition, offset)
    } else counts.skipped++
  }

  /** Somebody else's record of a key of this run: it may be why the run's own is gone. */
  function supersede(partition: number, key: Buffer) {
    const index = keyIndexOf(key)
    const { cardinality } = compacted!.keys
    if (index >= 0 && index < cardinality) superseded.add(pairOf(index, partition, cardinality))
  }

  function countUnacked(outcome: number): void {
    if (outcome === outcomeCodes.none) counts.audited++
    if (outcome === outcomeCodes.failed) counts.failedButRead++
    else counts.unknownRead++
  }

  function inOrder(partition: number, offset: number, producer: number, sequence: number): void {
    let last = highest[producer]
    if (last === undefined) {
      last = new Float64Array(partitions).fill(-1)
      highest[producer] = last
    }
    if (sequence < last[partition]!) {
      counts.reordered++
      examples.add('reordered', partition, offset, producer, sequence, last[partition]!)
    } else last[partition] = sequence
  }

  function auditKeys(unread: Uint8Array) {
    const counted = auditCompacted(
      book,
      { ...compacted!, producers },
      unread,
      superseded,
      (producer, sequence, partition) => examples.addLost(producer, sequence, partition),
    )
    counts.audited += counted?.audited ?? 0
    counts.lost += counted?.lost ?? 0
    return counted
  }

  function finish(notRead: ReadonlySet<number>): AuditCounts {
    const unread = new Uint8Array(65_536)
    for (const partition of notRead) unread[partition] = 1
    const keys = compacted ? auditKeys(unread) : null
    for (const { producer, first, entries } of compacted ? [] : book.chunks()) {
      const { audited, lost } = sumChunk(entries, unread, (at, partition) =>
        examples.addLost(producer, first + at, partition),
      )
      counts.audited += audited
      counts.lost += lost
    }
    for (const [partition, count] of measured.entries()) if (!notRead.has(partition)) counts.auditedMeasure += count
    const sums = groups.map(([group], at) => [group, receipts[at]!.sum(notRead)] as const)
    const removable = compacted && { removable: keys?.removable ?? null }
    return { ...counts, ...removable, examples: examples.texts(), groups: Object.fromEntries(sums) }
  }

  return { record, finish }
}

/** Of the settled records of a chunk, those that were looked for, and those of them that were not found. */
function sumChunk(entries: Entries, unread: Uint8Array, onLost: (at: number, partition: number) => void) {
  let audited = 0
  let lost = 0
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at]!
    const outcome = entry & outcomeBits
    const partition = entry >> partitionShift
    if (outcome === outcomeCodes.none || unread[partition] === 1) continue
    audited++
    if (outcome !== outcomeCodes.acked || (entry & isInPlace) !== 0) continue
    lost++
    onLost(at, partition)
  }
  return { audited, lost }
}

function emptyTally(): Tally {
  return {
    audited: 0,
    auditedMeasure: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    corrupt: 0,
    failedButRead: 0,
    unknownRead: 0,
    skipped: 0,
  }
}

/** The run that a broken stamp names: in a shared topic text may begin like a stamp. */
function runOf(stamped: Buffer): number {
  return stamped.readUInt32LE(4)
}
