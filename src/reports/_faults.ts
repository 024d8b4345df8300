import type { FaultPartition, FaultResult, Rebalance, RunResult, Variant } from '../contracts/result.ts'

export const hasFaults = (result: RunResult): boolean => result.variants.some((variant) => variant.faults.length > 0)

/** The variants' faults side by side: entry n is what each of them went through as its n-th, null where it had none. */
export function occurrences(variants: readonly Variant[]): (FaultResult | null)[][] {
  const most = Math.max(0, ...variants.map((variant) => variant.faults.length))
  return Array.from({ length: most }, (_, at) => variants.map((variant) => variant.faults[at] ?? null))
}

/** "kill-broker: SIGKILL to broker 2"; the target alone where it is not known what was done. */
export const faultTitle = (fault: FaultResult): string => {
  const what = fault.detail || fault.target
  return what === '' ? fault.use : `${fault.use}: ${what}`
}

/** Was led by one of the brokers that were hit. */
export const ledByTarget = (fault: FaultResult, partition: FaultPartition): boolean =>
  partition.leaderBefore !== null && (fault.brokers ?? []).includes(partition.leaderBefore)

/** What was hit, in a few words: the brokers by their ids, else as the fault says. */
export function targetWords({ brokers = [], target }: FaultResult): string {
  if (brokers.length === 0) return target
  return brokers.length === 1 ? `broker ${brokers[0]}` : `brokers ${brokers.join(', ')}`
}

/** Shorter silences of the canary are as good as none: a busy machine has them too. */
const noticeableMs = 500

/** Whether the canary's silence stands out: twice its longest one in calm times, and half a second at least. */
export const wasUnavailable = ({ unavailableMs, resolutionMs }: FaultPartition): boolean =>
  unavailableMs !== null && unavailableMs >= Math.max(noticeableMs, 2 * (resolutionMs ?? 0))

/** Partitions that no broker that was hit led, and that were unavailable all the same. */
export const stalledElsewhere = (fault: FaultResult): FaultPartition[] =>
  (fault.brokers ?? []).length === 0
    ? []
    : fault.partitions.filter((one) => one.leaderBefore !== null && !ledByTarget(fault, one) && wasUnavailable(one))

/** Whether they came back just when the in-sync set shrank: then they had waited for the replica that left it. */
export const waitedForIsr = (partitions: readonly FaultPartition[]): boolean =>
  partitions.every(
    ({ unavailableMs, isrShrunkMs }) =>
      unavailableMs !== null &&
      isrShrunkMs !== null &&
      Math.abs(unavailableMs - isrShrunkMs) <= Math.max(1500, 0.2 * isrShrunkMs),
  )

/** Longest first; where nothing is known, last. */
export const worstFirst = (partitions: readonly FaultPartition[]): FaultPartition[] =>
  [...partitions].sort(
    (a, b) =>
      (b.unavailableMs ?? -1) - (a.unavailableMs ?? -1) ||
      (b.clientGapMs ?? -1) - (a.clientGapMs ?? -1) ||
      a.topic.localeCompare(b.topic) ||
      a.id - b.id,
  )

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null)

/** null where nothing is known. */
export function worstOf(values: readonly (number | null)[]): number | null {
  const all = known(values)
  return all.length === 0 ? null : Math.max(...all)
}

export function leastOf(values: readonly (number | null)[]): number | null {
  const all = known(values)
  return all.length === 0 ? null : Math.min(...all)
}

export function medianOf(values: readonly (number | null)[]): number | null {
  const all = known(values).sort((a, b) => a - b)
  if (all.length === 0) return null
  const middle = Math.floor(all.length / 2)
  return all.length % 2 === 1 ? all[middle]! : (all[middle - 1]! + all[middle]!) / 2
}

/** Seconds from the injection until no partition's in-sync set was short; null: not before the end, or none was. */
export function isrFullS(fault: FaultResult): number | null {
  const shrunk = fault.partitions.filter((one) => one.isrShrunkMs !== null)
  return shrunk.some((one) => one.isrRestoredS === null) ? null : worstOf(shrunk.map((one) => one.isrRestoredS))
}

/** "partition 4"; with its topic where the fault hit several. */
export const partitionName = (fault: FaultResult, { topic, id }: FaultPartition): string =>
  new Set(fault.partitions.map((one) => one.topic)).size > 1 ? `${topic}-${id}` : `partition ${id}`

/** Rebalances of a group's members that overlap, or begin within a second of each other. */
export interface GroupRebalance {
  group: string
  /** The first member stopped; the last one read again. null = one never did. */
  fromS: number
  toS: number | null
  members: Rebalance[]
  partitionsMoved: number
}

export function groupRebalances(variant: Variant): GroupRebalance[] {
  const found: GroupRebalance[] = []
  for (const one of [...variant.rebalances].sort((a, b) => a.atS - b.atS)) {
    const endS = one.pauseMs === null ? null : one.atS + one.pauseMs / 1000
    const last = found.findLast(({ group }) => group === one.group)
    const isNew =
      !last || one.atS > Math.max(last.fromS + 1, last.toS ?? Number.POSITIVE_INFINITY) || hasMember(last, one)
    if (isNew) {
      found.push({
        group: one.group,
        fromS: one.atS,
        toS: endS,
        members: [one],
        partitionsMoved: one.partitionsMoved,
      })
      continue
    }
    last.members.push(one)
    last.partitionsMoved += one.partitionsMoved
    last.toS = last.toS === null || endS === null ? null : Math.max(last.toS, endS)
  }
  return found
}

/** One member goes through a rebalance once: a second time is another one. */
const hasMember = (rebalance: GroupRebalance, { member }: Rebalance): boolean =>
  rebalance.members.some((other) => other.member === member)
