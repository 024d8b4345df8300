import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { createReceipts } from '../../../src/judge/receipts.ts'
import { createDelivered, type Delivered } from '../../../src/recording/delivered.ts'
import { outcomeCodes } from '../../../src/recording/frame.ts'
import { auditOf, buildLog, type TestLog } from '../../support/log.ts'

const group = 'kbench-1-g1'
const range = (partition: number, from: number, to: number) => ({ topic: 't', partition, from, to })

/** One partition, every record of it due in the measure phase. */
function oneProducer(records: number): TestLog {
  const log = buildLog({ producers: 1, partitions: 1, records, size: 40 })
  log.measure = [0, records * 1e6]
  return log
}

function receiptsOf(log: TestLog, delivered: Delivered, unread: number[] = []) {
  return auditOf(log, { delivered: { [group]: delivered.ranges() }, unread }).groups[group]
}

describe('what a group was handed', () => {
  test('N4: 1000 acked, 900 received, 100 of them again by another member: 900 received, 100 not', () => {
    const log = oneProducer(1000)
    const delivered = createDelivered(1)
    delivered.add(range(0, 0, 899))
    delivered.add(range(0, 800, 899))
    assert.deepEqual(receiptsOf(log, delivered), { received: 900, notReceived: 100 })
  })

  test('N4: received records whose ack was lost stand in for nothing', () => {
    for (const outcome of [outcomeCodes.unknown, outcomeCodes.failed, outcomeCodes.none]) {
      const log = oneProducer(1100)
      // The first 100 are in the log and were received, but not acknowledged.
      log.ledgers[0]!.outcomes.fill(outcome, 0, 100)
      const delivered = createDelivered(1)
      delivered.add(range(0, 0, 999))
      assert.deepEqual(receiptsOf(log, delivered), { received: 900, notReceived: 100 })
    }
  })

  test('N4: of a record that is in the log twice the first counts', () => {
    const log = oneProducer(10)
    log.partitions[0]!.push(log.partitions[0]![3]!, log.partitions[0]![3]!)
    const all = createDelivered(1)
    all.add(range(0, 0, 11))
    assert.deepEqual(receiptsOf(log, all), { received: 10, notReceived: 0 })
    const copies = createDelivered(1)
    copies.add(range(0, 4, 11))
    assert.deepEqual(receiptsOf(log, copies), { received: 6, notReceived: 4 })
  })

  test('N4: only records that were due in the measure phase count', () => {
    const log = oneProducer(1000)
    log.measure = [100e6, 300e6]
    const delivered = createDelivered(1)
    delivered.add(range(0, 0, 249))
    assert.deepEqual(receiptsOf(log, delivered), { received: 150, notReceived: 50 })
  })

  test('records that are lost count as neither: they are told as lost', () => {
    const log = oneProducer(100)
    log.partitions[0]!.splice(90)
    const delivered = createDelivered(1)
    delivered.add(range(0, 0, 49))
    assert.deepEqual(receiptsOf(log, delivered), { received: 50, notReceived: 40 })
  })

  test('each group has counts of its own, whatever its name; one that was handed nothing has received nothing', () => {
    const log = oneProducer(100)
    const some = createDelivered(1)
    some.add(range(0, 10, 19))
    const { groups } = auditOf(log, {
      delivered: Object.fromEntries([
        ['__proto__', some.ranges()],
        ['p99', createDelivered(1).ranges()],
        ['toString', []],
      ]),
    })
    assert.deepEqual(Object.entries(groups), [
      ['__proto__', { received: 10, notReceived: 90 }],
      ['p99', { received: 0, notReceived: 100 }],
      ['toString', { received: 0, notReceived: 100 }],
    ])
  })

  test('without groups there is nothing to count', () => assert.deepEqual(auditOf(oneProducer(10)).groups, {}))

  test('partitions that were not read whole count for no group', () => {
    const log = buildLog({ producers: 2, partitions: 3, records: 300 })
    log.measure = [0, 300e6]
    const delivered = createDelivered(3)
    for (const partition of [0, 1, 2]) delivered.add(range(partition, 0, 49))
    const rest = log.partitions[0]!.length + log.partitions[2]!.length
    assert.deepEqual(receiptsOf(log, delivered, [1]), { received: 100, notReceived: rest - 100 })
  })

  for (let seed = 1; seed <= 10; seed++) {
    test(`agrees with a set of offsets, seed ${seed}`, () => {
      const rng = createRng(seed)
      const partitions = 3
      // Two of the partitions were added while the group was reading.
      const delivered = createDelivered(1)
      const sets = Array.from({ length: partitions }, () => new Set<number>())
      for (let step = 0; step < 60; step++) {
        const partition = rng.below(partitions)
        const from = rng.below(500)
        const to = from + rng.below(20)
        delivered.add(range(partition, from, to))
        for (let offset = from; offset <= to; offset++) sets[partition]!.add(offset)
      }
      const receipts = createReceipts(delivered.ranges(), partitions)
      const expected = { received: 0, notReceived: 0 }
      for (let offset = 0; offset < 600; offset++) {
        for (let partition = 0; partition < partitions; partition++) {
          if (rng.below(4) === 0) continue
          receipts.count(partition, offset)
          expected[sets[partition]!.has(offset) ? 'received' : 'notReceived']++
        }
      }
      assert.deepEqual(receipts.sum(new Set()), expected)
      assert.deepEqual(receipts.sum(new Set([0, 1, 2])), { received: 0, notReceived: 0 })
    })
  }

  test('a partition that was added during the run belongs to what was delivered, not to the positions', () => {
    const delivered = createDelivered(2)
    delivered.add(range(4, 0, 9))
    delivered.add(range(4, 5, 9))
    assert.deepEqual(delivered.positions(), [null, null])
    assert.equal(delivered.redelivered(), 5)
    assert.deepEqual(
      delivered.ranges().map((ranges) => [...ranges]),
      [[], [], [], [], [0, 9]],
    )
  })
})
