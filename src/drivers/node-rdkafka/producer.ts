import { KbenchError, messageOf } from '../../base/errors.ts'
import { buildCommand } from '../../base/npm-command.ts'
import {
  acked,
  type DriverContext,
  type OutRecord,
  type Producer,
  type ProducerSettings,
  type Settled,
} from '../../contracts/api.ts'
import { classify, nameOfError, producerConfig, withoutSecrets } from '../_librdkafka-config.ts'
import { createStatistics } from '../_librdkafka-statistics.ts'
import { keepOwn } from '../_own-values.ts'
import { type Binding, connect, load, reportThrottle, tokenCallback, within } from './client.ts'
import type { RdError, RdReport } from './types.ts'

/** How often the client asks for delivery reports when nothing is sent, ms; up to as much is added to a latency (FACTS 2). */
const pollIntervalMs = 1

export async function createProducer(
  binding: Binding,
  settings: ProducerSettings,
  context: DriverContext,
): Promise<Producer> {
  const { Producer: RdProducerClass, features } = load(binding)
  requireCodec(binding, settings, features)
  const limits = context.topics.flatMap(({ maxMessageBytes }) => maxMessageBytes ?? [])
  const config = producerConfig(settings, context.network, context.clientId, Math.max(0, ...limits))
  const producer = new RdProducerClass({ ...config.global, ...tokenCallback(binding, context.network) }, config.topic)
  producer.on('event.error', (error: RdError) => context.event('client-error', messageOf(error)))
  reportThrottle(producer, context)
  const statistics = createStatistics(context.tally)
  producer.on('event.stats', ({ message }: { message: string }) => statistics.read(message))
  const tokens = await connect(binding, producer, context)
  producer.setPollInterval(pollIntervalMs)

  const inFlight: (OutRecord | undefined)[] = []
  let outstanding = 0
  let settle: Settled = () => {}
  // Records the client's queue had no room for: handed over again, due time kept.
  let waiting: OutRecord[] = []
  let retryTimer: NodeJS.Timeout | null = null

  producer.on('delivery-report', (error: RdError | null, report: RdReport) => {
    const atNs = context.clock.nowNs()
    const record = inFlight[report.opaque]
    if (!record) return
    inFlight[report.opaque] = undefined
    outstanding--
    if (record.partition < 0) record.partition = report.partition
    if (context.reportOffsets && report.offset !== undefined) record.offset = report.offset
    if (error) settle(record, { kind: classify(error.message), error: nameOfError(error.message) }, atNs)
    else if (settings.acks === 0) settle(record, { kind: 'unknown', error: 'acks=0' }, atNs)
    else settle(record, acked, atNs)
  })

  const hand = (record: OutRecord): boolean => {
    try {
      producer.produce(
        record.topic,
        record.partition < 0 ? null : record.partition,
        record.value,
        record.key,
        null,
        record.slot,
        record.headers && [record.headers],
      )
      return true
    } catch (error) {
      if ((error as RdError).code === -184) return false
      inFlight[record.slot] = undefined
      outstanding--
      settle(record, { kind: 'failed', error: nameOfError(messageOf(error)) }, context.clock.nowNs())
      return true
    }
  }

  const retry = () => {
    retryTimer = null
    producer.poll()
    const records = waiting
    waiting = []
    handAll(records)
  }

  const handAll = (records: readonly OutRecord[]) => {
    for (let at = 0; at < records.length; at++) {
      if (hand(records[at]!)) continue
      waiting = waiting.concat(records.slice(at).map(keepOwn))
      retryTimer ??= setTimeout(retry, 1)
      return
    }
  }

  return {
    effectiveConfig: {
      ...withoutSecrets(config),
      'kbench.pollIntervalMs': pollIntervalMs,
    },
    recordsPerBatch: statistics.recordsPerBatch,
    send(batch, settled) {
      settle = settled
      for (const record of batch) inFlight[record.slot] = record
      outstanding += batch.length
      if (waiting.length > 0) waiting = waiting.concat(batch.map(keepOwn))
      else handAll(batch)
      producer.poll()
    },
    poll: () => producer.poll(),
    async [Symbol.asyncDispose]() {
      if (retryTimer) clearTimeout(retryTimer)
      const atNs = context.clock.nowNs()
      for (const record of waiting) {
        inFlight[record.slot] = undefined
        outstanding--
        settle(record, { kind: 'failed', error: 'kbench: never handed to the client' }, atNs)
      }
      // With nothing outstanding there is nothing to flush; flush would cancel linger and take its own time.
      if (outstanding > 0) await within(1000, (done) => producer.flush(800, done))
      const lastNs = context.clock.nowNs()
      for (const record of inFlight) {
        if (record) settle(record, { kind: 'unknown', error: 'kbench: not acknowledged by the deadline' }, lastNs)
      }
      inFlight.length = 0
      tokens[Symbol.dispose]()
      await within(3000, (done) => producer.disconnect(100, done))
    },
  }
}

function requireCodec(binding: Binding, settings: ProducerSettings, features: readonly string[]): void {
  const { compression } = settings
  if (compression === 'none' || features.includes(compression)) return
  throw new KbenchError('environment', `this build of librdkafka has no ${compression}`, {
    hint: `install the library's headers (${compression === 'zstd' ? 'libzstd-dev' : 'zlib1g-dev'}) and run ${buildCommand(binding.package) ?? binding.install}`,
  })
}
