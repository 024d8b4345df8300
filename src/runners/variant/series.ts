import type { Variant } from '../../contracts/result.ts'
import { pacerFor } from '../../load/pacer.ts'
import { brokerColumns } from '../../recording/broker-usage.ts'
import type { LatencyHistogram } from '../../recording/histogram.ts'
import type { Session } from './session.ts'

export interface UsagePoint {
  atS: number
  cpuPercent: number | null
  rssBytes: number
}

type Column = (number | null)[]

/** One row per interval (a second, or what is left of a phase), from the start to the end of the variant. */
export function buildSeries(session: Session, usage: readonly UsagePoint[], cutNs: number): Variant['series'] {
  const { collector, intervals, job } = session
  const pacer = pacerFor(job.variant.profile.load.rate)
  const endNs = session.endNs - session.startNs
  const rows = intervals.flatMap((interval, index) => (interval.startNs < endNs ? [{ ...interval, index }] : []))
  const perRow = (read: (row: (typeof rows)[number]) => number | null): Column => rows.map(read)
  const rate = (count: number, row: { startNs: number; endNs: number }) =>
    Math.round((count * 1e10) / (Math.min(row.endNs, endNs) - row.startNs)) / 10
  const quantile = (name: Parameters<typeof collector.latency>[0], percentile: number): Column =>
    perRow(({ index }) => percentileOf(collector.latency(name, index), percentile))

  const columns: Record<string, Column> = {
    offeredPerSec: perRow((row) => {
      const due = pacer.dueBefore(Math.min(row.endNs, cutNs))
      if (due === null || job.workload.prefill) return null
      return rate(Math.max(0, due - pacer.dueBefore(Math.min(row.startNs, cutNs))!), row)
    }),
    sentPerSec: perRow((row) => rate(collector.events(row.index).sent, row)),
    ackedPerSec: perRow((row) => rate(collector.events(row.index).acked, row)),
    failedPerSec: perRow((row) => rate(collector.events(row.index).failed, row)),
    unknownPerSec: perRow((row) => rate(collector.events(row.index).unknown, row)),
    receivedPerSec: perRow((row) => rate(collector.events(row.index).received, row)),
    responseP50Us: quantile('response', 50),
    responseP99Us: quantile('response', 99),
    responseP999Us: quantile('response', 99.9),
    serviceP50Us: quantile('service', 50),
    serviceP99Us: quantile('service', 99),
    endToEndP50Us: quantile('endToEnd', 50),
    endToEndP99Us: quantile('endToEnd', 99),
    scheduleLagP99Us: quantile('scheduleLag', 99),
    eventLoopDelayP99Us: quantile('eventLoopDelay', 99),
    inFlight: perRow(({ index }) => collector.inFlight(index)),
    generatorCpuPercent: perRow((row) => nearest(usage, row.endNs / 1e9)?.cpuPercent ?? null),
    generatorRssBytes: perRow((row) => nearest(usage, row.endNs / 1e9)?.rssBytes ?? null),
  }
  const spans = rows.map((row) => ({ fromNs: session.startNs + row.startNs, toNs: session.startNs + row.endNs }))
  Object.assign(columns, brokerColumns(session.usage, spans))
  if (session.groups.length === 0)
    for (const name of ['receivedPerSec', 'endToEndP50Us', 'endToEndP99Us']) delete columns[name]
  return { tickS: rows.map((row) => row.startNs / 1e9), columns }
}

function percentileOf(histogram: LatencyHistogram | null, percentile: number): number | null {
  if (!histogram || histogram.hdr.totalCount === 0) return null
  return Math.min(histogram.hdr.getValueAtPercentile(percentile), histogram.maxUs)
}

/** The point next to `atS`, at most a second away. */
function nearest<P extends { atS: number }>(points: readonly P[], atS: number): P | null {
  let best: P | null = null
  for (const point of points) {
    if (Math.abs(point.atS - atS) <= 1 && (!best || Math.abs(point.atS - atS) < Math.abs(best.atS - atS))) best = point
  }
  return best
}
