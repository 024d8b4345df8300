import { KbenchError } from '../../base/errors.ts'
import type { ClusterInfo } from '../../contracts/result.ts'
import type { RunSums } from '../../judge/run-sums.ts'
import { variantSeconds } from '../../profile/estimate.ts'
import type { PlannedVariant } from '../../profile/plan.ts'

// A run may be spread over several sessions: each a call of kbench, with a fresh cluster of the same kind.

/** How much of the plan one session may do; null = all that is left. */
export interface Budget {
  variants: number | null
  seconds: number | null
}

/** Distinguishes the names of this session's cluster and logs from those of a killed one: "" at first, then "-s2". */
export const sessionTag = ({ sessions }: RunSums): string => (sessions.length > 1 ? `-s${sessions.length}` : '')

/** Throws `environment` when a resumed run met another kind of cluster than before. */
export function checkSameCluster(cluster: ClusterInfo, before: ClusterInfo | null): void {
  if (!before) return
  const details = (['provider', 'layout', 'kafkaVersion'] as const)
    .filter((key) => before[key] !== cluster[key])
    .map((key) => `cluster.${key} was ${before[key] ?? 'unknown'} and is ${cluster[key] ?? 'unknown'}`)
  if (before.brokers.length !== cluster.brokers.length) {
    details.push(`cluster.brokers were ${before.brokers.length} and are ${cluster.brokers.length}`)
  }
  if (details.length === 0) return
  throw new KbenchError('environment', 'the cluster is not of the kind that the run began on', {
    details,
    hint: 'measurements of unlike clusters do not belong into one result: begin a new run',
  })
}

export interface Meter {
  /** Variants that were begun. */
  readonly begun: number
  /** Whether there is room for it, going by its estimate and by how the estimates of this session came true. */
  fits(variant: PlannedVariant): boolean
  /** Call what it returns when the variant is over. */
  begin(variant: PlannedVariant): () => void
}

/** Counts what a session does against its budget; its time begins now. */
export function createMeter({ variants, seconds }: Budget, nowMs = (): number => performance.now()): Meter {
  const startMs = nowMs()
  const spent = { actualS: 0, expectedS: 0 }
  let begun = 0
  return {
    get begun() {
      return begun
    },
    fits(variant) {
      if (variants !== null && begun >= variants) return false
      if (seconds === null) return true
      const pace = spent.expectedS === 0 ? 1 : Math.max(1, spent.actualS / spent.expectedS)
      return (nowMs() - startMs) / 1000 + variantSeconds(variant.profile) * pace <= seconds
    },
    begin(variant) {
      begun++
      const fromMs = nowMs()
      return () => {
        spent.actualS += (nowMs() - fromMs) / 1000
        spent.expectedS += variantSeconds(variant.profile)
      }
    },
  }
}
