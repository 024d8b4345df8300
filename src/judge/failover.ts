import type { FaultPartition, FaultResult } from '../contracts/result.ts'
import type { Leaders, PartitionChange } from '../recording/partition-history.ts'
import type { Silences } from '../recording/silences.ts'
import { type CanaryRecord, canaryGap, canaryResolution, type Span } from './canary-gaps.ts'

export interface FailoverInput {
  topic: string
  partitions: number
  /** In force for the topic; null = not known. */
  minInsyncReplicas: number | null
  injectedNs: number
  /** The next fault after this one was undone, or the end of the load. */
  untilNs: number
  /** Undisturbed time before it: what the canary's resolution is taken from; null = there was none. */
  before: Span | null
  leaders: Leaders
  canary: CanaryRecord
  silences: Silences
}

export type Failover = Pick<
  FaultResult,
  'leadershipRestoredS' | 'underReplicatedS' | 'underMinIsrS' | 'offlineS' | 'uncleanElections' | 'partitions'
>

type State = Pick<PartitionChange, 'atNs' | 'leader' | 'isr' | 'replicas'>

/** What one fault did to every partition: docs/measuring.md, "Faults". Pure. */
export function analyseFailover(input: FailoverInput): Failover {
  const { injectedNs, leaders } = input
  const untilNs = Math.max(injectedNs, input.untilNs)
  const states = Array.from({ length: input.partitions }, (_, id) => statesOf(leaders, id, injectedNs, untilNs))
  return {
    ...partitionSeconds(states, injectedNs, untilNs, input.minInsyncReplicas),
    leadershipRestoredS: restoredS(
      states.flatMap(({ before, after }) => displacements(before, after)),
      injectedNs,
    ),
    partitions: states.map(({ before, after }, id) => partitionResult(input, id, before, after)),
  }
}

interface States {
  /** At the injection; null = not known. */
  before: State | null
  after: readonly State[]
}

function statesOf({ initial, changes }: Leaders, id: number, fromNs: number, toNs: number): States {
  const first = initial.find(({ partition }) => partition === id)
  let before: State | null = first ? { atNs: Number.NEGATIVE_INFINITY, ...first } : null
  const after: State[] = []
  for (const change of changes) {
    if (change.partition !== id) continue
    if (change.atNs < fromNs) before = change
    else if (change.atNs < toNs) after.push(change)
  }
  return { before, after }
}

/** Null where nothing is known of any partition, or of what would have to be in sync. */
function partitionSeconds(
  partitions: readonly States[],
  fromNs: number,
  toNs: number,
  minInsyncReplicas: number | null,
): Pick<FaultResult, 'underReplicatedS' | 'underMinIsrS' | 'offlineS' | 'uncleanElections'> {
  const sum = { underReplicatedS: 0, underMinIsrS: 0, offlineS: 0, uncleanElections: 0 }
  let known = false
  for (const { before, after } of partitions) {
    let state = before
    for (const next of [...after, null]) {
      if (state) {
        known = true
        const lengthS = ((next?.atNs ?? toNs) - Math.max(state.atNs, fromNs)) / 1e9
        if (state.isr.length < state.replicas.length) sum.underReplicatedS += lengthS
        if (state.isr.length < (minInsyncReplicas ?? 0)) sum.underMinIsrS += lengthS
        if (state.leader < 0) sum.offlineS += lengthS
      }
      if (next && state && next.leader >= 0 && next.leader !== state.leader && !state.isr.includes(next.leader)) {
        sum.uncleanElections++
      }
      state = next
    }
  }
  if (!known) return { underReplicatedS: null, underMinIsrS: null, offlineS: null, uncleanElections: null }
  return minInsyncReplicas === null ? { ...sum, underMinIsrS: null } : sum
}

function partitionResult(
  input: FailoverInput,
  id: number,
  before: State | null,
  after: readonly State[],
): FaultPartition {
  const { injectedNs, untilNs, canary } = input
  const sinceMs = (atNs: number | undefined) => (atNs === undefined ? null : round((atNs - injectedNs) / 1e6))
  const elected = before ? after.find(({ leader }) => leader >= 0 && leader !== before.leader) : undefined
  const shrunkAt = before ? after.findIndex(({ isr }) => isr.length < before.isr.length) : -1
  const restored = shrunkAt < 0 ? undefined : after.slice(shrunkAt).find(({ isr }) => isr.length >= before!.isr.length)
  const resolutionNs = input.before && canaryResolution(canary, id, input.before)
  const gap = canaryGap(canary, id, { fromNs: injectedNs, toNs: untilNs }, resolutionNs)
  const firstAckNs = elected && canary.acks[id]?.find((atNs) => atNs >= elected.atNs)
  return {
    topic: input.topic,
    id,
    leaderBefore: before && before.leader >= 0 ? before.leader : null,
    leaderAfter: elected?.leader ?? null,
    unavailableMs: lengthMs(gap?.lengthNs ?? null),
    clientGapMs: lengthMs(input.silences.longest(id, injectedNs, untilNs)),
    resolutionMs: lengthMs(resolutionNs),
    electionMs: sinceMs(elected?.atNs),
    firstAckMs: sinceMs(firstAckNs),
    isrShrunkMs: shrunkAt < 0 ? null : sinceMs(after[shrunkAt]!.atNs),
    isrRestoredS: restored ? Math.round((restored.atNs - injectedNs) / 1e6) / 1000 : null,
    recovered: gap === null ? (after.at(-1) ?? before)?.leader !== -1 : gap.recovered,
  }
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

const lengthMs = (ns: number | null): number | null => (ns === null ? null : round(ns / 1e6))
const round = (ms: number): number => Math.round(ms * 10) / 10
