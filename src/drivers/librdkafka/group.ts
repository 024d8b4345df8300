import { messageOf } from '../../base/errors.ts'
import { plural } from '../../base/plural.ts'
import type { ConsumerContext } from '../../contracts/api.ts'
import type { Address } from './calls.ts'
import { type Client, check } from './client.ts'
import { localError } from './layout.ts'
import { createPartitionReader, type Partition, withPartitions } from './partitions.ts'

/** This member of its group: takes partitions, gives them back, pauses them as long as it is held. */
export interface Membership {
  /** Answers a rebalance. */
  rebalance(event: Address): void
  /** Nothing more is reported: the consumer is closing. */
  close(): void
}

/** Records of this member's partitions go to `records`, so that they are fetched apart from what the group has to say. */
export function createMembership(client: Client, records: Address, context: ConsumerContext): Membership {
  const { calls, handle } = client
  const partitionsIn = createPartitionReader()
  const assigned = new Map<string, Partition>()
  let held = context.hold !== null
  let isClosed = false
  void context.hold?.then(() => {
    held = false
    if (!isClosed && assigned.size > 0)
      withPartitions(calls, [...assigned.values()], (list) => calls.resume(handle, list))
  })

  /** The library forwards each partition's records to the group's queue, where none has been forwarded before. */
  const forward = ({ topic, partition }: Partition): void => {
    const queue = calls.partitionQueue(handle, topic, partition)
    if (queue === 0) return
    calls.forwardQueue(queue, records)
    calls.destroyQueue(queue)
  }

  const answer = (isGained: boolean, list: Address): void => {
    const cooperative = calls.rebalanceProtocol(handle) === 'COOPERATIVE'
    if (cooperative) check(calls, isGained ? calls.assignMore(handle, list) : calls.assignLess(handle, list))
    else {
      const code = calls.assign(handle, isGained ? list : 0)
      if (code !== 0) throw new Error(calls.errorText(code))
    }
  }

  return {
    rebalance(event) {
      const isGained = calls.eventError(event) === localError.assignPartitions
      const list = calls.eventPartitions(event)
      const partitions = partitionsIn(list)
      if (isGained) partitions.forEach(forward)
      try {
        answer(isGained, list)
        // In the same breath: nothing is fetched in between.
        if (isGained && held) calls.pause(handle, list)
      } catch (error) {
        if (!isClosed) context.event('client-error', messageOf(error))
      }
      for (const each of partitions) {
        const name = `${each.topic}-${each.partition}`
        if (isGained) assigned.set(name, each)
        else assigned.delete(name)
      }
      if (isClosed) return
      context.event('rebalance', `${isGained ? 'assigned' : 'revoked'} ${plural(partitions.length, 'partition')}`)
      context.assigned([...assigned.values()])
    },
    close() {
      isClosed = true
    },
  }
}
