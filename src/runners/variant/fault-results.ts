import { messageOf } from '../../base/errors.ts'
import type { FaultResult, Rebalance, RunEvent, Timeline, Variant } from '../../contracts/result.ts'
import { analyseFaults } from '../../judge/fault-results.ts'
import { type LagPoint, withoutCanary } from '../../recording/lag.ts'
import { type Session, secondsOf } from './session.ts'

/** Rows of the canary's timeline, ns. */
const canaryRowNs = 250e6

/** What each occurrence of a fault did, from everything the session gathered. Pure. */
export function faultResults(session: Session): FaultResult[] {
  const { faults, job, topic, intervals, canary, leaders } = session
  const measure = intervals.find(({ phase }) => phase === 'measure')
  const minInsyncReplicas = job.variant.profile.topic.config['min.insync.replicas']
  return analyseFaults({
    topic: topic.name,
    partitions: topic.partitions,
    minInsyncReplicas: minInsyncReplicas === undefined ? null : Number(minInsyncReplicas),
    occurrences: faults.map((fault) => ({
      ...fault,
      brokers: [],
      workers: [],
      problem: fault.problem === null ? null : 'not-verified',
    })),
    startNs: session.startNs,
    measureFromNs: session.startNs + (measure?.startNs ?? 0),
    loadEndNs: session.startNs + session.plans[0]!.loadEndNs,
    endNs: session.endNs,
    leaders: { initial: leaders?.initial() ?? [], changes: leaders?.changes() ?? [] },
    canary: {
      acks: canary?.acks ?? [],
      offsets: canary?.offsets ?? [],
      firstSentNs: canary?.firstSentNs() ?? null,
      stoppedNs: canary?.stoppedNs() ?? null,
    },
    silences: session.silences,
    lag: session.groups.map(({ group }, index) => ({
      group: job.variant.profile.consumers[index]!.group,
      points: session.lag.get(group)!,
    })),
  }).results
}

/** The samples of a group's lag, the canary's records taken out. */
export function lagPoints(session: Session, group: string): LagPoint[] {
  const points = session.lag.get(group)!
  return session.canary ? withoutCanary(points, session.canary.offsets) : points
}

export function rebalanceResults(session: Session): Rebalance[] {
  return session.rebalances
    .map(({ plan, atNs, pauseMs, partitionsMoved }): Rebalance | null => {
      if (plan.role.kind !== 'consumer' || !plan.consumer) return null
      const index = session.groups.findIndex(({ group }) => plan.role.kind === 'consumer' && group === plan.role.group)
      const { protocol, assignor } = plan.consumer
      const classic = assignor === 'cooperative-sticky' ? 'cooperative' : 'eager'
      return {
        group: session.job.variant.profile.consumers[index]?.group ?? plan.role.group,
        member: plan.role.member,
        atS: secondsOf(session, atNs),
        pauseMs: pauseMs === null ? null : Math.round(pauseMs * 10) / 10,
        partitionsMoved,
        protocol: protocol === 'consumer' ? 'consumer' : classic,
      }
    })
    .filter((rebalance) => rebalance !== null)
    .sort((a, b) => a.atS - b.atS)
}

/** Reasons why a fault makes the measurement worthless: it did not happen as the profile says. */
export function faultProblems({ faults, job, canary }: Session): string[] {
  if (job.signal.aborted) return []
  const problems = faults.flatMap(({ use, target, problem }) =>
    problem === null ? [] : [`fault ${use}${target === '' ? '' : ` (${target})`}: ${problem}`],
  )
  const silent = canary?.problem() ?? null
  return silent === null ? problems : [...problems, messageOf(silent)]
}

/** A line per change of leader or in-sync set. */
export function leaderEvents(session: Session): RunEvent[] {
  const { leaders, topic } = session
  if (!leaders) return []
  const known = new Map(leaders.initial().map((state) => [state.partition, state]))
  return leaders.changes().flatMap((change) => {
    const before = known.get(change.partition)
    known.set(change.partition, change)
    const { partition, leader, isr } = change
    const base = { atS: secondsOf(session, change.atNs), topic: topic.name, partition }
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

/** `leaders`, `canary` and `errors`, as docs/results.md says; none without faults. */
export function faultTimelines(session: Session): Variant['timelines'] {
  const timelines: Variant['timelines'] = {}
  if (session.leaders) timelines.leaders = leadersTimeline(session)
  if (session.canary) timelines.canary = canaryTimeline(session, session.canary.acks)
  const errors = session.collector.errorTimeline()
  if (Object.keys(errors.columns).length > 0) timelines.errors = errors
  return timelines
}

function leadersTimeline(session: Session): Timeline {
  const { leaders, topic } = session
  const changes = leaders!.changes().filter(({ atNs }) => atNs >= session.startNs)
  const now = new Map(leaders!.initial().map((state) => [state.partition, state]))
  for (const change of leaders!.changes()) if (change.atNs < session.startNs) now.set(change.partition, change)
  const names = [...now.keys()].sort((a, b) => a - b)
  const atS = [0]
  const columns: Timeline['columns'] = Object.fromEntries(
    names.flatMap((id) => [
      [`leader/${topic.name}-${id}`, [now.get(id)!.leader]],
      [`isr/${topic.name}-${id}`, [now.get(id)!.isr.length]],
    ]),
  )
  for (const change of changes) {
    now.set(change.partition, change)
    const at = secondsOf(session, change.atNs)
    if (at !== atS.at(-1)) {
      atS.push(at)
      for (const column of Object.values(columns)) column.push(null)
    }
    for (const id of names) {
      columns[`leader/${topic.name}-${id}`]![atS.length - 1] = now.get(id)!.leader
      columns[`isr/${topic.name}-${id}`]![atS.length - 1] = now.get(id)!.isr.length
    }
  }
  return { atS, columns }
}

function canaryTimeline(session: Session, acks: readonly (readonly number[])[]): Timeline {
  const endNs = Math.min(session.plans[0]!.loadEndNs, session.endNs - session.startNs)
  const rows = Math.max(0, Math.floor(endNs / canaryRowNs))
  const columns = acks.map((times, partition) => {
    const column = new Array<number>(rows).fill(0)
    for (const atNs of times) {
      const row = Math.floor((atNs - session.startNs) / canaryRowNs)
      if (row >= 0 && row < rows) column[row]!++
    }
    return [`${session.topic.name}-${partition}`, column]
  })
  return { atS: Array.from({ length: rows }, (_, row) => row / 4), columns: Object.fromEntries(columns) }
}
