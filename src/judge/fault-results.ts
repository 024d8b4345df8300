import { type FindingFacts, finding } from '../contracts/findings.ts'
import type { FaultResult } from '../contracts/result.ts'
import { type LagSum, lagSums, withoutCanary } from '../recording/lag.ts'
import { analyseFailover } from './failover.ts'
import { calmLevel, faultLag } from './fault-lag.ts'
import type { FaultOccurrence, FaultsInput } from './faults-input.ts'
import { createCalm } from './undisturbed.ts'

export type { FaultOccurrence, FaultsInput }

/** What each occurrence of a fault did, and findings for numbers that cannot be known. Pure. */
export function analyseFaults(input: FaultsInput): { results: FaultResult[]; findings: FindingFacts[] } {
  const lag = input.lag.map(({ group, points }) => ({
    group,
    sums: lagSums(input.canary.offsets.length > 0 ? withoutCanary(points, input.canary.offsets) : points),
  }))
  const calm = createCalm(input, lag)
  const findings: FindingFacts[] = []
  const results = input.occurrences.map((fault, occurrence) => {
    const before = calm.before(occurrence)
    if ('reason' in before && hasBefore(input)) {
      const { reason, earlier } = before
      const of = { fault: fault.use, occurrence, atS: secondsOf(input, fault.injectedNs) }
      findings.push(finding('no-undisturbed-before', { ...of, reason, earlier }))
    }
    return faultResult(input, lag, fault, 'reason' in before ? null : before, calm.next(occurrence))
  })
  return { results, findings }
}

/** Whether there is anything that would have been taken from the time before. */
const hasBefore = ({ lag, canary }: FaultsInput): boolean =>
  lag.some(({ points }) => points.length > 0) || canary.firstSentNs !== null

function faultResult(
  input: FaultsInput,
  lag: readonly { group: string; sums: readonly LagSum[] }[],
  fault: FaultOccurrence,
  before: { fromNs: number; toNs: number } | null,
  nextNs: number | null,
): FaultResult {
  const at = (ns: number) => secondsOf(input, ns)
  const loadEndNs = Math.min(input.loadEndNs, input.endNs)
  // What begins while this one goes on acts together with it: their effects cannot be separated.
  const healedNs = fault.healedNs ?? loadEndNs
  const later = input.occurrences.filter(({ injectedNs }) => injectedNs >= healedNs && injectedNs > fault.injectedNs)
  const lags = lag.map(({ group, sums }) => {
    const level = before && calmLevel(sums, at(before.fromNs), at(before.toNs))
    const nextS = nextNs === null ? null : at(nextNs)
    return [group, faultLag(sums, { injectedS: at(fault.injectedNs), nextS, endS: at(input.endNs), level })] as const
  })
  const byGroup = <V>(of: (lag: ReturnType<typeof faultLag>) => V): Record<string, V> =>
    Object.fromEntries(lags.map(([group, found]) => [group, of(found)]))
  const { use, target, detail, injectedNs, verifiedNs } = fault
  return {
    ...{ use, target, detail },
    injectedAtS: at(injectedNs),
    verifiedAtS: verifiedNs === null ? null : at(verifiedNs),
    ...(fault.evidence !== undefined && { evidence: fault.evidence }),
    healedAtS: fault.healedNs === null ? null : at(fault.healedNs),
    calmBeforeS: before && Math.round((before.toNs - before.fromNs) / 1e6) / 1000,
    lagPeak: byGroup(({ peak }) => peak),
    drainS: byGroup(({ drainS }) => drainS),
    drainRecordsPerSec: byGroup(({ drainRecordsPerSec }) => drainRecordsPerSec),
    ...analyseFailover({
      topic: input.topic,
      partitions: input.partitions,
      minInsyncReplicas: input.minInsyncReplicas,
      injectedNs,
      untilNs: Math.min(loadEndNs, ...later.map((next) => next.injectedNs)),
      before,
      leaders: input.leaders,
      canary: input.canary,
      silences: input.silences,
    }),
  }
}

/** Seconds from the start of the variant, to the ms. */
const secondsOf = ({ startNs }: FaultsInput, atNs: number): number => Math.round((atNs - startNs) / 1e6) / 1000
