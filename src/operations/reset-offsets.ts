import { KbenchError } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { commitOffsets } from '../kafka/group-offsets.ts'
import { committedOffsets } from '../kafka/groups.ts'
import { logBounds } from '../kafka/log-bounds.ts'
import { operate, type Session } from './admin-session.ts'
import { assertEmpty, groupOf } from './groups.ts'

/** Where to; the names of Kafka's kafka-consumer-groups.sh. */
export type ResetTo =
  | { to: 'earliest' | 'latest' | 'current' }
  | { to: 'offset'; offset: number }
  | { to: 'shift'; by: number }
  /** The first record at or after this time, ms since 1970. */
  | { to: 'time'; ms: number }
  | { to: 'file'; offsets: readonly { topic: string; partition: number; offset: number }[] }

/** A topic whole, or some of its partitions. */
export interface ResetScope {
  topic: string
  /** null = all. */
  partitions: readonly number[] | null
}

export interface Reset {
  topic: string
  partition: number
  /** null = nothing committed. */
  from: number | null
  to: number
}

export interface ResetRequest {
  group: string
  /** null = every topic that the group has committed for. */
  scope: readonly ResetScope[] | null
  to: ResetTo
  /** Otherwise the change is only shown. */
  execute: boolean
}

/** What changes, or would; offsets outside of the log come to its nearest end. Refused while the group is active. */
export async function resetOffsets(network: Network, { group, scope, to, execute }: ResetRequest): Promise<Reset[]> {
  return operate(network, async (session) => {
    assertEmpty(await groupOf(session, group), 'reset')
    const committed = new Map<string, number>()
    for (const { topic, partition, offset } of await committedOffsets(session.brokers, group)) {
      committed.set(`${topic}\n${partition}`, offset)
    }
    const wanted = scope ?? scopeOf(group, committed, to)
    const resets: Reset[] = []
    for (const { topic, partitions } of wanted) {
      await session.topic(topic)
      resets.push(...(await resetTopic(session, topic, partitions, committed, to)))
    }
    if (execute) await commit(session, group, resets)
    return resets
  })
}

function scopeOf(group: string, committed: ReadonlyMap<string, number>, to: ResetTo): ResetScope[] {
  const topics =
    to.to === 'file' ? to.offsets.map(({ topic }) => topic) : [...committed.keys()].map((key) => key.split('\n')[0]!)
  if (topics.length === 0) {
    throw new KbenchError('environment', `group ${group} has committed nothing`, {
      hint: 'name a topic: --topic orders; what it committed on topics without permission Describe is not shown',
    })
  }
  return [...new Set(topics)].sort().map((topic) => ({ topic, partitions: null }))
}

async function resetTopic(
  session: Session,
  topic: string,
  partitions: readonly number[] | null,
  committed: ReadonlyMap<string, number>,
  to: ResetTo,
): Promise<Reset[]> {
  const all = (await logBounds(session.brokers, topic, to.to === 'time' ? to.ms : null)) ?? []
  const missing = partitions?.find((partition) => !all.some((bound) => bound.partition === partition))
  if (missing !== undefined) {
    throw new KbenchError('environment', `topic ${topic} has no partition ${missing}`, {
      hint: `it has ${all.length}, from 0`,
    })
  }
  const wanted = all.filter(({ partition }) => partitions === null || partitions.includes(partition))
  const silent = wanted.filter(({ start, end }) => start === null || end === null).map(({ partition }) => partition)
  if (silent.length > 0) {
    throw new KbenchError('environment', `partitions ${silent.join(', ')} of ${topic} do not answer`, {
      hint: `--topic ${topic}:0,1 names those to reset; kbench topics describe ${topic} shows who leads`,
    })
  }
  const bounds = wanted.map(({ partition, start, end, atTime }) => ({
    ...{ partition, low: start!, high: end!, atTime: atTime ?? -1 },
  }))
  return bounds
    .sort((a, b) => a.partition - b.partition)
    .flatMap(({ partition, low, high, atTime }): Reset[] => {
      const from = committed.get(`${topic}\n${partition}`) ?? null
      const target = targetOf(to, { topic, partition, low, high, from, atTime })
      return target === null ? [] : [{ topic, partition, from, to: Math.min(high, Math.max(low, target)) }]
    })
}

/** null = this partition is left as it is. Pure. */
export function targetOf(
  to: ResetTo,
  at: { topic: string; partition: number; low: number; high: number; from: number | null; atTime: number },
): number | null {
  switch (to.to) {
    case 'earliest':
      return at.low
    case 'latest':
      return at.high
    case 'current':
      return at.from ?? at.high
    case 'offset':
      return to.offset
    case 'shift':
      return at.from === null ? null : at.from + to.by
    case 'time':
      // No record so late: the end.
      return at.atTime < 0 ? at.high : at.atTime
    case 'file':
      return to.offsets.find(({ topic, partition }) => topic === at.topic && partition === at.partition)?.offset ?? null
  }
}

async function commit({ brokers }: Session, group: string, resets: readonly Reset[]): Promise<void> {
  for (const topic of new Set(resets.map((reset) => reset.topic))) {
    const mine = resets.filter((reset) => reset.topic === topic)
    await commitOffsets(brokers, group, topic, new Map(mine.map(({ partition, to }) => [partition, to])))
  }
}
