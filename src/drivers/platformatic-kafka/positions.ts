import type { ConsumerContext, InRecord } from '../../contracts/api.ts'
import { describeError } from './errors.ts'
import type { CommitOffset, PlatformaticConsumer } from './types.ts'

/** What was delivered and is not committed yet, of the partitions that are assigned. */
export interface Positions {
  delivered(records: readonly InRecord[]): void
  /** Partitions that went to another member are its to commit. */
  keepOnly(partitions: readonly { topic: string; partition: number }[]): void
  /** Never rejects. */
  commit(): Promise<void>
}

export function createPositions(consumer: PlatformaticConsumer, context: ConsumerContext): Positions {
  const waiting = new Map<string, CommitOffset>()
  let assigned = new Set<string>()
  const nameOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}-${partition}`
  return {
    delivered(records) {
      for (let at = 0; at < records.length; at++) {
        const { topic, partition, offset } = records[at]!
        // Only the last of a run of one partition counts.
        if (records[at + 1]?.partition === partition && records[at + 1]?.topic === topic) continue
        const name = nameOf({ topic, partition })
        if (assigned.has(name)) waiting.set(name, { topic, partition, offset: BigInt(offset) + 1n, leaderEpoch: -1 })
      }
    },
    keepOnly(partitions) {
      assigned = new Set(partitions.map(nameOf))
      for (const name of waiting.keys()) if (!assigned.has(name)) waiting.delete(name)
    },
    async commit() {
      const offsets = [...waiting.values()]
      waiting.clear()
      if (offsets.length === 0) return
      try {
        await consumer.commit({ offsets })
      } catch (error) {
        context.event('client-error', `commit: ${describeError(error)}`)
        // The next one takes them along: where nothing more is delivered there would be none.
        for (const offset of offsets) {
          const name = nameOf(offset)
          if (assigned.has(name) && !waiting.has(name)) waiting.set(name, offset)
        }
      }
    },
  }
}
