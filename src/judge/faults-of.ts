import type { FindingFacts } from '../contracts/findings.ts'
import type { FaultResult } from '../contracts/result.ts'
import { analyseFaults } from './fault-results.ts'
import type { View } from './view.ts'

/** What every occurrence of a fault did, from the recording. */
export function faultsOf(view: View): { results: FaultResult[]; findings: FindingFacts[] } {
  const { sums, plan, startNs, measure, loadEndNs, endNs } = view
  const { canary, leaders, topic } = sums
  if (sums.faults.length === 0) return { results: [], findings: [] }
  return analyseFaults({
    topic: topic!.name,
    partitions: topic!.partitions,
    minInsyncReplicas: topic!.minInsyncReplicas,
    occurrences: sums.faults.map(({ problem, ...occurrence }) => ({ ...occurrence, problem: problem?.is ?? null })),
    startNs,
    measureFromNs: startNs + (measure?.fromNs ?? 0),
    loadEndNs: startNs + loadEndNs,
    endNs: startNs + endNs,
    leaders: leaders ?? { initial: [], changes: [] },
    canary: {
      acks: canary?.acks ?? [],
      offsets: canary?.offsets ?? [],
      firstSentNs: canary?.firstSentNs() ?? null,
      // Of a recording that ends early nothing is known after its end.
      stoppedNs: canary?.stoppedNs() ?? (view.isComplete ? null : startNs + endNs),
    },
    silences: sums.silences,
    lag: plan.groups.map(({ label, group }) => ({ group: label, points: [...(sums.lag.get(group) ?? [])] })),
  })
}
