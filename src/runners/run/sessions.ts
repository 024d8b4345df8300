import { KbenchError } from '../../base/errors.ts'
import type { ClusterInfo, Environment, SessionInfo, ThresholdOutcome, Variant } from '../../contracts/result.ts'
import { variantSeconds } from '../../profile/estimate.ts'
import type { PlannedVariant } from '../../profile/plan.ts'

// A run may be spread over several sessions: each a call of kbench, with a fresh cluster of the same kind.

/** What the sessions before this one left. */
export interface Earlier {
  sessions: readonly SessionInfo[]
  /** Whole variants, by id. */
  variants: ReadonlyMap<string, Variant>
  /** How their thresholds came out, by the variant's id. */
  thresholds: ReadonlyMap<string, readonly ThresholdOutcome[]>
}

/** How much of the plan one session may do; null = all that is left. */
export interface Budget {
  variants: number | null
  seconds: number | null
}

/** What tells the names of this session's cluster and logs from those of a killed one: "" at first, then "-s2". */
export function sessionTag(earlier: Earlier | null): string {
  return earlier ? `-s${earlier.sessions.length + 1}` : ''
}

/** The sessions of a result, this one last; `now` is null when there was nothing left to do, which is none. */
export function sessionsOf(
  earlier: Earlier | null,
  now: { startedAt: Date; environment: Environment; cluster: ClusterInfo | null } | null,
): SessionInfo[] {
  const before = earlier?.sessions ?? []
  if (now === null) return [...before]
  const durationS = Math.round(Date.now() - now.startedAt.getTime()) / 1000
  const session = before.length + 1
  return [
    ...before,
    {
      session,
      startedAt: now.startedAt.toISOString(),
      durationS,
      environment: now.environment,
      cluster: now.cluster,
    },
  ]
}

/** Throws `environment` when a resumed run met another kind of cluster than before. */
export function checkSameCluster(cluster: ClusterInfo, earlier: Earlier | null): void {
  const before = earlier?.sessions.findLast((session) => session.cluster !== null)?.cluster
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
export function createMeter({ variants, seconds }: Budget): Meter {
  const startMs = performance.now()
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
      return (performance.now() - startMs) / 1000 + variantSeconds(variant.profile) * pace <= seconds
    },
    begin(variant) {
      begun++
      const fromMs = performance.now()
      return () => {
        spent.actualS += (performance.now() - fromMs) / 1000
        spent.expectedS += variantSeconds(variant.profile)
      }
    },
  }
}
