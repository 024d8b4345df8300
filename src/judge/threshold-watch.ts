import { type FindingFacts, finding } from '../contracts/findings.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import type { ThresholdOutcome, Variant } from '../contracts/result.ts'
import { createSchedule } from '../load/schedule.ts'
import type { ThresholdProfile } from '../profile/schema.ts'
import { evaluateThreshold, isMet, worseOf } from '../profile/threshold.ts'
import { appliesTo, missesForGood, type ThresholdEntry, thresholdEntry } from '../profile/threshold-entry.ts'
import type { Sums } from '../recording/sums.ts'
import type { View } from './view.ts'
import { latencyNames, openRecords, type Rowwise, valueOver } from './window-values.ts'

/** The thresholds of one variant that may end it, while it runs. */
export interface ThresholdWatch {
  /** Any of them may. */
  aborts: boolean
  /** The first threshold with abortOnFail that can no longer be met, by what is known for certain so far; null = none. */
  broken(sums: Sums, nowNs: number): FindingFacts | null
}

interface Broken {
  entry: ThresholdEntry
  value: number | null
  /** Start of the window, or end of what is known; s from the variant's start. */
  atS: number
}

/** Those that are about this variant. Throws where an expression is none: the profile's check refuses such. */
export function entriesOf(plan: Pick<VariantPlan, 'thresholds' | 'params'>): ThresholdEntry[] {
  return plan.thresholds
    .map((written) => {
      const entry = thresholdEntry(written as ThresholdProfile)
      if (typeof entry === 'string') throw new RangeError(entry)
      return entry
    })
    .filter((entry) => appliesTo(entry, plan.params))
}

export function createThresholdWatch(plan: VariantPlan): ThresholdWatch {
  const entries = entriesOf(plan).filter(({ abortOnFail }) => abortOnFail)
  const schedule = createSchedule(plan.load)
  /** Per entry the next window to judge. */
  const next = new Map<ThresholdEntry, number>()

  function brokenWindow(
    rowwise: Rowwise,
    entry: ThresholdEntry,
    rows: readonly number[],
    nowNs: number,
  ): Broken | null {
    const length = entry.windowS!
    for (let at = next.get(entry) ?? 0; at + length <= rows.length; at++) {
      const from = rows[at]!
      if (!isKnown(rowwise, entry, from, from + length, nowNs)) return null
      next.set(entry, at + 1)
      const value = valueOver(rowwise, entry.path, from, from + length)
      if (!isMet(entry, value)) return { entry, value, atS: rowwise.axis.rows[from]!.fromNs / 1e9 }
    }
    return null
  }

  return {
    aborts: entries.length > 0,
    broken(sums, nowNs) {
      const { axis, startNs } = sums
      if (startNs === null) return null
      const rows = wholeRows(axis, nowNs - startNs)
      if (rows.length === 0) return null
      const rowwise = { plan, sums, axis, schedule }
      const measuredS = (nowNs - startNs - axis.rows[rows[0]!]!.fromNs) / 1e9
      for (const entry of entries.filter(({ delayS }) => measuredS >= delayS)) {
        const broken =
          entry.windowS === null ? brokenRun(rowwise, entry, rows, nowNs) : brokenWindow(rowwise, entry, rows, nowNs)
        if (broken) return brokenFinding(broken)
      }
      return null
    },
  }
}

function brokenRun(rowwise: Rowwise, entry: ThresholdEntry, rows: readonly number[], nowNs: number): Broken | null {
  // The ledger counts the warm-up as well.
  const from = entry.path[0] === 'ledger' || entry.path[1] === 'errors' ? 0 : rows[0]!
  const to = rows.findLast((row) => isKnown(rowwise, entry, from, row + 1, nowNs))
  if (to === undefined) return null
  const value = valueOver(rowwise, entry.path, from, to + 1)
  if (isMet(entry, value) || (missesForGood(entry) && value === null)) return null
  return { entry, value, atS: rowwise.axis.rows[to]!.toNs / 1e9 }
}

