import { setTimeout as sleep } from 'node:timers/promises'
import { KbenchError, messageOf } from '../base/errors.ts'
import type { Network } from '../contracts/api.ts'
import { type Brokers, createBrokers } from '../kafka/brokers.ts'
import { createKafka } from '../kafka/client.ts'
import { clientIdOf } from '../kafka/client-id.ts'
import { committedOffsets } from '../kafka/groups.ts'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import type { FetchedPartition } from '../kafka/wire.ts'
import { operate, type Session } from './admin-session.ts'
import type { ShownRecord } from './record-format.ts'

/** Where reading begins; `back`: so many records before the end. */
export type From = 'earliest' | 'latest' | { offset: number } | { back: number }

export interface ReadOptions {
  topic: string
  /** null = all. */
  partitions: readonly number[] | null
  from: From
  /** Stop where the log ended when reading began. */
  untilEnd: boolean
  /** How long it goes on without an answer, ms; 30 000, longer than an election takes after a broker's death. */
  patienceMs?: number
}

/** Records of a topic without a group: nothing is committed and no member joins. Partition by partition in order; ends when aborted. */
export async function* readRecords(
  network: Network,
  { topic, partitions, from, untilEnd, patienceMs = 30_000 }: ReadOptions,
  signal: AbortSignal,
): AsyncGenerator<ShownRecord[]> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'consume'), timeoutMs: 10_000 })
  const positions = await startsOf(network, topic, partitions, from)
  let answeredMs = performance.now()
  while (!signal.aborted) {
    const open = [...positions].filter(([, { next, end }]) => !untilEnd || next < end)
    if (open.length === 0) return
    let answers: FetchedPartition[] = []
    try {
      answers = await fetchFrom(brokers, topic, open, untilEnd)
      answeredMs = performance.now()
    } catch (cause) {
      // A broker that ends, or hands over what it leads: another will have it.
      if (performance.now() - answeredMs > patienceMs) throw new KbenchError('environment', messageOf(cause), { cause })
    }
    for (const { partition, records } of answers) {
      const at = positions.get(partition)!
      // A batch is fetched whole: what is before the position was not asked for.
      const fresh = records.filter(({ offset }) => Number(offset) >= at.next)
      const last = fresh.at(-1)
      if (!last) continue
      at.next = Number(last.offset) + 1
      const shown = fresh
        .filter(
          ({ isControlRecord, isAborted, offset }) =>
            !isControlRecord && !isAborted && (!untilEnd || Number(offset) < at.end),
        )
        .map(({ offset, timestamp, key, value, headers }) => ({
          ...{ topic, partition, offset: Number(offset), timestampMs: Number(timestamp) },
          ...{ key, value, headers },
        }))
      if (shown.length > 0) yield shown
    }
    // A topic without a leader for the moment would be asked in a tight loop.
    if (answers.length === 0) await sleep(200)
  }
}

async function fetchFrom(
  brokers: Brokers,
  topic: string,
  open: readonly (readonly [number, Position])[],
  untilEnd: boolean,
): Promise<FetchedPartition[]> {
  const metadata = await brokers.metadata([topic])
  const found = metadata.topics[0]?.partitions ?? []
  const hasLeader = (id: number) => found.some(({ partition, leader }) => partition === id && leader >= 0)
  // Who follows the topic waits for a leader; a caller that wants to reach its end needs the error.
  if (untilEnd && !open.some(([id]) => hasLeader(id)))
    throw new Error(
      leaderless(
        topic,
        open.map(([id]) => id),
      ),
    )
  const answers = await Promise.all(
    metadata.brokers.map(async (broker) => {
      const led = open.filter(([id]) => found.some((one) => one.partition === id && one.leader === broker.nodeId))
      if (led.length === 0) return []
      return brokers.on(broker, (connection) =>
        connection.fetch(
          topic,
          led.map(([partition, { next }]) => ({ partition, offset: next })),
          { maxWaitMs: 500, maxBytes: 4_194_304, maxPartitionBytes: 1_048_576, readCommitted: true },
        ),
      )
    }),
  )
  return answers.flat()
}

const leaderless = (topic: string, partitions: readonly number[]): string =>
  partitions.length === 1
    ? `partition ${partitions[0]} of ${topic} has no leader`
    : `partitions ${partitions.join(', ')} of ${topic} have no leader`

interface Position {
  next: number
  end: number
}

async function startsOf(
  network: Network,
  topic: string,
  partitions: readonly number[] | null,
  from: From,
): Promise<Map<number, Position>> {
  const bounds = await boundsOf(network, topic, partitions)
  return new Map(bounds.map(({ partition, low, high, end }) => [partition, { next: startOf(from, low, high), end }]))
}

interface Bounds {
  partition: number
  low: number
  /** Where the next record will be written. */
  high: number
  /** To where it can be read: what comes after the first open transaction cannot yet. */
  end: number
}

