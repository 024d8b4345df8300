import type { FaultPartition, FaultResult } from '../contracts/result.ts'
import type { PartitionChange, PartitionHistory } from '../recording/partition-history.ts'
import { type Gap, longestOf, type Silences } from '../recording/silences.ts'

/** When the canary was acknowledged, by partition, ascending, ns of CLOCK_MONOTONIC. */
export type CanaryAcks = readonly (readonly number[])[]

export interface FailoverInput {
  topic: string
  partitions: number
  minInsyncReplicas: number
  injectedNs: number
  /** The next fault after this one was undone, or the end of the load. */
  untilNs: number
  /** Calm times before: what the canary's resolution is taken from. */
  calmFromNs: number
  history: PartitionHistory
  /** Empty lists where it was not running. */
  canary: CanaryAcks
  silences: Silences
}

export type Failover = Pick<
  FaultResult,
  'leadershipRestoredS' | 'underReplicatedS' | 'underMinIsrS' | 'offlineS' | 'uncleanElections' | 'partitions'
>

type State = Pick<PartitionChange, 'atNs' | 'leader' | 'isr' | 'replicas'>

/** What one fault did to every partition: MEASURING, "Faults". Pure. */
export function analyseFailover(input: FailoverInput): Failover {
  const { injectedNs, untilNs, history, minInsyncReplicas } = input
  const sum = { underReplicatedS: 0, underMinIsrS: 0, offlineS: 0, uncleanElections: 0 }
  const partitions: FaultPartition[] = []
  const displaced: { fromNs: number; toNs: number | null }[] = []
  for (let id = 0; id < input.partitions; id++) {
    const { before, after } = statesOf(history, id, injectedNs, untilNs)
    partitions.push(partitionResult(input, id, before, after))
    let state = before
    for (const next of [...after, null]) {
      if (state) {
        const lengthS = ((next?.atNs ?? untilNs) - Math.max(state.atNs, injectedNs)) / 1e9
        if (state.isr.length < state.replicas.length) sum.underReplicatedS += lengthS
        if (state.isr.length < minInsyncReplicas) sum.underMinIsrS += lengthS
        if (state.leader < 0) sum.offlineS += lengthS
      }
      if (next && state && next.leader >= 0 && next.leader !== state.leader && !state.isr.includes(next.leader)) {
        sum.uncleanElections++
      }
      state = next
    }
    displaced.push(...displacements(before, after))
  }
  return {
    ...sum,
    leadershipRestoredS: restoredS(displaced, injectedNs),
    partitions,
  }
}

function statesOf(history: PartitionHistory, id: number, fromNs: number, toNs: number) {
  const first = history.initial().find(({ partition }) => partition === id)
  let before: State | null = first ? { atNs: Number.NEGATIVE_INFINITY, ...first } : null
  const after: State[] = []
  for (const change of history.changes()) {
    if (change.partition !== id) continue
    if (change.atNs < fromNs) before = change
    else if (change.atNs < toNs) after.push(change)
  }
  return { before, after }
}

function partitionResult(
  input: FailoverInput,
  id: number,
  before: State | null,
  after: readonly State[],
): FaultPartition {
  const { injectedNs, untilNs } = input
  const sinceMs = (atNs: number | undefined) => (atNs === undefined ? null : round((atNs - injectedNs) / 1e6))
  const elected = before ? after.find(({ leader }) => leader >= 0 && leader !== before.leader) : undefined
  const shrunkAt = before ? after.findIndex(({ isr }) => isr.length < before.isr.length) : -1
  const restored = shrunkAt < 0 ? undefined : after.slice(shrunkAt).find(({ isr }) => isr.length >= before!.isr.length)
  const acks = input.canary[id] ?? []
  const gap = longestOf(gapsOf(acks), injectedNs, untilNs)
  const calm = longestOf(
    gapsOf(
      acks.filter((atNs) => atNs < injectedNs),
      false,
    ),
    input.calmFromNs,
    injectedNs,
  )
  const clientGap = input.silences.longest(id, injectedNs, untilNs)
  return {
    topic: input.topic,
    id,
    leaderBefore: before && before.leader >= 0 ? before.leader : null,
    leaderAfter: elected?.leader ?? null,
    unavailableMs: acks.length === 0 ? null : lengthMs(gap),
    clientGapMs: lengthMs(clientGap),
    resolutionMs: lengthMs(calm),
    electionMs: sinceMs(elected?.atNs),
    firstAckMs: elected ? sinceMs(acks.find((atNs) => atNs >= elected.atNs)) : null,
    isrShrunkMs: shrunkAt < 0 ? null : sinceMs(after[shrunkAt]!.atNs),
    isrRestoredS: restored ? Math.round((restored.atNs - injectedNs) / 1e6) / 1000 : null,
    // A gap may reach past the next fault: what counts is whether anything was acknowledged after it.
    recovered: acks.length === 0 ? (after.at(-1) ?? before)?.leader !== -1 : gap === null || acks.at(-1)! > gap.fromNs,
  }
}

/** The time after the last one is a gap too, unless `open` is false. */
function gapsOf(atNs: readonly number[], open = true): Gap[] {
  const gaps: Gap[] = []
  for (let at = 1; at < atNs.length; at++) gaps.push({ fromNs: atNs[at - 1]!, toNs: atNs[at]! })
  if (open && atNs.length > 0) gaps.push({ fromNs: atNs.at(-1)!, toNs: Number.POSITIVE_INFINITY })
  return gaps
}

/** Times in which a partition is not led by its preferred replica; toNs null = to the end. */
function displacements(before: State | null, after: readonly State[]): { fromNs: number; toNs: number | null }[] {
  const result: { fromNs: number; toNs: number | null }[] = []
  let fromNs: number | null = null
  const isPreferred = (state: State) => state.leader === state.replicas[0]
  if (before && !isPreferred(before)) fromNs = before.atNs
  for (const state of after) {
    if (!isPreferred(state)) fromNs ??= state.atNs
    else if (fromNs !== null) {
      result.push({ fromNs, toNs: state.atNs })
      fromNs = null
    }
  }
  if (fromNs !== null) result.push({ fromNs, toNs: null })
  return result
}

function restoredS(displaced: readonly { toNs: number | null }[], injectedNs: number): number | null {
  if (displaced.length === 0 || displaced.some(({ toNs }) => toNs === null)) return null
  return Math.round(Math.max(...displaced.map(({ toNs }) => toNs! - injectedNs)) / 1e6) / 1000
}

const lengthMs = (gap: Gap | null): number | null => (gap === null ? null : round((gap.toNs - gap.fromNs) / 1e6))
const round = (ms: number): number => Math.round(ms * 10) / 10
