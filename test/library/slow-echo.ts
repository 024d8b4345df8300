import { acked, defineDriver, type Outcome, type OutRecord, z } from 'kbench'

const options = z.strictObject({ delayMs: z.number().min(0).max(1000).default(1) })

/** Acknowledges after a delay; typed by kbench's own declarations. */
export default defineDriver({
  summary: 'acknowledges from memory, after a delay',
  isolation: 'thread',
  options,
  unsupported: (_producer, consumer) => (consumer === null ? null : 'slow-echo cannot consume'),
  async producer(settings, { clock }) {
    const { delayMs } = options.parse(settings.clientConfig)
    const outcome: Outcome = acked
    return {
      effectiveConfig: { delayMs },
      recordsPerBatch: () => null,
      send(batch, settled) {
        for (const record of batch) settleLater(record, () => settled(record, outcome, clock.nowNs()))
      },
      async [Symbol.asyncDispose]() {},
    }
    function settleLater(record: OutRecord, settle: () => void): void {
      if (record.partition < 0) record.partition = 0
      void clock.sleepUntil(clock.nowNs() + delayMs * 1e6, new AbortController().signal).then(settle)
    }
  },
  async consumer() {
    throw new Error('unsupported')
  },
})
