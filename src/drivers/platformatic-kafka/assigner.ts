import { rangeShare } from './range-assigner.ts'
import type { GroupAssigner } from './types.ts'

/** The client has round robin alone: this is the range assignor of the other clients, in its form. */
export const rangeAssigner: GroupAssigner = (_current, members, topics, metadata) => {
  const memberIds = [...members.keys()].sort()
  return memberIds.map((memberId, index) => {
    const assignments = new Map<string, { topic: string; partitions: number[] }>()
    for (const topic of topics) {
      const count = metadata.topics.get(topic)?.partitionsCount ?? 0
      const partitions = rangeShare(
        Array.from({ length: count }, (_, partition) => partition),
        index,
        memberIds.length,
      )
      if (partitions.length > 0) assignments.set(topic, { topic, partitions })
    }
    return { memberId, assignments }
  })
}
