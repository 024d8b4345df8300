import type { LatencyName } from '../contracts/api.ts'
import type { ConsumeResult, ProduceResult } from '../contracts/result.ts'
import { type Counts, createCounts, mergeSparse, recordNs, type SparseCounts, takeSparse } from '../recording/counts.ts'
import { addSparse, createHistogram, type LatencyHistogram, toLatency, withoutLatency } from '../recording/histogram.ts'
import { clientParts } from './client-parts.ts'
import { clientThrottle } from './throttle.ts'
import { dueIn, type RowSpan, type View } from './view.ts'

const empty: RowSpan = { from: 0, to: 0, fromNs: 0, toNs: 0, lengthS: 0 }

export function histogramOf(counts: SparseCounts): LatencyHistogram {
  const histogram = createHistogram()
  addSparse(histogram, counts)
  return histogram
}

/** Latencies of the records that were due in these rows, merged over workers and seconds. */
export const latencyIn = ({ sums }: View, name: LatencyName, { from, to }: RowSpan): LatencyHistogram =>
  histogramOf(sums.rows.latency(name, from, to))

export function produceOf(view: View): ProduceResult {
  const { sums, plan, known } = view
  const measure = view.measure ?? empty
  const events = sums.rows.eventsOver(measure.from, measure.to)
  const perSec = (count: number) => (measure.lengthS > 0 ? count / measure.lengthS : 0)
  const due = dueIn(view, measure.fromNs, measure.toNs)
  // Of a partition that was not there before the load began no acknowledgement is expected.
  const expected = (records: number) => Math.max(0, records - (events.toOffline ?? 0))
  const response = latencyIn(view, 'response', measure)
  const service = latencyIn(view, 'service', measure)
  const batches = [...sums.workers.values()].flatMap(({ spec, report }) =>
    spec.role.kind === 'producer' && report ? (report.recordsPerBatch ?? []) : [],
  )
  return {
    offeredPerSec: due === null ? null : perSec(due),
    sentPerSec: perSec(events.sent),
    ackedPerSec: perSec(events.acked),
    ackedBytesPerSec: perSec(events.ackedBytes),
    recordsPerBatch: batches.length === 0 ? null : batches.reduce((sum, value) => sum + value, 0) / batches.length,
    responseUs: due === null || plan.acks === 0 ? null : toLatency(response, withoutLatency(response, expected(due))),
    serviceUs: plan.acks === 0 ? null : toLatency(service, withoutLatency(service, expected(due ?? events.sent))),
    errors: addErrors(sums.rows.errors(known.from, known.to), sums.filled?.errors ?? {}),
    throttle: clientThrottle(view, 'producer', measure),
    client: clientParts(view, 'producer', measure),
  }
}

function addErrors(into: Record<string, number>, from: Record<string, number>): Record<string, number> {
  for (const [code, count] of Object.entries(from)) into[code] = (into[code] ?? 0) + count
  return into
}

/** The time in which records of a filled topic were received: from the first to the last, as far as it is in measure. */
export function readingSpan({
  sums,
  startNs,
  measure,
}: View): { fromNs: number; toNs: number; seconds: number } | null {
  if (!sums.receivedNs || !measure) return null
  const fromNs = Math.max(measure.fromNs, sums.receivedNs.first - startNs)
  const toNs = Math.min(measure.toNs, sums.receivedNs.last - startNs)
  return toNs > fromNs ? { fromNs, toNs, seconds: (toNs - fromNs) / 1e9 } : null
}

export function consumeOf(view: View): ConsumeResult | null {
  const { sums, plan } = view
  if (plan.groups.length === 0) return null
  const measure = view.measure ?? empty
  const { received, receivedBytes } = sums.rows.eventsOver(measure.from, measure.to)
  const seconds = plan.fill ? (readingSpan(view)?.seconds ?? 0) : measure.lengthS
  const perSec = (count: number) => (seconds > 0 ? count / seconds : 0)
  return {
    receivedPerSec: perSec(received),
    receivedBytesPerSec: perSec(receivedBytes),
    endToEndUs: plan.fill ? null : endToEndOf(view, measure),
    throttle: clientThrottle(view, 'consumer', measure),
    client: clientParts(view, 'consumer', measure),
    ...(plan.fill?.byTimestamp && { byTimestampUs: byTimestamp(view, measure) }),
  }
}

/** Of records that others wrote, by the timestamps in them: another clock than the one that times their receipt. */
function byTimestamp(view: View, measure: RowSpan) {
  const ages = latencyIn(view, 'endToEnd', measure)
  return { ...toLatency(ages, 0), clock: 'other' as const }
}

function endToEndOf(view: View, measure: RowSpan) {
  const histogram = histogramOf(endToEndCounts(view, measure))
  return toLatency(histogram, notReceived(view, measure, histogram))
}

/** Of each record that was due in these rows the first time that a group was handed it. */
export function endToEndCounts({ sums, axis, startNs }: View, { from, to }: RowSpan): SparseCounts {
  // Only where it is needed: most rows have none, and there is one of these for each row.
  let counts: Counts | null = null
  for (const group of sums.groups.values()) {
    for (const { dueNs, atNs } of group.firstHanded()) {
      const row = axis.rowOf(dueNs - startNs)
      if (row < from || row >= to) continue
      counts ??= createCounts()
      recordNs(counts, atNs - dueNs)
    }
  }
  const single = counts && takeSparse(counts)
  const counted = sums.rows.latency('endToEnd', from, to)
  return single === null ? counted : mergeSparse([counted, single])
}

/** Acknowledged records that a group was not handed: record by record from the audit, else the difference of the counts. */
function notReceived({ sums, plan }: View, { from, to }: RowSpan, histogram: LatencyHistogram): number {
  const groups = Object.values(sums.audited?.groups ?? {})
  if (groups.length > 0) return groups.reduce((sum, group) => sum + group.notReceived, 0)
  return withoutLatency(histogram, sums.rows.latency('service', from, to).total * plan.groups.length)
}
