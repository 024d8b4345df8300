import type { PartitionState } from '../contracts/faults.ts'

/** One change of a partition's leader or in-sync set, as first seen by any broker that answered. */
export interface PartitionChange {
  /** CLOCK_MONOTONIC; the answer that showed it. */
  atNs: number
  partition: number
  /** −1 = none. */
  leader: number
  leaderEpoch: number
  isr: readonly number[]
  replicas: readonly number[]
}

/** What is known of the partitions of a topic over a run: a plain value. */
export interface Leaders {
  /** As first seen, by partition. */
  initial: readonly PartitionState[]
  /** In the order in which they were seen. */
  changes: readonly PartitionChange[]
}

export interface PartitionHistory {
  /** One broker's answer; what is new in it: partitions that were not known, and changes of those that were. */
  answer(
    broker: number,
    atNs: number,
    states: readonly PartitionState[],
  ): { initial: PartitionState[]; changed: PartitionState[] }
  /** The broker did not answer: its next answer may be old, and says nothing until it is confirmed. */
  silence(broker: number): void
  changes(): readonly PartitionChange[]
  /** As first seen, by partition. */
  initial(): readonly PartitionState[]
  current(partition: number): PartitionState | undefined
}

/** How long a broker that comes back may contradict the others before it is believed, ns. */
const confirmNs = 1e9

/**
 * Merges the answers of several brokers, each of which may be behind the others. A higher leader epoch is news, a lower one never.
 * Within an epoch the in-sync set carries no number that orders it: what counts is that a broker's own answer changed.
 */
export function createPartitionHistory(): PartitionHistory {
  const merged = new Map<number, PartitionState>()
  const first: PartitionState[] = []
  const changes: PartitionChange[] = []
  /** By broker and partition: its last answer, and since when it has contradicted the merged state. */
  const views = new Map<number, Map<number, { state: PartitionState; differsNs: number | null }>>()

  function accept(atNs: number, state: PartitionState, changed: PartitionState[]): void {
    merged.set(state.partition, state)
    changes.push({ atNs, ...state })
    changed.push(state)
  }

  return {
    answer(broker, atNs, states) {
      const initial: PartitionState[] = []
      const changed: PartitionState[] = []
      let view = views.get(broker)
      if (!view) {
        view = new Map()
        views.set(broker, view)
      }
      for (const state of states) {
        const known = merged.get(state.partition)
        const before = view.get(state.partition)
        const entry = { state, differsNs: null as number | null }
        view.set(state.partition, entry)
        if (!known) {
          merged.set(state.partition, state)
          first.push(state)
          initial.push(state)
          continue
        }
        if (state.leaderEpoch < known.leaderEpoch || same(state, known)) continue
        if (state.leaderEpoch > known.leaderEpoch) {
          accept(atNs, state, changed)
          continue
        }
        if (before && !same(before.state, state)) {
          accept(atNs, state, changed)
          continue
        }
        entry.differsNs = before?.differsNs ?? atNs
        if (atNs - entry.differsNs >= confirmNs) accept(atNs, state, changed)
      }
      return { initial, changed }
    },
    silence: (broker) => void views.delete(broker),
    changes: () => changes,
    initial: () => first,
    current: (partition) => merged.get(partition),
  }
}

function same(a: PartitionState, b: PartitionState): boolean {
  return (
    a.leader === b.leader && a.leaderEpoch === b.leaderEpoch && sameIds(a.isr, b.isr) && sameIds(a.replicas, b.replicas)
  )
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id))
}
