import { messageOf } from '../../base/errors.ts'
import type { Clock, Driver, Network, ProducerSettings } from '../../contracts/api.ts'
import { canaryDeliveryTimeoutMs, mostUnderWay, sing } from '../../load/canary.ts'
import { leaveSignalsToSupervisor } from './signals.ts'

/** What the canary's process does: a record to every partition, again and again, and when each was acknowledged. */
export interface CanaryJob {
  network: Network
  topic: string
  /** Partitions 0 to this are watched. */
  partitions: number
  recordsPerSec: number
  acks: 1 | 'all'
  run: number
  /** Of every record, where the topic or the load has keys; null = none. */
  key?: string | null
  clientId: string
}

export type ToCanary = { type: 'init'; job: CanaryJob } | { type: 'stop' }

export type FromCanary =
  | { type: 'ready' }
  /** As load/canary.ts reports them: the first with the first probe. */
  | { type: 'acks'; acks: Float64Array; atNs: number }
  | { type: 'ended'; stoppedNs: number; failed: number; skipped: number }
  | { type: 'error'; message: string }

export interface CanaryParts {
  driver: Driver<unknown>
  clock: Clock
  stop: AbortSignal
  send(message: FromCanary): void
}

/** Connects, reports ready, sings until stopped and reports its end. */
export async function serveCanary(job: CanaryJob, { driver, clock, stop, send }: CanaryParts): Promise<void> {
  const { topic, partitions, recordsPerSec, run, key = null } = job
  const producer = await driver.producer(canarySettings(job), {
    network: job.network,
    clientId: job.clientId,
    clock,
    topics: [{ name: topic, partitions }],
    reportOffsets: true,
    event() {},
  })
  send({ type: 'ready' })
  const { stoppedNs, failed, skipped } = await sing({
    ...{ topic, partitions, recordsPerSec, run, key, clock, producer, stop },
    acks: (acks, atNs) => send({ type: 'acks', acks, atNs }),
  })
  // Before the client is closed, which may hang: nothing that follows is part of the measurement.
  send({ type: 'ended', stoppedNs, failed, skipped })
  await producer[Symbol.asyncDispose]()
}

/** Serves one job that arrives over the channel of this process, and ends with it. */
export function canaryProcess(port: NodeJS.Process, clock: Clock, load: () => Promise<Driver<unknown>>): void {
  const stop = new AbortController()
  const send = (message: FromCanary) => {
    if (port.connected) port.send?.(message, undefined, undefined, () => {})
  }
  const serve = async (job: CanaryJob) => {
    try {
      await serveCanary(job, { driver: await load(), clock, stop: stop.signal, send })
    } catch (error) {
      send({ type: 'error', message: messageOf(error) })
    }
    if (port.connected) port.disconnect()
  }
  port.on('disconnect', () => port.exit(1))
  leaveSignalsToSupervisor(port)
  port.on('message', (message: ToCanary) => {
    if (message.type === 'stop') stop.abort()
    else void serve(message.job)
  })
}

/** Gives up and tries again quickly, so that it is there as soon as the partition is. */
function canarySettings({ acks, partitions, recordsPerSec }: CanaryJob): ProducerSettings {
  return {
    acks,
    idempotence: false,
    partitioner: { explicit: [0] },
    compression: 'none',
    batch: { lingerMs: 0, maxBytes: 16_384, maxRecords: 100 },
    maxInFlight: partitions * mostUnderWay(partitions, recordsPerSec),
    // A broker serves the requests of a connection one after the other: a pile from before the new leader would hold its first ack up by a second.
    maxInFlightRequests: Math.max(5, 2 * partitions),
    sendScope: 'partition',
    retries: 1_000_000,
    retryBackoffMs: 20,
    requestTimeoutMs: 2000,
    deliveryTimeoutMs: canaryDeliveryTimeoutMs,
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
