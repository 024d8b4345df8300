import type { AuditedLedger } from '../core/api.ts'
import { crc32 } from '../core/crc32.ts'
import { flags, readStamp, type Stamp, stampBytes } from '../core/stamp.ts'
import { outcomeCodes } from './frame.ts'

export interface AuditOptions {
  run: number
  ledgers: readonly AuditedLedger[]
  /** The topic holds nothing but this run's records: a record without a stamp is corrupt, not a stranger's. */
  exclusive: boolean
  /** [start, end) of the measure phase, ns of CLOCK_MONOTONIC. */
  measure: readonly [number, number]
  partitions: number
  /** Partitions that will not be read: retention took their beginning, or nobody leads them. */
  notRead?: readonly number[]
}

export interface AuditCounts {
  /** Acked, failed or unknown records that were looked for, and those of which a dead producer could not tell but that are there. */
  audited: number
  auditedMeasure: number
  lost: number
  duplicated: number
  reordered: number
  corrupt: number
  failedButRead: number
  unknownRead: number
  /** Probes and strangers' records that were passed over. */
  skipped: number
  examples: string[]
}

export interface Audit {
  /** One record of the log, partition by partition in offset order. `header` = the value of header `kbench`, if there is one. */
  record(partition: number, offset: number | string, value: Buffer | null, header: Buffer | null): void
  /** `notRead`: partitions that could not be read whole; their records count neither as lost nor as audited. */
  finish(notRead: ReadonlySet<number>): AuditCounts
}

/** Marks of a sequence: read at all, and read in the partition in which it was acknowledged. */
const isRead = 1
const isInPlace = 2
const nothing = Buffer.alloc(0)

/** Compares a log with what producers were told: MEASURING, "Integrity audit". At most 100 ns a record. */
export function createAudit(options: AuditOptions): Audit {
  const counts = emptyCounts()
  const stamp: Stamp = { flags: 0, run: 0, producer: 0, sequence: 0, dueNs: 0, bodyCrc: 0 }
  const ledgers: (AuditedLedger | undefined)[] = []
  const seen: Uint8Array[] = []
  const lastSequence: Float64Array[] = []
  for (const ledger of options.ledgers) {
    ledgers[ledger.producer] = ledger
    seen[ledger.producer] = new Uint8Array(ledger.length)
    lastSequence[ledger.producer] = new Float64Array(options.partitions).fill(-1)
  }
  const measured = new Float64Array(options.partitions)
  const bodyIsWhole = createBodyCheck()
  const [measureStartNs, measureEndNs] = options.measure

  const note = (text: () => string) => {
    if (counts.examples.length < 10) counts.examples.push(text())
  }

  function record(partition: number, offset: number | string, value: Buffer | null, header: Buffer | null): void {
    const source = header ?? value
    const found = source === null ? 'foreign' : readStamp(source, stamp)
    if (found !== 'ok' || stamp.run !== options.run) {
      if (found !== 'ok' && (options.exclusive || (found === 'corrupt' && runOf(source!) === options.run))) {
        counts.corrupt++
        note(() => `corrupt: partition ${partition} offset ${offset} has no whole stamp`)
      } else counts.skipped++
      return
    }
    if (stamp.flags === flags.probe) {
      counts.skipped++
      return
    }
    const { producer, sequence } = stamp
    const ledger = ledgers[producer]
    if (!ledger || !bodyIsWhole(value ?? nothing, header === null ? stampBytes : 0, stamp.bodyCrc)) {
      counts.corrupt++
      note(() => `corrupt: partition ${partition} offset ${offset} (producer ${producer}, sequence ${sequence})`)
      // With a whole stamp it is known which record it is: broken, but not lost.
      if (!ledger) return
    }
    const outcome = ledger.outcomes[sequence] ?? outcomeCodes.none
    const inPlace = outcome !== outcomeCodes.acked || ledger.partitions[sequence] === partition
    const marks = sequence < ledger.length ? seen[producer]! : grownMarks(seen, producer, sequence)
    const before = marks[sequence]!
    marks[sequence] = before | (inPlace ? isRead | isInPlace : isRead)
    if (before !== 0) {
      counts.duplicated++
      note(() => `duplicated: partition ${partition} offset ${offset} (producer ${producer}, sequence ${sequence})`)
      return
    }
    if (stamp.dueNs >= measureStartNs && stamp.dueNs < measureEndNs) measured[partition]!++
    if (outcome === outcomeCodes.none) counts.audited++
    if (outcome === outcomeCodes.failed) counts.failedButRead++
    else if (outcome !== outcomeCodes.acked) counts.unknownRead++
    const last = lastSequence[producer]!
    if (!inPlace) {
      note(() => `elsewhere: partition ${partition} offset ${offset} (producer ${producer}, sequence ${sequence})`)
    } else if (sequence < last[partition]!) {
      counts.reordered++
      note(
        () =>
          `reordered: partition ${partition} offset ${offset}: producer ${producer} sequence ${sequence} after ${last[partition]}`,
      )
    } else last[partition] = sequence
  }

  function finish(notRead: ReadonlySet<number>): AuditCounts {
    const unread = new Set([...notRead, ...(options.notRead ?? [])])
    for (const ledger of options.ledgers) {
      const marks = seen[ledger.producer]!
      for (let sequence = 0; sequence < ledger.length; sequence++) {
        const outcome = ledger.outcomes[sequence]!
        const partition = ledger.partitions[sequence]!
        if (outcome === outcomeCodes.none || unread.has(partition)) continue
        counts.audited++
        if (outcome === outcomeCodes.acked && (marks[sequence]! & isInPlace) === 0) {
          counts.lost++
          note(() => `lost: producer ${ledger.producer} sequence ${sequence}, acknowledged in partition ${partition}`)
        }
      }
    }
    for (const [partition, count] of measured.entries()) if (!unread.has(partition)) counts.auditedMeasure += count
    return counts
  }

  return { record, finish }
}

