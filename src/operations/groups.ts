import kafkajs, { type GroupDescription } from 'kafkajs'
import { KbenchError } from '../base/errors.ts'
import { suggestion } from '../base/suggest.ts'
import type { Network } from '../contracts/api.ts'
import { operate, type Session } from './admin-session.ts'

/** A partition that the group has committed for, or that a member has. */
export interface GroupPartition {
  topic: string
  partition: number
  /** null = nothing committed. */
  committed: number | null
  end: number
  lag: number | null
  /** null = nobody has it. */
  member: { id: string; clientId: string; host: string } | null
}

export interface GroupState {
  group: string
  /** Empty, Stable, PreparingRebalance, …; null = the broker tells it only by the new protocol (KIP-848). */
  state: string | null
  members: number
  /** Assignment strategy; "" = none. */
  strategy: string
  partitions: GroupPartition[]
}

export async function listGroups(network: Network): Promise<{ group: string; state: string | null }[]> {
  return operate(network, async (session) => {
    const admin = await session.admin()
    const ids = (await admin.listGroups()).groups.map(({ groupId }) => groupId).sort()
    if (ids.length === 0) return []
    const { groups } = await admin.describeGroups(ids)
    return ids.map((group) => ({ group, state: stateOf(groups.find(({ groupId }) => groupId === group)) }))
  })
}

/** Of a group that is listed and yet "Dead" the old protocol cannot tell anything. */
const stateOf = (found: GroupDescription | undefined): string | null =>
  found === undefined || String(found.state) === 'Dead' ? null : String(found.state)

export async function describeGroup(network: Network, group: string): Promise<GroupState> {
  return operate(network, async (session) => {
    const found = await groupOf(session, group)
    const admin = await session.admin()
    const members = found.members.flatMap((member) =>
      assignmentOf(found.protocolType, member.memberAssignment).map(({ topic, partition }) => ({
        ...{ topic, partition },
        member: { id: member.memberId, clientId: member.clientId, host: member.clientHost.replace(/^\//, '') },
      })),
    )
    const committed = new Map<string, number | null>()
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group })) {
      for (const { partition, offset } of partitions) {
        committed.set(`${topic}\n${partition}`, Number(offset) < 0 ? null : Number(offset))
      }
    }
    const keys = new Set([...committed.keys(), ...members.map(({ topic, partition }) => `${topic}\n${partition}`)])
    const ends = await endOffsets(session, [...new Set([...keys].map((key) => key.split('\n')[0]!))])
    const partitions = [...keys].map((key): GroupPartition => {
      const [topic, number] = key.split('\n') as [string, string]
      const partition = Number(number)
      const at = committed.get(key) ?? null
      const end = ends.get(key) ?? 0
      const member = members.find((one) => one.topic === topic && one.partition === partition)?.member ?? null
      return { topic, partition, committed: at, end, lag: at === null ? null : Math.max(0, end - at), member }
    })
    const known = partitions.filter(({ committed: at, member }) => at !== null || member !== null)
    return {
      group,
      state: stateOf(found),
      members: found.members.length,
      strategy: found.protocol,
      partitions: known.sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition)),
    }
  })
}

async function endOffsets(session: Session, topics: readonly string[]): Promise<Map<string, number>> {
  const admin = await session.admin()
  const ends = new Map<string, number>()
  for (const topic of topics) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic))
      ends.set(`${topic}\n${partition}`, Number(high))
  }
  return ends
}

/** Of consumers alone: what the workers of Kafka Connect are assigned is no partitions. */
function assignmentOf(protocolType: string, encoded: Buffer): { topic: string; partition: number }[] {
  if (protocolType !== 'consumer' || encoded.length === 0) return []
  const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(encoded)
  return Object.entries(decoded?.assignment ?? {}).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

/** Throws `environment` for a group that does not exist. */
export async function groupOf(session: Session, group: string): Promise<GroupDescription> {
  const admin = await session.admin()
  const listed = (await admin.listGroups()).groups.map(({ groupId }) => groupId)
  if (!listed.includes(group)) {
    throw new KbenchError('environment', `there is no group ${group}`, {
      hint: listed.length === 0 ? 'the cluster has no groups' : suggestion(group, listed),
    })
  }
  const { groups } = await admin.describeGroups([group])
  return groups[0]!
}

/** Deletes them; a group with members is refused. */
export async function deleteGroups(network: Network, names: readonly string[]): Promise<void> {
  await operate(network, async (session) => {
    for (const group of names) assertEmpty(await groupOf(session, group), 'deleted')
    await (await session.admin()).deleteGroups([...names])
  })
}

export function assertEmpty({ groupId, members }: GroupDescription, what: string): void {
  if (members.length === 0) return
  const who = [...new Set(members.map(({ clientId, clientHost }) => `${clientId} on ${clientHost.replace(/^\//, '')}`))]
  throw new KbenchError('environment', `group ${groupId} is active and cannot be ${what}`, {
    details: who.slice(0, 5).map((member) => `member ${member}`),
    hint: 'stop its consumers first; one that was killed is a member until its session is over',
  })
}
