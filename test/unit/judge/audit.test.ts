import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checksumOf } from '../../../src/base/checksum.ts'
import { createRng } from '../../../src/base/rng.ts'
import type { AuditCounts } from '../../../src/judge/audit.ts'
import { flags, prepareStamp, stampBytes, writeStamp } from '../../../src/load/stamp.ts'
import { outcomeCodes } from '../../../src/recording/frame.ts'
import { auditOf, buildLog, type LogRecord, type TestLog } from '../../support/log.ts'

type Faults = Partial<Omit<AuditCounts, 'examples' | 'audited' | 'auditedMeasure' | 'skipped' | 'groups'>>

function assertFaults(counts: AuditCounts, expected: Faults): void {
  const { examples, audited: _a, auditedMeasure: _m, skipped: _s, groups: _g, ...found } = counts
  const none = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0, failedButRead: 0, unknownRead: 0 }
  assert.deepEqual(found, { ...none, ...expected }, examples.join('\n'))
}

function stamped(
  run: number,
  producer: number,
  sequence: number,
  flag: number,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const value = Buffer.concat([Buffer.alloc(stampBytes), body])
  const view = new DataView(value.buffer, value.byteOffset, value.length)
  prepareStamp(view, run, producer, flag, checksumOf(body))
  writeStamp(view, sequence, 1e6)
  return value
}

const total = (log: TestLog) => log.ledgers.reduce((sum, { outcomes }) => sum + outcomes.length, 0)
const entry = (value: Buffer | null, header: Buffer | null = null): LogRecord => ({
  producer: -1,
  sequence: -1,
  value,
  header,
})

describe('a clean log', () => {
  for (const [name, options] of [
    ['stamps in values', {}],
    ['stamps in headers', { stampIn: 'header' }],
    ['values of nothing but the stamp', { size: 32 }],
    ['empty values with headers', { size: 0, stampIn: 'header' }],
    ['prefilled', { prefill: true }],
    ['one producer, one partition', { producers: 1, partitions: 1 }],
    ['large values', { size: 1000, records: 100 }],
  ] as const) {
    test(`gives none: ${name}`, () => {
      const log = buildLog(options)
      for (const exclusive of [true, false]) {
        const counts = auditOf(log, { exclusive })
        assertFaults(counts, {})
        assert.equal(counts.audited, total(log))
        assert.equal(counts.skipped, 0)
        assert.deepEqual(counts.examples, [])
      }
    })
  }

  test('counts the records due in the measure phase, its start included and its end not', () => {
    const log = buildLog({ producers: 2, records: 400 })
    log.measure = [100e6, 300e6]
    assert.equal(auditOf(log).auditedMeasure, 2 * 200)
  })

  test('an empty run is clean', () => assertFaults(auditOf(buildLog({ records: 0 })), {}))
})

