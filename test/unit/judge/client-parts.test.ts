import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ClientTally } from '../../../src/contracts/api.ts'
import type { Fact } from '../../../src/contracts/facts.ts'
import { assemble } from '../../../src/judge/assemble.ts'
import { createSums } from '../../../src/recording/sums.ts'
import { planOf } from '../../support/plans.ts'
import { audited, begin, cell, ended, frame, over } from './_facts.ts'

/** 1 s of warm-up and 4 s of measurement; a producer and a consumer. */
const plan = planOf({
  topic: { partitions: 2 },
  load: { rate: 100 },
  consumers: [{ group: 'g' }],
  phases: { warmup: '1s', measure: '4s', drain: '1s' },
})
const [producer, consumer] = plan.workers

const facts = (tally: (row: number) => ClientTally | undefined, ...more: Fact[]): Fact[] => [
  ...begin(plan),
  ...[0, 1, 2, 3, 4].map((row) => {
    const told = tally(row)
    const throttle = { responses: 1, sumMs: 5, maxMs: 5 }
    return frame(producer!, row + 1, {
      cells: [cell(row, { sent: 100, acked: 100 })],
      throttle,
      ...(told && { tally: told }),
    })
  }),
  ...more,
  ended(5),
]
const result = (...all: Fact[]) => {
  const sums = createSums(plan)
  for (const fact of [...all, audited, over(6)]) sums.add(fact)
  return assemble(plan, sums).variant
}

describe('parts of latency, as the client reports them', () => {
  test('means weighted by what they are of, and rates of the measure phase; the warm-up left out', () => {
    const { produce, timelines } = result(
      ...facts((row) => ({
        queueUs: { sum: row === 0 ? 1e9 : 1000 * row, count: 10 },
        sendUs: { sum: 20, count: 2 },
        roundTripUs: { sum: 300 * row, count: row },
        batch: { sum: 100, count: 4 },
        ...{ requests: 10, sentBytes: 1000, receivedBytes: 100 },
      })),
    )
    assert.deepEqual(produce.client, {
      ...{ queueUs: 250, lingerUs: null, sendUs: 10, roundTripUs: 300, throttleMs: 0.5, recordsPerBatch: 25 },
      ...{ requestsPerSec: 10, sentBytesPerSec: 1000, receivedBytesPerSec: 100 },
      reasons: { lingerUs: 'fake counts it in queueUs' },
    })
    const { atS, columns } = timelines['client:producer']!
    assert.deepEqual(atS.slice(0, 3), [0, 1, 2])
    assert.deepEqual(columns.queueUs!.slice(0, 5), [1e8, 100, 200, 300, 400])
    assert.equal(columns.lingerUs, undefined)
  })

  test('null with the reason where the client does not report; producers and consumers apart', () => {
    const tally = { roundTripUs: { sum: 80, count: 2 }, requests: 2 }
    const { produce, consume, timelines } = result(...facts(() => undefined, frame(consumer!, 3, { tally })))
    assert.deepEqual([produce.client!.roundTripUs, consume!.client!.roundTripUs], [null, 40])
    assert.equal(produce.client!.reasons.roundTripUs, 'fake does not report it')
    assert.equal(produce.client!.reasons.lingerUs, 'fake does not report it')
    assert.equal(consume!.client!.reasons.sentBytesPerSec, 'fake does not report it')
    assert.deepEqual(
      Object.keys(timelines).filter((name) => name.startsWith('client:')),
      ['client:consumer'],
    )
  })
})
