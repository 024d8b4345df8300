import type { InRecord, WorkerContext, WorkerEnd } from '../contracts/api.ts'
import { isCanary, isPrefill, readDueNs, stampFromHeader, stampHeader } from '../load/stamp.ts'
import { carriesStamp } from '../load/values.ts'
import { createRebalances } from './_rebalances.ts'

/** A consumer role: joins its group, is ready with its first assignment, measures from the common start until it gets the end. */
export async function runConsumer(context: WorkerContext): Promise<WorkerEnd> {
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
    ...(context.throttled && { throttled: context.throttled }),
    ...(context.tally && { tally: context.tally }),
    // A filled topic must not be read before the clock runs.
    hold: plan.prefill ? started : null,
    reads: {
      headers: plan.existing === true || plan.record.stampIn === 'header',
      timestamps: plan.byTimestamp === true,
    },
    assigned(partitions) {
      context.assigned(partitions)
      if (startNs !== null) rebalances.assigned(partitions, clock.nowNs())
      else rebalances.begin(partitions)
      gained.assigned(partitions, startNs !== null)
      joined()
    },
  })
  const positions = new Float64Array(plan.topic.partitions).fill(-1)
  // Others may write to the topic as well: of records whose stamp identifies the run only this run's count.
  const isStamped = !plan.existing && carriesStamp(plan.record)
  let dues = new Float64Array(0)
  const gained = createGained(Math.max(2 * plan.consumer.commitIntervalMs, leastSingleMs) * 1e6)

  const onBatch = (records: readonly InRecord[]): void | Promise<void> => {
    const nowNs = clock.nowNs()
    if (startNs === null) {
      // What slips through before a pause took hold; a live topic holds nothing but probes yet.
      if (plan.prefill) return started.then(() => onBatch(records))
      return track(records, positions, context)
    }
    rebalances.received(records, nowNs)
    let bytes = 0
    let mine = 0
    if (dues.length < records.length) dues = new Float64Array(records.length)
    for (let at = 0; at < records.length; at++) {
      const { value } = records[at]!
      const stamp = stampOf(records[at]!)
      dues[at] = plan.prefill || stamp === null ? Number.NaN : readDueNs(stamp, plan.run)
      const isMine = isStamped
        ? plan.prefill
          ? stamp !== null && isPrefill(stamp, plan.run)
          : !Number.isNaN(dues[at]!)
        : !isCanary(value)
      if (!isMine) continue
      mine++
      bytes += value?.length ?? 0
      if (plan.byTimestamp) recordAge(context, records[at]!, nowNs)
    }
    if (mine > 0) context.received(nowNs)
    const events = context.recorder.at(nowNs)
    events.received += mine
    events.receivedBytes += bytes
    const isFirst = (record: InRecord, at: number): boolean => {
      const dueNs = dues[at]!
      if (!(dueNs >= startNs!)) return true
      // Read again after a rebalance, or read by another member before: the supervisor counts it once.
      if (record.offset < positions[record.partition]! || gained.isNew(record.partition, nowNs)) {
        context.handedOver(record.partition, record.offset, dueNs, nowNs)
        return false
      }
      context.recorder.latency('endToEnd', dueNs, nowNs - dueNs)
      return true
    }
    track(records, positions, context, isFirst)
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
  return { sent: 0, lastSentNs: null, effectiveConfig: consumer.effectiveConfig, recordsPerBatch: null }
}

/** By a clock of another machine, to the ms: a record from the future is as old as nothing. */
function recordAge({ recorder }: WorkerContext, { timestampMs }: InRecord, nowNs: number): void {
  if (timestampMs === undefined || !(timestampMs >= 0)) return
  recorder.latency('endToEnd', nowNs, Math.max(0, Date.now() - timestampMs) * 1e6)
}

/** Where a record has its stamp, if it has one. */
function stampOf({ headers, value }: InRecord): Uint8Array | null {
  const header = headers?.[stampHeader]
  return header === undefined ? value : stampFromHeader(header)
}

/** Reports which offsets were delivered, those as ranges that were not reported one by one, and moves the positions on. */
function track(
  records: readonly InRecord[],
  positions: Float64Array,
  context: WorkerContext,
  isInRange: (record: InRecord, at: number) => boolean = () => true,
): void {
  let first: InRecord | null = null
  let last: InRecord | null = null
  const close = () => {
    if (first && last) context.delivered(last.topic, last.partition, first.offset, last.offset)
    first = null
  }
  for (let at = 0; at < records.length; at++) {
    const record = records[at]!
    const { partition, offset } = record
    if (first && (last!.partition !== partition || last!.offset + 1 !== offset)) close()
    if (isInRange(record, at)) first ??= record
    else close()
    last = record
    positions[partition] = Math.max(positions[partition]!, offset + 1)
  }
  close()
}

/** Records of a partition are reported one by one for at least so long after it was gained, ms. */
const leastSingleMs = 3000
/** And no more than so many of a partition. */
const mostSingle = 100_000

/**
 * Partitions that were gained in the midst of a run: what their last member was handed and had not committed comes again, at the
 * beginning. So for `forNs` from the first record on, records are reported one by one.
 */
function createGained(forNs: number) {
  let current = new Set<number>()
  const since = new Map<number, { firstNs: number | null; reported: number }>()
  return {
    assigned(partitions: readonly { partition: number }[], isRunning: boolean) {
      const now = new Set(partitions.map(({ partition }) => partition))
      for (const partition of isRunning ? now : []) {
        if (!current.has(partition)) since.set(partition, { firstNs: null, reported: 0 })
      }
      current = now
    },
    isNew(partition: number, atNs: number): boolean {
      const entry = since.get(partition)
      if (!entry) return false
      entry.firstNs ??= atNs
      if (atNs - entry.firstNs <= forNs && entry.reported++ < mostSingle) return true
      since.delete(partition)
      return false
    },
  }
}
