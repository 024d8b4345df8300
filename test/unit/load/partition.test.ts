import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import { createRng } from '../../../src/base/rng.ts'
import type { Partitioner } from '../../../src/contracts/api.ts'
import { createPartitioner, murmur2 } from '../../../src/load/partition.ts'

const create = (partitioner: Partitioner, partitions: number, batch = {}, producer = 0, seed = 1) =>
  createPartitioner(partitioner, partitions, {
    seed,
    producer,
    batch: { lingerMs: 5, maxBytes: 1000, maxRecords: 100, ...batch },
  })

/** Keys of 0 to 40 random bytes, so that every tail length and bytes above 127 occur. */
function randomKeys(count: number): Buffer[] {
  const rng = createRng(11)
  return Array.from({ length: count }, () => Buffer.from(Array.from({ length: rng.below(41) }, () => rng.below(256))))
}

describe('murmur2', () => {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2
  for (const [text, hash] of [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ] as const) {
    test(`of ${text}, as Kafka's own test says`, () => assert.equal(murmur2(Buffer.from(text)), hash))
  }

  test('puts keys where kafkajs puts them', () => {
    const theirs = kafkajs.Partitioners.DefaultPartitioner()
    for (const partitions of [1, 3, 12, 100]) {
      const choose = create('murmur2', partitions)
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        partitionId,
        leader: 1,
        partitionErrorCode: 0,
        replicas: [1],
        isr: [1],
        offlineReplicas: [],
      }))
      for (const key of randomKeys(3000)) {
        const expected = theirs({ topic: 't', partitionMetadata, message: { key, value: null } })
        assert.equal(choose(key, 0, 10), expected, key.toString('hex'))
      }
    }
  })
})

test('crc32: the key’s CRC-32 modulo the partitions, as librdkafka’s "consistent"', () => {
  const reference = (zlib as unknown as { crc32(data: Uint8Array): number }).crc32
  const choose = create('crc32', 12)
  for (const key of randomKeys(3000)) assert.equal(choose(key, 0, 10), reference(key) % 12)
})

describe('sticky', () => {
  const run = (
    batch: { lingerMs?: number; maxBytes?: number; maxRecords?: number },
    stepNs: number,
    records: number,
  ) => {
    const choose = create('sticky', 12, batch)
    return Array.from({ length: records }, (_, i) => choose(null, 1e12 + i * stepNs, 100))
  }
  const runs = (choices: readonly number[]) => {
    const lengths: number[] = []
    let last = -1
    for (const choice of choices) {
      if (choice === last) lengths[lengths.length - 1]!++
      else lengths.push(1)
      last = choice
    }
    return lengths
  }

  test('stays for a batch by records, then takes another partition', () => {
    assert.deepEqual(runs(run({ maxRecords: 10, maxBytes: 1e9 }, 0, 40)), [10, 10, 10, 10])
  })

  test('stays for a batch by bytes', () => {
    assert.deepEqual(runs(run({ maxBytes: 450, maxRecords: 1e6 }, 0, 16)), [4, 4, 4, 4])
  })

  test('stays for 100 ms at most, or for linger where that is longer', () => {
    assert.deepEqual(runs(run({ lingerMs: 5, maxBytes: 1e9, maxRecords: 1e6 }, 20e6, 20)), [5, 5, 5, 5])
    assert.deepEqual(runs(run({ lingerMs: 200, maxBytes: 1e9, maxRecords: 1e6 }, 20e6, 20)), [10, 10])
  })

  test('reaches every partition about equally', () => {
    const counts = new Array<number>(12).fill(0)
    for (const partition of run({ maxRecords: 1 }, 0, 12_000)) counts[partition]!++
    for (const count of counts) assert.ok(count > 800 && count < 1200, String(counts))
  })

  test('one partition is enough', () => {
    const choose = create('sticky', 1, { maxRecords: 1 })
    for (let i = 0; i < 10; i++) assert.equal(choose(null, i, 10), 0)
  })

  test('a record larger than a batch gets a partition too', () => {
    const choose = create('sticky', 3, { maxBytes: 10 })
    for (let i = 0; i < 10; i++) assert.ok([0, 1, 2].includes(choose(null, i, 5000)))
  })

  test('murmur2 and crc32 do the same without a key; sticky hashes a key as murmur2 does', () => {
    for (const partitioner of ['murmur2', 'crc32'] as const) {
      const choose = create(partitioner, 12, { maxRecords: 10, maxBytes: 1e9 })
      const choices = Array.from({ length: 40 }, () => choose(null, 1e12, 100))
      assert.deepEqual(runs(choices), [10, 10, 10, 10])
    }
    const sticky = create('sticky', 12)
    const murmur = create('murmur2', 12)
    for (const key of randomKeys(100)) assert.equal(sticky(key, 0, 1), murmur(key, 0, 1))
  })
})

describe('the others', () => {
  test('round-robin is exactly balanced, keys or not, and producers start apart', () => {
    const choose = create('round-robin', 12)
    const counts = new Array<number>(12).fill(0)
    for (let i = 0; i < 1200; i++) counts[choose(i % 2 ? Buffer.from('k') : null, 0, 1)]!++
    assert.deepEqual(counts, new Array(12).fill(100))
    assert.equal(create('round-robin', 12, {}, 1)(null, 0, 1), 1)
  })

  test('random reaches every partition about equally, and repeats with its seed', () => {
    const take = (seed: number) => {
      const choose = create('random', 12, {}, 0, seed)
      return Array.from({ length: 12_000 }, () => choose(Buffer.from('same'), 0, 1))
    }
    const counts = new Array<number>(12).fill(0)
    for (const partition of take(1)) counts[partition]!++
    for (const count of counts) assert.ok(count > 850 && count < 1150, String(counts))
    assert.deepEqual(take(1), take(1))
    assert.notDeepEqual(take(1), take(2))
  })

  test('explicit goes through its list in turn', () => {
    const choose = create({ explicit: [4, 1, 7] }, 12)
    assert.deepEqual(
      Array.from({ length: 7 }, () => choose(Buffer.from('k'), 0, 1)),
      [4, 1, 7, 4, 1, 7, 4],
    )
  })

  test('native leaves it to the client', () => {
    const choose = create('native', 12)
    assert.equal(choose(null, 0, 1), -1)
    assert.equal(choose(Buffer.from('k'), 0, 1), -1)
  })

  test('every choice is a partition', () => {
    for (const partitioner of ['murmur2', 'crc32', 'round-robin', 'random', 'sticky'] as const) {
      for (const partitions of [1, 2, 7]) {
        const choose = create(partitioner, partitions, {}, 9)
        for (const [i, key] of randomKeys(200).entries()) {
          const partition = choose(i % 3 ? key : null, i * 1e6, 300)
          assert.ok(Number.isInteger(partition) && partition >= 0 && partition < partitions)
        }
      }
    }
  })
})
