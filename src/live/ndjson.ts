import { quantileOf } from '../recording/merged-latencies.ts'
import type { Tick } from '../runners/variant/progress.ts'

/** One second as a line of JSON: the numbers of the stored row, latencies in µs, null = unknown. */
export function lineOf(tick: Tick): string {
  const { variant, client, phase, atS, due, events, latency, latencyUs, lag, faults, brokerCpuPercent } = tick
  const perSec = (count: number | null) => (count === null ? null : Math.round((count * 10) / tick.lengthS) / 10)
  const quantile = (q: number) => quantileOf(latencyUs, q, 0)
  return JSON.stringify({
    variant,
    client,
    phase,
    atS,
    offeredPerSec: perSec(due),
    sentPerSec: perSec(events.sent),
    ackedPerSec: perSec(events.acked),
    failedPerSec: perSec(events.failed),
    unknownPerSec: perSec(events.unknown),
    receivedPerSec: perSec(events.received),
    latency,
    p50Us: quantile(0.5),
    p90Us: quantile(0.9),
    p99Us: quantile(0.99),
    p999Us: quantile(0.999),
    maxUs: latencyUs.total > 0 ? latencyUs.maxUs : null,
    lag,
    faults,
    brokerCpuPercent,
  })
}
