import kafkajs, { type PartitionAssigner } from 'kafkajs'

/**
 * The range assignor of the Java client and librdkafka, which kafkajs lacks. Per topic, members in order of their id
 * get contiguous partitions; where it does not divide, the first ones get one more.
 */
export const rangeAssigner: PartitionAssigner = ({ cluster }) => ({
  name: 'range',
  version: 0,
  async assign({ members, topics }) {
    const memberIds = members.map((member) => member.memberId).sort()
    const assignments = new Map(memberIds.map((id) => [id, {} as Record<string, number[]>]))
    for (const topic of topics) {
      const partitions = cluster
        .findTopicPartitionMetadata(topic)
        .map((partition) => partition.partitionId)
        .sort((a, b) => a - b)
      for (const [index, memberId] of memberIds.entries()) {
        const share = rangeShare(partitions, index, memberIds.length)
        if (share.length > 0) assignments.get(memberId)![topic] = share
      }
    }
    return memberIds.map((memberId) => ({
      memberId,
      memberAssignment: kafkajs.AssignerProtocol.MemberAssignment.encode({
        version: 0,
        assignment: assignments.get(memberId)!,
        userData: Buffer.alloc(0),
      }),
    }))
  },
  protocol({ topics }) {
    return {
      name: 'range',
      metadata: kafkajs.AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
    }
  },
})

/** The part of `partitions` that member `index` of `count` gets. */
export function rangeShare(partitions: readonly number[], index: number, count: number): number[] {
  const base = Math.floor(partitions.length / count)
  const extra = partitions.length % count
  const start = base * index + Math.min(index, extra)
  return partitions.slice(start, start + base + (index < extra ? 1 : 0))
}
