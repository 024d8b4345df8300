import { setTimeout as sleep } from 'node:timers/promises'
import { KbenchError } from '../base/errors.ts'
import type { Network, Resource } from '../contracts/api.ts'
import { type Brokers, createBrokers } from './brokers.ts'
import { clientIdOf } from './client-id.ts'
import { refusedStep, refusalType as typeOf } from './missing-permission.ts'
import { type BrokerConnection, refusalOf } from './wire.ts'

/** On the group's coordinator. A group of which nothing was ever stored is not there, which is as good. */
export async function deleteGroup(brokers: Brokers, group: string): Promise<void> {
  await onCoordinator(brokers, group, async (connection) => {
    const { results } = await connection.call<{ results: { errorCode: number }[] }>('DeleteGroups', [group])
    const failed = results.find(({ errorCode }) => errorCode !== 0 && errorCode !== groupIdNotFound)
    if (failed) throw refusalOf(failed.errorCode)
  })
}

const groupIdNotFound = 69
/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: they pass. */
const coordinatorMoves: readonly (string | null)[] = [
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]

/**
 * Runs on the broker that coordinates a group. Looks for the coordinator again, for 15 s at most, while it moves or is
 * just being made, and for 5 s where no broker answers.
 */
export async function onCoordinator<T>(
  brokers: Brokers,
  group: string,
  use: (connection: BrokerConnection) => Promise<T>,
): Promise<T> {
  const beganMs = performance.now()
  for (;;) {
    try {
      const address = await brokers.any((connection) => connection.coordinator(group))
      return await brokers.on(address, use)
    } catch (error) {
      const isRefused = typeOf(error) !== null
      const passes = isRefused ? coordinatorMoves.includes(typeOf(error)) : !(error instanceof KbenchError)
      // A cluster that does not answer at all is not waited for as long as one that is about to.
      if (!passes || performance.now() - beganMs >= (isRefused ? 15_000 : 5000)) throw error
    }
    await sleep(200)
  }
}

/**
 * Commits where a group begins, before it has members. So it does not read what was in the topic before, and misses no
 * record that comes while a member still looks for its position.
 */
export async function commitStart(
  network: Network,
  group: string,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<void> {
  if (offsets.size === 0) return
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 10_000 })
  try {
    await commitOffsets(brokers, group, topic, offsets)
  } catch (cause) {
    if (typeOf(cause) === 'UNKNOWN_MEMBER_ID') {
      throw new KbenchError('environment', `group ${group} is active and cannot be moved to where the run begins`, {
        cause,
        hint: `stop its consumers, or name another group: kbench groups describe ${group} shows them`,
      })
    }
    // To commit takes Read on the topic as well.
    const resource: Resource =
      typeOf(cause) === 'TOPIC_AUTHORIZATION_FAILED' ? { type: 'topic', name: topic } : { type: 'group', name: group }
    throw refusedStep({ operation: 'Read', resource, what: 'cannot be committed to' }, cause)
  }
}

/** Of a group without members, as nobody: brokers refuse it (UNKNOWN_MEMBER_ID) while the group has any, whatever its protocol. */
export async function commitOffsets(
  brokers: Brokers,
  group: string,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<void> {
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }))
  const request = { groupId: group, groupGenerationId: -1, memberId: '', topics: [{ topic, partitions }] }
  await onCoordinator(brokers, group, async (connection) => {
    const { responses } = await connection.call<CommitAnswer>('OffsetCommit', request)
    const failed = responses.flatMap((each) => each.partitions).find(({ errorCode }) => errorCode !== 0)
    if (failed) throw refusalOf(failed.errorCode)
  })
}

interface CommitAnswer {
  responses: { partitions: { partition: number; errorCode: number }[] }[]
}
