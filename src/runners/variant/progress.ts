import { valueAt } from '../../base/value-at.ts'
import type { EventCounts } from '../../contracts/api.ts'
import type { FrameFact, SparseCounts } from '../../contracts/facts.ts'
import { createSchedule } from '../../load/schedule.ts'
import { brokerColumns } from '../../recording/broker-usage.ts'
import { mergeSparse } from '../../recording/counts.ts'
import { quantileOf } from '../../recording/merged-latencies.ts'
import type { Recording } from '../../recording/recording.ts'
import type { Sums } from '../../recording/sums.ts'

/** What a live run shows while it goes on; every call is one step or one second. */
export interface Progress {
  stage(stage: string, detail: string): void
  tick(tick: Tick): void
  /** Records that were due in a second that was shown were acknowledged since; comes before the second that follows. */
  revise?(row: RevisedRow): void
  log(line: string): void
  /** A variant, or the warm-up of the cluster, begins: what is known of it while it runs. */
  recording?(recording: Recording): void
}

/** One second that every worker has reported in full: the same numbers as the stored row's. */
export interface Tick {
  /** Id of the variant. */
  variant: string
  client: string
  phase: string
  /** Start of the row, s from the start of the variant. */
  atS: number
  lengthS: number
  /** Until the load is over as planned. */
  leftS: number
  /** Records due in the row; null at rate max. */
  due: number | null
  events: EventCounts
  sentPerSec: number
  ackedPerSec: number
  receivedPerSec: number
  /** What the latencies are: of response, or of service where there are no due times. */
  latency: 'response' | 'service'
  /** Of the records that were due in the row, as far as they are acknowledged: see {@link Progress.revise}. */
  latencyUs: SparseCounts
  /** Of all records acknowledged since the row before was shown, whenever they were due: a stall shows when it ends. */
  responseP50Us: number | null
  responseP99Us: number | null
  /** Over all groups. */
  lagRecords: number | null
  /** Group, as the profile names it → records at the last sample; null = a partition is unknown. */
  lag: Record<string, number | null>
  /** Faults that are injected and not healed. */
  faults: string[]
  /** Broker id → % of one core in the row. */
  brokerCpuPercent: Record<string, number | null>
}

/** A row as it is now, which was shown with fewer latencies. */
export interface RevisedRow {
  tick: Tick
  /** Of `tick.latencyUs`, what was not shown before. */
  addedUs: SparseCounts
}

/**
 * Shows each row once, as soon as it is known; rows that become known together are all shown. A record counts in the row in which it was due.
 * Where it is acknowledged much later, its row is revised, at most once for each row that becomes known.
 */
export function followRows(recording: Recording, progress: Progress): Disposable {
  const { plan } = recording
  const schedule = plan.fill ? null : createSchedule(plan.load)
  let next = 0
  // On the cluster groups have names with the run's id in them.
  const labels = new Map(plan.groups.map(({ group, label }) => [group, label]))
  progress.recording?.(recording)
  /** What frames added since the last row was shown, by row. */
  const added = new Map<number, Added>()
  const shown = (sums: Sums, row: number, acknowledged: readonly Added[]): Tick => {
    const { fromNs, toNs, phase } = sums.axis.rows[row]!
    return {
      ...tickOf(sums, row, labels, acknowledged),
      due: schedule?.dueIn(fromNs, toNs) ?? null,
      variant: plan.id,
      client: plan.client,
      phase: plan.kind === 'rehearsal' ? 'cluster warm-up' : phase,
    }
  }
  const revise = (sums: Sums, late: ReadonlyMap<number, Added>) => {
    if (!progress.revise) return
    for (const [row, counts] of [...late].sort(([a], [b]) => a - b)) {
      const tick = shown(sums, row, [counts])
      progress.revise({ tick, addedUs: mergeSparse(counts[tick.latency]) })
    }
  }
  /** Takes out those before a row. */
  const takeBefore = (row: number): Map<number, Added> => {
    const late = new Map([...added].filter(([of]) => of < row))
    for (const of of late.keys()) added.delete(of)
    return late
  }
  return recording.subscribe((fact, sums) => {
    if (fact.fact === 'frame') note(added, fact)
    const { rows } = sums.axis
    while (next < rows.length && rows[next]!.toNs <= sums.knownUntilNs && sums.overNs === null) {
      const late = takeBefore(next)
      const own = added.get(next)
      added.delete(next)
      revise(sums, late)
      progress.tick(shown(sums, next, [...late.values(), ...(own ? [own] : [])]))
      next++
    }
    if (sums.overNs !== null) revise(sums, takeBefore(next))
  })
}

