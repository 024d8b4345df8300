import { plural } from '../../base/plural.ts'
import type { AuditReport, AuditRequest, Network } from '../../contracts/api.ts'
import { createAudit } from '../../judge/audit.ts'
import type { AuditBook } from '../../judge/audit-book.ts'
import { auditRanges } from '../../judge/audit-ranges.ts'
import { judgeIntegrity } from '../../judge/verdict.ts'
import { type LogRange, partitionsOf, readLog } from '../../kafka/read-log.ts'
import { topicOffsets } from '../../kafka/topic-offsets.ts'
import { stampFromHeader, stampHeader } from '../../load/stamp.ts'
import { type Offsets, settledEnds } from '../variant/settled-ends.ts'

/** What can be sent to another process. */
export type AuditOrder = Omit<AuditRequest, 'signal' | 'alive'>

/** The log of one topic, as the audit needs it. */
export interface Log {
  offsets(at: 'earliest' | 'latest' | 'written'): Promise<Offsets>
  partitions(): Promise<readonly number[]>
  /** Hands over each range in order, several at a time; resolves to the partitions that could not be read whole, with the reason. */
  read(
    ranges: readonly LogRange[],
    onRecord: (
      partition: number,
      offset: number,
      value: Buffer | null,
      header: Buffer | null,
      key?: Buffer | null,
    ) => void,
  ): Promise<ReadonlyMap<number, string>>
}

export function kafkaLog(network: Network, topic: string): Log {
  return {
    offsets: (at) => topicOffsets(network, topic, at),
    partitions: () => partitionsOf(network, topic),
    async read(ranges, onRecord) {
      const { notRead } = await readLog(network, topic, ranges, (partition, offset, { key, value, headers }) => {
        const header = headers[stampHeader]
        onRecord(partition, offset, value, header === undefined ? null : stampFromHeader(header), key)
      })
      return notRead
    },
  }
}

/** Reads the log back, with every producer closed, and compares it with the book (MEASURING, "Integrity audit"). */
export async function auditLog(book: AuditBook, log: Log, order: AuditOrder): Promise<AuditReport> {
  const starts = await log.offsets('earliest')
  const ends = await settledEnds((at) => log.offsets(at), book.settledAs.unknown > 0)
  // Asked for last: a partition that is added meanwhile is without records of a load that is over.
  const partitions = await log.partitions()
  const { ranges, gone, reasons, logRecords } = auditRanges({ first: order.firstOffsets, partitions, starts, ends })
  const highest = Math.max(-1, ...ranges.map(({ partition }) => partition))
  const audit = createAudit(book, { ...order, partitions: highest + 1 })
  const notRead = await log.read(ranges, audit.record)
  for (const [partition, reason] of notRead) reasons.push(`partition ${partition}: ${reason}`)
  const { examples, skipped: _, removable = 0, groups, ...counts } = audit.finish(new Set([...gone, ...notRead.keys()]))
  const full = { ...counts, redelivered: order.redelivered, logRecords }
  const verdict = judgeIntegrity(full, order.idempotence)
  if (removable === null) reasons.push('the topic is compacted, and has more keys than the audit can hold')
  const isPartial = reasons.length > 0 && verdict === 'ok'
  const compacted =
    removable === null || removable === 0
      ? []
      : [
          `${plural(removable, 'record')} may have been removed by compaction: not audited; the last value of each key was`,
        ]
  return {
    integrity: {
      ...full,
      verdict: isPartial ? 'not-audited' : verdict,
      reasons: [...reasons, ...examples, ...compacted],
    },
    groups,
  }
}
