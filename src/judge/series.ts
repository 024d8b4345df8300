import type { LatencyName } from '../contracts/api.ts'
import type { Variant } from '../contracts/result.ts'
import type { Row } from '../load/axis.ts'
import { brokerColumns } from '../recording/broker-usage.ts'
import type { SparseCounts } from '../recording/counts.ts'
import { hostColumns } from '../recording/host-usage.ts'
import { quantileOf } from '../recording/merged-latencies.ts'
import { endToEndCounts } from './flow.ts'
import { clientThrottle } from './throttle.ts'
import { dueIn, spanOf, type View } from './view.ts'

type Column = (number | null)[]

/**
 * One row per second (a phase may begin or end with less), from the start to the last one that is known in full. A row
 * that covers a fraction of its time would show rates that never were.
 */
export function seriesOf(view: View): Variant['series'] {
  const { sums, plan, startNs } = view
  const rows = view.axis.rows.slice(0, view.known.to).filter(({ toNs }) => toNs <= view.endNs)
  const perRow = (read: (row: Row) => number | null): Column => rows.map(read)
  const rate = (count: number | null, { fromNs, toNs }: Row) =>
    count === null ? null : Math.round((count * 1e10) / (toNs - fromNs)) / 10
  const events = rows.map(({ row }) => sums.rows.events(row))
  const rates = (key: 'sent' | 'acked' | 'failed' | 'unknown' | 'received'): Column =>
    rows.map((row, at) => rate(events[at]![key], row))
  // A row's counts are merged once for all of its quantiles.
  const merged = new Map<LatencyName, SparseCounts[]>()
  const mergedRows = (name: LatencyName): SparseCounts[] => {
    const known = merged.get(name)
    if (known) return known
    const made = rows.map(({ row }) =>
      name === 'endToEnd'
        ? endToEndCounts(view, spanOf(view.axis, row, row + 1))
        : sums.rows.latency(name, row, row + 1),
    )
    merged.set(name, made)
    return made
  }
  const quantile = (name: LatencyName, q: number): Column => mergedRows(name).map((counts) => quantileOf(counts, q, 0))
  const spans = rows.map(({ fromNs, toNs }) => ({ fromNs: startNs + fromNs, toNs: startNs + toNs }))
  const columns: Record<string, Column> = {
    offeredPerSec: perRow((row) => rate(dueIn(view, row.fromNs, row.toNs), row)),
    sentPerSec: rates('sent'),
    ackedPerSec: rates('acked'),
    failedPerSec: rates('failed'),
    unknownPerSec: rates('unknown'),
    receivedPerSec: rates('received'),
    responseP50Us: quantile('response', 0.5),
    responseP99Us: quantile('response', 0.99),
    responseP999Us: quantile('response', 0.999),
    serviceP50Us: quantile('service', 0.5),
    serviceP99Us: quantile('service', 0.99),
    endToEndP50Us: quantile('endToEnd', 0.5),
    endToEndP99Us: quantile('endToEnd', 0.99),
    scheduleLagP99Us: quantile('scheduleLag', 0.99),
    eventLoopDelayP99Us: quantile('eventLoopDelay', 0.99),
    inFlight: perRow(({ row }) => sums.rows.inFlight(row)),
    ...throttleColumns(view, rows),
    ...hostColumns(sums.usage, spans),
    ...brokerColumns(sums.usage, spans),
  }
  if (plan.groups.length === 0)
    for (const name of ['receivedPerSec', 'endToEndP50Us', 'endToEndP99Us']) delete columns[name]
  return { tickS: rows.map(({ fromNs }) => fromNs / 1e9), columns }
}

/** Longest throttle time in the responses of each second; none where the client does not show it. */
function throttleColumns(view: View, rows: readonly Row[]): Record<string, Column> {
  const column = (kind: 'producer' | 'consumer') =>
    rows.map(({ row }) => clientThrottle(view, kind, spanOf(view.axis, row, row + 1)).maxMs)
  const all = { throttleMs: column('producer'), fetchThrottleMs: column('consumer') }
  return Object.fromEntries(Object.entries(all).filter(([, values]) => values.some((value) => value !== null)))
}
