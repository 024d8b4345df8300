import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { InRecord } from '../../../src/contracts/api.ts'
import { flags, prepareStamp, stampBytes, stampHeader, writeStamp } from '../../../src/load/stamp.ts'
import { toLatency } from '../../../src/recording/histogram.ts'
import { type Played, play, run, type Scene } from '../../support/crew.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createFakeDriver } from '../../support/fake-driver.ts'

/** What a consumer is handed at a moment after the common start (negative: before), ns. */
interface Delivery {
  afterNs: number
  /** Its due times are counted from the common start. */
  records(startNs: number): InRecord[]
}

interface Consumed extends Played {
  clock: FakeClock
  /** When each delivery was taken, ns from the start. */
  takenNs: number[]
}

const startDelayNs = 1e9

async function consume(deliveries: readonly Delivery[], scene: Partial<Scene> = {}): Promise<Consumed> {
  const clock = createFakeClock()
  const startNs = clock.nowNs() + startDelayNs
  const takenNs: number[] = []
  const driver = createFakeDriver({
    clock,
    async consume(context, onBatch, signal) {
      context.assigned([{ topic: 't', partition: 0 }])
      for (const { afterNs, records } of deliveries) {
        await clock.sleepUntil(startNs + afterNs)
        if (signal.aborted) return
        const batch = records(startNs)
        await onBatch(batch)
        takenNs.push(clock.nowNs() - startNs)
      }
    },
  })
  const played = await play({ measureMs: 10_000, ...scene, clock, driver, startDelayNs, producers: 0, consumers: 1 })
  assert.equal(played.startNs, startNs)
  return { ...played, clock, takenNs }
}

function record(
  offset: number,
  dueNs: number,
  overrides: { partition?: number; run?: number; flag?: number; header?: boolean } = {},
): InRecord {
  const value = Buffer.alloc(stampBytes)
  const view = new DataView(value.buffer, value.byteOffset, stampBytes)
  prepareStamp(view, overrides.run ?? run, 0, overrides.flag ?? flags.none, 0)
  writeStamp(view, offset, dueNs)
  const place = { topic: 't', partition: overrides.partition ?? 0, offset }
  if (overrides.header) return { ...place, value: null, headers: { [stampHeader]: value.toString('base64') } }
  return { ...place, value, headers: null }
}

const endToEnd = ({ latency }: Played) => toLatency(latency('endToEnd', ['measure']))

describe('end-to-end latency', () => {
  test('is received − due, of every record', async () => {
    const played = await consume(
      [1, 2, 3].map((s) => ({
        afterNs: s * 1e9,
        records: (startNs) => [record(s * 2, startNs + s * 1e9 - 20e6), record(s * 2 + 1, startNs + s * 1e9 - 10e6)],
      })),
    )
    const { count, min, max } = endToEnd(played)
    assert.equal(count, 6)
    assert.equal(min, 10_000)
    assert.equal(max, 20_000)
  })

  test('belongs to the phase of the due time; received is counted when it happened', async () => {
    const played = await consume(
      [{ afterNs: 3e9, records: (startNs) => [record(0, startNs + 1e9), record(1, startNs + 2.5e9)] }],
      { warmupMs: 2000, measureMs: 8000 },
    )
    assert.equal(endToEnd(played).count, 1)
    assert.equal(played.events(['measure']).received, 2)
    assert.equal(played.events(['measure']).receivedBytes, 2 * stampBytes)
  })

  test('of stamps in headers too, as text', async () => {
    const played = await consume([
      { afterNs: 1e9, records: (startNs) => [record(0, startNs + 0.9e9, { header: true })] },
    ])
    assert.equal(endToEnd(played).max, 100_000)
  })

  test('X9: only of this run’s records: probes, other runs and strangers are neither counted nor timed', async () => {
    const played = await consume([
      {
        afterNs: 1e9,
        records: (startNs) => [
          record(0, 0, { run: 0, flag: flags.probe }),
          record(1, startNs + 0.5e9, { run: run + 1 }),
          { topic: 't', partition: 0, offset: 2, value: Buffer.from('hello'), headers: null },
          { topic: 't', partition: 0, offset: 3, value: null, headers: null },
          record(4, startNs + 0.9e9),
        ],
      },
    ])
    assert.equal(endToEnd(played).count, 1)
    assert.equal(played.events(['measure']).received, 1)
  })

  test('not twice of a record that is read again after a rebalance, nor of a later one not at all', async () => {
    const played = await consume([
      { afterNs: 1e9, records: (startNs) => [0, 1, 2].map((offset) => record(offset, startNs + 0.9e9)) },
      { afterNs: 2e9, records: (startNs) => [1, 2, 3].map((offset) => record(offset, startNs + 0.9e9)) },
      { afterNs: 3e9, records: (startNs) => [record(0, startNs + 0.9e9, { partition: 1 })] },
    ])
    assert.equal(endToEnd(played).count, 5)
    assert.equal(played.events(['measure']).received, 7)
  })
})

describe('what was delivered', () => {
  test('is told in ranges without gaps, per partition, again what came again', async () => {
    const at = (partition: number, offset: number) => record(offset, 0, { partition })
    const played = await consume([
      { afterNs: 1e9, records: () => [at(0, 0), at(0, 1), at(0, 2), at(1, 7), at(1, 8), at(0, 3)] },
      { afterNs: 2e9, records: () => [at(0, 4), at(0, 9), at(0, 10)] },
      { afterNs: 3e9, records: () => [at(0, 9)] },
      { afterNs: 4e9, records: () => [] },
    ])
    assert.deepEqual(
      played.ranges.map(({ partition, from, to }) => [partition, from, to]),
      [
        [0, 0, 3],
        [1, 7, 8],
        [0, 4, 4],
        [0, 9, 10],
        [0, 9, 9],
      ],
    )
  })

  test('before the start (probes) moves the position, and is neither counted nor timed', async () => {
    const played = await consume([
      { afterNs: -startDelayNs, records: () => [record(0, 0, { run: 0, flag: flags.probe })] },
      { afterNs: 1e9, records: (startNs) => [record(1, startNs + 0.9e9)] },
    ])
    assert.deepEqual(
      played.ranges.map(({ from, to }) => [from, to]),
      [
        [0, 0],
        [1, 1],
      ],
    )
    assert.equal(endToEnd(played).count, 1)
  })
})

describe('a filled topic', () => {
  test('is not read before the clock runs, and has no end-to-end latency', async () => {
    const played = await consume(
      [
        {
          afterNs: -startDelayNs,
          records: () => [record(0, 1, { flag: flags.prefill }), record(1, 1, { flag: flags.prefill })],
        },
        { afterNs: 1e9, records: () => [record(2, 1, { flag: flags.prefill })] },
      ],
      { prefill: true },
    )
    assert.ok(played.takenNs[0]! >= 0, `taken ${played.takenNs[0]} ns from the start`)
    assert.equal(played.events(['measure']).received, 3)
    assert.equal(endToEnd(played).count, 0)
  })
})

test('a consumer that cannot join says why', async () => {
  const clock = createFakeClock()
  const driver = createFakeDriver({ clock, consume: async () => Promise.reject(new Error('not authorised')) })
  await assert.rejects(play({ clock, driver, producers: 0, consumers: 1 }), /not authorised/)
})
