import type { Network, Permission, PermissionNeed } from '../contracts/api.ts'
import { type Brokers, createBrokers } from './brokers.ts'
import { clientIdOf } from './client-id.ts'
import { refusalType } from './missing-permission.ts'
import { groupOperationsRequest, type Operations, operationsRequest } from './permission-requests.ts'

/** null = it cannot be known before it is tried. */
export type Granted = boolean | null

/**
 * Whether the user of the connection has each of these permissions, in their order, as the brokers report it. Nothing is written or created,
 * and nobody joins a group. Rejects where no broker answers.
 */
export async function grantedPermissions(brokers: Brokers, needs: readonly Permission[]): Promise<Granted[]> {
  const topics = new Map<string, Promise<Operations>>()
  const groups = new Map<string, Promise<{ read: Granted; operations: Operations }>>()
  const of = <T>(known: Map<string, Promise<T>>, name: string, ask: () => Promise<T>): Promise<T> => {
    if (!known.has(name)) known.set(name, ask())
    return known.get(name)!
  }
  return Promise.all(
    needs.map(async ({ operation, resource: { type, name } }) => {
      if (type === 'topic') {
        const reported = await of(topics, name!, () => topicOperations(brokers, name!))
        // Create may be had of the cluster as well, which is not reported to everybody.
        return reported === null ? null : reported.has(operation) || (operation === 'Create' ? null : false)
      }
      if (type === 'group') {
        const { read, operations } = await of(groups, name!, () => groupOperations(brokers, name!))
        if (operation === 'Read') return read
        return operations === null
          ? read === false && operation === 'Describe'
            ? false
            : null
          : operations.has(operation)
      }
      const reported = await brokers.any((connection) => connection.send(operationsRequest('')).catch(() => null))
      return reported?.cluster?.has(operation) ?? null
    }),
  )
}

/** Those that are missing for certain. Nobody answers, or only old brokers do: none are. */
export async function missingOf(network: Network, needs: readonly PermissionNeed[]): Promise<PermissionNeed[]> {
  await using brokers = createBrokers(network, { clientId: clientIdOf(network, 'admin'), timeoutMs: 5000 })
  const granted = await grantedPermissions(brokers, needs).catch(() => [])
  return needs.filter((_, at) => granted[at] === false)
}

const topicAuthorizationFailed = 29

/** Who gets an answer may look: brokers that report otherwise fill the field in without meaning it. */
const believable = (reported: Operations): Operations => (reported?.has('Describe') ? reported : null)

async function topicOperations(brokers: Brokers, topic: string): Promise<Operations> {
  const request = operationsRequest(topic)
  return brokers.any(async (connection) => {
    if (!connection.supports(request)) return null
    const { topic: reported } = await connection.send(request)
    // Whoever may not even look has no other permission on it: each of them comes with Describe, but Create.
    return reported.error === topicAuthorizationFailed ? new Set() : believable(reported.operations)
  })
}

/**
 * By requests that any broker answers: who is the coordinator is not asked, because that makes a broker create __consumer_offsets where no
 * group ever was. Read: a heartbeat of a member that there is not, which is refused for want of Read before anything else is looked at.
 */
async function groupOperations(brokers: Brokers, group: string): Promise<{ read: Granted; operations: Operations }> {
  const heartbeat = { groupId: group, groupGenerationId: -1, memberId: 'kbench-nobody' }
  const read = await brokers.any(async (connection): Promise<Granted> => {
    const { errorCode } = await connection.call<{ errorCode: number }>('Heartbeat', heartbeat)
    return errorCode !== groupAuthorizationFailed
  })
  return { read, operations: await coordinatorsAnswer(brokers, group) }
}

const groupAuthorizationFailed = 30

/** Of whichever broker coordinates it, which all others deny; null = none does. */
async function coordinatorsAnswer(brokers: Brokers, group: string): Promise<Operations> {
  const request = groupOperationsRequest(group)
  const { brokers: all } = await brokers.metadata([])
  const answers = await Promise.all(
    all.map((broker) =>
      brokers
        .on(broker, async (connection) => (connection.supports(request) ? connection.send(request) : null))
        .catch((error: unknown) => {
          if (refusalType(error) === null) return null // down, or cut off
          throw error
        }),
    ),
  )
  return believable(answers.find((answer) => answer?.error === 0)?.operations ?? null)
}
