import type { Bound } from '../contracts/findings.ts'
import type { ProduceResult } from '../contracts/result.ts'
import { brokersAreHere, busiestHandlers } from '../recording/broker-metrics.ts'
import { brokerLoads } from '../recording/broker-usage.ts'
import { valueAt } from '../recording/histogram.ts'
import { hostUsage } from '../recording/host-usage.ts'
import { machineUsage } from '../recording/machine-usage.ts'
import { fullShare, judgeBound } from './bound.ts'
import { busiestLoop } from './generator.ts'
import { throttledMs } from './throttle.ts'
import type { View } from './view.ts'

/** A record counts as held back from this on, µs: less is a turn of the event loop. */
const heldUs = 1000

/** What bound a variant while it was measured, from what the samplers and the workers reported. */
export function boundOf(view: View, produce: ProduceResult): Bound {
  const { sums, plan, schedule, startNs } = view
  const measure = view.measure!
  const span = { fromNs: startNs + measure.fromNs, toNs: startNs + measure.toNs }
  const brokers = brokerLoads(sums.usage, span)
  const { hosts } = hostUsage(sums.usage, span)
  const busiest = hosts.reduce<number | null>(
    (most, { cpuPercent }) => (cpuPercent === null ? most : Math.max(most ?? 0, cpuPercent)),
    null,
  )
  const isPaced = schedule.paced && !plan.fill
  return judgeBound({
    paced: isPaced,
    measureS: measure.lengthS,
    offeredPerSec: produce.offeredPerSec,
    sentPerSec: produce.sentPerSec,
    ackedPerSec: plan.acks === 0 ? null : produce.ackedPerSec,
    backpressureShare: isPaced ? heldShare(view) : null,
    inFlightShare: inFlightShare(view),
    client: {
      loopShare: busiestLoop(view, plan.fill ? 'consumer' : 'producer'),
      hostCpuPercent: busiest,
      hostWorkers: Math.ceil(sums.workers.size / Math.max(1, hosts.length)),
    },
    brokers,
    machine: machineUsage(sums.usage, span),
    handlers: busiestHandlers(sums.usage, span),
    brokersHere: brokersAreHere(sums.usage),
    throttleMs: throttledMs(view, brokers?.length ?? 0),
  })
}

/** Share of the records that the in-flight bound held back for at least {@link heldUs}; null = there are none. */
function heldShare({ sums, measure }: View): number | null {
  const { pairs, total, overflow } = sums.rows.latency('backpressure', measure!.from, measure!.to)
  if (total + overflow === 0) return null
  let held = overflow
  for (let at = 0; at < pairs.length; at += 2) if (valueAt(pairs[at]!) >= heldUs) held += pairs[at + 1]!
  return held / (total + overflow)
}

/** Of the seconds of measure, those that ended with nearly as many records in flight as the producers may have. */
function inFlightShare({ sums, measure }: View): number | null {
  const limits = [...sums.workers.values()].flatMap(({ spec, report }) =>
    spec.role.kind === 'producer'
      ? [
          Number(
            report?.effectiveConfig['kbench.maxInFlight'] ?? spec.producer?.maxInFlight ?? Number.POSITIVE_INFINITY,
          ),
        ]
      : [],
  )
  const counts: number[] = []
  for (let row = measure!.from; row < measure!.to; row++) {
    const inFlight = sums.rows.inFlight(row)
    if (inFlight !== null) counts.push(inFlight)
  }
  const most = limits.reduce((sum, limit) => sum + limit, 0)
  return limits.length === 0 ? null : fullShare(counts, most)
}
