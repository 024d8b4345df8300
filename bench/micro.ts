import { Bench } from 'tinybench'
import { nowNs } from '../src/base/clock.ts'
import { createAudit } from '../src/judge/audit.ts'
import { type AuditBook, createAuditBook } from '../src/judge/audit-book.ts'
import { planAxis } from '../src/load/axis.ts'
import { createPartitioner } from '../src/load/partition.ts'
import { createSlots } from '../src/load/slots.ts'
import { createValues } from '../src/load/values.ts'
import { outcomeCodes } from '../src/recording/frame.ts'
import { createRecorder } from '../src/recording/recorder.ts'

/** Records per benchmark iteration: tinybench times whole iterations. */
const batch = 10_000
/** About what one answer to the audit's fetch holds of a partition. */
const fetchBytes = 1_048_576

export interface MicroResult {
  name: string
  /** Median ns per record. */
  nsPerRecord: number
  /** The project's bound; null = none. */
  limitNs: number | null
}

/** The hot paths of kbench itself, without any client. */
export async function runMicro(): Promise<MicroResult[]> {
  const bench = new Bench({ time: 1500, warmupTime: 500 })
  const notes = new Map<string, { limitNs: number | null; records: number }>()
  const add: Add = (name, limitNs, records, run, hooks) => {
    notes.set(name, { limitNs, records })
    bench.add(name, run, hooks)
  }
  addRecorder(add)
  addAudit(add)
  addHandOver(add)
  await bench.run()
  return bench.tasks.map((task) => {
    const { result } = task
    if (result.state !== 'completed')
      throw new Error(`${task.name}: ${result.state === 'errored' ? result.error.message : result.state}`)
    const { limitNs, records } = notes.get(task.name)!
    return { name: task.name, nsPerRecord: (result.latency.p50 * 1e6) / records, limitNs }
  })
}

type Add = (
  name: string,
  limitNs: number | null,
  records: number,
  run: () => void,
  hooks?: { beforeEach(): void },
) => void

/** All that is recorded for one acknowledged record of a scheduled load: hand-over and acknowledgement. */
function addRecorder(add: Add): void {
  const { edges } = planAxis({ warmupMs: 0, measureMs: 3_600_000, drainMs: 0 }, Number.POSITIVE_INFINITY)
  const recorder = createRecorder(edges, 0)
  let atNs = 0
  let sequence = 0
  add('recorder: one record, four latencies, counters, ledger entry', 100, batch, () => {
    for (let record = 0; record < batch; record++) {
      atNs += 10_000
      recorder.latency('backpressure', atNs, 0)
      recorder.latency('scheduleLag', atNs, 400_000 + (record & 1023) * 1000)
      const events = recorder.at(atNs)
      events.sent++
      events.acked++
      events.ackedBytes += 1024
      recorder.latency('response', atNs - 5e6, 5e6 + (record & 4095) * 1000)
      recorder.latency('service', atNs - 5e6, 4e6 + (record & 4095) * 1000)
      recorder.settled(sequence++ & 0xffff, record % 12, outcomeCodes.acked)
    }
    recorder.take()
    if (atNs > 3.5e12) atNs = 0
  })
}

/**
 * One fetch's worth of records after the other, each just written, as when it has come from the network; as many distinct bodies
 * as a run has.
 */
function addAudit(add: Add): void {
  for (const sizeBytes of [100, 1024]) {
    const records = Math.floor(fetchBytes / sizeBytes)
    const values = createValues(records, {
      size: sizeBytes,
      compressibility: 0.5,
      stampIn: 'value',
      seed: 1,
      run: 7,
      producer: 0,
      prefill: false,
      distinctBytes: 2 * 131_072,
    })
    const length = records * 2000
    const begin = () => {
      const book = createAuditBook({ partitions: 12 })
      settleAll(book, length)
      return createAudit(book, { run: 7, producers: 1, exclusive: true, measure: [0, 1e15], partitions: 1 })
    }
    let audit = begin()
    let sequence = 0
    const fetch = Buffer.alloc(records * sizeBytes)
    const log = values.map((_, index) => fetch.subarray(index * sizeBytes, (index + 1) * sizeBytes))
    let written = false
    const beforeEach = () => {
      if (written) return
      written = true
      if (sequence === length) {
        const { lost, duplicated, corrupt, audited } = audit.finish(new Set())
        if (lost + duplicated + corrupt > 0 || audited !== length) throw new Error('the clean log is not clean')
        audit = begin()
        sequence = 0
      }
      for (const [index, pooled] of values.entries()) {
        pooled.stamp(sequence, sequence * 1000)
        pooled.value.copy(log[index]!)
        sequence++
      }
    }
    const run = () => {
      // tinybench also calls it without the hook, to see whether it returns a promise.
      if (!written) beforeEach()
      written = false
      for (let index = 0; index < records; index++) audit.record(0, index, log[index]!, null)
    }
    add(`audit: one record of ${sizeBytes} B`, sizeBytes < 1024 ? 100 : 150, records, run, { beforeEach })
  }
}

function settleAll(book: AuditBook, length: number): void {
  for (let from = 0; from < length; from += batch) {
    const count = Math.min(batch, length - from)
    book.settle(0, {
      sequences: Float64Array.from({ length: count }, (_, at) => from + at),
      partitions: new Uint16Array(count),
      outcomes: new Uint8Array(count).fill(outcomeCodes.acked),
    })
  }
}

/** What the pump does per record before the client gets it, at rate max. */
function addHandOver(add: Add): void {
  const values = createValues(1000, {
    size: 1024,
    compressibility: 0.5,
    stampIn: 'value',
    seed: 1,
    run: 7,
    producer: 0,
    prefill: false,
    distinctBytes: 2 * 131_072,
  })
  const slots = createSlots('topic', values.length, values)
  const choose = createPartitioner('murmur2', 12, {
    seed: 1,
    producer: 0,
    batch: { lingerMs: 5, maxBytes: 131_072, maxRecords: 10_000 },
  })
  let sequence = 0
  add('hand-over: slot, partition, stamp', null, batch, () => {
    for (let record = 0; record < batch; record++) {
      const slot = slots.acquire()
      slots.sequences[slot.slot] = sequence++
      slot.partition = choose(null, sequence * 10_000, 1024)
      slots.valueOf(slot).stamp(sequence, sequence * 10_000)
      slots.release(slot)
    }
  })
  add('clock: process.hrtime', null, batch, () => {
    for (let read = 0; read < batch; read++) nowNs()
  })
}
