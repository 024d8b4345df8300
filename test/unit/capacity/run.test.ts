import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkRun } from '../../../src/capacity/check-run.ts'
import { measurementOf, withMeasurement } from '../../../src/capacity/from-run.ts'
import { loadOf } from '../../../src/capacity/load.ts'
import { cheapestFor, planOf } from '../../../src/capacity/plan.ts'
import { recordsPerSec, validationProfile } from '../../../src/capacity/validation-profile.ts'
import type { RunResult, Variant } from '../../../src/contracts/result.ts'
import { parseProfile } from '../../../src/profile/parse.ts'
import { measuredText } from '../../../src/reports/plan/run-text.ts'
import { brokerKilled } from '../../fixtures/faults.ts'
import { invalid, mock, rateMax, single, syntheticResult } from '../../fixtures/result.ts'
import { syntheticVariant } from '../../fixtures/variant.ts'
import { data, load } from './_planning.ts'

const near = (actual: number | null | undefined, expected: number) =>
  assert.ok(Math.abs(actual! - expected) < 1e-6 * expected, `${actual} is not ${expected}`)

const throttled = (bytesPerSec: readonly number[]): NonNullable<Variant['throttle']> =>
  bytesPerSec.map((produceBytesPerSec, at) => ({
    id: at + 1,
    produceMs: null,
    fetchMs: null,
    requestMs: null,
    produceBytesPerSec,
  }))

/** 5000 records/s of 1 KiB, 20 a batch, which the brokers count as 2.1 MB/s of lz4. */
function measuredRun(changes: Partial<Variant['produce']> = {}, workload = 'produce-consume'): RunResult {
  const base = syntheticVariant()
  const produce = {
    ...base.produce,
    offeredPerSec: 5000,
    ackedPerSec: 5000,
    ackedBytesPerSec: 5_120_000,
    recordsPerBatch: 20,
    ...changes,
  }
  const consume = { ...base.consume!, receivedPerSec: 10_000, receivedBytesPerSec: 10_240_000 }
  const result = syntheticResult([{ ...base, produce, consume, throttle: throttled([700_000, 700_000, 700_000]) }])
  const profile = result.profile as { producers: object }
  return { ...result, profile: { ...profile, workload, producers: { ...profile.producers, compression: 'lz4' } } }
}

describe('what a run gives to a plan', () => {
  const values = (result: RunResult) =>
    new Map(measurementOf(result).carriesOver.map(({ name, value }) => [name, value]))

  test('bytes on the wire, compression, batches, requests and fan-out', () => {
    const found = values(measuredRun())
    near(found.get('bytes per record on the wire'), 420)
    near(found.get('compression'), 1024 / 420)
    near(found.get('batch fill'), (20 * 420) / 131_072)
    near(found.get('requests per MB'), 1e6 / (20 * 420))
    near(found.get('fan-out'), 2)
    assert.equal(found.get('produce speed of one partition'), null)
  })

  test('a scheduled rate is a load: what is given wins, groups over the fan-out', () => {
    const measurement = measurementOf(measuredRun())
    const merged = loadOf(withMeasurement({}, measurement))
    near(merged.inMBps, 2.1)
    near(merged.outMBps, 4.2)
    assert.equal(merged.partitions, 12)
    const given = loadOf(withMeasurement({ in: 40, groups: 3 }, measurement))
    assert.deepEqual([given.inMBps, given.outMBps], [40, 120])
  })

  test('MB/s that a cluster reached are no load: at rate max they are the speed of a partition', () => {
    const { input } = measurementOf(measuredRun({ offeredPerSec: null }))
    assert.deepEqual([input.in, input.out], [undefined, undefined])
    near(input['partition-in'], 2.1 / 12)
  })

  test('consumers alone give the speed of a partition and the cost of a record', () => {
    const { input, carriesOver } = measurementOf(measuredRun({}, 'consume'))
    assert.equal(input.in, undefined)
    near(input['partition-out'], 10.24 / 12)
    const cost = carriesOver.find(({ name }) => name === 'consumer cost per record')!
    near(cost.value, (syntheticVariant().generator.cpuPercent! * 1e4) / 10_000)
  })

  test('without the brokers’ count, keys and values stand in, and compression is not known', () => {
    const plain = single()
    const found = measurementOf(plain)
    assert.match(found.carriesOver[0]!.from, /keys and values alone/)
    assert.equal(found.input['compression-ratio'], undefined)
  })

  test('what never carries over is printed', () => {
    assert.match(
      measuredText(measurementOf(measuredRun()), { columns: 80, color: false }),
      /never carries over +latency/,
    )
  })

  test('a run on the mock, or one that is not valid, is refused', () => {
    assert.throws(() => measurementOf(mock()), /ran on provider mock: its figures are not those of Kafka/)
    assert.throws(() => measurementOf(invalid()), /is invalid: a plan takes nothing from it/)
    const failed = { ...single(), variants: [{ ...single().variants[0]!, status: 'failed' as const }] }
    assert.throws(() => measurementOf(failed), /a plan takes nothing from it/)
    assert.doesNotThrow(() => measurementOf(rateMax()))
  })
})

