import type { VariantPlan } from '../contracts/plan.ts'
import type { Axis } from '../load/axis.ts'
import { createSchedule, type Schedule } from '../load/schedule.ts'
import type { Sums } from '../recording/sums.ts'

/** A stretch of whole rows, [from, to) as numbers of rows, and its time, ns from the start. */
export interface RowSpan {
  from: number
  to: number
  fromNs: number
  toNs: number
  lengthS: number
}

/** The one answer to what counts: every number of a result is taken from these spans and no others. */
export interface View {
  plan: VariantPlan
  sums: Sums
  axis: Axis
  schedule: Schedule
  startNs: number
  /** The load's end: the ledger counts what was due before it. */
  loadEndNs: number
  /** Where knowledge ends: of a variant that came to its end, that end; else the last second that every worker has reported. */
  endNs: number
  /** Rows that count, [0, to): all of them where the variant came to its end. */
  known: RowSpan
  /** null = the variant has no whole row of the phase. */
  warmup: RowSpan | null
  measure: RowSpan | null
  /** The recording goes up to the variant's end. */
  isComplete: boolean
  /** The user's interruption, or the death of the supervisor. */
  isInterrupted: boolean
}

/** null = the load never started: there is nothing to show. */
export function viewOf(plan: VariantPlan, sums: Sums): View | null {
  const { startNs, overNs } = sums
  // A load has a topic: without it the recording has been tampered with.
  if (startNs === null || sums.topic === null) return null
  const isComplete = overNs !== null
  const knownNs = isComplete ? overNs - startNs : wholeUpTo(plan.axis.edges, sums.knownUntilNs)
  const loadEndNs = Math.min(
    sums.loadEnded?.loadEndNs ?? sums.axis.loadEndNs,
    isComplete ? Number.POSITIVE_INFINITY : knownNs,
  )
  const axis = isComplete ? sums.axis : sums.axis.cut(Math.min(knownNs, sums.axis.loadEndNs))
  const { rows } = axis
  const to = isComplete ? rows.length : rows.filter((row) => row.toNs <= knownNs).length
  const phase = (name: 'warmup' | 'measure') => {
    const mine = axis.rowsOf(name)
    return mine.length === 0 ? null : spanOf(axis, mine[0]!.row, mine.at(-1)!.row + 1)
  }
  return {
    plan,
    sums,
    axis,
    schedule: createSchedule(plan.load),
    startNs,
    loadEndNs,
    endNs: knownNs,
    known: spanOf(axis, 0, to),
    warmup: phase('warmup'),
    measure: phase('measure'),
    isComplete,
    isInterrupted:
      !isComplete || sums.loadEnded?.by === 'interrupt' || sums.wasCutShort || (plan.audit && sums.audited === null),
  }
}

export function spanOf({ rows }: Axis, from: number, to: number): RowSpan {
  const fromNs = rows[from]?.fromNs ?? 0
  const toNs = to > from ? rows[to - 1]!.toNs : fromNs
  return { from, to, fromNs, toNs, lengthS: (toNs - fromNs) / 1e9 }
}

function wholeUpTo(edges: readonly number[], ns: number): number {
  return edges.findLast((edge) => edge <= ns) ?? 0
}

/** Seconds from the start, to the ms, of a moment of CLOCK_MONOTONIC. */
export const secondsAt = ({ startNs }: Pick<View, 'startNs'>, atNs: number): number =>
  Math.round((atNs - startNs) / 1e6) / 1000

/** Records due in a span, of those that were due before the load's end; null = there is no schedule. */
export function dueIn({ plan, schedule, loadEndNs }: View, fromNs: number, toNs: number): number | null {
  if (plan.fill) return null
  return schedule.dueIn(Math.min(fromNs, loadEndNs), Math.min(toNs, loadEndNs))
}
