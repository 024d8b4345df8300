import { type FindingFacts, finding } from '../contracts/findings.ts'
import type { LimitSpec, VariantPlan } from '../contracts/plan.ts'
import { createSchedule } from '../load/schedule.ts'
import { underReplicatedNow } from '../recording/broker-metrics.ts'
import type { Sums } from '../recording/sums.ts'

/** The limits of one variant, while it runs. What is exactly at a limit is within it. */
export interface LimitWatch {
  /** There are any. */
  watches: boolean
  /** The first limit that was gone beyond, by what is known so far; null = none. */
  reached(sums: Sums, nowNs: number): FindingFacts | null
}

/** Something beside the load itself has to be looked at. */
export const needsGuard = ({ limits }: VariantPlan): boolean =>
  limits?.foreignLag !== undefined || limits?.underReplicated !== undefined

export function createLimitWatch(plan: VariantPlan): LimitWatch {
  const { limits } = plan
  const isPaced = createSchedule(plan.load).paced
  /** Row from which on the rate has not been looked at. */
  let nextRow = 0

  /** Full seconds alone: a part of one may be a burst, and a schedule that catches up keeps to its rate all the same. */
  function fastest(sums: Sums, most: number): number | null {
    const { rows } = sums.axis
    let found: number | null = null
    for (; nextRow < rows.length && rows[nextRow]!.toNs <= sums.knownUntilNs && found === null; nextRow++) {
      const { fromNs, toNs } = rows[nextRow]!
      const perSec = (sums.rows.events(nextRow).sent * 1e9) / (toNs - fromNs)
      if (toNs - fromNs >= 1e9 && perSec > most) found = perSec
    }
    return found
  }

  return {
    watches: limits !== undefined,
    reached(sums, nowNs) {
      if (!limits) return null
      const { guard, startNs } = sums
      const atS = startNs === null || nowNs < startNs ? null : Math.round((nowNs - startNs) / 1e6) / 1000
      const beyond = (limit: 'rate' | 'bytes' | 'foreignLag' | 'underReplicated', value: number, most: number) =>
        finding('limit-reached', { ...{ limit, value, most, atS }, group: null })
      const { recordsPerSec, foreignLag, underReplicated, bytes } = limits
      if (recordsPerSec !== undefined && !isPaced && startNs !== null) {
        const perSec = fastest(sums, recordsPerSec)
        if (perSec !== null) return beyond('rate', perSec, recordsPerSec)
      }
      if (bytes !== undefined) {
        const written = sums.rows.eventsOver(0, sums.axis.rows.length).sent * limits.recordBytes
        if (written > bytes.left) return beyond('bytes', bytes.ofRun - bytes.left + written, bytes.ofRun)
      }
      const foreign = guard?.foreign ?? null
      if (foreignLag !== undefined && foreign !== null && foreign.risen > foreignLag) {
        return { ...beyond('foreignLag', foreign.risen, foreignLag), group: foreign.group }
      }
      const under = Math.max(guard?.underReplicated ?? 0, underReplicatedNow(sums.usage, nowNs) ?? 0)
      if (underReplicated !== undefined && under > underReplicated)
        return beyond('underReplicated', under, underReplicated)
      return null
    },
  }
}

/** Why a load without a schedule is over whose producers have sent all that they may; null = `load.count` was used up. */
export function bytesFinding({ limits }: { limits?: LimitSpec }, loadEndNs: number): FindingFacts | null {
  const { bytes } = limits ?? {}
  if (bytes?.records === undefined) return null
  const value = bytes.ofRun - bytes.left + bytes.records * limits!.recordBytes
  return finding('limit-reached', { limit: 'bytes', value, most: bytes.ofRun, group: null, atS: loadEndNs / 1e9 })
}
