/** What a line of Kafka's ProducerPerformance says: every 5 s about the time since the line before, and at the end about all of it. */
export interface ProducerLine {
  records: number
  recordsPerSec: number
  mbPerSec: number
  avgMs: number
  maxMs: number
  /** Only in the last line. */
  percentiles: { p50Ms: number; p95Ms: number; p99Ms: number; p999Ms: number } | null
}

const number = String.raw`([\d.,]+)`
const producerLine = new RegExp(
  `^${number} records sent, ${number} records/sec \\(${number} MB/sec\\), ${number} ms avg latency, ${number} ms max latency` +
    `(?:, ${number} ms 50th, ${number} ms 95th, ${number} ms 99th, ${number} ms 99\\.9th)?`,
)

/** Null for any other line. Source: org.apache.kafka.tools.ProducerPerformance.Stats. */
export function parseProducerLine(line: string): ProducerLine | null {
  const match = producerLine.exec(line.trim())
  if (!match) return null
  const [records, recordsPerSec, mbPerSec, avgMs, maxMs, p50Ms, p95Ms, p99Ms, p999Ms] = match
    .slice(1)
    .map((text) => (text === undefined ? Number.NaN : readNumber(text))) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return {
    ...{ records, recordsPerSec, mbPerSec, avgMs, maxMs },
    percentiles: Number.isNaN(p50Ms) ? null : { p50Ms, p95Ms, p99Ms, p999Ms },
  }
}

/** The one line of Kafka's ConsumerPerformance; rates count from its first record's poll where the name says fetch. */
export interface ConsumerLine {
  records: number
  recordsPerSec: number
  mb: number
  mbPerSec: number
  rebalanceMs: number
  fetchMs: number
  fetchRecordsPerSec: number
}

/**
 * The line after its header; null for any other. Columns: start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg,
 * nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec. Source: org.apache.kafka.tools.ConsumerPerformance.
 */
export function parseConsumerLine(line: string): ConsumerLine | null {
  const cells = line.split(', ').map((cell) => cell.trim())
  if (cells.length !== 10 || !/^\d{4}-\d\d-\d\d \d\d:/.test(cells[0]!)) return null
  const [mb, mbPerSec, records, recordsPerSec, rebalanceMs, fetchMs, , fetchRecordsPerSec] = cells.slice(2).map(Number)
  if (![mb, mbPerSec, records, recordsPerSec, rebalanceMs, fetchMs].every((value) => Number.isFinite(value)))
    return null
  return {
    ...{ records: records!, recordsPerSec: recordsPerSec!, mb: mb!, mbPerSec: mbPerSec!, rebalanceMs: rebalanceMs! },
    fetchMs: fetchMs!,
    fetchRecordsPerSec: fetchRecordsPerSec!,
  }
}

/** Java writes numbers in the manner of its locale; the tools are started with English. */
function readNumber(text: string): number {
  return Number(text.replaceAll(',', ''))
}
