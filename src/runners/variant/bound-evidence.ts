import type { ProduceResult } from '../../contracts/result.ts'
import type { BoundEvidence } from '../../judge/bound.ts'
import { fullShare } from '../../judge/bound.ts'
import { brokerLoads, throttleMs } from '../../recording/broker-usage.ts'
import type { LatencyHistogram } from '../../recording/histogram.ts'
import { hostUsage } from '../../recording/host-usage.ts'
import { machineUsage } from '../../recording/machine-usage.ts'
import type { Session } from './session.ts'

/** A record counts as held back from this on, µs: less is a turn of the event loop. */
const heldUs = 1000

/** What the session saw of whatever may have bound it, over the measure phase. */
export function boundEvidence(session: Session, produce: ProduceResult, measureS: number): BoundEvidence {
  const { collector, crew, intervals, job, plans, usage } = session
  for (const [host, readings] of crew.usage().entries()) {
    for (const reading of readings) usage.add({ fact: 'usage', of: 'host', host, ...reading })
  }
  const measured = intervals.flatMap((interval, index) =>
    interval.phase === 'measure' ? [{ ...interval, index }] : [],
  )
  const span = {
    fromNs: session.startNs + (measured[0]?.startNs ?? 0),
    toNs: session.startNs + Math.min(measured.at(-1)?.endNs ?? 0, session.endNs - session.startNs),
  }
  const producers = plans.filter(({ role }) => role.kind === 'producer')
  const slots = producers.reduce((sum, { worker }) => {
    const bound = Number(crew.reports.get(worker)?.effectiveConfig['kbench.maxInFlight'])
    return sum + (Number.isFinite(bound) ? bound : Number.POSITIVE_INFINITY)
  }, 0)
  const { hosts } = hostUsage(usage, span)
  const busiest = hosts.reduce<number | null>(
    (most, { cpuPercent }) => (cpuPercent === null ? most : Math.max(most ?? 0, cpuPercent)),
    null,
  )
  return {
    paced: produce.offeredPerSec !== null,
    measureS,
    offeredPerSec: produce.offeredPerSec,
    sentPerSec: produce.sentPerSec,
    ackedPerSec: job.variant.profile.producers.acks === 0 ? null : produce.ackedPerSec,
    backpressureShare:
      produce.offeredPerSec === null ? null : heldShare(collector.phaseLatency('backpressure', ['measure'])),
    inFlightShare: fullShare(
      measured.flatMap(({ index }) => collector.inFlight(index) ?? []),
      slots,
    ),
    client: {
      loopShare: collector.utilisation(),
      hostCpuPercent: busiest,
      hostWorkers: Math.ceil(plans.length / Math.max(1, hosts.length)),
    },
    brokers: brokerLoads(usage, span),
    machine: machineUsage(usage, span),
    brokersHere: job.cluster.nodes.some(({ pid }) => pid !== undefined),
    throttleMs: throttleMs(usage, span, job.cluster.nodes.length),
  }
}

/** Share of the records that waited for at least {@link heldUs}; null = there are none. */
function heldShare({ hdr, overflow }: LatencyHistogram): number | null {
  const all = hdr.totalCount + overflow
  if (all === 0) return null
  let [below, above] = [0, 100]
  while (hdr.totalCount > 0 && above - below > 0.01) {
    const middle = (below + above) / 2
    if (hdr.getValueAtPercentile(middle) < heldUs) below = middle
    else above = middle
  }
  return 1 - (below / 100) * (hdr.totalCount / all)
}
