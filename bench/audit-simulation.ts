import { parseArgs } from 'node:util'
import type { SettledRecords } from '../src/contracts/api.ts'
import { createAudit } from '../src/judge/audit.ts'
import { type AuditBook, createAuditBook } from '../src/judge/audit-book.ts'
import { createValues } from '../src/load/values.ts'
import { outcomeCodes } from '../src/recording/frame.ts'

// node dist/bench/audit-simulation.js [--records 1e9] [--size 100]: audits that many records, which are generated as they are read and never
// stored, and prints the processor time of each part (others may use the machine meanwhile) and the memory at its end.

const { values: options } = parseArgs({
  options: { records: { type: 'string', default: '1e9' }, size: { type: 'string', default: '100' } },
})
const total = Number(options.records)
const sizeBytes = Number(options.size)
const partitions = 12
const batch = 100_000
const run = 7

const settled: SettledRecords = {
  sequences: new Float64Array(batch),
  partitions: new Uint16Array(batch),
  outcomes: new Uint8Array(batch).fill(outcomeCodes.acked),
}
const book = createAuditBook({ partitions })
print('enter what settled', time(enterAll) / total)
const pool = createValues(1000, {
  size: sizeBytes,
  compressibility: 0.5,
  stampIn: 'value',
  seed: 1,
  run,
  producer: 0,
  prefill: false,
  distinctBytes: 2 * 131_072,
})
// What generating them costs is measured on a part, and taken off.
const part = Math.min(total, 2e7)
const generateNs = time(() => readAll(part, () => {})) / part
print('generate records', generateNs)
const audit = createAudit(book, { run, producers: 1, exclusive: true, measure: [0, 1e18], partitions })
print(`audit records of ${sizeBytes} B`, time(() => readAll(total, audit.record)) / total - generateNs)
let counts = { audited: 0, lost: 0, corrupt: 0, duplicated: 0, reordered: 0 }
const finishNs = time(() => {
  counts = audit.finish(new Set())
})
print('sum up', finishNs / total)
const { audited, lost, corrupt, duplicated, reordered } = counts
process.stdout.write(`${JSON.stringify({ audited, lost, corrupt, duplicated, reordered })}\n`)

function enterAll(): void {
  for (let from = 0; from < total; from += batch) enter(book, from, Math.min(batch, total - from))
}

function enter(into: AuditBook, from: number, count: number): void {
  for (let at = 0; at < count; at++) {
    settled.sequences[at] = from + at
    settled.partitions[at] = (from + at) % partitions
  }
  into.settle(0, count === batch ? settled : sliced(count))
}

function sliced(count: number): SettledRecords {
  const { sequences, partitions, outcomes } = settled
  return {
    sequences: sequences.subarray(0, count),
    partitions: partitions.subarray(0, count),
    outcomes: outcomes.subarray(0, count),
  }
}

/** Partition by partition within stretches of a million records, about as a reader of several leaders gets them. */
function readAll(
  total: number,
  onRecord: (partition: number, offset: number, value: Buffer, header: null) => void,
): void {
  const stretch = 1_000_000
  for (let first = 0; first < total; first += stretch) {
    const end = Math.min(first + stretch, total)
    for (let partition = 0; partition < partitions; partition++) {
      const skip = (partition - (first % partitions) + partitions) % partitions
      for (let sequence = first + skip; sequence < end; sequence += partitions) {
        const pooled = pool[sequence % pool.length]!
        pooled.stamp(sequence, sequence * 1000)
        onRecord(partition, Math.floor(sequence / partitions), pooled.value, null)
      }
    }
  }
}

/** Of this process, ns. */
function time(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1000
}

function print(what: string, nsPerRecord: number): void {
  const rssMiB = Math.round(process.memoryUsage.rss() / 1_048_576)
  const bookMiB = Math.round(book.bytes() / 1_048_576)
  const each = nsPerRecord.toFixed(1).padStart(6)
  process.stdout.write(`${each} ns/record  ${what.padEnd(26)} RSS ${rssMiB} MiB, of it the book ${bookMiB} MiB\n`)
}
