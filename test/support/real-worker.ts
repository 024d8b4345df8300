import type { ConsumerContext, InRecord, WorkerPlan } from '../../src/contracts/api.ts'
import { runWorker } from '../../src/runners/hosts/worker.ts'
import { createFakeDriver } from './fake-driver.ts'
import type { FakeTopic } from './fake-topic.ts'
import type { WorldOptions } from './fake-world.ts'
import type { Gate } from './gate.ts'
import { workloads } from './plans.ts'

export interface WorkerScene {
  gate: Gate
  topic: FakeTopic
  plan: WorkerPlan
  options: WorldOptions
  secondsFromStart(atNs: number): number
}

/** A consumer asks so often, ns. */
const pollNs = 50e6

/** A worker of kbench as it is, with a client that writes to and reads from a fake topic. */
export function realWorker({ gate, topic, plan, options, secondsFromStart }: WorkerScene): void {
  const { clock } = gate
  const fateOf: NonNullable<WorldOptions['fate']> = options.fate ?? (() => ({ fate: { afterNs: 2e6, kind: 'acked' } }))
  const fake = createFakeDriver({
    clock,
    effectiveConfig: options.effectiveConfig ?? {},
    fate(record, nowNs) {
      const { role } = plan
      const producer = role.kind === 'producer' ? role.index : -1
      const told = fateOf({
        producer,
        sequence: record.sequence,
        partition: record.partition,
        dueS: secondsFromStart(record.dueNs),
        atS: secondsFromStart(nowNs),
      })
      const { fate } = told
      if (told.isInLog ?? (fate !== 'silence' && fate.kind === 'acked')) topic.append(record.partition, record.value)
      return fate
    },
    consume: (context, onBatch, signal) => consume(plan, topic, gate, options.positionS, context, onBatch, signal),
  })
  const health = { waited() {}, take: () => ({ utilisation: 0.1, gcMs: 0, gcMaxMs: 0 }), close() {} }
  void runWorker(gate, async ({ workload }) => ({
    clock,
    workload: workloads[workload as keyof typeof workloads],
    driver: options.driver ?? fake,
    health,
    nodeOptions: '',
  }))
}

/** Member m of M has the partitions p with p % M = m; those that join later have none. */
async function consume(
  plan: WorkerPlan,
  topic: FakeTopic,
  { clock }: Gate,
  positionS: number | undefined,
  context: ConsumerContext,
  onBatch: (records: readonly InRecord[]) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { group, member } = plan.consumer!
  const mine = partitionsOf(topic.partitions, member, membersOf(plan))
  context.assigned(mine.map((partition) => ({ topic: plan.topic.name, partition })))
  if (context.hold) await context.hold
  // As clients do: where nothing is committed the position is asked for, which takes its time.
  if (!topic.committed.has(group)) await clock.sleepUntil(clock.nowNs() + (positionS ?? 0) * 1e9, signal)
  const start = (partition: number) => (plan.consumer!.from === 'latest' ? topic.ends[partition]! : 0)
  const next = new Map(
    mine.map((partition) => [partition, topic.committed.get(group)?.[partition] ?? start(partition)]),
  )
  while (!signal.aborted) {
    for (const [partition, from] of next) {
      const records = topic.read(partition, from, 500)
      if (records.length === 0) continue
      await onBatch(records)
      next.set(partition, from + records.length)
      topic.commit(group, partition, from + records.length)
    }
    await clock.sleepUntil(clock.nowNs() + pollNs, signal)
  }
}

/** The test's groups say in their name how many members there are: g2. */
export const membersOf = ({ role }: WorkerPlan): number =>
  Number((role.kind === 'consumer' && /(\d+)$/.exec(role.group)?.[1]) || 1)

export const partitionsOf = (partitions: number, member: number, members: number): number[] =>
  Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => member < members && partition % members === member,
  )
