import type { Brokers } from './brokers.ts'
import { topicIn } from './topics.ts'
import type { LogPosition } from './wire.ts'

/** Where the log of a partition begins and ends; null = its leader does not answer, or nobody leads it. */
export interface LogBounds {
  partition: number
  start: number | null
  end: number | null
  /** The first record at or after the time that was asked for; -1 = there is none so late. */
  atTime: number | null
}

/** Of every partition of a topic, each asked of its own leader; null = there is no such topic. One attempt. */
export async function logBounds(
  brokers: Brokers,
  topic: string,
  sinceMs: number | null = null,
): Promise<LogBounds[] | null> {
  const found = await topicIn(brokers, topic)
  if (found === null) return null
  const { brokers: listed } = await brokers.metadata([topic])
  const ask = async (at: LogPosition | { sinceMs: number }): Promise<Map<number, number>> => {
    const bounds = await Promise.all(
      listed.map(async (broker) => {
        const led = found.partitions.filter(({ leader }) => leader === broker.nodeId).map(({ partition }) => partition)
        if (led.length === 0) return []
        const offsets = brokers.on(broker, (connection) => connection.offsets(topic, led, at))
        return [...(await offsets.catch(() => new Map<number, number>()))]
      }),
    )
    return new Map(bounds.flat())
  }
  const [starts, ends, times] = await Promise.all([
    ask('earliest'),
    ask('latest'),
    sinceMs === null ? null : ask({ sinceMs }),
  ])
  return found.partitions.map(({ partition }) => ({
    partition,
    start: starts.get(partition) ?? null,
    end: ends.get(partition) ?? null,
    atTime: times?.get(partition) ?? null,
  }))
}
