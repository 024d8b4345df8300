import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { planOf } from '../../../src/capacity/plan.ts'
import { data, load } from './_planning.ts'

/** Conflicts of a candidate by their ids. */
function conflicts(type: string, options: Record<string, unknown>) {
  const planned = planOf(load(options), data, [type]).candidates.find((one) => one.type === type)!
  return new Map(planned.conflicts.map((one) => [one.id, one]))
}

describe('a candidate names the readings that were taken, and what the others would give', () => {
  const cases: readonly (readonly [id: number, type: string, options: Record<string, unknown>, other: RegExp])[] = [
    // min(EBS 1250, 250) ÷ 6.5 ÷ 2 = 19.2 MB/s in; with 1000 MiB/s 76.9.
    [1, 'kafka.m7g.8xlarge', { in: '100MB/s' }, /^at 1000 MiB\/s: 3 brokers, /],
    [2, 'kafka.m7g.2xlarge+pst', { in: '10MB/s' }, /would not exist/],
    [3, 'kafka.m5.24xlarge', { in: '10MB/s', partitions: 10 }, /at most 4000: the same brokers/],
    // 200 MB/s out ÷ 31.2 = 7 → 9 brokers; ÷ (2.5 · 15.6 = 39) = 6.
    [4, 'express.m7g.large', { in: '40MB/s', groups: 5 }, /^egress 2\.5 × ingress: 6 brokers, /],
    // 80.47 USD of storage become 241.40.
    [5, 'express.m7g.large', { in: '10MB/s' }, /^three copies billed: 3 brokers as well, \$1 706 a month$/],
    // 20 ÷ 4.8 = 5 → 6 brokers; by K_ebs 20 ÷ 6.25 = 4 → 6.
    [6, 'kafka.m5.large', { in: '40MB/s' }, /^4\.8 MB\/s in per broker: 9 brokers as well, /],
    [
      7,
      'kafka.m7g.large',
      { in: '40MB/s', replication: 2 },
      /^only storage follows the replication factor: 8 brokers, /,
    ],
    [8, 'kafka.m7g.16xlarge', { in: '60MB/s' }, /^MiB\/s converted: 3 brokers, /],
    [
      9,
      'kafka.m7g.16xlarge+pst',
      { in: '240MB/s', retention: '1h' },
      /^without utilization 0\.5: 3 brokers, .*raw figure 154 MB\/s in/,
    ],
  ]
  for (const [id, type, options, other] of cases) {
    test(`${id}, ${type}`, () => {
      const zones = id === 7 ? { zones: 2 } : {}
      const found = conflicts(type, { ...options, ...zones }).get(id)
      assert.ok(found, `no conflict ${id}`)
      assert.equal(found.taken, data.conflicts.find((one) => one.id === id)!.taken)
      assert.match(found.other, other)
    })
  }

  test('every conflict of the data has a case', () => {
    assert.deepEqual(
      data.conflicts.map(({ id }) => id),
      cases.map(([id]) => id),
    )
  })

  test('none that it does not rest on', () => {
    assert.deepEqual([...conflicts('kafka.m7g.large', { in: '10MB/s' }).keys()], [8])
    assert.deepEqual([...conflicts('kafka.m7g.8xlarge+pst', { in: '10MB/s' }).keys()], [8])
  })
})
