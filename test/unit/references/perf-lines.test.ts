import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseConsumerLine, parseProducerLine } from '../../../src/references/_perf-lines.ts'

describe("lines of Kafka's ProducerPerformance", () => {
  test('a line in between has no percentiles', () => {
    assert.deepEqual(
      parseProducerLine(
        '24963 records sent, 4992.6 records/sec (4.88 MB/sec), 6.4 ms avg latency, 312.0 ms max latency.',
      ),
      { records: 24963, recordsPerSec: 4992.6, mbPerSec: 4.88, avgMs: 6.4, maxMs: 312, percentiles: null },
    )
  })

  test('the last line has them', () => {
    assert.deepEqual(
      parseProducerLine(
        '200000 records sent, 61538.461538 records/sec (5.87 MB/sec), 301.22 ms avg latency, 617.00 ms max latency, ' +
          '290 ms 50th, 540 ms 95th, 590 ms 99th, 612 ms 99.9th.',
      ),
      {
        ...{ records: 200_000, recordsPerSec: 61538.461538, mbPerSec: 5.87, avgMs: 301.22, maxMs: 617 },
        percentiles: { p50Ms: 290, p95Ms: 540, p99Ms: 590, p999Ms: 612 },
      },
    )
  })

  for (const line of [
    '',
    'records sent',
    '[2026-01-01] WARN something (org.apache.kafka)',
    'x 1 records sent, 1 records/sec',
    'start.time, end.time, data.consumed.in.MB',
  ]) {
    test(`no such line: "${line}"`, () => assert.equal(parseProducerLine(line), null))
  }
})

describe("lines of Kafka's ConsumerPerformance", () => {
  test('the line after the header', () => {
    assert.deepEqual(
      parseConsumerLine(
        '2026-11-21 10:00:00:123, 2026-11-21 10:00:05:456, 95.3674, 17.8831, 1000000, 187511.7195, 3310, 2023, 47.1416, 494315.3732',
      ),
      {
        ...{ mb: 95.3674, mbPerSec: 17.8831, records: 1_000_000, recordsPerSec: 187511.7195 },
        ...{ rebalanceMs: 3310, fetchMs: 2023, fetchRecordsPerSec: 494315.3732 },
      },
    )
  })

  for (const line of [
    'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec',
    'WARNING: Exiting before consuming the expected number of messages: timeout (30000 ms) exceeded.',
    '2026-11-21 10:00:00:123, 1, 2',
  ]) {
    test(`no such line: "${line.slice(0, 40)}…"`, () => assert.equal(parseConsumerLine(line), null))
  }
})