/** Whether all that these rows will ever say about the entry has been reported. */
function isKnown(rowwise: Rowwise, entry: ThresholdEntry, from: number, to: number, nowNs: number): boolean {
  const { sums, axis, schedule } = rowwise
  const untilNs = axis.rows[to - 1]!.toNs
  const { path, operator, limit } = entry
  const isKnown = (ns: number) => sums.knownUntilNs >= ns
  if (path[0] === 'lag') {
    const last = [...sums.lag.values()].map((points) => points.last()?.atS ?? -1)
    return Math.min(...last) * 1e9 >= untilNs
  }
  // Brokers and hosts are sampled once a second.
  if (path[0] === 'brokers' || (path[0] === 'generator' && path.length === 2))
    return nowNs - sums.startNs! >= untilNs + 2e9
  const name = latencyNames[path.slice(0, 2).join('.')]
  if (!name || !isKnown(untilNs)) return isKnown(untilNs)
  if (openRecords(rowwise, name, from, to) === 0) return true
  // What is still open so much later is slower than the limit, however it ends. Service times begin later than due times.
  const isUpper = (operator === '<' || operator === '<=') && !['min', 'mean'].includes(path.at(-1)!)
  const isFromDue = name !== 'service' || !schedule.paced
  return isUpper && isFromDue && isKnown(untilNs + limit * 1000)
}

/** Rows of the measure phase that are a full second long and over. */
function wholeRows(axis: Rowwise['axis'], endNs: number): number[] {
  return axis
    .rowsOf('measure')
    .flatMap(({ row, fromNs, toNs }) => (toNs - fromNs === 1e9 && toNs <= endNs ? [row] : []))
}

/** How every threshold of the variant came out. Pure: what ended the variant early is in its facts. */
export function thresholdOutcomes(
  plan: VariantPlan,
  sums: Sums,
  view: View | null,
  variant: Variant,
): ThresholdOutcome[] {
  const why = sums.loadEnded?.why ?? null
  return entriesOf(plan).map((entry): ThresholdOutcome => {
    const base = { expression: entry.expression, variant: variant.id }
    const isMine =
      why?.code === 'threshold-missed' && why.expression === entry.expression && why.windowS === entry.windowS
    const aborted = isMine ? { aborted: true as const } : {}
    if (entry.windowS !== null)
      return { ...base, ...windowOutcome(entry, view && judgeWindows(view, entry)), ...aborted }
    const { value, ok } = evaluateThreshold(entry, variant)
    if (!isMine) return { ...base, value, ok }
    // A value that recovered in the last moment has ended its variant all the same.
    const then = why.value as number | null
    return { ...base, value: ok ? then : value, ok: false, atS: Number(why.atS), ...aborted }
  })
}

interface Windows {
  windows: number
  windowsMissed: number
  value: number | null
  atS: number | null
  worstAtS: number | null
}

function judgeWindows(view: View, entry: ThresholdEntry): Windows {
  const { axis } = view
  const rows = wholeRows(axis, view.endNs)
  const judged: Windows = { windows: 0, windowsMissed: 0, value: null, atS: null, worstAtS: null }
  const length = entry.windowS!
  for (const from of rows.slice(0, Math.max(0, rows.length - length + 1))) {
    const value = valueOver(view, entry.path, from, from + length)
    const startS = axis.rows[from]!.fromNs / 1e9
    const isWorst =
      judged.windows === 0 || (judged.value !== null && worseOf(entry, judged.value, value) !== judged.value)
    if (isWorst) Object.assign(judged, { value, worstAtS: startS })
    judged.windows++
    if (isMet(entry, value)) continue
    judged.windowsMissed++
    judged.atS ??= startS
  }
  return judged
}

/** Without a single whole window nothing is known, and what is unknown is missed. */
function windowOutcome(entry: ThresholdEntry, judged: Windows | null) {
  const none = { windows: 0, windowsMissed: 0, value: null, atS: null, worstAtS: null }
  const { windows, windowsMissed, value, atS, worstAtS } = judged ?? none
  return {
    value,
    ok: windows > 0 && windowsMissed === 0,
    windowS: entry.windowS!,
    windows,
    windowsMissed,
    ...(atS === null ? {} : { atS }),
    ...(worstAtS === null ? {} : { worstAtS }),
  }
}

const brokenFinding = ({ entry, value, atS }: Broken): FindingFacts =>
  finding('threshold-missed', { expression: entry.expression, windowS: entry.windowS, atS, value })
