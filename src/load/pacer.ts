import { plainRate, type Rate } from '../profile/shapes.ts'

/** When record n of the global schedule is due. Closed form in n: no drift, nothing to reconcile between workers. */
export interface Pacer {
  /** ns after the start of the schedule; 0 where there are no due times (rate max). */
  dueNs(n: number): number
  /** Scheduled rate at `ns` after the start, records/s; null = as fast as it goes. */
  ratePerSec(ns: number): number | null
  /** Records due in [0, ns); null = no schedule. */
  dueBefore(ns: number): number | null
}

export function constantPacer(ratePerSec: number): Pacer {
  const dueNs = (n: number) => (n * 1e9) / ratePerSec
  return {
    dueNs,
    ratePerSec: () => ratePerSec,
    dueBefore(ns) {
      if (ns <= 0) return 0
      // The inverse, corrected for rounding so that it agrees with dueNs to the record.
      let n = Math.max(0, Math.ceil((ns * ratePerSec) / 1e9))
      while (n > 0 && dueNs(n - 1) >= ns) n--
      while (dueNs(n) < ns) n++
      return n
    },
  }
}

export function maxPacer(): Pacer {
  return { dueNs: () => 0, ratePerSec: () => null, dueBefore: () => null }
}

export function pacerFor(rate: Rate): Pacer {
  const plain = plainRate(rate)
  return plain === 'max' ? maxPacer() : constantPacer(plain)
}

/** How many of the first `total` records are worker `worker`'s of `workers`, when it takes worker, worker + workers, … */
export function shareOf(total: number, worker: number, workers: number): number {
  return total <= worker ? 0 : Math.floor((total - worker - 1) / workers) + 1
}
