import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import type { ConsumerContext, Outcome, OutRecord, Producer } from '../../../src/contracts/api.ts'
import { openLibrary } from '../../../src/drivers/librdkafka/library.ts'
import driver from '../../../src/drivers/librdkafka.ts'
import { findLibrdkafka } from '../../../src/kafka/librdkafka.ts'
import { consumerSettings, producerSettings } from '../../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../../src/profile/schema.ts'

const skip = findLibrdkafka() === null && 'node-rdkafka is not built here'

/** Brokers of librdkafka's own, within the producer: the library is real, and nothing else is needed. */
const mock = { 'test.mock.num.brokers': 1 }

async function open(input: NonNullable<ProfileInput['producers']> = {}, more: Partial<ConsumerContext> = {}) {
  const profile = profileSchema.parse({ name: 'test', producers: { acks: 1, ...input } })
  const settings = producerSettings(profile, 'librdkafka')
  return driver.producer(
    { ...settings, clientConfig: { ...mock, ...settings.clientConfig } },
    {
      network: { bootstrap: ['127.0.0.1:1'] },
      clientId: 'test',
      clock: systemClock(),
      topics: [{ name: 'orders', partitions: 4 }],
      event: () => {},
      ...more,
    },
  )
}

const record = (slot: number, more: Partial<OutRecord> = {}): OutRecord => ({
  ...{ topic: 'orders', partition: slot % 4, key: null, value: Buffer.from(`value ${slot}`), headers: undefined, slot },
  ...{ sequence: slot, dueNs: 0, sentNs: 0 },
  ...more,
})

/** Sends all at once; resolves when each is settled. */
function settle(producer: Producer, records: readonly OutRecord[]): Promise<Map<OutRecord, Outcome>> {
  const outcomes = new Map<OutRecord, Outcome>()
  return new Promise((resolve) => {
    producer.send(records, (each, outcome) => {
      assert.ok(!outcomes.has(each), 'settled twice')
      outcomes.set(each, outcome)
      if (outcomes.size === records.length) resolve(outcomes)
    })
  })
}

const kinds = (outcomes: Map<OutRecord, Outcome>) => [...new Set([...outcomes.values()].map(({ kind }) => kind))]

describe('a producer of librdkafka', { skip }, () => {
  test('settles each record once, more than a call takes, with keys, headers, empty values and none', async () => {
    await using producer = await open({}, { reportOffsets: true })
    const records = Array.from({ length: 2500 }, (_, slot) =>
      record(slot, {
        ...(slot % 3 === 0 && { key: Buffer.from(`k${slot}`) }),
        ...(slot % 5 === 0 && { headers: { kbench: Buffer.from([0, 255, slot & 255]) } }),
        ...(slot % 7 === 0 && { value: slot % 2 === 0 ? null : Buffer.alloc(0) }),
      }),
    )
    const outcomes = await settle(producer, records)
    assert.deepEqual(kinds(outcomes), ['acked'])
    const offsets = records.filter(({ partition }) => partition === 1).map(({ offset }) => offset)
    assert.deepEqual(offsets, [...offsets.keys()], 'in the order in which they were sent')
  })

  test('writes down the partition that the client chose', async () => {
    await using producer = await open({ partitioner: 'native' })
    const records = Array.from({ length: 100 }, (_, slot) =>
      record(slot, { partition: -1, key: Buffer.from(`k${slot}`) }),
    )
    await settle(producer, records)
    assert.ok(records.every(({ partition }) => partition >= 0 && partition < 4))
    assert.ok(new Set(records.map(({ partition }) => partition)).size > 1)
  })

  test('hands over again what its queue had no room for', async () => {
    await using producer = await open({ clientConfig: { librdkafka: { 'queue.buffering.max.messages': 10 } } })
    const outcomes = await settle(
      producer,
      Array.from({ length: 300 }, (_, slot) => record(slot)),
    )
    assert.deepEqual(kinds(outcomes), ['acked'])
  })

  test('a record that it refuses has failed, for certain, by its name; the others of the call go', async () => {
    await using producer = await open()
    const large = record(1, { value: Buffer.alloc(2_000_000) })
    const outcomes = await settle(producer, [record(0), large, record(2)])
    assert.deepEqual(outcomes.get(large), { kind: 'failed', error: 'MSG_SIZE_TOO_LARGE' })
    assert.equal(outcomes.size - 1, [...outcomes.values()].filter(({ kind }) => kind === 'acked').length)
  })

  test('acks 0 is unknown', async () => {
    await using producer = await open({ acks: 0 })
    assert.deepEqual([...(await settle(producer, [record(0)])).values()], [{ kind: 'unknown', error: 'acks=0' }])
  })

  test('what is under way when it is closed is unknown, and the rest of the process lives on', async () => {
    // No partition 9: it waits for one until it is closed.
    const producer = await open()
    const outcomes: Outcome[] = []
    producer.send([record(0, { partition: 9 })], (_, outcome) => outcomes.push(outcome))
    await producer[Symbol.asyncDispose]()
    assert.equal(outcomes.length, 1)
    assert.notEqual(outcomes[0]!.kind, 'acked')
  })
})

