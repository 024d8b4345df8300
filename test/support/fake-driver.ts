import { z } from 'zod'
import {
  acked,
  type Consumer,
  type ConsumerContext,
  type Driver,
  type InRecord,
  type OutRecord,
  type Settled,
} from '../../src/contracts/api.ts'
import type { FakeClock } from './fake-clock.ts'

/** What becomes of a record: acknowledged or refused after some time, or no word of it. */
export type Fate = { afterNs: number; kind: 'acked' | 'failed' | 'unknown'; error?: string } | 'silence'

/** One record as the driver was handed it. */
export interface Handed {
  producer: string
  partition: number
  sequence: number
  dueNs: number
  sentNs: number
  atNs: number
  key: string | null
  /** Its first `keptBytes`. */
  value: Buffer | null
  /** Of the whole value. */
  valueBytes: number | null
}

export interface FakeDriver extends Driver<unknown> {
  handed: Handed[]
  /** Most records that were in flight at once, of one producer. */
  mostInFlight: number
  /** Largest number of records in one hand-over. */
  largestBatch: number
}

export interface FakeDriverOptions {
  clock: FakeClock
  /** Default: acknowledged after 1 ms. */
  fate?(record: OutRecord, nowNs: number): Fate
  /** The client copies values before send() returns, so that kbench may write them anew. */
  copiesValues?: boolean
  /** Of each value so many bytes are kept in `handed`; all by default. */
  keptBytes?: number
  /** What the producer says of itself. */
  effectiveConfig?: Record<string, unknown>
  /** Inside `send`: what the client costs. */
  onSend?(): void
  dispose?(): Promise<void>
  consume?(
    context: ConsumerContext,
    onBatch: (records: readonly InRecord[]) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void>
}

/** A driver in this process with known latencies; it keeps to the contract: settles each record exactly once. */
export function createFakeDriver(options: FakeDriverOptions): FakeDriver {
  const { clock } = options
  const fateOf = options.fate ?? ((): Fate => ({ afterNs: 1e6, kind: 'acked' }))
  const driver: FakeDriver = {
    summary: 'in process, for tests',
    isolation: 'thread',
    options: z.unknown(),
    unsupported: () => null,
    copiesValues: options.copiesValues ?? false,
    handed: [],
    mostInFlight: 0,
    largestBatch: 0,
    async producer(_settings, { clientId }) {
      const inFlight = new Map<OutRecord, Settled>()
      const settle = (record: OutRecord, kind: 'acked' | 'failed' | 'unknown', error = `fake ${kind}`) => {
        const settled = inFlight.get(record)
        if (!inFlight.delete(record)) return
        settled!(record, kind === 'acked' ? acked : { kind, error }, clock.nowNs())
      }
      return {
        effectiveConfig: { fake: true, ...options.effectiveConfig },
        recordsPerBatch: () => null,
        send(batch, settled) {
          options.onSend?.()
          driver.largestBatch = Math.max(driver.largestBatch, batch.length)
          for (const record of batch) {
            if (inFlight.has(record)) throw new Error('handed over while in flight')
            inFlight.set(record, settled)
            driver.handed.push(handedOf(record, clientId, clock.nowNs(), options.keptBytes))
            const fate = fateOf(record, clock.nowNs())
            if (fate === 'silence') continue
            if (fate.afterNs === 0) settle(record, fate.kind, fate.error)
            else clock.at(clock.nowNs() + fate.afterNs, () => settle(record, fate.kind, fate.error))
          }
          driver.mostInFlight = Math.max(driver.mostInFlight, inFlight.size)
        },
        async [Symbol.asyncDispose]() {
          await options.dispose?.()
          for (const record of [...inFlight.keys()]) settle(record, 'unknown')
        },
      }
    },
    async consumer(_settings, context): Promise<Consumer> {
      return {
        effectiveConfig: { fake: true },
        run: (onBatch, signal) => options.consume?.(context, onBatch, signal) ?? Promise.resolve(),
        async [Symbol.asyncDispose]() {
          await options.dispose?.()
        },
      }
    },
  }
  return driver
}

function handedOf(record: OutRecord, producer: string, atNs: number, keptBytes?: number): Handed {
  return {
    producer,
    partition: record.partition,
    sequence: record.sequence,
    dueNs: record.dueNs,
    sentNs: record.sentNs,
    atNs,
    key: record.key?.toString() ?? null,
    value: record.value && Buffer.from(record.value.subarray(0, keptBytes)),
    valueBytes: record.value?.length ?? null,
  }
}
