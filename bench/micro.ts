import { Bench } from 'tinybench'
import { nowNs } from '../src/core/clock.ts'
import { edgesOf, planIntervals } from '../src/core/intervals.ts'
import { createPartitioner } from '../src/core/partition.ts'
import { createSlots } from '../src/core/slots.ts'
import { createValues } from '../src/core/values.ts'
import { createAudit } from '../src/metrics/audit.ts'
import { outcomeCodes } from '../src/metrics/frame.ts'
import { createRecorder } from '../src/metrics/recorder.ts'

/** Records per benchmark iteration: tinybench times whole iterations. */
const batch = 10_000
const auditRecords = 100_000

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
  const add: Add = (name, limitNs, records, run) => {
    notes.set(name, { limitNs, records })
    bench.add(name, run)
  }
  addRecorder(add)
  addAudit(add)
  addHandOver(add)
  await bench.run()
  return bench.tasks.map((task) => {
    const { result } = task
    if (result.state !== 'completed') throw new Error(`${task.name}: ${result.state}`)
    const { limitNs, records } = notes.get(task.name)!
    return { name: task.name, nsPerRecord: (result.latency.p50 * 1e6) / records, limitNs }
  })
}

type Add = (name: string, limitNs: number | null, records: number, run: () => void) => void

/** All that is recorded for one acknowledged record of a scheduled load: hand-over and acknowledgement. */
function addRecorder(add: Add): void {
  const edges = edgesOf(planIntervals({ warmupMs: 0, measureMs: 3_600_000, drainMs: 0 }))
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

/** A whole audit of a clean log with as many distinct bodies as a run has; the log is larger than any cache. */
function addAudit(add: Add): void {
  for (const sizeBytes of [100, 1024]) {
    const values = createValues(10_000, {
      size: sizeBytes,
      compressibility: 0.5,
      stampIn: 'value',
      seed: 1,
      run: 7,
      producer: 0,
      prefill: false,
      distinctBytes: 2 * 131_072,
    })
    const log = Array.from({ length: auditRecords }, (_, sequence) => {
      const pooled = values[sequence % values.length]!
      pooled.stamp?.(sequence, sequence * 1000)
      return Buffer.from(pooled.value)
    })
    const outcomes = new Uint8Array(auditRecords).fill(outcomeCodes.acked)
    const ledgers = [{ producer: 0, length: auditRecords, outcomes, partitions: new Uint16Array(auditRecords) }]
    const options = { run: 7, exclusive: true, measure: [0, 1e12] as const, partitions: 1, ledgers }
    add(`audit: one record of ${sizeBytes} B`, 100, auditRecords, () => {
      const audit = createAudit(options)
      for (let offset = 0; offset < auditRecords; offset++) audit.record(0, offset, log[offset]!, null)
      const { lost, duplicated, corrupt, audited } = audit.finish(new Set())
      if (lost + duplicated + corrupt > 0 || audited !== auditRecords) throw new Error('the clean log is not clean')
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
      slots.valueOf(slot).stamp?.(sequence, sequence * 10_000)
      slots.release(slot)
    }
  })
  add('clock: process.hrtime', null, batch, () => {
    for (let read = 0; read < batch; read++) nowNs()
  })
}
