/** What of a log the audit is to read, and what of it cannot be read. */
export interface AuditRanges {
  ranges: { partition: number; from: number; to: number }[]
  /** Partitions that are not read. */
  gone: number[]
  reasons: string[]
  /** End offset − first offset, over all partitions whose end is known. */
  logRecords: number
}

export interface LogOffsets {
  /** Before the first record of the variant, by partition. */
  first: ReadonlyMap<number, number>
  /** Every partition that the topic has now: those that are not in `first` were added since, or had no leader then. */
  partitions: readonly number[]
  /** Where the log begins and ends now, by partition; those without a leader are absent. */
  starts: ReadonlyMap<number, number>
  ends: ReadonlyMap<number, number>
}

export function auditRanges({ first, partitions, starts, ends }: LogOffsets): AuditRanges {
  const result: AuditRanges = { ranges: [], gone: [], reasons: [], logRecords: 0 }
  const all = [...new Set([...first.keys(), ...partitions, ...ends.keys()])].sort((a, b) => a - b)
  for (const partition of all) {
    const from = first.get(partition) ?? 0
    const to = ends.get(partition)
    if (to === undefined) {
      result.gone.push(partition)
      result.reasons.push(`partition ${partition}: no leader to ask for its end offset`)
      continue
    }
    result.logRecords += to - from
    if ((starts.get(partition) ?? 0) > from) {
      result.gone.push(partition)
      result.reasons.push(`partition ${partition}: retention has moved its start past this run's first offset`)
    } else result.ranges.push({ partition, from, to })
  }
  return result
}
