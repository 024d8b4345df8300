import type {
  Clock,
  Driver,
  Outcome,
  OutRecord,
  Producer,
  WorkerContext,
  WorkerEnd,
  WorkerPlan,
} from '../contracts/api.ts'
import { createBackpressure } from '../load/backpressure.ts'
import { createKeys } from '../load/keys.ts'
import { createPartitioner } from '../load/partition.ts'
import { createSchedule, shareOf } from '../load/schedule.ts'
import { createSlots, type Slots } from '../load/slots.ts'
import { createValues, largestSize } from '../load/values.ts'
import { outcomeCodes } from '../recording/frame.ts'

/** Memory of the values that may be in flight, per producer: large records lower the in-flight bound. */
const poolBytes = 64 * 1024 * 1024

/**
 * Records handed over per turn of the event loop. A client that copies values queues them itself and returns at most 100 delivery
 * reports per turn (librdkafka, FACTS 2); others fill a whole send in one turn.
 */
const turnRecords = ({ copiesValues, turnRecords: own }: Driver<unknown>): number => own ?? (copiesValues ? 100 : 1000)

/** A producer role: connects, waits for the common start, sends its share of the schedule, waits for the acknowledgements. */
export async function runProducer(context: WorkerContext): Promise<WorkerEnd> {
  const { plan, driver, clock } = context
  if (plan.role.kind !== 'producer' || !plan.producer) throw new Error('not a producer role')
  const producerIndex = plan.role.index
  const slots = createRecords(plan, producerIndex, driver)
  const producer = await driver.producer(plan.producer, {
    network: plan.network,
    clientId: plan.clientId,
    clock,
    topics: [plan.topic],
    event: context.event,
    ...(context.throttled && { throttled: context.throttled }),
    ...(context.tally && { tally: context.tally }),
  })
  context.gauge(() => slots.size - slots.free)
  const startNs = await context.ready()
  const outcome = await pump(context, producer, slots, producerIndex, startNs)
  return {
    ...outcome,
    effectiveConfig: { ...producer.effectiveConfig, 'kbench.maxInFlight': slots.size },
    recordsPerBatch: producer.recordsPerBatch(),
  }
}

function createRecords(plan: WorkerPlan, producer: number, driver: Driver<unknown>): Slots {
  const largest = Math.max(1, largestSize(plan.record.size))
  const settings = plan.producer!
  // With compression the batches of all partitions draw from the pool in turn, and each must find enough that differs.
  const distinctBytes = 2 * settings.batch.maxBytes * (settings.compression === 'none' ? 1 : plan.topic.partitions)
  const size = Math.min(settings.maxInFlight, Math.max(16, Math.floor(poolBytes / largest)))
  // A client that copies needs no more values than are distinct, and those stay in the processor's cache.
  // But the records of one turn are stamped before the client copies them: a value for each.
  const most = Math.max(turnRecords(driver), Math.ceil(distinctBytes / largest))
  const values = driver.copiesValues ? Math.min(size, most) : size
  const pool = createValues(values, {
    size: plan.record.size,
    compressibility: plan.record.compressibility,
    stampIn: plan.record.stampIn,
    seed: plan.seed,
    run: plan.run,
    producer,
    prefill: plan.prefill,
    distinctBytes,
  })
  return createSlots(plan.topic.name, size, pool)
}

