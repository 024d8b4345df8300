import type { LatencyName } from '../../contracts/api.ts'
import { type FindingFacts, finding } from '../../contracts/findings.ts'
import type { ThresholdOutcome } from '../../contracts/result.ts'
import { evaluateThreshold, isMet, worseOf } from '../../profile/threshold.ts'
import { appliesTo, missesForGood, type ThresholdEntry } from '../../profile/threshold-entry.ts'
import { createLatencyRows, type LatencyRows } from '../../recording/latency-rows.ts'
import type { Broken, Session, ThresholdWatch } from './session.ts'
import { latencyNames, openRecords, valueOver } from './window-values.ts'

type Windows = Required<Pick<ThresholdOutcome, 'windows' | 'windowsMissed'>> & {
  value: number | null
  atS: number | null
  worstAtS: number | null
}

export function createThresholdWatch(
  all: readonly ThresholdEntry[],
  params: ThresholdEntry['variant'],
): ThresholdWatch {
  const entries = all.filter((entry) => appliesTo(entry, params))
  const latencies = latenciesFor(entries)
  const toldNs = new Map<number, number>()
  const judged = new Map<ThresholdEntry, Windows>()
  /** Per entry the next window to judge while it runs. */
  const next = new Map<ThresholdEntry, number>()
  let broken: Broken | null = null

  /** Whether all that these rows will ever say about the entry has been told. */
  function isKnown(session: Session, entry: ThresholdEntry, from: number, to: number, nowNs: number): boolean {
    const untilNs = session.startNs + session.intervals[to - 1]!.endNs
    const { path, operator, limit } = entry
    const told = (ns: number) =>
      session.plans.every(({ worker }) => !session.crew.isRunning(worker) || (toldNs.get(worker) ?? 0) >= ns)
    if (path[0] === 'lag') {
      const last = [...session.lag.values()].map((points) => points.at(-1)?.atS ?? -1)
      return Math.min(...last) * 1e9 + session.startNs >= untilNs
    }
    // Brokers and hosts are sampled once a second.
    if (path[0] === 'brokers' || (path[0] === 'generator' && path.length === 2)) return nowNs >= untilNs + 2e9
    const name = latencyNames[path.slice(0, 2).join('.')]
    if (!name || !told(untilNs)) return told(untilNs)
    if (openRecords(session, latencies, name, from, to) === 0) return true
    // What is still open so much later is slower than the limit, however it ends. Service times begin later than due times.
    const isUpper = (operator === '<' || operator === '<=') && !['min', 'mean'].includes(path.at(-1)!)
    const isFromDue = name !== 'service' || session.job.variant.profile.load.rate === 'max'
    return isUpper && isFromDue && told(untilNs + limit * 1000)
  }

  function brokenWindow(
    session: Session,
    entry: ThresholdEntry,
    rows: readonly number[],
    nowNs: number,
  ): Broken | null {
    const length = entry.windowS!
    for (let at = next.get(entry) ?? 0; at + length <= rows.length; at++) {
      const from = rows[at]!
      if (!isKnown(session, entry, from, from + length, nowNs)) return null
      next.set(entry, at + 1)
      const value = valueOver(session, latencies, entry.path, from, from + length)
      if (!isMet(entry, value)) return { entry, value, atS: session.intervals[from]!.startNs / 1e9 }
    }
    return null
  }

  function brokenRun(session: Session, entry: ThresholdEntry, rows: readonly number[], nowNs: number): Broken | null {
    const forGood = missesForGood(entry)
    // The ledger counts the warm-up as well.
    const from = entry.path[0] === 'ledger' || entry.path[1] === 'errors' ? 0 : rows[0]!
    const to = rows.findLast((row) => isKnown(session, entry, from, row + 1, nowNs))
    if (to === undefined) return null
    const value = valueOver(session, latencies, entry.path, from, to + 1)
    if (isMet(entry, value) || (forGood && value === null)) return null
    return { entry, value, atS: session.intervals[to]!.endNs / 1e9 }
  }

  return {
    frame({ worker }, frame) {
      toldNs.set(worker, Math.max(toldNs.get(worker) ?? 0, frame.atNs))
      for (const { interval, latencies: told } of frame.cells) {
        for (const [name, rows] of latencies) {
          const counts = told[name]
          if (counts) rows.add(interval, counts)
        }
      }
    },
    broken(session, nowNs) {
      const rows = wholeRows(session, (nowNs - session.startNs) / 1e9)
      if (broken || rows.length === 0) return broken
      const measuredS = (nowNs - session.startNs - session.intervals[rows[0]!]!.startNs) / 1e9
      for (const entry of entries.filter(({ abortOnFail, delayS }) => abortOnFail && measuredS >= delayS)) {
        broken =
          entry.windowS === null ? brokenRun(session, entry, rows, nowNs) : brokenWindow(session, entry, rows, nowNs)
        if (broken) return broken
      }
      return null
    },
    over(session) {
      const rows = wholeRows(session, (session.endNs - session.startNs) / 1e9)
      for (const entry of entries) {
        if (entry.windowS !== null) judged.set(entry, judgeWindows(session, latencies, entry, rows))
      }
    },
    outcomes: (variant) =>
      entries.map((entry): ThresholdOutcome => {
        const base = { expression: entry.expression, variant: variant.id }
        const mine = broken?.entry === entry ? broken : null
        const aborted = mine ? { aborted: true as const } : {}
        if (entry.windowS !== null) return { ...base, ...windowOutcome(entry, judged.get(entry)), ...aborted }
        const { value, ok } = evaluateThreshold(entry, variant)
        if (!mine) return { ...base, value, ok }
        // A value that recovered in the last moment has ended its variant all the same.
        return { ...base, value: ok ? mine.value : value, ok: false, atS: mine.atS, ...aborted }
      }),
  }
}

