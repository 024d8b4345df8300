import { formatCount } from '../../base/units.ts'
import type { Variant } from '../../contracts/result.ts'
import { groupRebalances, isrFullS, leastOf, targetWords } from '../_faults.ts'
import type { FaultSpan, MarkSpec } from './spec.ts'

/** More would hide what they explain. */
const marksAtMost = 16
const namedAtMost = 3

/** The variant's faults as stretches of time; one that was not healed reaches to the end. */
export function faultSpans(variant: Variant): FaultSpan[] {
  const end = Math.max(0, ...variant.phases.map((phase) => phase.endS))
  const isOneKind = new Set(variant.faults.map(({ use }) => use)).size === 1
  return variant.faults.map((fault, at, all) => {
    const target = targetWords(fault)
    const short = all.length > 1 && isOneKind && target !== '' ? target : fault.use
    return {
      from: fault.injectedAtS,
      to: fault.healedAtS ?? Math.max(end, fault.injectedAtS),
      names: [[fault.use, target].filter(Boolean).join(', '), short, ...(all.length > 1 ? [String(at + 1)] : [])],
      open: fault.healedAtS === null,
    }
  })
}

/** What came of the faults: verified, first leader elsewhere, in-sync sets full again, and rebalances. */
export function faultMarks(variant: Variant): MarkSpec[] {
  const few = variant.faults.length <= namedAtMost
  const marks = variant.faults.flatMap((fault): MarkSpec[] => {
    const electionMs = leastOf(fault.partitions.map((one) => one.electionMs))
    const isrS = isrFullS(fault)
    return [
      ...(few ? mark(fault.verifiedAtS, 'verified') : []),
      ...mark(electionMs === null ? null : fault.injectedAtS + electionMs / 1000, few ? 'new leader' : 'leader'),
      ...mark(isrS === null ? null : fault.injectedAtS + isrS, 'ISR full'),
    ]
  })
  const groups = groupRebalances(variant).map(({ fromS, group }) => ({ at: fromS, label: `rebalance ${group}` }))
  return inOrder([...marks, ...groups]).slice(0, marksAtMost)
}

/** Where lag was highest after a fault, and when it was drained. */
export function lagMarks(variant: Variant): MarkSpec[] {
  const groups = Object.keys(variant.lag)
  const marks = variant.faults.flatMap((fault) =>
    Object.entries(fault.lagPeak).flatMap(([group, peak]) => {
      const about = groups.length > 1 ? `${group} ` : ''
      const drainS = fault.drainS[group] ?? null
      return [
        ...mark(peak.atS, `${about}peak ${formatCount(peak.records)}`),
        ...mark(drainS === null || drainS === 0 ? null : fault.injectedAtS + drainS, `${about}drained`),
      ]
    }),
  )
  return inOrder(marks).slice(0, marksAtMost)
}

export const inOrder = (marks: readonly MarkSpec[]): MarkSpec[] => [...marks].sort((a, b) => a.at - b.at)

const mark = (at: number | null, label: string): MarkSpec[] => (at === null ? [] : [{ at, label }])