async function pump(
  context: WorkerContext,
  producer: Producer,
  slots: Slots,
  producerIndex: number,
  startNs: number,
): Promise<{ sent: number; lastSentNs: number | null; close: () => Promise<void> }> {
  const { plan, clock, recorder, stop } = context
  const settings = plan.producer!
  const schedule = createSchedule(plan.schedule)
  const scheduled = schedule.paced
  const keyOf = createKeys(plan.record.keys, plan.seed, producerIndex)
  const choosePartition = createPartitioner(settings.partitioner, plan.topic.partitions, {
    seed: plan.seed,
    producer: producerIndex,
    batch: settings.batch,
  })
  const backpressure = createBackpressure()
  const turn = createTurnSignal(clock)
  const endNs = startNs + plan.loadEndNs
  const deadlineNs = startNs + plan.deadlineNs
  const total =
    schedule.total === null ? Number.POSITIVE_INFINITY : shareOf(schedule.total, producerIndex, plan.producers)
  const { sequences, dueNs, sentNs, bytes } = slots
  const watched = plan.watchSilence
  const offline = plan.topic.offline && new Set(plan.topic.offline)
  let sequence = 0
  let lastSentNs: number | null = null
  let closed = false

  const settled = (record: OutRecord, outcome: Outcome, atNs: number) => {
    if (closed) return
    const events = recorder.at(atNs)
    if (outcome.kind === 'acked') {
      events.acked++
      const { slot } = record
      events.ackedBytes += bytes[slot]!
      const due = dueNs[slot]!
      if (scheduled) recorder.latency('response', due, atNs - due)
      recorder.latency('service', due, atNs - sentNs[slot]!)
      recorder.settled(sequences[slot]!, record.partition, outcomeCodes.acked)
      if (watched) recorder.acknowledged(record.partition, atNs, due)
    } else {
      events[outcome.kind]++
      if (settings.acks !== 0) recorder.error(outcome.error)
      recorder.settled(sequences[record.slot]!, Math.max(0, record.partition), outcomeCodes[outcome.kind])
    }
    slots.release(record)
    turn.notify()
  }

  // At rate max nothing is due later than now: without this each would begin when it hears of the start, not at the start.
  for (;;) {
    const untilNs = Math.min(startNs, stop.atNs)
    if (clock.nowNs() >= untilNs) break
    // Whoever asks for the end wakes it once: after that the signal would end every pause immediately.
    await (context.signal.aborted ? clock.sleepUntil(untilNs) : clock.sleepUntil(untilNs, context.signal))
  }
  const most = turnRecords(context.driver)
  while (sequence < total) {
    const nowNs = clock.nowNs()
    if (nowNs >= Math.min(scheduled ? deadlineNs : endNs, stop.atNs)) break
    backpressure.unblock(nowNs)
    const batch: OutRecord[] = []
    let toOffline = 0
    let nextDueNs = nowNs
    while (batch.length < most && slots.free > 0 && sequence < total) {
      const n = producerIndex + sequence * plan.producers
      nextDueNs = scheduled ? startNs + schedule.dueNs(n) : nowNs
      if (nextDueNs > nowNs || nextDueNs >= stop.atNs) break
      const record = slots.acquire()
      const { slot } = record
      const key = keyOf(n)
      const sizeBytes = record.value?.length ?? 0
      sequences[slot] = sequence
      dueNs[slot] = nextDueNs
      sentNs[slot] = nowNs
      bytes[slot] = sizeBytes + (key?.length ?? 0)
      record.key = key
      record.partition = choosePartition(key, nextDueNs, sizeBytes)
      if (watched) recorder.due(record.partition, nextDueNs)
      if (offline?.has(record.partition)) toOffline++
      slots.valueOf(record).stamp(sequence, nextDueNs)
      sequence++
      if (scheduled) {
        const heldNs = backpressure.since(nextDueNs, nowNs)
        // Under the due time: a producer that stood still across the end of measure was late in measure.
        recorder.latency('backpressure', nextDueNs, heldNs)
        recorder.latency('scheduleLag', nextDueNs, nowNs - nextDueNs - heldNs)
      }
      batch.push(record)
    }
    if (batch.length > 0) {
      const events = recorder.at(nowNs)
      events.sent += batch.length
      if (toOffline > 0) events.toOffline = (events.toOffline ?? 0) + toOffline
      lastSentNs = nowNs - startNs
      producer.send(batch, settled)
    }
    if (slots.free === 0) {
      // Without due times nobody asks, and what is never asked is never forgotten.
      if (scheduled) backpressure.block(clock.nowNs())
      if (scheduled || !producer.poll) await turn.wait()
      else {
        // As fast as it goes: outcomes are fetched in every turn, not when a timer comes round.
        producer.poll()
        await clock.sleepUntil(0)
        // A turn in which nothing settled: the loop is busy, but with nothing but asking.
        if (slots.free === 0) context.waited?.(clock.nowNs() - nowNs)
      }
    } else {
      await clock.sleepUntil(Math.min(nextDueNs, nowNs + 50e6, Math.max(stop.atNs, nowNs)))
    }
  }

  const stoppedNs = clock.nowNs()
  // Drain: acknowledgements under way are waited for up to the deadline, or as long as the one who ended the load says.
  const everySettled = () => slots.free === slots.size
  const untilNs = () =>
    stop.untilNs === Number.POSITIVE_INFINITY ? Math.max(deadlineNs, stoppedNs + 1e9) : stop.untilNs
  while (!everySettled() && clock.nowNs() < untilNs()) await turn.wait()
  const close = async () => {
    // A client that hangs here must not hang the run.
    const over = new AbortController()
    try {
      await Promise.race([producer[Symbol.asyncDispose](), clock.sleepUntil(clock.nowNs() + 10e9, over.signal)])
    } finally {
      over.abort()
      closed = true
    }
  }
  turn.close()
  // Disposing settles what is left as unknown, which has to be reported; with nothing left it can wait until all has been reported.
  const allReported = everySettled()
  if (!allReported) await close()
  return { sent: sequence, lastSentNs, close: allReported ? close : async () => {} }
}

/** Wakes the pump when a record settled, and every 50 ms so that it can look at deadlines. One waiter at most. */
function createTurnSignal(clock: Clock) {
  let wake: (() => void) | null = null
  const over = new AbortController()
  const notify = () => {
    if (wake === null) return
    const resolve = wake
    wake = null
    resolve()
  }
  const watch = async () => {
    while (!over.signal.aborted) {
      await clock.sleepUntil(clock.nowNs() + 50e6, over.signal)
      notify()
    }
  }
  void watch()
  return {
    notify,
    /** Resolves in a later turn of the event loop, so that all that settled in this one is seen together. */
    async wait(): Promise<void> {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      await clock.sleepUntil(0)
    },
    close() {
      over.abort()
    },
  }
}
