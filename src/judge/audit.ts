import { checksumOf } from '../base/checksum.ts'
import type { AuditedLedger } from '../contracts/api.ts'
import { flags, readStamp, type Stamp, stampBytes } from '../load/stamp.ts'
import { outcomeCodes } from '../recording/frame.ts'

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
  /** Probes, the canary's and strangers' records that were passed over. */
  skipped: number
  examples: string[]
}

export interface Audit {
  /** One record of the log, partition by partition in offset order. `header` = the value of header `kbench`, if there is one. */
  record(partition: number, offset: number | string, value: Buffer | null, header: Buffer | null): void
  /** `notRead`: partitions that could not be read whole; their records count neither as lost nor as audited. */
  finish(notRead: ReadonlySet<number>): AuditCounts
}

/** What can be wrong with a record, the worst first: examples are told in this order. */
const kinds = ['lost', 'corrupt', 'elsewhere', 'duplicated', 'reordered'] as const
type Kind = (typeof kinds)[number]
const examplesPerKind = 3

/** Marks of a sequence: read at all, and read in the partition in which it was acknowledged. */
const isRead = 1
const isInPlace = 2
const nothing = Buffer.alloc(0)

/** Compares a log with what producers were told: MEASURING, "Integrity audit". At most 100 ns a record. */
export function createAudit(options: AuditOptions): Audit {
  const counts = emptyCounts()
  const stamp: Stamp = { flags: 0, run: 0, producer: 0, sequence: 0, dueNs: 0, bodyChecksum: 0 }
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

  const examples = new Map<Kind, string[]>(kinds.map((kind) => [kind, []]))
  const note = (kind: Kind, text: () => string) => {
    const mine = examples.get(kind)!
    if (mine.length < examplesPerKind) mine.push(`${kind}: ${text()}`)
  }

  function record(partition: number, offset: number | string, value: Buffer | null, header: Buffer | null): void {
    const source = header ?? value
    const found = source === null ? 'foreign' : readStamp(source, stamp)
    if (found !== 'ok' || stamp.run !== options.run) {
      if (found !== 'ok' && (options.exclusive || (found === 'corrupt' && runOf(source!) === options.run))) {
        counts.corrupt++
        note('corrupt', () => `partition ${partition} offset ${offset} has no whole stamp`)
      } else counts.skipped++
      return
    }
    if (stamp.flags === flags.probe || stamp.flags === flags.canary) {
      counts.skipped++
      return
    }
    const { producer, sequence } = stamp
    const ledger = ledgers[producer]
    if (!ledger || !bodyIsWhole(value ?? nothing, header === null ? stampBytes : 0, stamp.bodyChecksum)) {
      counts.corrupt++
      note('corrupt', () => `partition ${partition} offset ${offset} (producer ${producer}, sequence ${sequence})`)
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
      note('duplicated', () => `partition ${partition} offset ${offset} (producer ${producer}, sequence ${sequence})`)
      return
    }
    if (stamp.dueNs >= measureStartNs && stamp.dueNs < measureEndNs) measured[partition]!++
    if (outcome === outcomeCodes.none) counts.audited++
    if (outcome === outcomeCodes.failed) counts.failedButRead++
    else if (outcome !== outcomeCodes.acked) counts.unknownRead++
    const last = lastSequence[producer]!
    if (!inPlace) {
      note('elsewhere', () => `partition ${partition} offset ${offset} (producer ${producer}, sequence ${sequence})`)
    } else if (sequence < last[partition]!) {
      counts.reordered++
      note(
        'reordered',
        () =>
          `partition ${partition} offset ${offset}: producer ${producer} sequence ${sequence} after ${last[partition]}`,
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
          note('lost', () => `producer ${ledger.producer} sequence ${sequence}, acknowledged in partition ${partition}`)
        }
      }
    }
    for (const [partition, count] of measured.entries()) if (!unread.has(partition)) counts.auditedMeasure += count
    counts.examples = kinds.flatMap((kind) => examples.get(kind)!)
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

/** From this many bytes on, a comparison in C++ is cheaper than a checksum in JS. */
const comparedBytes = 384
/** Distinct bodies that are kept to compare with. */
const mostBodies = 4096

/**
 * Bodies are pooled: of large ones each distinct one is checked against its checksum once, and others that claim the same are
 * compared with it byte for byte.
 */
function createBodyCheck(): (value: Buffer, start: number, expected: number) => boolean {
  const known = new Map<number, Buffer>()
  return (value, start, expected) => {
    if (value.length < comparedBytes) return checksumOf(value, start) === expected
    const twin = known.get(expected)
    if (twin?.length === value.length && twin.compare(value, start, value.length, start) === 0) return true
    if (checksumOf(value, start) !== expected) return false
    // Not corrupt: the first of its kind, or one of two bodies that have one checksum.
    if (known.size < mostBodies) known.set(expected, Buffer.from(value))
    return true
  }
}
