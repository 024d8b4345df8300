import type { UsagePoint } from './series.ts'
import { type Session, secondsOf } from './session.ts'

/** CPU and memory of all load hosts together, once a second. */
export function usagePoints(session: Pick<Session, 'crew' | 'startNs'>): UsagePoint[] {
  const bySecond = new Map<number, UsagePoint>()
  for (const host of session.crew.usage()) {
    for (const [index, current] of host.entries()) {
      const atS = Math.round(secondsOf(session, current.atNs))
      const before = host[index - 1]
      const cpuPercent = before ? ((current.cpuMs - before.cpuMs) / ((current.atNs - before.atNs) / 1e6)) * 100 : null
      const sum = bySecond.get(atS) ?? { atS, cpuPercent: null, rssBytes: 0 }
      if (cpuPercent !== null) sum.cpuPercent = (sum.cpuPercent ?? 0) + cpuPercent
      sum.rssBytes += current.rssBytes
      bySecond.set(atS, sum)
    }
  }
  return [...bySecond.values()].sort((a, b) => a.atS - b.atS)
}
