import type { DriverContext, OutRecord, ProducerSettings } from '../../contracts/api.ts'
import type { Platformatic, PlatformaticMessage, ProduceResult } from './types.ts'

export type Offsets = NonNullable<ProduceResult['offsets']>
type RecordMessage = PlatformaticMessage & { record: OutRecord }

/**
 * The message leads back to its record, for the client's own partitioner, but has a value of its own. The client builds
 * a request anew at every attempt, also of a send that was given up, and by then the record's value belongs to another
 * one.
 */
export function messageOf(record: OutRecord): RecordMessage {
  const { headers } = record
  return {
    topic: record.topic,
    partition: record.partition < 0 ? undefined : record.partition,
    key: record.key ?? undefined,
    value: record.value === null ? undefined : Buffer.from(record.value),
    // Names too are bytes for it, unless it is given a serializer.
    headers:
      headers && new Map(Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)])),
    record,
  }
}

/** The client does not report which partition it chose: its own two rules, applied where they can be seen. */
export function ownPartitioner(
  settings: ProducerSettings,
  context: DriverContext,
  { defaultPartitioner }: Platformatic,
) {
  if (settings.partitioner !== 'native') return {}
  const counts = new Map(context.topics.map(({ name, partitions }) => [name, partitions]))
  let next = 0
  return {
    partitioner({ record }: { record: OutRecord }, key: Buffer | undefined): number {
      const chosen = key ? defaultPartitioner(record, key) : next++
      record.partition = chosen % (counts.get(record.topic) ?? 1)
      return record.partition
    },
  }
}

export function oldestNs(records: readonly OutRecord[]): number {
  let oldest = Number.POSITIVE_INFINITY
  for (const { sentNs } of records) oldest = Math.min(oldest, sentNs)
  return oldest
}

/** A batch begins at the offset that the client reports, and its records follow in the order in which they were sent. */
export function noteOffsets(records: readonly OutRecord[], offsets: Offsets): void {
  const next = new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
  for (const record of records) {
    const offset = next.get(record.partition)
    if (offset === undefined) continue
    record.offset = offset
    next.set(record.partition, offset + 1)
  }
}