/** Of these partitions, null = all; throws `environment` for one that is not there, or that nobody leads for 15 s. */
async function boundsOf(network: Network, topic: string, wanted: readonly number[] | null): Promise<Bounds[]> {
  const find = async (session: Session): Promise<Bounds[]> => {
    const { partitions } = await session.topic(topic)
    const ids = wanted ?? partitions.map(({ partition }) => partition)
    const missing = ids.find((id) => !partitions.some(({ partition }) => partition === id))
    if (missing !== undefined) {
      throw new KbenchError('environment', `topic ${topic} has no partition ${missing}`, {
        hint: `it has ${partitions.length}, from 0`,
      })
    }
    const [lows, highs, ends] = await Promise.all(
      (['earliest', 'latest', 'stable'] as const).map((at) => topicOffsets(network, topic, at, ids)),
    )
    const without = ids.filter((id) => !lows!.has(id))
    if (without.length > 0) throw new KbenchError('environment', leaderless(topic, without))
    return [...lows!]
      .map(([partition, low]) => {
        const high = highs!.get(partition) ?? low
        return { partition, low, high, end: ends!.get(partition) ?? high }
      })
      .sort((a, b) => a.partition - b.partition)
  }
  return operate(network, find, { checkAddresses: true })
}

/** Inside of the log, whatever was asked for. Pure. */
export function startOf(from: From, low: number, high: number): number {
  if (from === 'earliest') return low
  if (from === 'latest') return high
  return Math.min(high, Math.max(low, 'offset' in from ? from.offset : high - from.back))
}

export interface JoinOptions {
  topic: string
  group: string
  /** Where a group without commits begins. */
  from: 'earliest' | 'latest'
  /** Leave when all of this member's partitions are read to where the log ended when it began. */
  untilEnd: boolean
}

/**
 * Records as a member of a group. What `take` has accepted is committed, once a second and at the end; it says false where it wants no
 * more. Leaves the group cleanly when aborted or when there is no more wanted, so that nobody waits for a session.
 */
export async function joinGroup(
  network: Network,
  { topic, group, from, untilEnd }: JoinOptions,
  take: (record: ShownRecord) => boolean,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const bounds = await boundsOf(network, topic, null)
  const kafka = createKafka(network, {
    clientId: clientIdOf(network, 'consume'),
    connectionTimeoutMs: 5000,
    requestTimeoutMs: 30_000,
    retry: { retries: 8, initialRetryTime: 100 },
  })
  // A fetch that waits for data is waited for when it leaves.
  const consumer = kafka.consumer({ groupId: group, allowAutoTopicCreation: false, maxWaitTimeInMs: 500 })
  let end = () => {}
  let fail = (_: KbenchError) => {}
  const over = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  const taken = new Map<number, number>()
  let full = false
  /** Of this member's partitions those that are not read to their end yet; null = not known, or of no interest. */
  let unread: Set<number> | null = null
  const readAlready = new Set<number>()
  const readToEnd = (partition: number) => {
    readAlready.add(partition)
    if (unread?.delete(partition) && unread.size === 0) end()
  }
  const begin = async (mine: readonly number[]) => {
    const committed = await operate(network, ({ brokers }) => committedOffsets(brokers, group))
    const open = bounds.filter(({ partition, low, high, end: readable }) => {
      const mineOnly = (one: { topic: string; partition: number }) => one.topic === topic && one.partition === partition
      const offset = committed.find(mineOnly)?.offset ?? -1
      const isInLog = offset >= low && offset <= high
      const next = taken.get(partition) ?? (isInLog ? offset : from === 'earliest' ? low : high)
      return mine.includes(partition) && !readAlready.has(partition) && next < readable
    })
    unread = new Set(open.map(({ partition }) => partition))
    if (unread.size === 0) end()
  }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const mine = (payload.memberAssignment[topic] ?? []).toSorted((a, b) => a - b)
    say(
      `joined ${group} as ${payload.memberId}: ${mine.length === 0 ? 'no partition' : `partitions ${mine.join(', ')}`}`,
    )
    if (untilEnd) begin(mine).catch((cause) => fail(new KbenchError('environment', messageOf(cause), { cause })))
  })
  // Also where the last offsets are of records that are never shown, as those of transactions are.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const readable = bounds.find(({ partition }) => partition === payload.partition)?.end ?? 0
    if (Number(payload.lastOffset) + 1 >= readable) readToEnd(payload.partition)
  })
  consumer.on(consumer.events.REBALANCING, () => say(`${group} is rebalancing`))
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) fail(new KbenchError('environment', payload.error.message, { cause: payload.error }))
  })
  const commit = async () => {
    const offsets = [...taken].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }))
    taken.clear()
    if (offsets.length > 0) await consumer.commitOffsets(offsets)
  }
  // A commit that a rebalance refuses is made by whoever has the partition next.
  const committing = setInterval(() => void commit().catch(() => {}), 1000)
  signal.addEventListener('abort', () => end(), { once: true })
  if (signal.aborted) end()
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: from === 'earliest' })
    await consumer.run({
      autoCommit: false,
      async eachMessage({ partition, message }) {
        if (full || signal.aborted) return
        const { key, value, offset, timestamp, headers } = message
        full = !take({
          ...{ topic, partition, offset: Number(offset), timestampMs: Number(timestamp) },
          ...{ key, value, headers: (headers ?? {}) as Record<string, Buffer | undefined> },
        })
        taken.set(partition, Number(offset) + 1)
        if (full) end()
      },
    })
    await over
    await commit()
  } finally {
    clearInterval(committing)
    await consumer.disconnect()
    say(`left ${group}`)
  }
}
