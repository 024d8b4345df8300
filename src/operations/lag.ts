import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../base/errors.ts'
import type { LagSampler, Network } from '../contracts/api.ts'
import type { Brokers } from '../kafka/brokers.ts'
import { committedOffsets, type GroupInfo, listGroups } from '../kafka/groups.ts'
import { missingPermission } from '../kafka/missing-permission.ts'
import { topicIn } from '../kafka/topics.ts'
import type { LagPoint } from '../recording/lag.ts'
import { createLagConnections, lagLooks } from '../samplers/lag.ts'
import { operate, refusalType, type Session } from './admin-session.ts'
import { groupOf } from './groups.ts'
import { createLagHistory, type LagFigures, type LagHistory } from './lag-history.ts'

/** One group on one topic. */
export interface TopicLag extends LagFigures {
  group: string
  protocol: GroupInfo['protocol']
  state: string | null
  members: number
  /** null = of the group nothing is known but that it is there. */
  topic: string | null
  /** What is not known or not counted, and why; null = all is. */
  reason: string | null
  partitions: { partition: number; committed: number | null; end: number | null }[]
}

export interface LagLook {
  /** ms since 1970. */
  atMs: number
  /** Since the first look. */
  overS: number
  /** Most records first. */
  topics: TopicLag[]
  /** Brokers that do not answer, whose groups are not known. */
  silent: number[]
}

export interface LagWatch {
  /** Empty = all. */
  groups: readonly string[]
  everyMs: number
  signal: AbortSignal
}

/** Groups and their topics are looked for anew after so long, ms. */
const discoverMs = 10_000
/** Records that are read in one look, to learn when they were written. */
const mostReadPerLook = 50

interface Found {
  info: GroupInfo
  topic: string | null
  reason: string | null
}

/** What is kept of a topic from look to look. */
interface Watched {
  partitions: number
  groups: string
  sample: LagSampler['sample']
  histories: Map<string, LagHistory>
  refused: Map<string, string>
}

