import { levelAt, meanRate, positionAt, type Span, type Track } from './track.ts'
import { byId, type Columns, percent, type Usage } from './usage.ts'

/** Of the load hosts; percent of one core. */
export interface HostUsage {
  /** All of them together. */
  cpuPercent: number | null
  /** Largest sum. */
  rssBytes: number | null
  /** Each of them while it was there. */
  hosts: { host: number; cpuPercent: number | null }[]
}

/** Of all load hosts over a span; a host that joined or ended in it counts for the time in which it reported. Null = not known. */
export function hostUsage(usage: Usage, span: Span): HostUsage {
  const hosts = hostCpus(usage, span)
  const moments = new Set([...usage.hosts.values()].flatMap(({ rssBytes }) => momentsIn(rssBytes, span)))
  const sums = [...moments].flatMap((ns) => totalRss(usage, ns) ?? [])
  return {
    cpuPercent: totalCpu(hosts),
    rssBytes: sums.reduce<number | null>((most, sum) => Math.max(most ?? 0, sum), null),
    hosts: hosts.map(({ host, cpuPercent }) => ({ host, cpuPercent })),
  }
}

/** A value per row: `generatorCpuPercent`, the mean of the row, and `generatorRssBytes` at its end, of all load hosts together. */
export function hostColumns(usage: Usage, rows: readonly Span[]): Columns {
  return {
    generatorCpuPercent: rows.map((row) => totalCpu(hostCpus(usage, row))),
    generatorRssBytes: rows.map(({ toNs }) => totalRss(usage, toNs)),
  }
}

interface HostCpu {
  host: number
  cpuPercent: number | null
  /** Of the span in which it was there. */
  share: number
}

function hostCpus(usage: Usage, span: Span): HostCpu[] {
  return byId(usage.hosts).flatMap(([host, { cpuMs }]) => {
    const there = present(cpuMs, span, usage.gapNs)
    if (there === null) return []
    const share = (there.toNs - there.fromNs) / (span.toNs - span.fromNs)
    return [{ host, cpuPercent: percent(meanRate(cpuMs, there, usage.gapNs)), share }]
  })
}

function totalCpu(hosts: readonly HostCpu[]): number | null {
  let sum: number | null = null
  for (const { cpuPercent, share } of hosts) {
    // One host of which nothing is known makes the sum unknown.
    if (cpuPercent === null) return null
    sum = (sum ?? 0) + cpuPercent * share
  }
  return sum
}

/**
 * The part of a span in which a host was there. A host reports once a second, so its last reading is up to a period old
 * while it is still there. Up to half a gap beyond its readings counts, at its mean rate.
 */
function present({ atNs }: Track, { fromNs, toNs }: Span, gapNs: number): Span | null {
  const [first, last] = [atNs[0], atNs.at(-1)]
  if (first === undefined || last === undefined) return null
  const from = first - fromNs <= gapNs / 2 ? fromNs : first
  const to = toNs - last <= gapNs / 2 ? toNs : last
  return from < to ? { fromNs: from, toNs: to } : null
}

function momentsIn(track: Track, { fromNs, toNs }: Span): number[] {
  return track.atNs
    .slice(Math.max(0, positionAt(track, fromNs)), positionAt(track, toNs) + 1)
    .filter((ns) => ns >= fromNs)
}

function totalRss(usage: Usage, ns: number): number | null {
  const levels = [...usage.hosts.values()].flatMap(({ rssBytes }) => levelAt(rssBytes, ns, usage.gapNs) ?? [])
  return levels.length === 0 ? null : levels.reduce((sum, bytes) => sum + bytes, 0)
}