/** Latencies that the entries need by row; an end-to-end latency is missing where a record has a service time and no such one. */
function latenciesFor(entries: readonly ThresholdEntry[]): Map<LatencyName, LatencyRows> {
  const rows = new Map<LatencyName, LatencyRows>()
  for (const { path, windowS, abortOnFail } of entries) {
    const name = latencyNames[path.slice(0, 2).join('.')]
    if (!name || (windowS === null && !abortOnFail)) continue
    for (const each of name === 'endToEnd' ? [name, 'service' as const] : [name]) {
      if (!rows.has(each)) rows.set(each, createLatencyRows())
    }
  }
  return rows
}

/** Rows of the measure phase that are a full second long and over. */
function wholeRows({ intervals }: Session, endS: number): number[] {
  return intervals.flatMap(({ phase, startNs, endNs }, row) =>
    phase === 'measure' && endNs - startNs === 1e9 && endNs <= endS * 1e9 ? [row] : [],
  )
}

function judgeWindows(
  session: Session,
  latencies: ReadonlyMap<LatencyName, LatencyRows>,
  entry: ThresholdEntry,
  rows: readonly number[],
): Windows {
  const judged: Windows = { windows: 0, windowsMissed: 0, value: null, atS: null, worstAtS: null }
  const length = entry.windowS!
  for (const from of rows.slice(0, Math.max(0, rows.length - length + 1))) {
    const value = valueOver(session, latencies, entry.path, from, from + length)
    const startS = session.intervals[from]!.startNs / 1e9
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
function windowOutcome(entry: ThresholdEntry, judged: Windows | undefined) {
  const { windows, windowsMissed, value, atS, worstAtS } = judged ?? {
    windows: 0,
    windowsMissed: 0,
    value: null,
    atS: null,
    worstAtS: null,
  }
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

/** Why the variant ended early. */
export const brokenFinding = ({ entry, atS }: Broken): FindingFacts =>
  finding('threshold-missed', { expression: entry.expression, windowS: entry.windowS, atS })