describe('a consumer of librdkafka', { skip }, () => {
  let bootstrap = ''
  let close = () => {}

  before(async () => {
    const { calls, path } = openLibrary('auto')
    const { default: koffi } = await import('koffi')
    const library = koffi.load(path)
    const words = Buffer.alloc(512)
    const handle = calls.open(0, calls.newConf(), words, words.length)
    const cluster = library.func('rd_kafka_mock_cluster_new', 'uintptr_t', ['uintptr_t', 'int'])(handle, 1)
    library.func('rd_kafka_mock_group_initial_rebalance_delay_ms', 'void', ['uintptr_t', 'int32_t'])(cluster, 0)
    bootstrap = library.func('rd_kafka_mock_cluster_bootstraps', 'str', ['uintptr_t'])(cluster)
    close = () => {
      library.func('rd_kafka_mock_cluster_destroy', 'void', ['uintptr_t'])(cluster)
      calls.close(handle)
    }
  })
  after(() => close())

  test('is handed every record with what it was written with, and commits what it was handed', async () => {
    const network = { bootstrap: [bootstrap] }
    const count = 1500
    {
      await using producer = await open({ clientConfig: { librdkafka: { 'test.mock.num.brokers': 0 } } }, { network })
      const records = Array.from({ length: count }, (_, slot) =>
        record(slot, {
          value: slot === 3 ? null : Buffer.alloc(slot % 400, slot),
          ...(slot % 2 === 0 && { headers: { kbench: Buffer.from([slot & 255, 0, 200]) } }),
        }),
      )
      assert.deepEqual(kinds(await settle(producer, records)), ['acked'])
    }
    const read = async (until: number): Promise<Map<string, [number | null, number, number | null]>> => {
      const profile = profileSchema.parse({ name: 'test', consumers: [{ group: 'g' }] })
      const assigned: number[] = []
      const consumer = await driver.consumer(consumerSettings(profile.consumers[0]!, 'librdkafka', 'g', 0), {
        ...{ network, clientId: 'test', clock: systemClock(), topics: [{ name: 'orders', partitions: 4 }], hold: null },
        assigned: (partitions) => assigned.push(partitions.length),
        event: () => {},
      })
      const over = new AbortController()
      const seen = new Map<string, [number | null, number, number | null]>()
      await consumer.run((records) => {
        for (const { topic, partition, offset, value, headers } of records) {
          assert.equal(topic, 'orders')
          const header = headers?.kbench
          assert.ok(value === null || value.every((byte) => byte === value[0]))
          seen.set(`${partition}-${offset}`, [
            value === null ? null : value.length,
            value?.[0] ?? -1,
            Buffer.isBuffer(header) ? header[0]! : null,
          ])
        }
        if (seen.size >= until) over.abort()
      }, over.signal)
      await consumer[Symbol.asyncDispose]()
      assert.ok(assigned.includes(4), String(assigned))
      return seen
    }
    const seen = await read(count)
    assert.equal(seen.size, count)
    for (let slot = 0; slot < count; slot++) {
      const length = slot % 400
      const expected =
        slot === 3 ? [null, -1, null] : [length, length === 0 ? -1 : slot & 255, slot % 2 === 0 ? slot & 255 : null]
      assert.deepEqual(seen.get(`${slot % 4}-${Math.floor(slot / 4)}`), expected, String(slot))
    }
  })
})