describe('the validation profile', () => {
  const loads: readonly Record<string, unknown>[] = [
    { in: '40MB/s', partitions: '100' },
    { in: '40MB/s', 'average-in': '30MB/s', groups: '3', partitions: '100', auth: 'iam', 'record-size': '500B' },
    { in: '40MB/s', 'average-in': '5MB/s', out: '60MB/s', auth: 'scram', 'compression-ratio': '4', replication: '2' },
    { in: '2MB/s', auth: 'tls', retention: '3d' },
  ]
  for (const [at, options] of loads.entries()) {
    test(`is valid, load ${at + 1}`, () => {
      const one = load(options)
      const best = cheapestFor(one, data, null)!
      const text = validationProfile(best, one, { sloMs: 50, command: 'kbench plan' })
      const { profile, notes } = parseProfile(text, { file: 'msk.yaml', sets: [], env: {} })
      assert.deepEqual(
        notes.filter((note) => !/another clock/.test(note)),
        [],
      )
      assert.equal(profile.cluster.provider, 'external')
      assert.deepEqual([profile.topic.replicationFactor, profile.phases.measure], [one.replication, 3_600_000])
      if (one.partitions !== null) assert.equal(profile.topic.partitions, one.partitions)
      const [fault] = profile.faults
      assert.deepEqual([fault!.use, fault!.at, fault!.verifyWithin], ['command', 1_800_000, '10m'])
      assert.deepEqual((fault!.inject as string[]).slice(0, 3), ['aws', 'kafka', 'reboot-broker'])
      assert.equal(profile.consumers.length, one.groups ?? Math.round(one.g))
    })
  }

  test('has the peak and the average of the load', () => {
    const one = load({ in: '40MB/s', 'average-in': '5MB/s', 'record-size': '1000B', 'compression-ratio': '2' })
    assert.equal(recordsPerSec(one.inMBps, one), 80_000)
    const text = validationProfile(cheapestFor(one, data, null)!, one, { sloMs: 50, command: 'kbench plan' })
    const [, base, peak, seconds] = /bursts: \{ base: (\d+), peak: (\d+), for: (\d+)s, every: 20m \}/
      .exec(text)!
      .map(Number)
    assert.equal(peak, 80_000)
    const mean = (base! * (1200 - seconds!) + peak! * seconds!) / 1200
    assert.ok(Math.abs(mean - 10_000) < 50, String(mean))
  })
})

