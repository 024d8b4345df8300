import type { InRecord, WorkerContext, WorkerReport } from '../contracts/api.ts'
import { isCanary, readDueNs, stampFromHeader, stampHeader } from '../load/stamp.ts'
import { createRebalances } from './_rebalances.ts'

/** A consumer role: joins its group, is ready with its first assignment, measures from the common start until told to end. */
export async function runConsumer(context: WorkerContext): Promise<WorkerReport> {
  const { plan, driver, clock, signal } = context
  if (!plan.consumer) throw new Error('not a consumer role')
  let joined = () => {}
  const firstAssignment = new Promise<void>((resolve) => {
    joined = resolve
  })
  let startNs: number | null = null
  let release = () => {}
  const started = new Promise<void>((resolve) => {
    release = resolve
  })
  const rebalances = createRebalances(context.rebalanced)
  const consumer = await driver.consumer(plan.consumer, {
    network: plan.network,
    clientId: plan.clientId,
    clock,
    topics: [plan.topic],
    event: context.event,
    // A filled topic must not be read before the clock runs.
    hold: plan.prefill ? started : null,
    assigned(partitions) {
      context.assigned(partitions)
      if (startNs !== null) rebalances.assigned(partitions, clock.nowNs())
      else rebalances.begin(partitions)
      joined()
    },
  })
  const positions = new Float64Array(plan.topic.partitions).fill(-1)

  const onBatch = (records: readonly InRecord[]): void | Promise<void> => {
    const nowNs = clock.nowNs()
    if (startNs === null) {
      // What slips through before a pause took hold; a live topic holds nothing but probes yet.
      if (plan.prefill) return started.then(() => onBatch(records))
      return track(records, positions, context)
    }
    rebalances.received(records, nowNs)
    let bytes = 0
    let canaries = 0
    for (const { value } of records) {
      if (isCanary(value)) canaries++
      else bytes += value?.length ?? 0
    }
    const events = context.recorder.at(nowNs)
    events.received += records.length - canaries
    events.receivedBytes += bytes
    if (!plan.prefill) {
      for (const record of records) {
        // Read again after a rebalance: it has its end-to-end latency already.
        if (record.offset < positions[record.partition]!) continue
        const dueNs = dueOf(record, plan.run)
        if (dueNs >= startNs) context.recorder.latency('endToEnd', dueNs, nowNs - dueNs)
      }
    }
    track(records, positions, context)
  }

  const running = consumer.run(onBatch, signal)
  await Promise.race([firstAssignment, running])
  const readyNs = await context.ready()
  // All hear of the start before it comes.
  while (plan.prefill && clock.nowNs() < readyNs && !signal.aborted) await clock.sleepUntil(readyNs, signal)
  startNs = readyNs
  release()
  await running
  rebalances.end()
  await consumer[Symbol.asyncDispose]()
  return { scheduled: 0, unsent: 0, effectiveConfig: consumer.effectiveConfig, recordsPerBatch: null }
}

function dueOf(record: InRecord, run: number): number {
  const header = record.headers?.[stampHeader]
  if (header !== undefined) return readDueNs(stampFromHeader(header), run)
  return record.value === null ? Number.NaN : readDueNs(record.value, run)
}

/** Reports which offsets were delivered, as ranges, and moves the positions on. */
function track(records: readonly InRecord[], positions: Float64Array, context: WorkerContext): void {
  let start = 0
  for (let at = 1; at <= records.length; at++) {
    const previous = records[at - 1]!
    const current = records[at]
    if (current && current.partition === previous.partition && current.offset === previous.offset + 1) continue
    context.delivered(previous.topic, previous.partition, records[start]!.offset, previous.offset)
    positions[previous.partition] = Math.max(positions[previous.partition]!, previous.offset + 1)
    start = at
  }
}
