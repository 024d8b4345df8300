import { createRng, type Rng } from '../../src/base/rng.ts'
import type { DeliveredRanges, SettledRecords } from '../../src/contracts/api.ts'
import { type AuditCounts, createAudit } from '../../src/judge/audit.ts'
import { type AuditBook, createAuditBook } from '../../src/judge/audit-book.ts'
import { stampFromHeader, stampHeader } from '../../src/load/stamp.ts'
import { createValues } from '../../src/load/values.ts'
import { outcomeCodes } from '../../src/recording/frame.ts'

export interface LogRecord {
  producer: number
  sequence: number
  value: Buffer | null
  header: Buffer | null
}

/** Outcome and partition of every record of one producer, by sequence. */
export interface TestLedger {
  producer: number
  outcomes: Uint8Array
  partitions: Uint16Array
}

/** A topic as it should be after a run in which every record was acknowledged, and what the producers were told. */
export interface TestLog {
  run: number
  partitions: LogRecord[][]
  ledgers: TestLedger[]
  /** Due times are sequence × 1 ms. */
  measure: [number, number]
}

export interface TestLogOptions {
  producers?: number
  partitions?: number
  records?: number
  size?: number
  stampIn?: 'value' | 'header'
  prefill?: boolean
  seed?: number
  /** Bodies in the pool, per producer. */
  bodies?: number
}

export function buildLog(options: TestLogOptions = {}): TestLog {
  const { producers = 3, partitions = 4, records = 500, size = 100, stampIn = 'value', seed = 1 } = options
  const rng = createRng(seed)
  const run = 0xabcd0000 + seed
  const log: TestLog = {
    run,
    partitions: Array.from({ length: partitions }, () => []),
    ledgers: [],
    measure: [records * 0.25e6, records * 0.75e6],
  }
  for (let producer = 0; producer < producers; producer++) {
    const pool = createValues(options.bodies ?? 20, {
      size,
      compressibility: 0,
      stampIn,
      seed,
      run,
      producer,
      prefill: options.prefill ?? false,
      distinctBytes: 1e6,
    })
    const ledger: TestLedger = {
      producer,
      outcomes: new Uint8Array(records).fill(outcomeCodes.acked),
      partitions: new Uint16Array(records),
    }
    for (let sequence = 0; sequence < records; sequence++) {
      const pooled = pool[sequence % pool.length]!
      const { value, headers } = pooled
      pooled.stamp(sequence, sequence * 1e6)
      const partition = rng.below(partitions)
      ledger.partitions[sequence] = partition
      const header = headers ? stampFromHeader(Buffer.from(headers[stampHeader]!)) : null
      log.partitions[partition]!.push({ producer, sequence, value: Buffer.from(value), header })
    }
    log.ledgers.push(ledger)
  }
  for (const [partition, entries] of log.partitions.entries()) log.partitions[partition] = interleave(entries, rng)
  return log
}

/** Producers take turns at random, each in its own order. */
function interleave(entries: readonly LogRecord[], rng: Rng): LogRecord[] {
  const queues = new Map<number, LogRecord[]>()
  for (const entry of entries) queues.set(entry.producer, [...(queues.get(entry.producer) ?? []), entry])
  const result: LogRecord[] = []
  while (queues.size > 0) {
    const [producer, queue] = [...queues][rng.below(queues.size)]!
    result.push(queue.shift()!)
    if (queue.length === 0) queues.delete(producer)
  }
  return result
}

/** The records that settled, as the audit's book takes them: those with outcome `none` left out. */
export function settledOf({ outcomes, partitions }: TestLedger): SettledRecords {
  const sequences = [...outcomes.keys()].filter((sequence) => outcomes[sequence] !== outcomeCodes.none)
  return {
    sequences: Float64Array.from(sequences),
    partitions: Uint16Array.from(sequences, (sequence) => partitions[sequence]!),
    outcomes: Uint8Array.from(sequences, (sequence) => outcomes[sequence]!),
  }
}

/** A book in which all of these records are settled. */
export function bookOf(ledgers: readonly TestLedger[], partitions: number): AuditBook {
  const book = createAuditBook({ partitions, chunkRecords: 1024 })
  for (const ledger of ledgers) book.settle(ledger.producer, settledOf(ledger))
  return book
}

export interface TestAuditOptions {
  exclusive?: boolean
  /** Partitions that could not be read whole. */
  unread?: readonly number[]
  /** Partitions that are not read at all. */
  known?: readonly number[]
  delivered?: Readonly<Record<string, DeliveredRanges>>
}

/** A test's few bodies fit, and an audit does not cost the garbage collector 64 MiB. */
export const testKeptBytes = 1_048_576

export function auditOf(log: TestLog, options: TestAuditOptions = {}): AuditCounts {
  const partitions = log.partitions.length
  const audit = createAudit(bookOf(log.ledgers, partitions), {
    run: log.run,
    producers: log.ledgers.length,
    exclusive: options.exclusive ?? true,
    measure: log.measure,
    partitions,
    keptBytes: testKeptBytes,
    ...(options.delivered && { delivered: options.delivered }),
  })
  for (const [partition, records] of log.partitions.entries()) {
    if (options.known?.includes(partition)) continue
    for (const [offset, { value, header }] of records.entries()) audit.record(partition, offset, value, header)
  }
  return audit.finish(new Set([...(options.unread ?? []), ...(options.known ?? [])]))
}