describe('a run against the plan', () => {
  const options = { in: '5MB/s', groups: '1', partitions: '12', 'record-size': '1024B' }
  const one = load(options)
  const [best] = planOf(one, data, ['kafka.m7g.large']).candidates
  const held = (result: RunResult) => new Map(checkRun(result, best!, one, 100).map(({ name, held }) => [name, held]))

  /** An hour on three brokers of a real cluster, 5 MB/s, a broker rebooted. */
  function validated(): RunResult {
    const killed = brokerKilled()
    const [variant] = killed.variants
    const { columns, tickS } = variant!.series
    const acked = tickS.map(() => 5000)
    const whole: Variant = {
      ...variant!,
      status: 'ok',
      phases: [{ name: 'measure', startS: 0, endS: 3600 }],
      series: { tickS, columns: { ...columns, ackedPerSec: acked } },
      produce: {
        ...variant!.produce,
        offeredPerSec: 5000,
        ackedPerSec: 5000,
        ackedBytesPerSec: 5_120_000,
        responseUs: { ...variant!.produce.responseUs!, p99: 40_000 },
      },
      consume: { ...variant!.consume!, receivedPerSec: 5000 },
      throttle: throttled([5_120_000]),
      lag: { g1: { ...variant!.lag.g1!, drainS: 3 } },
      integrity: { ...variant!.integrity, verdict: 'ok', lost: 0 },
      faults: variant!.faults.map((fault) => ({
        ...fault,
        partitions: fault.partitions.map((each) => ({ ...each, recovered: true })),
      })),
    }
    return { ...killed, cluster: { ...killed.cluster, provider: 'external' }, variants: [whole] }
  }

  test('every assumption holds in a run that was as planned', () => {
    assert.deepEqual(
      [...held(validated())].filter(([, yes]) => yes !== true),
      [],
    )
  })

  const changes: readonly (readonly [name: string, change: (variant: Variant) => Partial<Variant>])[] = [
    ['peak in', () => ({ series: { tickS: [1], columns: { ackedPerSec: [4000] } } })],
    ['load kept up with', ({ produce }) => ({ produce: { ...produce, offeredPerSec: 5100 } })],
    ['fan-out', ({ consume }) => ({ consume: { ...consume!, receivedPerSec: 10_000 } })],
    ['record on the wire', () => ({ throttle: throttled([6_000_000]) })],
    ['measured for', () => ({ phases: [{ name: 'measure', startS: 0, endS: 600 }] })],
    ['one broker rebooted', () => ({ faults: [] })],
    [
      'response p99',
      ({ produce }) => ({ produce: { ...produce, responseUs: { ...produce.responseUs!, p99: 200_000 } } }),
    ],
    ['lag drained', ({ lag }) => ({ lag: { g1: { ...lag.g1!, drainS: null } } })],
    ['acknowledged records lost', ({ integrity }) => ({ integrity: { ...integrity, lost: 1, verdict: 'violated' } })],
  ]
  for (const [name, change] of changes) {
    test(`${name} is what did not hold`, () => {
      const result = validated()
      const [variant] = result.variants
      const found = held({ ...result, variants: [{ ...variant!, ...change(variant!) }] })
      assert.equal(found.get(name), false)
    })
  }

  test('brokers, partitions and the cluster itself', () => {
    const result = validated()
    const profile = result.profile as { topic: object }
    const other = {
      ...result,
      profile: { ...profile, topic: { ...profile.topic, partitions: 6, replicationFactor: 2 } },
      cluster: { ...result.cluster, provider: 'local', brokers: result.cluster.brokers.slice(0, 2) },
    }
    const found = held(other)
    for (const name of ['cluster', 'brokers', 'partitions', 'replication factor'])
      assert.equal(found.get(name), false, name)
  })

  test('what a run does not show is open, not held', () => {
    const result = validated()
    const [variant] = result.variants
    const found = held({
      ...result,
      variants: [{ ...variant!, throttle: null, integrity: { ...variant!.integrity, verdict: 'not-audited' } }],
    })
    assert.deepEqual([found.get('record on the wire'), found.get('acknowledged records lost')], [null, null])
  })
})
