import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Network } from '../../../src/contracts/api.ts'
import { createAuditBook } from '../../../src/judge/audit-book.ts'
import { outcomeCodes } from '../../../src/recording/frame.ts'
import { type AuditOrder, auditLog, type Log } from '../../../src/runners/hosts/audit-log.ts'
import { type FromAudit, serveAudit, type ToAudit } from '../../../src/runners/hosts/audit-serve.ts'
import { bookOf, buildLog, settledOf, type TestLog } from '../../support/log.ts'

const network: Network = { bootstrap: [] }

/** A log whose partitions begin at these offsets, and whose end everybody sees. */
function logOf({ partitions }: TestLog, first: readonly number[] = []): Log {
  const each = <T>(value: (partition: number) => T) =>
    new Map(partitions.map((_, partition) => [partition, value(partition)] as const))
  const from = (partition: number) => first[partition] ?? 0
  return {
    offsets: async (at) =>
      each((partition) => (at === 'earliest' ? 0 : from(partition) + partitions[partition]!.length)),
    partitions: async () => [...partitions.keys()],
    async read(ranges, onRecord) {
      for (const range of ranges) {
        for (let offset = range.from; offset < range.to; offset++) {
          const { value, header } = partitions[range.partition]![offset - from(range.partition)]!
          onRecord(range.partition, offset, value, header)
        }
      }
      return new Map()
    },
  }
}

function orderOf(log: TestLog, firstOffsets: ReadonlyMap<number, number>): AuditOrder {
  return {
    topic: 't',
    partitions: firstOffsets.size,
    firstOffsets,
    run: log.run,
    producers: log.ledgers.length,
    exclusive: true,
    measure: log.measure,
    delivered: {},
    redelivered: 3,
    idempotence: false,
  }
}

const firstOf = (...offsets: number[]) => new Map(offsets.entries())

describe('the audit of a log', () => {
  test('of a clean one', async () => {
    const log = buildLog({ partitions: 2 })
    const order = orderOf(log, firstOf(100, 7))
    const { integrity, groups } = await auditLog(bookOf(log.ledgers, 2), logOf(log, [100, 7]), order)
    const { audited, lost, logRecords, redelivered, verdict, reasons } = integrity
    assert.deepEqual([audited, lost, logRecords, redelivered, verdict, reasons], [1500, 0, 1500, 3, 'ok', []])
    assert.deepEqual(groups, {})
  })

  test('N9: records in partitions that were added during the run are read, and nothing is lost', async () => {
    // Four partitions at the end; the book and the request know of two.
    for (const partitions of [4, 20]) {
      const log = buildLog({ partitions, stampIn: 'header' })
      const order = orderOf(log, firstOf(50, 60))
      const { integrity } = await auditLog(bookOf(log.ledgers, 2), logOf(log, [50, 60]), order)
      const { audited, lost, logRecords, verdict, reasons } = integrity
      assert.deepEqual([audited, lost, logRecords, verdict, reasons], [1500, 0, 1500, 'ok', []])
      assert.ok(integrity.auditedMeasure > 700)
    }
  })

  test('N9: an added partition without a leader at the end is not audited, and its records are not lost', async () => {
    const log = buildLog({ partitions: 3 })
    const whole = logOf(log)
    const inTwo = log.partitions[2]!.length
    const { integrity } = await auditLog(
      bookOf(log.ledgers, 2),
      { ...whole, offsets: async (at) => new Map([...(await whole.offsets(at))].slice(0, 2)) },
      orderOf(log, firstOf(0, 0)),
    )
    assert.deepEqual([integrity.audited, integrity.lost, integrity.verdict], [1500 - inTwo, 0, 'not-audited'])
    assert.match(integrity.reasons.join(), /partition 2: no leader/)
  })

  test('a partition that could not be read whole: not audited; with a loss elsewhere: violated', async () => {
    for (const [isLossy, verdict] of [
      [false, 'not-audited'],
      [true, 'violated'],
    ] as const) {
      const log = buildLog({ partitions: 2 })
      if (isLossy) log.partitions[0]!.pop()
      const whole = logOf(log)
      const broken: Log = {
        ...whole,
        read: async (ranges, onRecord) => {
          await whole.read(ranges.slice(0, 1), onRecord)
          return new Map([[1, 'the log ends before its end offset']])
        },
      }
      const { integrity } = await auditLog(bookOf(log.ledgers, 2), broken, orderOf(log, firstOf(0, 0)))
      assert.deepEqual([integrity.verdict, integrity.lost], [verdict, isLossy ? 1 : 0])
      assert.equal(integrity.reasons[0], 'partition 1: the log ends before its end offset')
    }
  })

  test('a topic without any partition', async () => {
    const log = buildLog({ records: 0, partitions: 0 })
    const { integrity } = await auditLog(createAuditBook({ partitions: 0 }), logOf(log), orderOf(log, new Map()))
    assert.equal(integrity.verdict, 'ok')
  })
})

