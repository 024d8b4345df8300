import type { EventCounts } from '../../contracts/api.ts'
import type { SparseCounts } from '../../contracts/facts.ts'
import { createSchedule } from '../../load/schedule.ts'
import { brokerColumns } from '../../recording/broker-usage.ts'
import { quantileOf } from '../../recording/merged-latencies.ts'
import type { Recording } from '../../recording/recording.ts'
import type { Sums } from '../../recording/sums.ts'

/** What a live run shows while it goes on; every call is one step or one second. */
export interface Progress {
  stage(stage: string, detail: string): void
  tick(tick: Tick): void
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
  latencyUs: SparseCounts
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

/** Shows each row once, as soon as it is known; rows that become known together are all shown. */
export function followRows(recording: Recording, progress: Progress): Disposable {
  const { plan } = recording
  const schedule = plan.fill ? null : createSchedule(plan.load)
  let next = 0
  // On the cluster groups have names with the run's id in them.
  const labels = new Map(plan.groups.map(({ group, label }) => [group, label]))
  progress.recording?.(recording)
  return recording.subscribe((_, sums) => {
    const { rows } = sums.axis
    while (next < rows.length && rows[next]!.toNs <= sums.knownUntilNs && sums.overNs === null) {
      const { fromNs, toNs } = rows[next]!
      progress.tick({
        ...tickOf(sums, next, labels),
        due: schedule?.dueIn(fromNs, toNs) ?? null,
        variant: plan.id,
        client: plan.client,
        phase: plan.kind === 'rehearsal' ? 'cluster warm-up' : rows[next]!.phase,
      })
      next++
    }
  })
}

function tickOf(
  sums: Sums,
  row: number,
  labels: ReadonlyMap<string, string>,
): Omit<Tick, 'variant' | 'client' | 'phase' | 'due'> {
  const { fromNs, toNs } = sums.axis.rows[row]!
  const events = sums.rows.events(row)
  const perSec = (count: number) => (count * 1e9) / (toNs - fromNs)
  const response = sums.rows.latency('response', row, row + 1)
  const latencyUs = response.total > 0 ? response : sums.rows.latency('service', row, row + 1)
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
    latency: response.total > 0 ? 'response' : 'service',
    latencyUs,
    responseP50Us: quantileOf(latencyUs, 0.5, 0),
    responseP99Us: quantileOf(latencyUs, 0.99, 0),
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
