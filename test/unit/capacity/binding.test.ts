import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { planOf } from '../../../src/capacity/plan.ts'
import { data, load } from './_planning.ts'

const near = (actual: number | null, expected: number) =>
  assert.ok(actual !== null && Math.abs(actual - expected) <= 0.0006 * expected, `${actual} is not ${expected}`)

interface Case {
  name: string
  /** docs/planning.md, "Worked cases", has the working. */
  type: string
  options: Record<string, unknown>
  capacity: number
  alone: number
  brokers: number
}

const cases: readonly Case[] = [
  {
    name: 'ceiling',
    type: 'kafka.m7g.4xlarge',
    options: { in: '100MB/s', headroom: '10%' },
    capacity: 8.333,
    alone: 12,
    brokers: 12,
  },
  { name: 'resilient-ebs', type: 'kafka.m7g.large', options: { in: '40MB/s' }, capacity: 6.0577, alone: 7, brokers: 9 },
  {
    name: 'resilient-network',
    type: 'kafka.m5.large',
    options: { in: '20MB/s', groups: 5 },
    capacity: 3.5511,
    alone: 6,
    brokers: 6,
  },
  {
    name: 'partitions',
    type: 'kafka.m7g.large',
    options: { in: '1MB/s', partitions: 2001 },
    capacity: 1000,
    alone: 7,
    brokers: 9,
  },
  {
    name: 'storage',
    type: 'kafka.m7g.large',
    options: { in: '5MB/s', retention: '60d' },
    capacity: 16_384,
    alone: 9,
    brokers: 9,
  },
  {
    name: 'connections',
    type: 'kafka.m7g.large',
    options: { in: '1MB/s', connections: 9001, auth: 'iam' },
    capacity: 3000,
    alone: 4,
    brokers: 6,
  },
  {
    name: 'cpu',
    type: 'kafka.m7g.large',
    options: { in: '1MB/s', 'cpu-cores': 5 },
    capacity: 1.2,
    alone: 5,
    brokers: 6,
  },
  {
    name: 'ingress-quota',
    type: 'express.m7g.large',
    options: { in: '40MB/s', partitions: 100 },
    capacity: 11.7,
    alone: 4,
    brokers: 6,
  },
  {
    name: 'egress-quota',
    type: 'express.m7g.large',
    options: { in: '40MB/s', groups: 5, partitions: 100 },
    capacity: 31.2,
    alone: 7,
    brokers: 9,
  },
  {
    name: 'partition-rate',
    type: 'express.m7g.16xlarge',
    options: { in: '100MB/s', partitions: 2 },
    capacity: 30,
    alone: 1,
    brokers: 3,
  },
]

describe('every constraint binds in a case worked by hand', () => {
  for (const { name, type, options, capacity, alone, brokers } of cases) {
    test(`${name}: ${brokers} × ${type}`, () => {
      const planned = planOf(load(options), data, [type]).candidates.find((one) => one.type === type)!
      assert.equal(planned.binding, name)
      assert.equal(planned.brokers, brokers)
      const found = planned.constraints.find((one) => one.name === name)!
      near(found.capacity, capacity)
      assert.equal(found.brokers, alone)
    })
  }

  test('zones: three brokers for a load that one would take', () => {
    const [planned] = planOf(load({ in: '1MB/s' }), data, ['kafka.m7g.4xlarge']).candidates
    assert.deepEqual([planned!.binding, planned!.brokers], ['zones', 3])
    assert.ok(planned!.constraints.every((one) => one.brokers === 1))
  })

  const quotas: readonly (readonly [string, Record<string, unknown>])[] = [
    ['in', { in: '180MB/s', partitions: 2000 }],
    ['out', { in: '90MB/s', groups: 4, partitions: 2000 }],
    ['partition_in', { in: '8MB/s', partitions: 2 }],
    ['partition_out', { in: '4MB/s', groups: 4, partitions: 2 }],
    ['leader_partitions', { in: '8MB/s', partitions: 2300 }],
    ['connections', { in: '8MB/s', partitions: 100, connections: 2900 }],
    ['requests', { in: '8MB/s', partitions: 100, 'requests-per-mb': 900 }],
    ['groups', { in: '0.01MB/s', groups: 450, partitions: 100 }],
    ['message_max', { in: '8MB/s', partitions: 100, 'record-size': '7MiB' }],
  ]
  for (const [name, options] of quotas) {
    test(`serverless, ${name}`, () => {
      const { candidates, excluded } = planOf(load(options), data, ['serverless'])
      assert.deepEqual(excluded, [])
      assert.equal(candidates[0]!.binding, name)
    })
  }
})

describe('the order, and what is left out', () => {
  const plan = planOf(load({ in: '40MB/s', partitions: 100 }), data)

  test('by cost, then fewer brokers, then the name; serverless last, without brokers and cost', () => {
    const costs = plan.candidates.slice(0, -1).map((one) => one.costPerMonth!.total)
    assert.deepEqual(
      costs,
      costs.toSorted((a, b) => a - b),
    )
    const last = plan.candidates.at(-1)!
    assert.deepEqual([last.type, last.brokers, last.costPerMonth], ['serverless', null, null])
    assert.match(last.warnings.join(), /stale/)
    const ties = plan.candidates.filter(({ type }) => ['express.m7g.large', 'express.m7g.xlarge'].includes(type))
    assert.deepEqual(
      ties.map(({ type, brokers }) => [type, brokers]),
      [
        ['express.m7g.xlarge', 3],
        ['express.m7g.large', 6],
      ],
    )
  })

  test('all of 23 types, 10 provisioned ones and serverless are candidates or excluded, once each', () => {
    const names = [...plan.candidates, ...plan.excluded].map(({ type }) => type)
    assert.equal(names.length, 23 + 10 + 1)
    assert.equal(new Set(names).size, names.length)
  })

  test('more than 60 brokers are excluded with what asks for them, more than 30 are a warning', () => {
    const large = planOf(load({ in: '500MB/s', partitions: 100 }), data)
    const excluded = large.excluded.find(({ type }) => type === 'kafka.m5.large')!
    assert.match(excluded.reasons.join(), /resilient-network: \d+ brokers for 500 MB\/s in/)
    for (const { brokers, warnings } of large.candidates) {
      assert.equal((brokers ?? 0) > 30, /more than 30/.test(warnings.join()))
    }
  })

  test('a load above every quota: no candidate, and a reason for each type', () => {
    const { candidates, excluded } = planOf(load({ in: '90GB/s', partitions: 100 }), data)
    assert.deepEqual(candidates, [])
    assert.equal(excluded.length, 34)
    assert.ok(excluded.every(({ reasons }) => reasons.length > 0))
  })

  test('provisioned throughput above the most of a type is a reason against it alone', () => {
    const { candidates, excluded } = planOf(load({ in: '40MB/s', provisioned: '600MiB/s' }), data, ['kafka.m7g.*'])
    assert.ok(candidates.some(({ type }) => type === 'kafka.m7g.4xlarge+pst'))
    assert.ok(candidates.some(({ type }) => type === 'kafka.m7g.2xlarge'))
    assert.match(excluded.find(({ type }) => type === 'kafka.m7g.2xlarge+pst')!.reasons[0]!, /at most 312\.5/)
  })
})
