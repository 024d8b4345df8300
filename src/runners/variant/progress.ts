import { quantileOf } from '../../recording/merged-latencies.ts'
import type { Recording } from '../../recording/recording.ts'
import type { Sums } from '../../recording/sums.ts'

/** What a live run shows while it goes on; every call is one step or one second. */
export interface Progress {
  stage(stage: string, detail: string): void
  tick(tick: Tick): void
  log(line: string): void
}

/** One second that every worker has reported in full: the same numbers as the stored row's. */
export interface Tick {
  variant: string
  phase: string
  /** Start of the row, s from the start of the variant. */
  atS: number
  sentPerSec: number
  ackedPerSec: number
  receivedPerSec: number
  responseP99Us: number | null
  lagRecords: number | null
}

/** Shows each row once, as soon as it is known; rows that become known together are all shown. */
export function followRows(recording: Recording, progress: Progress): Disposable {
  const { plan } = recording
  let next = 0
  return recording.subscribe((_, sums) => {
    const { rows } = sums.axis
    while (next < rows.length && rows[next]!.toNs <= sums.knownUntilNs && sums.overNs === null) {
      progress.tick({
        ...tickOf(sums, next),
        variant: plan.id,
        phase: plan.kind === 'rehearsal' ? 'cluster warm-up' : rows[next]!.phase,
      })
      next++
    }
  })
}

function tickOf(sums: Sums, row: number): Omit<Tick, 'variant' | 'phase'> {
  const { fromNs, toNs } = sums.axis.rows[row]!
  const { sent, acked, received } = sums.rows.events(row)
  const perSec = (count: number) => (count * 1e9) / (toNs - fromNs)
  const response = sums.rows.latency('response', row, row + 1)
  const latency = response.total > 0 ? response : sums.rows.latency('service', row, row + 1)
  return {
    atS: fromNs / 1e9,
    sentPerSec: perSec(sent),
    ackedPerSec: perSec(acked),
    receivedPerSec: perSec(received),
    responseP99Us: quantileOf(latency, 0.99, 0),
    lagRecords: lagNow(sums),
  }
}

/** Sum over the groups at the last sample; null where a partition is unknown. */
function lagNow(sums: Sums): number | null {
  let sum = 0
  for (const points of sums.lag.values()) {
    const point = points.at(-1)
    if (!point) return null
    for (const [partition, end] of point.ends.entries()) {
      const committed = point.committed[partition]
      if (end === null || committed == null) return null
      sum += Math.max(0, end - committed)
    }
  }
  return sums.lag.size === 0 ? null : sum
}
