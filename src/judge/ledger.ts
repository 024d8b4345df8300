import type { Ledger } from '../contracts/result.ts'
import type { WorkerState } from '../recording/sums.ts'
import type { View } from './view.ts'

/**
 * Every record that was due before the load's end, by what became of it. Closed by construction: of each producer, what was sent and is
 * neither acknowledged nor refused is unknown, and what was due and not sent is unsent. Of a producer that was lost, what was due up to
 * its last moment may have been sent: it is unknown.
 */
export function ledgerOf(view: View): Ledger {
  const { sums } = view
  const sum: Ledger = { scheduled: 0, acked: 0, failed: 0, unknown: 0, unsent: 0 }
  if (view.plan.fill) return sums.filled ? fromFill(sums.filled) : sum
  for (const state of sums.workers.values()) {
    if (state.spec.role.kind !== 'producer') continue
    const mine = ledgerOfProducer(view, state, state.spec.role.index)
    for (const key of Object.keys(sum) as (keyof Ledger)[]) sum[key] += mine[key]
  }
  return sum
}

function fromFill({
  scheduled,
  acked,
  failed,
  unknown,
}: {
  scheduled: number
  acked: number
  failed: number
  unknown: number
}): Ledger {
  return { scheduled, acked, failed, unknown, unsent: scheduled - acked - failed - unknown }
}

function ledgerOfProducer(view: View, { spec, lost }: WorkerState, producer: number): Ledger {
  const { sums, schedule, plan, known, loadEndNs, startNs } = view
  const { sent, acked, failed, unknown } = sums.rows.workerEvents(spec.worker, known.from, known.to)
  const dueBy = (ns: number) => schedule.shareIn(0, Math.min(ns, loadEndNs), producer, plan.producers) ?? sent
  const begun = Math.max(sent, lost ? dueBy(lost.atNs - startNs) : 0)
  const scheduled = Math.max(begun, dueBy(loadEndNs))
  const settled = acked + failed + unknown
  return { scheduled, acked, failed, unknown: unknown + (begun - settled), unsent: scheduled - begun }
}

/** Handed to the clients in warm-up and measure, and what came after from the backlog. */
export function sentOf(view: View): number {
  if (view.plan.fill) return view.sums.filled?.scheduled ?? 0
  return view.sums.rows.eventsOver(view.known.from, view.known.to).sent
}
