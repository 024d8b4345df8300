import type { PartitionState } from '../contracts/api.ts'
import type { Rebalance, RunEvent, Timeline, Variant } from '../contracts/result.ts'
import { type LagPoint, lagGaps, lagTimeline, summariseLag, withoutCanary } from '../recording/lag.ts'
import { clientTimeline } from './client-parts.ts'
import { textOf } from './finding-texts.ts'
import { whoIs } from './generator.ts'
import { secondsAt, type View } from './view.ts'

/** Rows of the canary's timeline, ns. */
const canaryRowNs = 250e6

/** The samples of a group's lag that are known, the canary's records taken out. */
function lagPointsOf({ sums, endNs, isComplete }: View, group: string): readonly LagPoint[] {
  const all = [...(sums.lag.get(group) ?? [])]
  const points = isComplete ? all : all.filter(({ atS }) => atS * 1e9 <= endNs)
  return sums.canary ? withoutCanary(points, sums.canary.offsets) : points
}

/** Lag of every group, as numbers, as a timeline, and where it has holes. */
export function lagOf(view: View): { lag: Variant['lag']; timeline: Timeline | null; gaps: RunEvent[] } {
  const { plan, sums, measure, loadEndNs, endNs } = view
  const lag: Variant['lag'] = {}
  const columns: Timeline['columns'] = {}
  const gaps: RunEvent[] = []
  let atS: number[] = []
  for (const { label, group } of plan.groups) {
    const points = lagPointsOf(view, group)
    const span = { measureStartS: (measure?.fromNs ?? 0) / 1e9, loadEndS: loadEndNs / 1e9, endS: endNs / 1e9 }
    lag[label] = summariseLag(points, span)
    // A filled topic has no load that ends: it drains from the start on.
    if (plan.fill) lag[label].drainS = summariseLag(points, { ...span, loadEndS: 0 }).drainS
    // Samples from before the start show how old the first lag is; the timeline begins with the load.
    const from = Math.max(
      0,
      points.findIndex((point) => point.atS >= 0),
    )
    for (const [name, column] of Object.entries(lagTimeline(label, sums.topic!.name, points)))
      columns[name] = column.slice(from)
    atS = points.slice(from).map((point) => point.atS)
    for (const gap of lagGaps(points, plan.samplers.lagMs / 1000)) {
      gaps.push({
        atS: gap.atS,
        kind: 'lag-gap',
        detail: `group ${label}: nothing known for ${gap.lengthS.toFixed(1)} s`,
      })
    }
  }
  return { lag, timeline: plan.groups.length === 0 ? null : { atS, columns }, gaps }
}

export function eventsOf(view: View): RunEvent[] {
  const { sums, endNs, isComplete, startNs } = view
  const events: RunEvent[] = sums.events.map(({ atNs, kind, detail, worker, partition, broker }) => {
    const state = worker === undefined ? undefined : sums.workers.get(worker)
    return {
      atS: secondsAt(view, atNs),
      kind,
      ...(partition === undefined ? {} : { partition }),
      ...(broker === undefined ? {} : { broker }),
      detail: state ? `${whoIs(view, state)}: ${detail}` : detail,
    }
  })
  for (const state of sums.workers.values()) {
    if (!state.lost || state.byOrder) continue
    events.push({
      atS: secondsAt(view, state.lost.atNs),
      kind: 'worker-lost',
      detail: `${whoIs(view, state)} ended: ${state.lost.reason}`,
    })
  }
  if ((sums.loadEnded?.by === 'threshold' || sums.loadEnded?.by === 'limit') && sums.loadEnded.why) {
    events.push({ atS: secondsAt(view, sums.loadEnded.atNs), kind: 'aborted', detail: textOf(sums.loadEnded.why) })
  }
  events.push(...leaderEvents(view))
  return isComplete ? events : events.filter(({ atS }) => atS <= endNs / 1e9 && startNs > 0)
}

/** A line per change of leader or in-sync set. */
function leaderEvents(view: View): RunEvent[] {
  const { leaders, topic } = view.sums
  if (!leaders) return []
  const known = new Map(leaders.initial.map((state) => [state.partition, state]))
  return leaders.changes.flatMap((change) => {
    const before = known.get(change.partition)
    known.set(change.partition, change)
    const { partition, leader, isr } = change
    const base = { atS: secondsAt(view, change.atNs), topic: topic!.name, partition }
    const moved = before?.leader === leader ? [] : [leaderEvent(base, before?.leader ?? -1, leader)]
    const sync = [...isr].sort((a, b) => a - b).join(', ')
    const was = before ? [...before.isr].sort((a, b) => a - b).join(', ') : ''
    return sync === was
      ? moved
      : [...moved, { ...base, kind: 'isr', detail: `in sync: ${sync || 'nobody'} (was ${was})` }]
  })
}