describe("the audit's process", () => {
  async function serve(messages: readonly ToAudit[], log: TestLog): Promise<FromAudit[]> {
    const answers: FromAudit[] = []
    const take = serveAudit(
      (answer) => void answers.push(answer),
      () => logOf(log),
    )
    for (const message of messages) await take(message)
    return answers
  }

  test('enters what settles while the load runs, and reports when asked', async () => {
    const log = buildLog({ producers: 2, partitions: 2 })
    const answers = await serve(
      [
        { type: 'open', network, topic: 't', partitions: 2 },
        ...log.ledgers.map((ledger) => ({
          type: 'settled' as const,
          producer: ledger.producer,
          records: settledOf(ledger),
        })),
        { type: 'audit', order: orderOf(log, firstOf(0, 0)) },
      ],
      log,
    )
    assert.deepEqual(
      answers.map((answer) => (answer.type === 'entered' ? answer.records : answer.type)),
      [500, 500, 'report'],
    )
    const report = answers.at(-1)!
    assert.equal(report.type === 'report' && report.report.integrity.verdict, 'ok')
  })

  test('a record that settles twice is a problem, told once; nothing is audited after it', async () => {
    const log = buildLog({ producers: 1, partitions: 1 })
    const records = settledOf(log.ledgers[0]!)
    const settled: ToAudit = { type: 'settled', producer: 0, records }
    const order = orderOf(log, firstOf(0))
    const open: ToAudit = { type: 'open', network, topic: 't', partitions: 1 }
    const answers = await serve([open, settled, settled, settled, { type: 'audit', order }], log)
    assert.deepEqual(answers, [
      { type: 'entered', records: 500 },
      { type: 'problem', message: 'record 0 of producer 0 was settled twice' },
    ])
  })

  test('a cluster that does not answer is a problem, not the end of the process', async () => {
    const answers: FromAudit[] = []
    const take = serveAudit(
      (answer) => void answers.push(answer),
      () => ({
        ...logOf(buildLog({ records: 0 })),
        offsets: async () => {
          throw new Error('no broker answered')
        },
      }),
    )
    await take({ type: 'open', network, topic: 't', partitions: 1 })
    await take({ type: 'audit', order: orderOf(buildLog({ records: 1 }), firstOf(0)) })
    assert.deepEqual(answers, [{ type: 'problem', message: 'no broker answered' }])
  })

  test('messages before the first are a problem', async () => {
    const records = { sequences: new Float64Array(0), partitions: new Uint16Array(0), outcomes: new Uint8Array(0) }
    const answers = await serve([{ type: 'settled', producer: 0, records }], buildLog({ records: 0 }))
    assert.deepEqual(answers, [{ type: 'problem', message: 'settled before open' }])
  })
})

test('an outcome that nobody reported is not entered', () => {
  const log = buildLog({ producers: 1, partitions: 1, records: 4 })
  log.ledgers[0]!.outcomes[2] = outcomeCodes.none
  assert.deepEqual([...settledOf(log.ledgers[0]!).sequences], [0, 1, 3])
})
