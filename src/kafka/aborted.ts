/** What a fetch response says of a record's batch. */
export interface BatchRecord {
  offset: string
  isControlRecord: boolean
  /** Absent in the formats before Kafka 0.11, which know no transactions. */
  batchContext?: { producerId: string; inTransaction: boolean }
}

export interface AbortedTransaction {
  producerId: string
  firstOffset: string
}

/**
 * Which of these records, in the order of their offsets, belong to aborted transactions. A broker lists them as they end, and the first of
 * them may have begun before the first record; a transaction ends at its producer's next control record. Pure.
 */
export function abortedRecords<T extends BatchRecord>(
  records: readonly T[],
  transactions: readonly AbortedTransaction[],
): Set<T> {
  const waiting = [...transactions].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset))
  const open = new Set<string>()
  const found = new Set<T>()
  for (const record of records) {
    while (waiting.length > 0 && Number(waiting[0]!.firstOffset) <= Number(record.offset)) {
      open.add(waiting.shift()!.producerId)
    }
    if (!record.batchContext?.inTransaction) continue
    const { producerId } = record.batchContext
    if (record.isControlRecord) open.delete(producerId)
    else if (open.has(producerId)) found.add(record)
  }
  return found
}
