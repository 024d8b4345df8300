import { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import { plural } from '../base/plural.ts'
import type { FaultContext, PartitionState } from '../contracts/api.ts'
import { defineFault } from '../contracts/define.ts'
import { reassigningRequest, reassignRequest } from '../kafka/change-requests.ts'
import { askAny } from './_ask.ts'
import { createUndo } from './_heal.ts'
import { refusedWithoutBrokers } from './_refused.ts'
import { type Replicas, shifted, spreadOver } from './_replicas.ts'
import { becomes } from './_wait.ts'

/** A move of much data takes long, and one to a broker that is down does not end. */
const movedMs = 600_000

/** Moves every partition of the topic. Healing moves them back. */
export default defineFault({
  summary: "the topic's replicas are moved, each to the next broker or to the brokers given; afterwards back",
  on: 'topic',
  target: null,
  needs: [],
  features: [],
  refused: refusedWithoutBrokers,
  options: z.strictObject({
    to: z
      .array(z.int().min(0))
      .min(1)
      .refine((ids) => new Set(ids).size === ids.length, 'expected every broker once')
      .optional()
      .describe('Ids of the brokers that are to have all replicas, in turn; absent = each replica to the next broker'),
    keep: z.boolean().default(false).describe('Leave them there, instead of moving them back'),
  }),
  async inject({ to, keep }, context) {
    const { cluster, topic } = context
    const { partitions } = await context.metadata()
    const ids = cluster.nodes.map(({ id }) => id).sort((a, b) => a - b)
    const before = new Map(partitions.map(({ partition, replicas }) => [partition, replicas]))
    const wanted = to ? spreadOver(partitions, to) : shifted(partitions, ids)
    const undo = createUndo()
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, context.signal])
    const atNs = nowNs()
    await askAny(cluster, reassignRequest(topic.name, wanted))
    if (!keep) undo.add(() => moveBack(context, before))
    undo.add(async () => over.abort())
    return {
      atNs,
      detail: `replicas of ${plural(wanted.size, 'partition')} moved to ${to ? `brokers ${to.join(', ')}` : 'the next broker'}`,
      verify: async () =>
        (await context.metadata()).partitions.every((state) => isMoving(state, wanted) || isThere(state, wanted)),
      // Moved for good, it is over when nothing is being moved any more; else it lasts until it is moved back.
      ...(keep && {
        done: becomes(() => isOver(context, wanted), { timeoutMs: movedMs, signal, everyMs: 200 }).then(() => {}),
      }),
      [Symbol.asyncDispose]: undo.run,
    }
  },
})

function isThere({ partition, replicas }: PartitionState, wanted: Replicas): boolean {
  const to = wanted.get(partition)
  // A partition that was added in the meantime is none of its business.
  return to === undefined || replicas.join() === to.join()
}

/** While data is copied a partition has its old replicas beside the new ones. */
function isMoving({ partition, replicas }: PartitionState, wanted: Replicas): boolean {
  const to = wanted.get(partition) ?? []
  return replicas.length > to.length && to.every((id) => replicas.includes(id))
}

async function isOver({ cluster, topic, metadata }: FaultContext, wanted: Replicas): Promise<boolean> {
  const { partitions } = await metadata()
  if (!partitions.every((state) => isThere(state, wanted))) return false
  return (await askAny(cluster, reassigningRequest(topic.name, [...wanted.keys()]))).length === 0
}

/** Also calls off what is still being moved. Waits a little, for most of it is on the disks already. */
async function moveBack(context: FaultContext, before: Replicas): Promise<void> {
  await askAny(context.cluster, reassignRequest(context.topic.name, before))
  const back = await becomes(() => isOver(context, before), { timeoutMs: 10_000, everyMs: 200 })
  if (!back) context.note('replicas are still being moved back')
}
