import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import type { RunResult } from '../../src/contracts/result.ts'
import { ombResult } from '../../src/omb/result.ts'

const example: RunResult = JSON.parse(
  readFileSync(join(packageRoot, 'results/examples/20261129-183947-3broker-acks-all-1bf3/result.json'), 'utf8'),
)
const [variant] = example.variants as [RunResult['variants'][number]]

/** The fields of benchmark-framework/src/main/java/io/openmessaging/benchmark/TestResult.java at commit 85599891. */
const lists = ['publishRate', 'publishErrorRate', 'consumeRate', 'backlog']
const ends = ['Avg', '50pct', '75pct', '95pct', '99pct', '999pct', '9999pct', 'Max']
const latencies = ['publishLatency', 'publishDelayLatency', 'endToEndLatency']
const aggregated = (name: string) => `aggregated${name[0]!.toUpperCase()}${name.slice(1)}`
const fields = [
  ...['workload', 'driver', 'messageSize', 'topics', 'partitions', 'producersPerTopic', 'consumersPerTopic'],
  ...lists,
  ...latencies.flatMap((name) => ends.flatMap((end) => [`${name}${end}`, `${aggregated(name)}${end}`])),
  ...latencies.map((name) => `${aggregated(name)}Quantiles`),
]

test('every field of TestResult.java, and no other', () => {
  const made = ombResult(example, variant)
  assert.deepEqual(Object.keys(made).sort(), [...fields].sort())
  assert.equal(fields.length, 62)
})

test('what was run, and rates per 10 s of the measurement, in the units of OpenMessaging Benchmark', () => {
  const made = ombResult(example, variant)
  assert.deepEqual(
    [
      made.workload,
      made.driver,
      made.messageSize,
      made.topics,
      made.partitions,
      made.producersPerTopic,
      made.consumersPerTopic,
    ],
    ['3broker-acks-all', 'kafkajs', 1024, 1, 12, 2, 3],
  )
  const rates = made.publishRate as number[]
  assert.equal(rates.length, 3)
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / 3
  assert.ok(Math.abs(mean / variant.produce.ackedPerSec - 1) < 0.02, `${mean}, ${variant.produce.ackedPerSec}`)
  assert.ok((made.backlog as number[]).every((records) => records >= 0 && records <= variant.lag.g1!.maxRecords!))
  assert.deepEqual(made.publishErrorRate, [0, 0, 0])
})

test('publish latency counts from the send, as there; delays are µs, the rest ms', () => {
  const made = ombResult(example, variant)
  const near = (value: unknown, expected: number) =>
    assert.ok(Math.abs(Number(value) / expected - 1) < 0.002, `${value}, ${expected}`)
  near(made.aggregatedPublishLatency99pct, variant.produce.serviceUs!.p99! / 1000)
  near(made.aggregatedPublishDelayLatency50pct, variant.generator.scheduleLagUs.p50!)
  near(made.aggregatedEndToEndLatency50pct, variant.consume!.endToEndUs!.p50! / 1000)
  const quantiles = made.aggregatedPublishLatencyQuantiles as Record<string, number>
  near(quantiles['50.0'], variant.produce.serviceUs!.p50! / 1000)
  const values = Object.values(quantiles)
  assert.ok(values.length > 100 && '0.0' in quantiles && '100.0' in quantiles)
  assert.deepEqual(made.publishLatency99pct, [])
})

test('what is not known is null or empty, never 0: no consumers, settings of strangers, a shorter measurement', () => {
  const short = {
    ...variant,
    consume: null,
    phases: [{ name: 'measure', startS: 10, endS: 15 }],
    generator: { ...variant.generator, scheduleLagUs: { ...variant.generator.scheduleLagUs, histogram: '' } },
  }
  const made = ombResult({ ...example, profile: { topic: 'x', name: 'odd' } }, short)
  assert.deepEqual(
    [made.partitions, made.producersPerTopic, made.consumersPerTopic, made.aggregatedEndToEndLatencyAvg],
    [null, null, 0, null],
  )
  assert.deepEqual(
    [made.publishRate, made.aggregatedPublishDelayLatencyMax, made.aggregatedEndToEndLatencyQuantiles],
    [[], null, {}],
  )
  const varied = ombResult(example, { ...variant, params: { client: 'kafkajs', 'topic.partitions': 48 } })
  assert.equal(varied.partitions, 48)
})
