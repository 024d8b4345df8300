import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { afterEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../src/base/clock.ts'
import type { Outcome, OutRecord, ProducerSettings } from '../../../src/contracts/api.ts'
import { produceWith } from '../../../src/drivers/platformatic-kafka/producer.ts'
import type { Platformatic, PlatformaticMessage, ProduceResult } from '../../../src/drivers/platformatic-kafka/types.ts'
import { producerSettings } from '../../support/crew.ts'

// The driver around a client that answers when the test says so.

interface Send {
  messages: PlatformaticMessage[]
  resolve(result: ProduceResult): void
  reject(error: unknown): void
}

const clock = systemClock()
const open: Send[] = []

/** Answers what a test left open: a delivery timeout of a minute would keep the process until then. */
afterEach(async () => {
  while (open.length > 0) {
    open.shift()!.resolve({})
    await sleep(1)
  }
})

async function setUp(overrides: Partial<ProducerSettings> = {}, reportOffsets = false) {
  const sends: Send[] = []
  let options: Record<string, unknown> = {}
  class Producer extends EventEmitter {
    constructor(given: Record<string, unknown>) {
      super()
      options = given
    }
    connectToBrokers = async () => {}
    metadata = async () => {}
    initIdempotentProducer = async () => {}
    clearMetadata = () => {}
    close = async () => {}
    send = ({ messages }: { messages: PlatformaticMessage[] }) => {
      const partitioner = options.partitioner as ((message: unknown, key: Buffer | undefined) => number) | undefined
      for (const message of messages) message.partition ??= partitioner?.(message, message.key)
      return new Promise<ProduceResult>((resolve, reject) => {
        sends.push({ messages, resolve, reject })
        open.push(sends.at(-1)!)
      })
    }
  }
  const client = { Producer, Consumer: class {}, defaultPartitioner: () => 4_000_000_001 } as unknown as Platformatic
  const producer = await produceWith(
    client,
    { ...producerSettings, batch: { lingerMs: 0, maxBytes: 1e6, maxRecords: 1000 }, ...overrides },
    {
      network: {
        bootstrap: ['127.0.0.1:1'],
        security: { sasl: { mechanism: 'plain', username: 'u', password: 'secret' } },
      },
      clientId: 'me',
      clock,
      topics: [{ name: 't', partitions: 4 }],
      reportOffsets,
      event() {},
    },
  )
  const settled: { slot: number; outcome: Outcome; offset: number | undefined }[] = []
  const send = (...records: OutRecord[]) =>
    producer.send(records, (record, outcome) => settled.push({ slot: record.slot, outcome, offset: record.offset }))
  return { producer, sends, settled, send, options: () => options }
}

const record = (slot: number, partition = slot % 4, overrides: Partial<OutRecord> = {}): OutRecord => ({
  topic: 't',
  partition,
  key: null,
  value: Buffer.from(`value ${slot}`),
  headers: undefined,
  slot,
  sequence: slot,
  dueNs: clock.nowNs(),
  sentNs: clock.nowNs(),
  ...overrides,
})
const kinds = (settled: readonly { outcome: Outcome }[]) => settled.map(({ outcome }) => outcome.kind)

describe('the producer of @platformatic/kafka', () => {
  test('settings go to the client in its names; secrets stay out of what is told', async () => {
    const { producer, options } = await setUp({ requestTimeoutMs: 7000, retries: 9, maxInFlightRequests: 3 })
    const { acks, retries, retryDelay, maxInflights, requestTimeout, timeout } = options()
    assert.deepEqual(
      { acks, retries, retryDelay, maxInflights, requestTimeout, timeout },
      { acks: -1, retries: 9, retryDelay: 100, maxInflights: 3, requestTimeout: 7000, timeout: 7000 },
    )
    assert.equal(producer.effectiveConfig.retries, 9)
    assert.ok(!JSON.stringify(producer.effectiveConfig).includes('secret'))
  })

  test('clientConfig wins', async () => {
    assert.equal((await setUp({ clientConfig: { retries: 1 } })).options().retries, 1)
  })

  test('one send over all partitions; an answer settles them all, with the offset of each', async () => {
    const { sends, settled, send } = await setUp({}, true)
    send(record(0, 0), record(1, 1), record(2, 0))
    assert.equal(sends.length, 1)
    sends[0]!.resolve({
      offsets: [
        { topic: 't', partition: 0, offset: 10n },
        { topic: 't', partition: 1, offset: 20n },
      ],
    })
    await sleep(1)
    assert.deepEqual(kinds(settled), ['acked', 'acked', 'acked'])
    assert.deepEqual(
      new Map(settled.map(({ slot, offset }) => [slot, offset])),
      new Map([
        [0, 10],
        [2, 11],
        [1, 20],
      ]),
    )
  })

  test('a send that failed in part: what was appended is acknowledged', async () => {
    const { sends, settled, send } = await setUp()
    send(record(0, 0), record(1, 1))
    sends[0]!.reject(
      Object.assign(new Error('cut'), { produced: { offsets: [{ topic: 't', partition: 1, offset: 5n }] } }),
    )
    await sleep(1)
    assert.deepEqual(
      new Map(settled.map(({ slot, outcome }) => [slot, outcome.kind])),
      new Map([
        [0, 'unknown'],
        [1, 'acked'],
      ]),
    )
  })

  test('headers go out as bytes, names too: the client has no serializer of its own', async () => {
    const { sends, send } = await setUp()
    send(record(0, 0, { headers: { kbench: Buffer.from('stamp') } }))
    const [[name, value]] = [...sends[0]!.messages[0]!.headers!] as [[Buffer, Buffer]]
    assert.ok(Buffer.isBuffer(name) && Buffer.isBuffer(value))
    assert.deepEqual([String(name), String(value)], ['kbench', 'stamp'])
  })

  test('acks 0 is never acknowledged', async () => {
    const { sends, settled, send } = await setUp({ acks: 0 })
    send(record(0))
    sends[0]!.resolve({})
    await sleep(1)
    assert.deepEqual(kinds(settled), ['unknown'])
  })

  test('no answer by the delivery timeout: given up once, whatever comes later, and the client keeps bytes of its own', async () => {
    const { sends, settled, send } = await setUp({ deliveryTimeoutMs: 30 })
    const value = Buffer.from('first use')
    send(record(0, 0, { value }))
    await sleep(60)
    assert.deepEqual(
      settled.map(({ outcome }) => outcome),
      [{ kind: 'unknown', error: 'DeliveryTimeout' }],
    )
    value.write('next use ')
    assert.equal(String(sends[0]!.messages[0]!.value), 'first use')
    sends[0]!.resolve({})
    await sleep(1)
    assert.equal(settled.length, 1)
  })

  test('records that waited past the delivery timeout are not handed over', async () => {
    const { sends, settled, send } = await setUp({ deliveryTimeoutMs: 1000 })
    send(record(0, 0, { sentNs: clock.nowNs() - 2e9 }))
    await sleep(1)
    assert.equal(sends.length, 0)
    assert.deepEqual(kinds(settled), ['failed'])
  })

  test('idempotent: one send at a time, also while one was given up', async () => {
    const { sends, settled, send } = await setUp({ idempotence: true, deliveryTimeoutMs: 30 })
    send(record(0, 0))
    send(record(1, 0))
    await sleep(60)
    assert.equal(sends.length, 1)
    assert.deepEqual(kinds(settled), ['unknown'])
    sends[0]!.resolve({})
    await sleep(1)
    assert.deepEqual(kinds(settled), ['unknown', 'failed'])
  })

  test('as many sends as requests may be in flight', async () => {
    const { sends, send } = await setUp({ maxInFlightRequests: 2 })
    for (let slot = 0; slot < 5; slot++) send(record(slot))
    assert.equal(sends.length, 2)
    sends[0]!.resolve({})
    await sleep(1)
    assert.equal(sends.length, 3)
  })

  test('native: keys by the client’s hash, others in turn, and the record learns its partition', async () => {
    const { sends, send } = await setUp({ partitioner: 'native' })
    const records = [record(0, -1), record(1, -1), record(2, -1, { key: Buffer.from('k') })]
    send(...records)
    assert.equal(sends.length, 1)
    assert.deepEqual(
      records.map(({ partition }) => partition),
      [0, 1, 4_000_000_001 % 4],
    )
  })

  test('disposing settles the rest: what waited failed, what is under way is unknown', async () => {
    const { producer, sends, settled, send } = await setUp({ maxInFlightRequests: 1 })
    send(record(0))
    send(record(1))
    await producer[Symbol.asyncDispose]()
    assert.deepEqual(
      new Map(settled.map(({ slot, outcome }) => [slot, outcome.kind])),
      new Map([
        [1, 'failed'],
        [0, 'unknown'],
      ]),
    )
    sends[0]!.resolve({})
    await sleep(1)
    assert.equal(settled.length, 2)
  })
})
