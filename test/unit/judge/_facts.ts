import type { Cell, Fact, FrameFact, SparseCounts, TopicFact, WorkerFact } from '../../../src/contracts/facts.ts'
import type { VariantPlan, WorkerSpec } from '../../../src/contracts/plan.ts'
import type { EventCounts, LatencyName } from '../../../src/contracts/workloads.ts'
import { type View, viewOf } from '../../../src/judge/view.ts'
import { createCounts, recordNs, takeSparse } from '../../../src/recording/counts.ts'
import { createSums } from '../../../src/recording/sums.ts'
import { frameOf } from '../../support/frames.ts'
import { freezeDeep } from '../../support/plans.ts'

/** Origin of the time axis of these recordings, ns of CLOCK_MONOTONIC. */
export const startNs = 1e12
/** A moment so many seconds after the start. */
export const s = (seconds: number): number => startNs + seconds * 1e9

export const topicFact: TopicFact = {
  ...{ fact: 'topic', atNs: s(-2), name: 't', partitions: 2, replicationFactor: 1, minInsyncReplicas: 1 },
  ...{ maxMessageBytes: null, created: true, firstOffsets: [0, 0], differs: [] },
}

export const worker = (spec: WorkerSpec, atS: number, more: Pick<WorkerFact, 'is'> & Record<string, unknown>): Fact =>
  ({ fact: 'worker', atNs: s(atS), worker: spec.worker, ...more }) as Fact

/** Topic, workers that are ready, and the start. */
export const begin = (plan: VariantPlan): Fact[] => [
  topicFact,
  ...plan.workers.flatMap((spec) => [worker(spec, -1, { is: 'joined', spec }), worker(spec, -0.5, { is: 'ready' })]),
  { fact: 'started', atNs: s(-0.3), startNs, wallMs: 1.7e12 },
]

export const over = (atS: number): Fact => ({ fact: 'over', atNs: s(atS) })

export const ended = (atS: number, by: 'plan' | 'count' | 'threshold' | 'interrupt' = 'plan'): Fact => ({
  ...{ fact: 'load-ended', atNs: s(atS), loadEndNs: atS * 1e9, by, why: null },
})

export const audited: Fact = {
  ...{ fact: 'audited', atNs: s(90), groups: {} },
  integrity: {
    ...{ audited: 0, auditedMeasure: 0, lost: 0, duplicated: 0, reordered: 0, redelivered: 0, corrupt: 0 },
    ...{ failedButRead: 0, unknownRead: 0, logRecords: 0, verdict: 'ok', reasons: [] },
  },
} as unknown as Fact

/** Latencies in µs, of as many records. */
export function latencies(...us: number[]): SparseCounts {
  const counts = createCounts()
  for (const each of us) recordNs(counts, each * 1000)
  return takeSparse(counts)!
}

/** What a worker adds to a row. */
export const cell = (
  interval: number,
  events: Partial<EventCounts>,
  of: Partial<Record<LatencyName, SparseCounts>> = {},
): Cell => ({
  interval,
  events: { sent: 0, acked: 0, ackedBytes: 0, failed: 0, unknown: 0, received: 0, receivedBytes: 0, ...events },
  latencies: of,
})

export const frame = (spec: WorkerSpec, atS: number, more: Partial<FrameFact> = {}): FrameFact =>
  frameOf(spec.worker, s(atS), null, more)

/** The view of a recording of these facts. */
export function viewFrom(plan: VariantPlan, ...facts: readonly Fact[]): View {
  const sums = createSums(plan)
  for (const fact of facts) sums.add(freezeDeep(fact))
  return viewOf(plan, sums)!
}