/** Looks at the lag of groups, of either protocol, until `take` says false or the signal. Throws `environment` for a group that is not there. */
export async function watchLag(
  network: Network,
  { groups, everyMs, signal }: LagWatch,
  take: (look: LagLook) => boolean,
): Promise<void> {
  await operate(network, async (session) => {
    await using connections = createLagConnections(network)
    const firstMs = performance.now()
    const atS = () => (performance.now() - firstMs) / 1000
    let watched = new Map<string, Watched>()
    let found: { all: Found[]; silent: number[] } = { all: [], silent: [] }
    let discoveredMs = Number.NEGATIVE_INFINITY
    for (let nextMs = firstMs; !signal.aborted; nextMs = Math.max(nextMs + everyMs, performance.now())) {
      await delay(Math.max(0, nextMs - performance.now()), undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      if (performance.now() - discoveredMs >= discoverMs) {
        found = await discover(session, groups)
        watched = await topicsOf(session.brokers, connections, found.all, watched)
        discoveredMs = performance.now()
      }
      const looked = await Promise.all(
        [...watched].map(async ([topic, each]) => [topic, await look(connections, topic, each, atS)] as const),
      )
      const looks = new Map(looked)
      const topics = found.all.map((each) => lagOf(each, watched, looks))
      topics.sort((a, b) => (b.records ?? -1) - (a.records ?? -1) || (nameOf(a) < nameOf(b) ? -1 : 1))
      if (!take({ atMs: Date.now(), overS: atS(), topics, silent: found.silent })) return
    }
  })
}

const nameOf = ({ group, topic }: TopicLag): string => `${group}\n${topic ?? ''}`

/** Every group with each topic that it has committed for or whose partitions its members have. */
async function discover(session: Session, wanted: readonly string[]): Promise<{ all: Found[]; silent: number[] }> {
  const { brokers } = session
  const listed = wanted.length === 0 ? await listGroups(brokers) : { groups: [], silent: [] }
  const named = await Promise.all(
    wanted.map(async (group): Promise<Found | GroupInfo> => {
      try {
        return await groupOf(session, group)
      } catch (error) {
        if (refusalType(error) === null) throw error
        const info = { group, state: null, protocol: null, strategy: '', members: [] }
        return { info, topic: null, reason: reasonOf(error) }
      }
    }),
  )
  const all = await Promise.all(
    [...listed.groups, ...named].map(async (each): Promise<Found[]> => {
      if ('info' in each) return [each]
      try {
        const committed = await committedOffsets(brokers, each.group)
        const assigned = each.members.flatMap(({ partitions }) => partitions)
        const topics = [...new Set([...committed, ...assigned].map(({ topic }) => topic))].sort()
        // Brokers leave out what the user may not see, without a word.
        if (topics.length === 0)
          return [{ info: each, topic: null, reason: 'has committed nothing, or Describe on its topics is missing' }]
        return topics.map((topic) => ({ info: each, topic, reason: null }))
      } catch (error) {
        return [{ info: each, topic: null, reason: reasonOf(error) }]
      }
    }),
  )
  return { all: all.flat(), silent: listed.silent }
}

/** Keeps what there is of topics that have stayed as they were; writes into `found` what is wrong with a topic. */
async function topicsOf(
  brokers: Brokers,
  connections: Brokers,
  found: readonly Found[],
  before: ReadonlyMap<string, Watched>,
): Promise<Map<string, Watched>> {
  const watched = new Map<string, Watched>()
  for (const topic of new Set(found.flatMap((each) => each.topic ?? []))) {
    const mine = found.filter((each) => each.topic === topic)
    const names = mine.map(({ info }) => info.group)
    try {
      const about = await topicIn(brokers, topic)
      if (about === null) throw new Error('the topic is gone')
      const { length: partitions } = about.partitions
      const earlier = before.get(topic)
      const groups = names.join('\n')
      if (earlier?.partitions === partitions && earlier.groups === groups) {
        watched.set(topic, earlier)
        continue
      }
      const refused = new Map<string, string>()
      const sample = lagLooks(connections, {
        ...{ topic, partitions, startOffsets: new Map(), nowNs: () => 0 },
        groups: names.map((group) => ({ group, isolation: 'read_uncommitted' as const })),
        unanswered: (group, cause) => refused.set(group, reasonOf(cause)),
      })
      const histories = new Map(
        names.map((name) => [
          name,
          (earlier?.partitions === partitions && earlier.histories.get(name)) || createLagHistory(),
        ]),
      )
      watched.set(topic, { partitions, groups, sample, refused, histories })
    } catch (error) {
      for (const each of mine) each.reason = reasonOf(error)
    }
  }
  return watched
}

/** One look at a topic: the last point of each of its groups. */
async function look(
  connections: Brokers,
  topic: string,
  { sample, histories, refused }: Watched,
  atS: () => number,
): Promise<Map<string, LagPoint>> {
  refused.clear()
  const { ends, groups } = await sample()
  const points = new Map<string, LagPoint>()
  for (const [group, history] of histories) {
    const { committed } = groups[group]!
    // Who has not answered has perhaps committed; who has, and names no offset, has not.
    const offline = refused.has(group) ? [] : committed.flatMap((offset, at) => (offset === null ? [at] : []))
    const point = { atS: atS(), ends, committed, positions: ends.map(() => null), offline }
    points.set(group, point)
    history.add(point)
  }
  await learnAges(connections, topic, [...histories.values()], atS)
  return points
}

/** Reads the records of which the looks do not say when they were written: the next one of a group, one a partition. */
async function learnAges(
  connections: Brokers,
  topic: string,
  histories: readonly LagHistory[],
  atS: () => number,
): Promise<void> {
  const wanted = histories.flatMap((history) => history.unknown().map((each) => ({ history, ...each })))
  if (wanted.length === 0) return
  const metadata = await connections.metadata([topic]).catch(() => null)
  const partitions = metadata?.topics.find((each) => each.topic === topic)?.partitions ?? []
  await Promise.all(
    wanted.slice(0, mostReadPerLook).map(async ({ history, partition, offset }) => {
      const leader = partitions.find((each) => each.partition === partition)?.leader
      const broker = metadata?.brokers.find(({ nodeId }) => nodeId === leader)
      if (!broker) return
      const limits = { maxWaitMs: 0, maxBytes: 1, maxPartitionBytes: 1, readCommitted: false }
      try {
        const [fetched] = await connections.on(broker, ({ fetch }) => fetch(topic, [{ partition, offset }], limits))
        const record = fetched?.records.find((each) => Number(each.offset) >= offset)
        const writtenMs = record && Number(record.timestamp)
        const isKnown = writtenMs !== undefined && writtenMs >= 0
        history.written(partition, offset, isKnown ? atS() - (Date.now() - writtenMs) / 1000 : null)
      } catch {
        // Not for this user to read, say: how old it is stays unknown.
        history.written(partition, offset, null)
      }
    }),
  )
}

function lagOf(
  { info, topic, reason }: Found,
  watched: ReadonlyMap<string, Watched>,
  looks: ReadonlyMap<string, ReadonlyMap<string, LagPoint>>,
): TopicLag {
  const { group, protocol, state, members } = info
  const about = { group, protocol, state, members: members.length, topic }
  const each = topic === null ? undefined : watched.get(topic)
  const point = topic === null ? undefined : looks.get(topic)?.get(group)
  if (!each || !point) {
    return { ...about, ...{ records: null, seconds: null, perSecond: null, zeroInS: null }, reason, partitions: [] }
  }
  const figures = each.histories.get(group)!.figures()
  const counted = point.offline!.length < each.partitions
  return {
    ...about,
    ...(counted ? figures : { records: null, seconds: null, perSecond: null, zeroInS: null }),
    reason: reasonsOf(point, figures, each.refused.get(group)),
    partitions: point.ends.map((end, partition) => ({ partition, committed: point.committed[partition]!, end })),
  }
}

/** What of a look is not known or not counted. */
function reasonsOf(point: LagPoint, figures: LagFigures, refused: string | undefined): string | null {
  const { ends, committed, offline = [] } = point
  const named = (ids: readonly number[]) =>
    `${ids.length === 1 ? 'partition' : 'partitions'} ${ids.length > 4 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ')}`
  const silent = ends.flatMap((end, at) => (end === null && !offline.includes(at) ? [at] : []))
  // Nothing is committed for a partition into which nothing was written: that is as it should be.
  const never = offline.filter((at) => ends[at] !== 0)
  const reasons = [
    ...(refused === undefined ? [] : [refused]),
    ...(silent.length > 0 ? [`no leader, or no answer from it: ${named(silent)}`] : []),
    ...(never.length === 0
      ? []
      : [
          offline.length === committed.length
            ? 'nothing is committed yet'
            : `nothing committed, not counted: ${named(never)}`,
        ]),
    ...(figures.records !== null && figures.seconds === null && never.length < committed.length
      ? ['seconds: the next record cannot be read']
      : []),
  ]
  return reasons.length === 0 ? null : reasons.join('; ')
}

/** A refusal in a few words. */
function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const missing = missingPermission(first)
  if (missing !== null) {
    const of = refusalType(first)?.startsWith('GROUP') ? 'group' : 'topic'
    return `no permission to ${of === 'group' ? 'Describe the group' : 'Describe the topic'}`
  }
  return messageOf(first)
}
