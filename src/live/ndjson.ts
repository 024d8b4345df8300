import { quantileOf } from '../recording/merged-latencies.ts'
import type { RevisedRow, Tick } from '../runners/variant/progress.ts'

/**
 * A line of JSON a second: the numbers of the stored row, latencies in µs, null = unknown. A row is written when the next one is known, so that
 * records that were due at its end are acknowledged. Where others are acknowledged later still, a line with the same `variant` and `atS` and a
 * `revision` from 1 follows, with the latencies as they are then.
 */
export function createRowLines(write: (line: string) => void) {
  /** By variant: while the cluster warms up, several run together. */
  const held = new Map<string, Tick>()
  const revisions = new Map<string, number>()
  return {
    tick(tick: Tick): void {
      const before = held.get(tick.variant)
      if (before) write(JSON.stringify(rowOf(before)))
      held.set(tick.variant, tick)
    },
    revise({ tick }: RevisedRow): void {
      const { variant, client, phase, atS, latency, latencyUs } = tick
      const own = held.get(variant)
      if (own?.atS === atS) {
        // What was sampled at its end stays.
        held.set(variant, { ...own, latency, latencyUs })
        return
      }
      const key = `${variant}\n${atS}`
      const revision = (revisions.get(key) ?? 0) + 1
      revisions.set(key, revision)
      write(JSON.stringify({ variant, client, phase, atS, revision, ...latencyOf(tick) }))
    },
    /** Of variants that are over no other row follows. */
    flush(): void {
      for (const tick of held.values()) write(JSON.stringify(rowOf(tick)))
      held.clear()
    },
  }
}

function rowOf(tick: Tick): object {
  const { variant, client, phase, atS, due, events, lag, faults, brokerCpuPercent } = tick
  const perSec = (count: number | null) => (count === null ? null : Math.round((count * 10) / tick.lengthS) / 10)
  return {
    variant,
    client,
    phase,
    atS,
    revision: 0,
    offeredPerSec: perSec(due),
    sentPerSec: perSec(events.sent),
    ackedPerSec: perSec(events.acked),
    failedPerSec: perSec(events.failed),
    unknownPerSec: perSec(events.unknown),
    receivedPerSec: perSec(events.received),
    ...latencyOf(tick),
    lag,
    faults,
    brokerCpuPercent,
  }
}

function latencyOf({ latency, latencyUs }: Tick): object {
  const quantile = (q: number) => quantileOf(latencyUs, q, 0)
  return {
    latency,
    p50Us: quantile(0.5),
    p90Us: quantile(0.9),
    p99Us: quantile(0.99),
    p999Us: quantile(0.999),
    maxUs: latencyUs.total > 0 ? latencyUs.maxUs : null,
  }
}
