import type { Bound } from '../contracts/findings.ts'
import type { ConsumeResult, Generator, ProduceResult } from '../contracts/result.ts'
import { brokerLoads, throttleMs } from '../recording/broker-usage.ts'
import { machineUsage } from '../recording/machine-usage.ts'
import { fullShare, judgeBound } from './bound.ts'
import { producersUtilisation } from './generator.ts'
import type { View } from './view.ts'

/** What bound a variant while it was measured, from what the samplers and the workers reported. */
export function boundOf(
  view: View,
  { produce, generator }: { produce: ProduceResult; consume: ConsumeResult | null; generator: Generator },
): Bound {
  const { sums, plan, schedule, startNs } = view
  const measure = view.measure!
  const span = { fromNs: startNs + measure.fromNs, toNs: startNs + measure.toNs }
  const brokers = brokerLoads(sums.usage, span)
  return judgeBound({
    paced: schedule.paced && !plan.fill,
    measureS: measure.lengthS,
    offeredPerSec: produce.offeredPerSec,
    sentPerSec: produce.sentPerSec,
    ackedPerSec: plan.acks === 0 ? null : produce.ackedPerSec,
    backpressureShare: backpressureShare(view),
    inFlightShare: inFlightShare(view),
    client: {
      loopShare: plan.fill ? consumersUtilisation(view) : producersUtilisation(view),
      hostCpuPercent: generator.cpuPercent,
      hostWorkers: sums.workers.size,
    },
    brokers,
    machine: machineUsage(sums.usage, span),
    brokersHere: brokers !== null,
    throttleMs: throttleMs(sums.usage, span, brokers?.length ?? 0),
  })
}

function consumersUtilisation({ sums, measure }: View): number | null {
  const shares = [...sums.rows.utilisation(measure!.from, measure!.to)].flatMap(([worker, share]) =>
    sums.workers.get(worker)?.spec.role.kind === 'consumer' ? [share] : [],
  )
  return shares.length === 0 ? null : Math.max(...shares)
}

/** Of the records' waiting for their hand-over and acknowledgement, the part in which the in-flight bound held them back. */
function backpressureShare({ sums, measure, schedule }: View): number | null {
  if (!schedule.paced) return null
  const waited = sums.rows.latency('response', measure!.from, measure!.to)
  const held = sums.rows.latency('backpressure', measure!.from, measure!.to)
  return waited.sumUs === 0 ? null : Math.min(1, held.sumUs / waited.sumUs)
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
  const most = limits.reduce((sum, limit) => sum + limit, 0)
  const counts: number[] = []
  for (let row = measure!.from; row < measure!.to; row++) {
    const inFlight = sums.rows.inFlight(row)
    if (inFlight !== null) counts.push(inFlight)
  }
  return limits.length === 0 ? null : fullShare(counts, most)
}
