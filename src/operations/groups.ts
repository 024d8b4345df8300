import { KbenchError } from '../base/errors.ts'
import { suggestion } from '../base/suggest.ts'
import type { Network } from '../contracts/api.ts'
import { deleteGroup } from '../kafka/group-offsets.ts'
import {
  committedOffsets,
  describeGroup as describe,
  type GroupInfo,
  type GroupMember,
  listGroups as list,
} from '../kafka/groups.ts'
import { type LogBounds, logBounds } from '../kafka/log-bounds.ts'
import { countMarkers } from '../kafka/read-log.ts'
import { operate, type Session } from './admin-session.ts'

/** A partition that the group has committed for, or that a member has. */
export interface GroupPartition {
  topic: string
  partition: number
  /** null = nothing committed. */
  committed: number | null
  /** null = nobody leads the partition, or its leader does not answer. */
  start: number | null
  end: number | null
  /** end − max(committed, start): what is not there any more is no lag. */
  lag: number | null
  /** Of the lag, transaction markers, which no consumer is handed; null = not looked at. */
  markers: number | null
  /** The topic has no such partition any more, or there is no such topic. */
  gone: boolean
  /** null = nobody has it. */
  member: { id: string; clientId: string; host: string } | null
}

export interface GroupState {
  group: string
  /** Empty, Stable, PreparingRebalance, …; null = no broker reports it. */
  state: string | null
  protocol: 'classic' | 'consumer' | null
  members: number
  /** Assignment strategy; "" = none. */
  strategy: string
  partitions: GroupPartition[]
}

export interface ListedGroup {
  group: string
  state: string | null
  protocol: 'classic' | 'consumer' | null
}

/** All that brokers coordinate which answer. `silent`: ids of those that did not, whose groups are not known. */
export async function listGroups(network: Network): Promise<{ groups: ListedGroup[]; silent: number[] }> {
  return operate(network, async ({ brokers }) => {
    const { groups, silent } = await list(brokers)
    return { groups: groups.map(({ group, state, protocol }) => ({ group, state, protocol })), silent }
  })
}

/** With more lag than this the log is not read for markers: it would take long. */
const mostRead = 1000

export async function describeGroup(network: Network, group: string): Promise<GroupState> {
  return operate(network, async (session) => {
    const { brokers } = session
    const found = await groupOf(session, group)
    const committed = await committedOffsets(brokers, group)
    const assigned = found.members.flatMap(({ partitions, ...member }) =>
      partitions.map((each) => ({ ...each, member })),
    )
    const keyOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}\n${partition}`
    const all = new Map(
      [...committed, ...assigned].map(({ topic, partition }) => [keyOf({ topic, partition }), { topic, partition }]),
    )
    const bounds = new Map<string, LogBounds[] | null>()
    for (const topic of new Set([...all.values()].map((each) => each.topic))) {
      bounds.set(topic, await logBounds(brokers, topic).catch(() => []))
    }
    const partitions = await Promise.all(
      [...all.values()].map(async ({ topic, partition }): Promise<GroupPartition> => {
        const at = committed.find((each) => keyOf(each) === keyOf({ topic, partition }))?.offset ?? null
        const log = bounds.get(topic)
        const mine = log?.find((each) => each.partition === partition)
        const { start = null, end = null } = mine ?? {}
        const member = assigned.find((each) => keyOf(each) === keyOf({ topic, partition }))?.member ?? null
        const gone = log === null || (log !== undefined && log.length > 0 && mine === undefined)
        const lag = lagOf(at, start, end)
        const markers =
          lag === null || lag === 0 || lag > mostRead
            ? null
            : await countMarkers(network, topic, { partition, from: end! - lag, to: end! }).catch(() => null)
        return { topic, partition, committed: at, start, end, lag, markers, gone, member: member && shown(member) }
      }),
    )
    return {
      group,
      state: found.state,
      protocol: found.protocol,
      members: found.members.length,
      strategy: found.strategy,
      partitions: partitions.sort((a, b) =>
        a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition,
      ),
    }
  })
}

const shown = ({ id, clientId, host }: Omit<GroupMember, 'partitions'>) => ({ id, clientId, host })

/** Records that a group has not read and still can; null = unknown, or nothing is committed. Pure. */
export function lagOf(committed: number | null, start: number | null, end: number | null): number | null {
  if (committed === null || end === null) return null
  return Math.max(0, end - Math.max(committed, start ?? 0))
}

/** Throws `environment` for a group that does not exist. */
export async function groupOf({ brokers }: Session, group: string): Promise<GroupInfo> {
  const found = await describe(brokers, group)
  if (found !== null) return found
  const listed = (await list(brokers)).groups.map((each) => each.group)
  throw new KbenchError('environment', `there is no group ${group}`, {
    hint: listed.length === 0 ? 'the cluster has no groups' : suggestion(group, listed),
  })
}

/** Deletes them; a group with members is refused. */
export async function deleteGroups(network: Network, names: readonly string[]): Promise<void> {
  await operate(network, async (session) => {
    for (const group of names) assertEmpty(await groupOf(session, group), 'deleted')
    for (const group of names) await deleteGroup(session.brokers, group)
  })
}

/** Of either protocol: who is a member would overwrite what is committed for it, or the broker ignores it. */
export function assertEmpty({ group, members }: Pick<GroupInfo, 'group' | 'members'>, what: string): void {
  if (members.length === 0) return
  const who = [...new Set(members.map(({ clientId, host }) => `${clientId} on ${host}`))]
  throw new KbenchError('environment', `group ${group} is active and cannot be ${what}`, {
    details: who.slice(0, 5).map((member) => `member ${member}`),
    hint: 'stop its consumers first; one that was killed is a member until its session is over',
  })
}
