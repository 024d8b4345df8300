import kafkajs from 'kafkajs'
import type { Brokers } from './brokers.ts'
import { onCoordinator } from './group-offsets.ts'
import { consumerGroupRequest } from './group-requests.ts'
import { type BrokerConnection, refusalOf } from './wire.ts'

// Groups, asked of one broker at a time: one that is down hides what it coordinates, and nothing else (FACTS 17).

export interface GroupMember {
  id: string
  clientId: string
  host: string
  partitions: readonly { topic: string; partition: number }[]
}

export interface GroupInfo {
  group: string
  /** Empty, Stable, …; null = no broker reports it. */
  state: string | null
  /** null = not known. */
  protocol: 'classic' | 'consumer' | null
  /** Assignment strategy; "" = none. */
  strategy: string
  members: readonly GroupMember[]
}

/** Every group that a broker which answers coordinates; `silent`: ids of those that did not. */
export async function listGroups(brokers: Brokers): Promise<{ groups: GroupInfo[]; silent: number[] }> {
  const { brokers: all } = await brokers.metadata([])
  const silent: number[] = []
  const lists = await Promise.all(
    all.map((broker) =>
      brokers.on(broker, groupsOn).catch(() => {
        silent.push(broker.nodeId)
        return []
      }),
    ),
  )
  const groups = new Map(lists.flat().map((each) => [each.group, each]))
  const sorted = [...groups.values()].sort((a, b) => (a.group < b.group ? -1 : 1))
  return { groups: sorted, silent: silent.sort((a, b) => a - b) }
}

async function groupsOn(connection: BrokerConnection): Promise<GroupInfo[]> {
  const { groups } = await connection.call<{ groups: { groupId: string }[] }>('ListGroups', undefined)
  const found: GroupInfo[] = []
  for (const { groupId } of groups) found.push(await groupOn(connection, groupId).catch(() => unknown(groupId)))
  return found
}

const unknown = (group: string): GroupInfo => ({ group, state: null, protocol: null, strategy: '', members: [] })

/** One group, from its coordinator; null = there is none. */
export async function describeGroup(brokers: Brokers, group: string): Promise<GroupInfo | null> {
  const found = await onCoordinator(brokers, group, (connection) => groupOn(connection, group))
  return found.state === 'Dead' ? null : found
}

interface ClassicAnswer {
  groups: {
    errorCode: number
    state: string
    protocolType: string
    protocol: string
    members: { memberId: string; clientId: string; clientHost: string; memberAssignment: Buffer }[]
  }[]
}

async function groupOn(connection: BrokerConnection, group: string): Promise<GroupInfo> {
  const { groups } = await connection.call<ClassicAnswer>('DescribeGroups', { groupIds: [group] })
  const [found] = groups
  if (found && found.errorCode !== 0) throw refusalOf(found.errorCode)
  if (found && found.state !== 'Dead') {
    const members = found.members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
      ...{ id: memberId, clientId, host: clientHost.replace(/^\//, '') },
      partitions: assignmentOf(found.protocolType, memberAssignment),
    }))
    return { group, state: found.state, protocol: 'classic', strategy: found.protocol, members }
  }
  // Of a group of the new protocol the old request says that it is dead.
  const request = consumerGroupRequest(group)
  if (!connection.supports(request)) return { ...unknown(group), state: found?.state ?? null }
  try {
    const { state, assignor, members } = await connection.send(request)
    return { group, state, protocol: 'consumer', strategy: assignor, members }
  } catch (error) {
    if ((error as { type?: string }).type !== 'GROUP_ID_NOT_FOUND') throw error
    return { ...unknown(group), state: 'Dead' }
  }
}

/** Of consumers alone: what the workers of Kafka Connect are assigned is no partitions. */
function assignmentOf(protocolType: string, encoded: Buffer): { topic: string; partition: number }[] {
  if (protocolType !== 'consumer' || encoded.length === 0) return []
  const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(encoded)
  return Object.entries(decoded?.assignment ?? {}).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

interface OffsetsAnswer {
  errorCode?: number
  responses: { topic: string; partitions: { partition: number; offset: string; errorCode: number }[] }[]
}

/** What a group has committed, over all topics. */
export async function committedOffsets(
  brokers: Brokers,
  group: string,
): Promise<{ topic: string; partition: number; offset: number }[]> {
  return onCoordinator(brokers, group, async (connection) => {
    // For kafkajs no topic is every topic.
    const answer = await connection.call<OffsetsAnswer>('OffsetFetch', { groupId: group, topics: [] })
    if (answer.errorCode) throw refusalOf(answer.errorCode)
    return answer.responses.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, offset, errorCode }) =>
        errorCode !== 0 || Number(offset) < 0 ? [] : [{ topic, partition, offset: Number(offset) }],
      ),
    )
  })
}
