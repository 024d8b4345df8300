/** A partition, of an assignment or of a record. */
interface Place {
  topic: string
  partition: number
}

/** A member's rebalances, each reported once when it is over. */
export interface Rebalances {
  /** Before the start: joining is no rebalance. */
  begin(partitions: readonly Place[]): void
  /** The whole assignment, each time it changes. */
  assigned(partitions: readonly Place[], atNs: number): void
  received(records: readonly Place[], atNs: number): void
  end(): void
}

/**
 * A rebalance of a member. It begins when a partition is taken away (or, where none was, given). It ends with the first
 * record that the member receives while it has partitions, and with the first record from every partition that it has
 * gained. With the cooperative protocol and KIP-848 the partitions that it keeps go on without a pause, and say nothing
 * of the others. What comes before it receives anything belongs to the same rebalance. A gained partition without a
 * record by the next rebalance, or the end, is left out: nothing may have been written to it.
 */
export function createRebalances(
  rebalanced: (atNs: number, pauseMs: number | null, partitionsMoved: number) => void,
): Rebalances {
  let before = new Set<string>()
  let current = before
  let openNs: number | null = null
  /** The last record that the rebalance was waiting for; null = none came yet. */
  let lastNs: number | null = null
  /** Gained, and no record of them came yet. */
  let awaited = new Set<string>()
  const nameOf = ({ topic, partition }: Place) => `${topic}-${partition}`
  const moved = () =>
    [...before].filter((name) => !current.has(name)).length + [...current].filter((name) => !before.has(name)).length
  const close = () => {
    rebalanced(openNs!, lastNs === null ? null : (lastNs - openNs!) / 1e6, moved())
    openNs = null
    before = current
  }
  return {
    begin(partitions) {
      before = new Set(partitions.map(nameOf))
      current = before
    },
    assigned(partitions, atNs) {
      if (openNs !== null && lastNs !== null) close()
      current = new Set(partitions.map(nameOf))
      awaited = new Set([...current].filter((name) => !before.has(name)))
      openNs ??= atNs
      lastNs = null
    },
    received(records, atNs) {
      if (openNs === null || current.size === 0 || records.length === 0) return
      const waited = awaited.size
      if (waited > 0) for (const record of records) awaited.delete(nameOf(record))
      // Of what is not awaited only the first record counts.
      if (lastNs === null || awaited.size < waited) lastNs = atNs
      if (awaited.size === 0) close()
    },
    end() {
      if (openNs !== null) close()
    },
  }
}
