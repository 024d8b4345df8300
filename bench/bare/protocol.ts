import type { ProducerSettings } from '../../src/contracts/api.ts'

export type BareClient = 'kafkajs' | 'librdkafka' | 'node-rdkafka'

/** What a bare loop is to do: the least a program has to do to load a topic and time every acknowledgement. */
export interface BareJob {
  client: BareClient
  bootstrap: string[]
  topic: string
  partitions: number
  sizeBytes: number
  settings: ProducerSettings
  /** CLOCK_MONOTONIC, ns: seconds are counted from here. */
  startNs: number
  runMs: number
}

/** Acknowledged records by second from the start, all of them each time. */
export type BareReport = number[]

/** ns of CLOCK_MONOTONIC, as kbench's clock has them. */
export function nowNs(): number {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1e9 + nanos
}

/** Counts acknowledgements by second, as kbench's recorder does, and tells of them once a second. */
export function createTally(startNs: number) {
  const acked: BareReport = []
  const report = () => process.send?.(acked)
  const timer = setInterval(report, 1000)
  return {
    add(atNs: number, records: number) {
      const second = Math.max(0, Math.floor((atNs - startNs) / 1e9))
      acked[second] = (acked[second] ?? 0) + records
    },
    close() {
      clearInterval(timer)
      report()
    },
  }
}