describe('every injected fault is found exactly', () => {
  test('one dropped record, each in turn, head and tail included', () => {
    const clean = buildLog({ producers: 2, partitions: 3, records: 40 })
    for (const [partition, records] of clean.partitions.entries()) {
      for (let at = 0; at < records.length; at++) {
        const log = buildLog({ producers: 2, partitions: 3, records: 40 })
        const [gone] = log.partitions[partition]!.splice(at, 1)
        const counts = auditOf(log)
        assertFaults(counts, { lost: 1 })
        assert.match(counts.examples[0]!, new RegExp(`producer ${gone!.producer} sequence ${gone!.sequence}\\b`))
      }
    }
  })

  test('a whole partition gone, a whole producer gone, everything gone', () => {
    const log = buildLog()
    const size = log.partitions[2]!.length
    log.partitions[2] = []
    assertFaults(auditOf(log), { lost: size })
    const without = buildLog()
    without.partitions = without.partitions.map((records) => records.filter(({ producer }) => producer !== 1))
    assertFaults(auditOf(without), { lost: 500 })
    const nothing = buildLog()
    nothing.partitions = nothing.partitions.map(() => [])
    assertFaults(auditOf(nothing), { lost: 1500 })
  })

  test('duplicates in the same partition, right behind and much later, the first and the last record too', () => {
    const log = buildLog({ producers: 1, partitions: 1 })
    const records = log.partitions[0]!
    records.splice(1, 0, records[0]!)
    records.push(records[100]!, records.at(-1)!, records[0]!)
    const counts = auditOf(log)
    assertFaults(counts, { duplicated: 4 })
    assert.equal(counts.auditedMeasure, auditOf(buildLog({ producers: 1, partitions: 1 })).auditedMeasure)
  })

  test('a duplicate in another partition, whichever is read first', () => {
    for (const [from, to] of [
      [0, 3],
      [3, 0],
    ] as const) {
      const log = buildLog()
      log.partitions[to]!.push(log.partitions[from]![10]!)
      assertFaults(auditOf(log), { duplicated: 1 })
    }
  })

  test('a record in another partition than acknowledged is lost where it should be, and no duplicate', () => {
    for (const [from, to] of [
      [0, 3],
      [3, 0],
    ] as const) {
      const log = buildLog()
      const [moved] = log.partitions[from]!.splice(10, 1)
      log.partitions[to]!.push(moved!)
      assertFaults(auditOf(log), { lost: 1 })
    }
  })

  test('swapped neighbours', () => {
    const log = buildLog({ producers: 1, partitions: 2, records: 100 })
    for (const records of log.partitions) {
      for (const at of [0, 10, records.length - 2]) {
        const [first, second] = [records[at]!, records[at + 1]!]
        records[at] = second
        records[at + 1] = first
      }
    }
    assertFaults(auditOf(log), { reordered: 6 })
  })

  test('a late batch: every record that stands behind a later one is reordered', () => {
    const log = buildLog({ producers: 1, partitions: 1, records: 100 })
    const records = log.partitions[0]!
    records.splice(60, 0, ...records.splice(20, 10))
    assertFaults(auditOf(log), { reordered: 10 })
  })

  test('order is a matter of one producer and one partition', () => {
    const log = buildLog({ producers: 2, partitions: 1, records: 100 })
    const records = log.partitions[0]!
    log.partitions[0] = [
      ...records.filter(({ producer }) => producer === 1),
      ...records.filter(({ producer }) => producer === 0),
    ]
    assertFaults(auditOf(log), {})
  })

  for (const stampIn of ['value', 'header'] as const) {
    test(`any flipped bit of a body in a log with stamps in the ${stampIn}: corrupt, but there`, () => {
      for (let bit = stampIn === 'value' ? stampBytes * 8 : 0; bit < 48 * 8; bit += 5) {
        const log = buildLog({ producers: 1, partitions: 1, records: 30, size: 48, stampIn, bodies: 3 })
        // The first record to use a body, and one that repeats it.
        for (const at of [1, 20]) log.partitions[0]![at]!.value![bit >> 3]! ^= 1 << (bit & 7)
        assertFaults(auditOf(log), { corrupt: 2 })
      }
    })
  }

  test('any flipped bit of a stamp: corrupt, and its record cannot be found', () => {
    for (const stampIn of ['value', 'header'] as const) {
      for (let bit = 0; bit < stampBytes * 8; bit++) {
        const log = buildLog({ producers: 1, partitions: 1, records: 10, stampIn })
        const { value, header } = log.partitions[0]![4]!
        const bytes = (header ?? value)!
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        assertFaults(auditOf(log), { corrupt: 1, lost: 1 })
      }
    }
  })

  test('a truncated value, a lengthened one, one that became null', () => {
    const cut = buildLog({ producers: 1, partitions: 1, size: 100 })
    cut.partitions[0]![3]!.value = cut.partitions[0]![3]!.value!.subarray(0, 99)
    assertFaults(auditOf(cut), { corrupt: 1 })
    const stub = buildLog({ producers: 1, partitions: 1, size: 100 })
    stub.partitions[0]![3]!.value = stub.partitions[0]![3]!.value!.subarray(0, 20)
    assertFaults(auditOf(stub), { corrupt: 1, lost: 1 })
    const long = buildLog({ producers: 1, partitions: 1, size: 100 })
    long.partitions[0]![3]!.value = Buffer.concat([long.partitions[0]![3]!.value!, Buffer.from('x')])
    assertFaults(auditOf(long), { corrupt: 1 })
    const gone = buildLog({ producers: 1, partitions: 1, size: 100, stampIn: 'header' })
    gone.partitions[0]![3]!.value = null
    assertFaults(auditOf(gone), { corrupt: 1 })
  })

  test('a body under another record’s stamp', () => {
    const log = buildLog({ producers: 1, partitions: 1, size: 100 })
    const [first, second] = log.partitions[0]!
    second!.value = Buffer.concat([second!.value!.subarray(0, stampBytes), first!.value!.subarray(stampBytes)])
    assertFaults(auditOf(log), { corrupt: 1 })
  })

  test('two different bodies with the same checksum are both whole', () => {
    const [one, two] = collidingBodies()
    const log = buildLog({ producers: 1, partitions: 1, records: 4 })
    log.partitions[0] = [one, two, one, two].map((body, sequence) =>
      entry(stamped(log.run, 0, sequence, flags.none, body)),
    )
    assertFaults(auditOf(log), {})
  })

  test('a stamp of a producer that there is not', () => {
    const log = buildLog()
    log.partitions[0]!.push(entry(stamped(log.run, 17, 0, flags.none)))
    assertFaults(auditOf(log), { corrupt: 1 })
  })
})

