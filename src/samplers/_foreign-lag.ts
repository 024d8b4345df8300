import type { GuardFact } from '../contracts/facts.ts'
import type { Brokers } from '../kafka/brokers.ts'
import { refusalOf } from '../kafka/wire.ts'

/** Asked at a time, so that a cluster with thousands of groups is not flooded. */
const atOnce = 8

interface Committed {
  group: string
  topic: string
  partition: number
  offset: number
}

interface OffsetsAnswer {
  errorCode?: number
  responses: { topic: string; partitions: { partition: number; offset: string; errorCode: number }[] }[]
}

/**
 * Lag of the groups that are not this run's, over all that they have committed: per look, the one that has risen most since it was seen first. A
 * broker that is down hides the groups that it coordinates and the partitions that it leads; rejects where no broker lists its groups.
 */
export function createForeignLag(brokers: Brokers, ownGroups: string) {
  /** By group, topic and partition: its lag when it was seen first. A partition that nobody led then is no rise when it comes back. */
  const first = new Map<string, number>()

  async function committed(): Promise<Committed[]> {
    const { brokers: all } = await brokers.metadata([])
    const answers = await Promise.allSettled(
      all.map((broker) =>
        brokers.on(broker, async (connection) => {
          const listed = await connection.call<{ errorCode?: number; groups: { groupId: string }[] }>(
            'ListGroups',
            undefined,
          )
          if (listed.errorCode) throw refusalOf(listed.errorCode)
          const foreign = listed.groups.map(({ groupId }) => groupId).filter((group) => !group.startsWith(ownGroups))
          return inParts(foreign, async (group) => {
            const answer = await connection.call<OffsetsAnswer>('OffsetFetch', { groupId: group, topics: [] })
            // A group that may not be looked at, or that has just moved, is not known.
            if (answer.errorCode) return []
            return answer.responses.flatMap(({ topic, partitions }) =>
              partitions.flatMap(({ partition, offset, errorCode }) =>
                errorCode !== 0 || Number(offset) < 0 ? [] : [{ group, topic, partition, offset: Number(offset) }],
              ),
            )
          })
        }),
      ),
    )
    const heard = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    if (heard.length === 0) throw (answers[0] as PromiseRejectedResult | undefined)?.reason ?? new Error('no broker')
    return heard.flat()
  }

  /** End offsets by topic and partition, of those that somebody leads. */
  async function ends(topics: readonly string[]): Promise<Map<string, Map<number, number>>> {
    const found = new Map<string, Map<number, number>>(topics.map((topic) => [topic, new Map()]))
    await inParts(topics, async (topic) => {
      try {
        const metadata = await brokers.metadata([topic])
        const led = metadata.topics.find((each) => each.topic === topic)?.partitions ?? []
        for (const broker of metadata.brokers) {
          const mine = led.filter(({ leader }) => leader === broker.nodeId).map(({ partition }) => partition)
          if (mine.length === 0) continue
          const offsets = await brokers.on(broker, (connection) => connection.offsets(topic, mine, 'latest'))
          for (const [partition, offset] of offsets) found.get(topic)!.set(partition, offset)
        }
      } catch {
        // Gone since the group read it, or hidden from this user: its part of the lag is not known.
      }
      return []
    })
    return found
  }

  return {
    async look(): Promise<NonNullable<GuardFact['foreign']>> {
      const commits = await committed()
      const known = await ends([...new Set(commits.map(({ topic }) => topic))])
      const groups = new Map<string, { lag: number; risen: number }>()
      for (const { group, topic, partition, offset } of commits) {
        const end = known.get(topic)?.get(partition)
        if (end === undefined) continue
        const lag = Math.max(0, end - offset)
        const key = JSON.stringify([group, topic, partition])
        if (!first.has(key)) first.set(key, lag)
        const sum = groups.get(group) ?? { lag: 0, risen: 0 }
        groups.set(group, { lag: sum.lag + lag, risen: sum.risen + lag - first.get(key)! })
      }
      let worst: NonNullable<GuardFact['foreign']> = { group: null, lag: 0, risen: 0 }
      for (const [group, sum] of groups) {
        if (worst.group === null || sum.risen > worst.risen) worst = { group, ...sum }
      }
      return worst
    },
  }
}

async function inParts<T, R>(items: readonly T[], use: (item: T) => Promise<R[]>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += atOnce) {
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(use))).flat())
  }
  return results
}
