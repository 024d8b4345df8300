import type { ClientTally, Sum } from '../contracts/api.ts'

interface WindowOf {
  sum: number
  cnt: number
}

/** The part of librdkafka's STATISTICS.md that is read. Windows hold what came since the last one, counters all since the start. */
interface Statistics {
  tx?: number
  tx_bytes?: number
  rx_bytes?: number
  brokers?: Record<string, { int_latency?: WindowOf; outbuf_latency?: WindowOf; rtt?: WindowOf }>
  topics?: Record<string, { batchcnt?: WindowOf }>
}

export interface StatisticsReader {
  /** Takes the JSON of one interval and reports what is new. */
  read(json: string): void
  /** Over all intervals so far; null = no batch yet. */
  recordsPerBatch(): number | null
}

/** The statistics of a handle, one object each interval. */
export function createStatistics(report: (tally: ClientTally) => void = () => {}): StatisticsReader {
  let before = { tx: 0, tx_bytes: 0, rx_bytes: 0 }
  const batches: Sum = { sum: 0, count: 0 }
  return {
    read(json) {
      const { tx = 0, tx_bytes = 0, rx_bytes = 0, brokers = {}, topics = {} } = JSON.parse(json) as Statistics
      const all = Object.values(brokers)
      const batch = total(Object.values(topics).map(({ batchcnt }) => batchcnt))
      batches.sum += batch?.sum ?? 0
      batches.count += batch?.count ?? 0
      const queueUs = total(all.map(({ int_latency }) => int_latency))
      const sendUs = total(all.map(({ outbuf_latency }) => outbuf_latency))
      const roundTripUs = total(all.map(({ rtt }) => rtt))
      report({
        ...(queueUs && { queueUs }),
        ...(sendUs && { sendUs }),
        ...(roundTripUs && { roundTripUs }),
        ...(batch && { batch }),
        requests: Math.max(0, tx - before.tx),
        sentBytes: Math.max(0, tx_bytes - before.tx_bytes),
        receivedBytes: Math.max(0, rx_bytes - before.rx_bytes),
      })
      before = { tx, tx_bytes, rx_bytes }
    },
    recordsPerBatch: () => (batches.count === 0 ? null : batches.sum / batches.count),
  }
}

/** null = none of them counted anything. */
function total(windows: readonly (WindowOf | undefined)[]): Sum | null {
  const all: Sum = { sum: 0, count: 0 }
  for (const each of windows) {
    all.sum += Math.max(0, each?.sum ?? 0)
    all.count += each?.cnt ?? 0
  }
  return all.count === 0 ? null : all
}
