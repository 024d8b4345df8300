import type { CanaryFact, CanaryStoppedFact } from '../contracts/facts.ts'

/** What the canary's facts add up to; times are ns of CLOCK_MONOTONIC. */
export interface CanaryAcks {
  add(fact: CanaryFact | CanaryStoppedFact): void
  /** When its probes were acknowledged, by partition, ascending. */
  acks: readonly (readonly number[])[]
  /** Offsets of its records by partition, ascending. */
  offsets: readonly (readonly number[])[]
  /** First probe, of every partition; null = none was sent. */
  firstSentNs(): number | null
  /** From here on nothing is known; null = it sends. */
  stoppedNs(): number | null
  /** All acknowledgements until then have been reported; null = nothing has. */
  knownUntilNs(): number | null
  /** Why it stopped, when it was not by order. */
  problem(): string | null
}

export function createCanaryAcks(partitions: number): CanaryAcks {
  const acks: number[][] = Array.from({ length: partitions }, () => [])
  const offsets: number[][] = Array.from({ length: partitions }, () => [])
  let firstSentNs: number | null = null
  let knownUntilNs: number | null = null
  let stopped: CanaryStoppedFact | null = null
  return {
    add(fact) {
      if (fact.fact === 'canary-stopped') {
        stopped ??= fact
        return
      }
      // The first of these facts comes with the first probe.
      firstSentNs ??= fact.atNs
      knownUntilNs = Math.max(knownUntilNs ?? fact.atNs, fact.atNs)
      for (let at = 0; at + 2 < fact.acks.length; at += 3) {
        const partition = fact.acks[at]!
        if (!acks[partition]) continue
        insert(acks[partition], fact.acks[at + 2]!)
        if (fact.acks[at + 1]! >= 0) insert(offsets[partition]!, fact.acks[at + 1]!)
      }
    },
    acks,
    offsets,
    firstSentNs: () => firstSentNs,
    stoppedNs: () => stopped?.atNs ?? null,
    knownUntilNs: () => knownUntilNs,
    problem: () => stopped?.problem ?? null,
  }
}

/** Almost always at the end: a retry may be acknowledged after its successors. */
function insert(sorted: number[], value: number): void {
  let at = sorted.length
  while (at > 0 && sorted[at - 1]! > value) at--
  if (at === sorted.length) sorted.push(value)
  else sorted.splice(at, 0, value)
}