function emptyCounts(): AuditCounts {
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
    examples: [],
  }
}

/** The run that a broken stamp names: in a shared topic text may begin like a stamp. */
function runOf(stamped: Buffer): number {
  return stamped.readUInt32LE(4)
}

/** A record whose producer died before it could tell of it: marks for sequences beyond the ledger's end. */
function grownMarks(seen: Uint8Array[], producer: number, sequence: number): Uint8Array {
  const marks = seen[producer]!
  if (sequence < marks.length) return marks
  const grown = new Uint8Array(Math.max(sequence + 1, marks.length * 2))
  grown.set(marks)
  seen[producer] = grown
  return grown
}

/** Up to this many bytes a loop is cheaper than a call out of JS. */
const loopBytes = 192

/**
 * Bodies are pooled: each distinct one is checked against its CRC once, then others that claim the same CRC are compared with
 * it byte for byte, which is several times faster than taking the CRC again.
 */
function createBodyCheck(): (value: Buffer, start: number, expectedCrc: number) => boolean {
  const known = new Map<number, Buffer>()
  return (value, start, expectedCrc) => {
    const length = value.length - start
    // As a signed integer: V8 keeps those out of the heap, which makes the look-up three times faster.
    const twin = known.get(expectedCrc | 0)
    if (twin !== undefined && twin.length === length) {
      const same =
        length > loopBytes
          ? twin.compare(value, start, value.length, 0, length) === 0
          : equalBytes(twin, value, start, length)
      if (same) return true
      // Not corrupt yet: of 20 000 distinct bodies two have the same CRC once in twenty runs.
    }
    if (crc32(value, start) !== expectedCrc) return false
    if (known.size < 65_536) known.set(expectedCrc | 0, Buffer.from(value.subarray(start)))
    return true
  }
}

function equalBytes(twin: Uint8Array, value: Uint8Array, start: number, length: number): boolean {
  let difference = 0
  let at = 0
  for (; at + 4 <= length; at += 4) {
    difference |=
      (twin[at]! ^ value[start + at]!) |
      (twin[at + 1]! ^ value[start + at + 1]!) |
      (twin[at + 2]! ^ value[start + at + 2]!) |
      (twin[at + 3]! ^ value[start + at + 3]!)
  }
  for (; at < length; at++) difference |= twin[at]! ^ value[start + at]!
  return difference === 0
}
