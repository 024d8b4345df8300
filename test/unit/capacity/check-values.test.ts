import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ceilingParts, kFactors, volumeOf } from '../../../src/capacity/constraints.ts'
import { gibPerMBpsHour } from '../../../src/capacity/load.ts'
import { partitionsFor } from '../../../src/capacity/questions.ts'
import { readingsTaken } from '../../../src/capacity/readings.ts'
import { baselineMBps, sizeOf, usableMBps } from '../../../src/capacity/size.ts'
import { candidate, data, load } from './_planning.ts'

const near = (actual: number, expected: number, within = 0.005) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected} ± ${within}`)

const produced = (g: number, options = {}) => ({ ...load({ in: '1MB/s', ...options }), g, outMBps: g })

describe('F1, three brokers, replication factor 3', () => {
  const cases: readonly (readonly [name: string, g: number, tMax: number])[] = [
    ['kafka.m5.12xlarge+1000', 2, 1000],
    ['kafka.m5.large', 2, 70.3125],
    ['kafka.m5.large', 1, 81.25],
    ['kafka.m5.large', 0, 81.25],
    ['kafka.m7g.4xlarge', 2, 250],
    ['kafka.m7g.4xlarge+625', 2, 625],
  ]
  for (const [name, g, tMax] of cases) {
    test(`${name}, ${g} groups: ${tMax} MB/s`, () => {
      const size = { candidate: candidate(name), brokers: 3 }
      near(baselineMBps(size, produced(g), readingsTaken), tMax)
      near(usableMBps(size, produced(g), readingsTaken), tMax * 0.8)
    })
  }

  test('of m5.12xlarge by volume, EBS and EC2 network', () => {
    const chosen = candidate('kafka.m5.12xlarge+1000')
    const parts = ceilingParts(volumeOf(chosen, readingsTaken), chosen.broker, 2, 3)
    assert.deepEqual(
      { volume: parts.volume * 3, ebs: parts.ebs * 3, ec2: parts.ec2 * 3 },
      { volume: 1000, ebs: 1187.5, ec2: 1125 },
    )
  })
})

test('F2 before the utilization: m7g.16xlarge with 1000 MiB/s provisioned takes 153.85 MB/s', () => {
  const chosen = candidate('kafka.m7g.16xlarge+1000')
  const k = kFactors(load({ in: '1MB/s' }), readingsTaken)
  near(Math.min(chosen.broker.ebsNetMBps, volumeOf(chosen, readingsTaken)) / k.ebs, 153.846)
})

test('F2: 12.5 MB/s of m5.large by K_ebs before the utilization (conflict 6)', () => {
  const chosen = candidate('kafka.m5.large')
  near(Math.min(chosen.broker.ebsNetMBps, 250) / kFactors(load({ in: '1MB/s' }), readingsTaken).ebs, 12.5)
})

test('F3: 250 MB/s at 50 in and 25 out per partition take 10 partitions', () => {
  assert.equal(partitionsFor(250, 50, 25), 10)
  assert.equal(partitionsFor(250, 50, null), 5)
  assert.equal(partitionsFor(251, null, 25), 11)
  assert.equal(partitionsFor(250, null, null), null)
})

test('1 MB/s for an hour is 3.353 GiB', () => near(gibPerMBpsHour, 3.353, 0.0005))

test('cost of three express.m7g.large, 10 MB/s on average, a day', () => {
  const { brokers, costs } = sizeOf(
    candidate('express.m7g.large'),
    load({ in: '10MB/s', retention: '24h' }),
    data,
    readingsTaken,
  )
  assert.equal(brokers, 3)
  near(costs.brokers, 893.52)
  near(costs.dataIn, 244.75)
  near(costs.storage, 80.47)
  near(costs.crossZone, 326.33, 0.01)
  near(costs.total, 893.52 + 244.75 + 80.47 + 326.33, 0.02)
  assert.deepEqual([costs.tiered, costs.provisionedThroughput], [0, 0])
})

describe('demand', () => {
  const numbers = (options: Record<string, unknown>) => {
    const { inMBps, averageInMBps, outMBps, averageOutMBps, g } = load(options)
    return [inMBps, averageInMBps, outMBps, averageOutMBps, g]
  }
  const cases: readonly (readonly [string, Record<string, unknown>, readonly number[]])[] = [
    ['in alone: one group, average = peak', { in: '40MB/s' }, [40, 40, 40, 40, 1]],
    ['groups', { in: '40MB/s', 'average-in': '20MB/s', groups: 2 }, [40, 20, 80, 40, 2]],
    ['out alone: g may be fractional', { in: '40MB/s', 'average-in': '20MB/s', out: '30MB/s' }, [40, 20, 30, 15, 0.75]],
    ['average out by the peak g', { in: '40MB/s', out: '80MB/s', 'average-out': '10MB/s' }, [40, 40, 80, 10, 2]],
    ['MiB/s are converted', { in: '10MiB/s' }, [10.48576, 10.48576, 10.48576, 10.48576, 1]],
  ]
  for (const [name, options, expected] of cases) test(name, () => assert.deepEqual(numbers(options), expected))
})