/** Latencies that frames reported. */
type Added = Record<'response' | 'service', SparseCounts[]>

function note(added: Map<number, Added>, { cells }: FrameFact): void {
  for (const { interval, latencies } of cells) {
    for (const name of ['response', 'service'] as const) {
      const counts = latencies[name]
      if (counts) valueAt(added, interval, (): Added => ({ response: [], service: [] }))[name].push(counts)
    }
  }
}

function tickOf(
  sums: Sums,
  row: number,
  labels: ReadonlyMap<string, string>,
  acknowledged: readonly Added[],
): Omit<Tick, 'variant' | 'client' | 'phase' | 'due'> {
  const { fromNs, toNs } = sums.axis.rows[row]!
  const events = sums.rows.events(row)
  const perSec = (count: number) => (count * 1e9) / (toNs - fromNs)
  const response = sums.rows.latency('response', row, row + 1)
  const latency = response.total > 0 ? 'response' : 'service'
  const latencyUs = latency === 'response' ? response : sums.rows.latency('service', row, row + 1)
  const nowUs = mergeSparse(acknowledged.flatMap((each) => (each.response.length > 0 ? each.response : each.service)))
  const lag = lagNow(sums, labels)
  const known = Object.values(lag)
  return {
    atS: fromNs / 1e9,
    lengthS: (toNs - fromNs) / 1e9,
    leftS: Math.max(0, ((sums.axis.phase('measure')?.toNs ?? toNs) - toNs) / 1e9),
    events,
    sentPerSec: perSec(events.sent),
    ackedPerSec: perSec(events.acked),
    receivedPerSec: perSec(events.received),
    latency,
    latencyUs,
    responseP50Us: quantileOf(nowUs, 0.5, 0),
    responseP99Us: quantileOf(nowUs, 0.99, 0),
    lagRecords: known.reduce<number | null>(
      (sum, one) => (sum === null || one === null ? null : sum + one),
      known[0] === undefined ? null : 0,
    ),
    lag,
    faults: sums.faults.filter(({ healedNs, problem }) => healedNs === null && problem === null).map(({ use }) => use),
    brokerCpuPercent: brokerCpu(sums, fromNs, toNs),
  }
}

/** Group → lag at the last sample; null where a partition is unknown. */
function lagNow(sums: Sums, labels: ReadonlyMap<string, string>): Record<string, number | null> {
  const groups: Record<string, number | null> = {}
  for (const [group, points] of sums.lag) {
    const point = points.last()
    groups[labels.get(group) ?? group] = point
      ? point.ends.reduce<number | null>((sum, end, partition) => {
          const committed = point.committed[partition]
          return sum === null || end === null || committed == null ? null : sum + Math.max(0, end - committed)
        }, 0)
      : null
  }
  return groups
}

function brokerCpu({ usage, startNs }: Sums, fromNs: number, toNs: number): Record<string, number | null> {
  if (startNs === null) return {}
  const columns = brokerColumns(usage, [{ fromNs: startNs + fromNs, toNs: startNs + toNs }])
  return Object.fromEntries(
    [...usage.brokers.keys()].map((id) => [String(id), columns[`broker${id}CpuPercent`]?.[0] ?? null]),
  )
}