describe('outcomes', () => {
  test('failed and not in the log: as it should be', () => {
    const log = buildLog()
    const [gone] = log.partitions[1]!.splice(5, 1)
    log.ledgers[gone!.producer]!.outcomes[gone!.sequence] = outcomeCodes.failed
    assertFaults(auditOf(log), {})
    assert.equal(auditOf(log).audited, 1500)
  })

  test('failed but read', () => {
    const log = buildLog()
    for (const at of [0, 7, log.partitions[1]!.length - 1]) {
      const { producer, sequence } = log.partitions[1]![at]!
      log.ledgers[producer]!.outcomes[sequence] = outcomeCodes.failed
    }
    assertFaults(auditOf(log), { failedButRead: 3 })
  })

  test('unknown: read or not, nothing is lost', () => {
    const log = buildLog()
    for (const at of [0, 7]) {
      const { producer, sequence } = log.partitions[1]![at]!
      log.ledgers[producer]!.outcomes[sequence] = outcomeCodes.unknown
    }
    log.partitions[1]!.splice(7, 1)
    const counts = auditOf(log)
    assertFaults(counts, { unknownRead: 1 })
    assert.equal(counts.audited, 1500)
  })

  test('unknown and duplicated', () => {
    const log = buildLog()
    const twice = log.partitions[1]![7]!
    log.ledgers[twice.producer]!.outcomes[twice.sequence] = outcomeCodes.unknown
    log.partitions[2]!.push(twice)
    assertFaults(auditOf(log), { unknownRead: 1, duplicated: 1 })
  })

  test('a producer that died before it could tell: what is read of it is unknown, and audited', () => {
    const log = buildLog({ producers: 1, partitions: 1, records: 100 })
    const ledger = log.ledgers[0]!
    log.ledgers[0] = {
      ...ledger,
      outcomes: ledger.outcomes.slice(0, 60),
      partitions: ledger.partitions.slice(0, 60),
    }
    log.ledgers[0].outcomes[50] = outcomeCodes.none
    const counts = auditOf(log)
    assertFaults(counts, { unknownRead: 41 })
    assert.equal(counts.audited, 100)
    assert.ok(counts.auditedMeasure <= counts.audited)
    log.partitions[0]!.push(log.partitions[0]![99]!)
    assertFaults(auditOf(log), { unknownRead: 41, duplicated: 1 })
  })
})

describe('what is not of this run', () => {
  test('probes are passed over, in any topic', () => {
    const log = buildLog()
    for (const records of log.partitions) {
      records.unshift(entry(stamped(0, 0, 0, flags.probe)))
      records.push(entry(stamped(log.run, 0, 3, flags.probe)))
    }
    for (const exclusive of [true, false]) {
      const counts = auditOf(log, { exclusive })
      assertFaults(counts, {})
      assert.equal(counts.skipped, 8)
    }
  })

  test('strangers in a shared topic are passed over, in a topic of its own they are corrupt', () => {
    const log = buildLog()
    const strangers = [
      entry(null),
      entry(Buffer.from('hello')),
      entry(Buffer.from(`kb text that begins like a stamp${'.'.repeat(40)}`)),
      entry(Buffer.alloc(100)),
    ]
    log.partitions[0]!.push(...strangers)
    const shared = auditOf(log, { exclusive: false })
    assertFaults(shared, {})
    assert.equal(shared.skipped, 4)
    assertFaults(auditOf(log, { exclusive: true }), { corrupt: 4 })
  })

  test('records of another run in a shared topic are passed over', () => {
    const log = buildLog({ seed: 1 })
    const other = buildLog({ seed: 2 })
    log.partitions = log.partitions.map((records, partition) => [...other.partitions[partition]!, ...records])
    const counts = auditOf(log, { exclusive: false })
    assertFaults(counts, {})
    assert.equal(counts.skipped, 1500)
    assert.equal(counts.audited, 1500)
  })

  test('in a shared topic a broken stamp of this run is corrupt all the same', () => {
    const log = buildLog()
    log.partitions[0]![4]!.value![20]! ^= 1
    assertFaults(auditOf(log, { exclusive: false }), { corrupt: 1, lost: 1 })
  })
})

