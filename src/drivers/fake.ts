import { z } from 'zod'
import { acked, type ConsumerContext, type DriverContext, type OutRecord, type Settled } from '../contracts/api.ts'
import { defineDriver } from '../contracts/define.ts'

/** A client without a cluster, for tests of everything around it: known latencies, failures and deaths on demand. */
const options = z.strictObject({
  /** Every record is acknowledged so long after it was handed over. */
  latencyMs: z.number().min(0).default(1),
  /** So many records a second are acknowledged at most, in turn; 0 = any. */
  perSec: z.number().min(0).default(0),
  /** Every n-th record of a producer is refused; 0 = none. */
  failEvery: z.int().min(0).default(0),
  /** Every n-th record is never answered; 0 = none. */
  loseEvery: z.int().min(0).default(0),
  /** Nothing is acknowledged between these, counted from the first record. */
  stallFromMs: z.number().min(0).default(0),
  stallForMs: z.number().min(0).default(0),
  /** Ends the worker's process, like a crash in native code, so long after the first record. */
  crashAfterMs: z.number().min(0).default(0),
  /** Throws inside the worker instead. */
  throwAfterMs: z.number().min(0).default(0),
})

export default defineDriver({
  summary: 'no client at all: acknowledges after a set time, for tests',
  isolation: 'process',
  options,
  unsupported: () => null,
  async producer(settings, context) {
    const config = options.parse(settings.clientConfig)
    return createProducer(config, context)
  },
  async consumer(settings, context: ConsumerContext) {
    return {
      effectiveConfig: { ...settings.clientConfig },
      async run(_onBatch, signal) {
        const mine = context.topics.flatMap(({ name, partitions }) =>
          Array.from({ length: settings.member === 0 ? partitions : 0 }, (_, partition) => ({
            topic: name,
            partition,
          })),
        )
        context.assigned(mine)
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve()
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})

function createProducer(config: z.output<typeof options>, { clock }: DriverContext) {
  let firstNs: number | null = null
  let count = 0
  let freeNs = 0
  const open = new Set<OutRecord>()
  let settle: Settled = () => {}

  const answerAt = (nowNs: number): number => {
    const stallStartNs = firstNs! + config.stallFromMs * 1e6
    const stallEndNs = stallStartNs + config.stallForMs * 1e6
    freeNs = config.perSec === 0 ? nowNs : Math.max(nowNs, freeNs) + 1e9 / config.perSec
    const atNs = freeNs + config.latencyMs * 1e6
    return atNs >= stallStartNs && atNs < stallEndNs ? stallEndNs : atNs
  }

  const sendOne = async (record: OutRecord, nowNs: number): Promise<void> => {
    count++
    open.add(record)
    const { failEvery, loseEvery } = config
    if (loseEvery > 0 && count % loseEvery === 0) return
    const failed = failEvery > 0 && count % failEvery === 0
    await clock.sleepUntil(answerAt(nowNs))
    if (!open.delete(record)) return
    if (record.partition < 0) record.partition = 0
    settle(record, failed ? { kind: 'failed', error: 'FAKE_REFUSAL' } : acked, clock.nowNs())
  }

  const begin = (nowNs: number) => {
    firstNs = nowNs
    if (config.crashAfterMs > 0) setTimeout(() => process.kill(process.pid, 'SIGSEGV'), config.crashAfterMs)
    if (config.throwAfterMs > 0) {
      setTimeout(() => {
        throw new Error('the fake driver throws, as its settings ask')
      }, config.throwAfterMs)
    }
  }

  return {
    effectiveConfig: { ...config },
    recordsPerBatch: () => null,
    send(batch: readonly OutRecord[], settled: Settled) {
      settle = settled
      const nowNs = clock.nowNs()
      if (firstNs === null) begin(nowNs)
      for (const record of batch) void sendOne(record, nowNs)
    },
    async [Symbol.asyncDispose]() {
      const atNs = clock.nowNs()
      for (const record of open)
        settle(record, { kind: 'unknown', error: 'kbench: not acknowledged by the deadline' }, atNs)
      open.clear()
    },
  }
}