function leaderEvent(base: Pick<RunEvent, 'atS' | 'topic' | 'partition'>, before: number, leader: number): RunEvent {
  const detail = leader < 0 ? `no leader (was ${before})` : `led by ${leader} (was ${before < 0 ? 'nobody' : before})`
  return { ...base, kind: 'leader', ...(leader < 0 ? {} : { broker: leader }), detail }
}

export function rebalancesOf(view: View): Rebalance[] {
  const { sums, plan } = view
  return sums.rebalances
    .flatMap(({ worker, atNs, pauseMs, partitionsMoved }): Rebalance[] => {
      const spec = sums.workers.get(worker)?.spec
      if (spec?.role.kind !== 'consumer' || !spec.consumer) return []
      const { group, member } = spec.role
      const { protocol, assignor } = spec.consumer
      const classic = assignor === 'cooperative-sticky' ? 'cooperative' : 'eager'
      return [
        {
          group: plan.groups.find((each) => each.group === group)?.label ?? group,
          member,
          atS: secondsAt(view, atNs),
          pauseMs: pauseMs === null ? null : Math.round(pauseMs * 10) / 10,
          partitionsMoved,
          protocol: protocol === 'consumer' ? 'consumer' : classic,
        },
      ]
    })
    .sort((a, b) => a.atS - b.atS)
}

/** `leaders`, `canary`, `errors` and `client:<kind>`, as docs/results.md says. */
export function timelinesOf(view: View): Variant['timelines'] {
  const { sums } = view
  const timelines: Variant['timelines'] = {}
  if (sums.leaders) timelines.leaders = leadersTimeline(view)
  if (sums.canary) timelines.canary = canaryTimeline(view)
  const errors = errorsTimeline(view)
  if (errors.atS.length > 0) timelines.errors = errors
  for (const kind of ['producer', 'consumer'] as const) {
    const parts = clientTimeline(view, kind)
    if (parts) timelines[`client:${kind}`] = parts
  }
  return timelines
}

function errorsTimeline({ sums, axis, known }: View): Timeline {
  const rows = sums.rows.errorRows().filter((row) => row < known.to)
  const codes = Object.keys(sums.rows.errors(known.from, known.to))
  const counts = rows.map((row) => sums.rows.errors(row, row + 1))
  return {
    atS: rows.map((row) => axis.rows[row]!.fromNs / 1e9),
    columns: Object.fromEntries(codes.map((code) => [code, counts.map((each) => each[code] ?? 0)])),
  }
}

function leadersTimeline(view: View): Timeline {
  const { sums, startNs, endNs } = view
  const { initial, changes } = sums.leaders!
  const name = sums.topic!.name
  const now = new Map<number, PartitionState>(initial.map((state) => [state.partition, state]))
  for (const change of changes) if (change.atNs < startNs) now.set(change.partition, change)
  const ids = [...now.keys()].sort((a, b) => a - b)
  const atS = [0]
  const leader = (id: number) => `leader/${name}-${id}`
  const isr = (id: number) => `isr/${name}-${id}`
  const columns: Timeline['columns'] = Object.fromEntries(
    ids.flatMap((id) => [
      [leader(id), [now.get(id)!.leader]],
      [isr(id), [now.get(id)!.isr.length]],
    ]),
  )
  for (const change of changes) {
    if (change.atNs < startNs || change.atNs > startNs + endNs) continue
    now.set(change.partition, change)
    const at = secondsAt(view, change.atNs)
    if (at !== atS.at(-1)) {
      atS.push(at)
      for (const column of Object.values(columns)) column.push(null)
    }
    for (const id of ids) {
      columns[leader(id)]![atS.length - 1] = now.get(id)!.leader
      columns[isr(id)]![atS.length - 1] = now.get(id)!.isr.length
    }
  }
  return { atS, columns }
}

function canaryTimeline({ sums, startNs, loadEndNs, endNs }: View): Timeline {
  const rows = Math.max(0, Math.floor(Math.min(loadEndNs, endNs) / canaryRowNs))
  const columns = [...sums.canary!.acks].map((times, partition): [string, number[]] => {
    const column = new Array<number>(rows).fill(0)
    for (const atNs of times ?? []) {
      const row = Math.floor((atNs - startNs) / canaryRowNs)
      if (row >= 0 && row < rows) column[row]!++
    }
    return [`${sums.topic!.name}-${partition}`, column]
  })
  return { atS: Array.from({ length: rows }, (_, row) => row / 4), columns: Object.fromEntries(columns) }
}
