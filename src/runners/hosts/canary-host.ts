import { systemClock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { Network, OutRecord, Producer, ProducerSettings } from '../../contracts/api.ts'
import { flags, prepareStamp, stampBytes, writeStamp } from '../../load/stamp.ts'
import { loadPlugin } from '../../registry.ts'

/** Entry of the canary's process: a record to every partition, again and again, and when each was acknowledged. */
export interface CanaryJob {
  network: Network
  topic: string
  /** Partitions 0 to this are watched. */
  partitions: number
  recordsPerSec: number
  acks: 1 | 'all'
  run: number
  clientId: string
}

export type ToCanary = { type: 'init'; job: CanaryJob } | { type: 'stop' }

export type FromCanary =
  | { type: 'ready' }
  /** [partition, offset, acknowledged at, …]; offset −1 = not told. */
  | { type: 'acks'; acks: Float64Array }
  | { type: 'ended'; failed: number; skipped: number }
  | { type: 'error'; message: string }

/** Records under way; more would wait for minutes. */
const mostInFlight = 20_000
const clock = systemClock()
const send = (message: FromCanary) => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

process.on('disconnect', () => process.exit(1))
process.on('SIGINT', () => {})
process.on('message', (message: ToCanary) => {
  if (message.type === 'stop') stop.abort()
  else
    void run(message.job).catch((error: unknown) => {
      send({ type: 'error', message: messageOf(error) })
      process.disconnect()
    })
})
const stop = new AbortController()

async function run(job: CanaryJob): Promise<void> {
  const driver = await loadPlugin('drivers', 'node-rdkafka')
  const producer = await driver.producer(settingsOf(job), {
    network: job.network,
    clientId: job.clientId,
    clock,
    topics: [{ name: job.topic, partitions: job.partitions }],
    tellOffsets: true,
    event() {},
  })
  send({ type: 'ready' })
  const counts = await sing(job, producer)
  await producer[Symbol.asyncDispose]()
  send({ type: 'ended', ...counts })
  process.disconnect()
}

async function sing(job: CanaryJob, producer: Producer): Promise<{ failed: number; skipped: number }> {
  const free: OutRecord[] = []
  const views: DataView[] = []
  let made = 0
  let failed = 0
  let skipped = 0
  let acks: number[] = []
  let sequence = 0
  const acquire = (): OutRecord | undefined => {
    const record = free.pop()
    if (record || made === mostInFlight) return record
    const value = Buffer.alloc(stampBytes)
    const view = new DataView(value.buffer, value.byteOffset, stampBytes)
    prepareStamp(view, job.run, 0, flags.canary, 0)
    views.push(view)
    const place = { topic: job.topic, partition: 0, key: null, headers: undefined }
    return { ...place, value, offset: -1, slot: made++, sequence: 0, dueNs: 0, sentNs: 0 }
  }
  const flush = () => {
    if (acks.length > 0) send({ type: 'acks', acks: Float64Array.from(acks) })
    acks = []
  }
  const flushing = setInterval(flush, 250)
  const periodNs = 1e9 / job.recordsPerSec
  let nextNs = clock.nowNs()
  while (!stop.signal.aborted) {
    const batch: OutRecord[] = []
    for (let partition = 0; partition < job.partitions; partition++) {
      const record = acquire()
      if (!record) {
        skipped++
        continue
      }
      record.partition = partition
      record.offset = -1
      writeStamp(views[record.slot]!, sequence++, clock.nowNs())
      batch.push(record)
    }
    producer.send(batch, (record, outcome, atNs) => {
      free.push(record)
      if (outcome.kind === 'acked') acks.push(record.partition, record.offset ?? -1, atNs)
      else failed++
    })
    // A tick that comes late is not made up for: two records at once tell no more than one.
    nextNs = Math.max(nextNs + periodNs, clock.nowNs())
    await clock.sleepUntil(nextNs, stop.signal)
  }
  // What is on its way when the load ends still tells that its partition is there.
  const lastNs = clock.nowNs() + 500e6
  while (free.length < made && clock.nowNs() < lastNs) await clock.sleepUntil(clock.nowNs() + 10e6)
  clearInterval(flushing)
  flush()
  return { failed, skipped }
}

/** Gives up and tries again quickly, so that it is there as soon as the partition is. */
function settingsOf(job: CanaryJob): ProducerSettings {
  return {
    acks: job.acks,
    idempotence: false,
    partitioner: { explicit: [0] },
    compression: 'none',
    batch: { lingerMs: 0, maxBytes: 16_384, maxRecords: 100 },
    maxInFlight: mostInFlight,
    // A broker serves the requests of a connection one after the other: a pile from before the new leader would hold its first ack up by a second.
    maxInFlightRequests: Math.max(5, 2 * job.partitions),
    sendScope: 'partition',
    retries: 1_000_000,
    retryBackoffMs: 20,
    requestTimeoutMs: 2000,
    deliveryTimeoutMs: 60_000,
    clientConfig: {
      'retry.backoff.max.ms': 100,
      'reconnect.backoff.ms': 20,
      'reconnect.backoff.max.ms': 100,
      'socket.connection.setup.timeout.ms': 1000,
      'topic.metadata.refresh.interval.ms': 250,
      'topic.metadata.refresh.fast.interval.ms': 50,
      'statistics.interval.ms': 0,
    },
  }
}