describe('a partition that could not be read', () => {
  for (const [name, options] of [
    ['known before', { known: [2] }],
    ['found while reading', { unread: [2] }],
  ] as const) {
    test(`counts neither as lost nor as audited: ${name}`, () => {
      const log = buildLog()
      const inTwo = log.partitions[2]!.length
      log.partitions[2]!.splice(5)
      log.partitions[1]!.splice(3, 1)
      const { producer, sequence } = buildLog().partitions[2]![8]!
      log.ledgers[producer]!.outcomes[sequence] = outcomeCodes.unknown
      const counts = auditOf(log, options)
      assertFaults(counts, { lost: 1 })
      assert.equal(counts.audited, 1500 - inTwo)
    })
  }

  test('its records are not counted as due in measure either', () => {
    const log = buildLog()
    const without = buildLog()
    without.partitions[2] = []
    assert.equal(auditOf(log, { unread: [2] }).auditedMeasure, auditOf(without, { unread: [2] }).auditedMeasure)
  })
})

describe('many faults at once', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`are told apart and counted exactly, seed ${seed}`, () => {
      const log = buildLog({ seed, producers: 3, partitions: 5, records: 2000, bodies: 50 })
      const rng = createRng(seed, 99)
      const expected = { lost: 0, duplicated: 0, reordered: 0, corrupt: 0, failedButRead: 0, unknownRead: 0 }
      for (const [partition, records] of log.partitions.entries()) {
        const result: LogRecord[] = []
        const extra: LogRecord[] = []
        for (let at = 0; at < records.length; at++) {
          const record = records[at]!
          const next = records[at + 1]
          const dice = rng.below(100)
          const ledger = log.ledgers[record.producer]!
          if (dice === 0) expected.lost++
          else if (dice === 1) {
            result.push(record)
            extra.push(record)
            expected.duplicated++
          } else if (dice === 2 && next && next.producer === record.producer) {
            result.push(next, record)
            expected.reordered++
            at++
          } else if (dice === 3) {
            record.value![stampBytes + rng.below(68)]! ^= 1 << rng.below(8)
            result.push(record)
            expected.corrupt++
          } else if (dice === 4) {
            record.value![rng.below(stampBytes)]! ^= 1 << rng.below(8)
            result.push(record)
            expected.corrupt++
            expected.lost++
          } else if (dice === 5) {
            ledger.outcomes[record.sequence] = outcomeCodes.failed
            result.push(record)
            expected.failedButRead++
          } else if (dice === 6) {
            ledger.outcomes[record.sequence] = outcomeCodes.unknown
            result.push(record)
            expected.unknownRead++
          } else if (dice === 7) ledger.outcomes[record.sequence] = outcomeCodes.unknown
          else result.push(record)
        }
        log.partitions[partition] = [...result, ...extra]
      }
      assert.ok(Object.values(expected).every((count) => count > 0))
      const counts = auditOf(log)
      assertFaults(counts, expected)
      assert.equal(counts.audited, 6000)
      const order = ['lost', 'corrupt', 'elsewhere', 'duplicated', 'reordered']
      const told = counts.examples.map((example) => order.indexOf(example.split(':')[0]!))
      assert.deepEqual(told, told.toSorted(), 'the worst first')
      for (const kind of told) assert.ok(kind >= 0 && told.filter((other) => other === kind).length <= 3)
      assert.equal(told.includes(0), counts.lost > 0)
    })
  }
})

/** Two bodies of 500 bytes, which are compared and not summed, with one checksum: 2^16 or so have to be tried. */
function collidingBodies(): [Buffer, Buffer] {
  const rng = createRng(1)
  const seen = new Map<number, Buffer>()
  const body = Buffer.alloc(500)
  for (;;) {
    body.writeUInt32LE(rng.uint32(), 0)
    body.writeUInt32LE(rng.uint32(), 4)
    const sum = checksumOf(body)
    const twin = seen.get(sum)
    if (twin && !twin.equals(body.subarray(0, 8))) return [Buffer.concat([twin, Buffer.alloc(492)]), body]
    seen.set(sum, Buffer.from(body.subarray(0, 8)))
  }
}
