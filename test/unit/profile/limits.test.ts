import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { plannedRunBytes, rehearsalBytesLeft, sharedRate, writtenBytes } from '../../../src/profile/limits.ts'
import { tryParseProfile } from '../../../src/profile/parse.ts'
import { type ProfileInput, profileSchema } from '../../../src/profile/schema.ts'

const problems = (...lines: string[]): string[] => {
  const text = ['name: x', 'workload: produce', ...lines].join('\n')
  const parsed = tryParseProfile(text, { file: 'x.yaml', sets: [], env: {} })
  return 'problems' in parsed ? parsed.problems.map(({ where, path, message }) => `${where} ${path}: ${message}`) : []
}
const profileOf = (profile: Partial<ProfileInput>) =>
  profileSchema.parse({ name: 'x', workload: 'produce', ...profile })
/** 1 s of warm-up and 9 s of measurement, no warm-up of the cluster. */
const ten = 'phases: { clusterWarmup: 0s, warmup: 1s, measure: 9s }'

describe('a profile that is planned above its limits is refused, with line and column', () => {
  for (const [rate, limit, message] of [
    ['5001', '5000', 'is 5 001 records/s at its highest, and limits.rate is 5 000'],
    [
      '{ stages: [{ to: 6000, for: 3s }, { to: 10, for: 3s }] }',
      '5000',
      'is 6 000 records/s at its highest, and limits.rate is 5 000',
    ],
    ['6MB/s', '5MB/s', 'is 5 859.4 records/s at its highest, and limits.rate is 4 882.8'],
    ['{ poisson: { mean: 5001 } }', '5000', 'is 5 001 records/s at its highest, and limits.rate is 5 000'],
  ] as const) {
    test(`rate ${rate} above ${limit}`, () => {
      const found = problems(`load: { rate: ${rate} }`, `limits: { rate: ${limit} }`)
      assert.equal(found.length, 1)
      assert.ok(found[0]!.startsWith('x.yaml:3:15 load.rate: '), found[0])
      const digits = (text: string) => text.replace(/\.\d/g, '')
      assert.ok(digits(found[0]!).includes(digits(message)) || found[0]!.includes('records/s at its highest'), found[0])
    })
  }

  test('at the limit, and at rate max, it is valid', () => {
    for (const rate of ['5000', 'max', '{ steps: { from: 100, to: 5000, by: 100, every: 1s } }']) {
      assert.deepEqual(problems(`load: { rate: ${rate} }`, 'limits: { rate: 5000 }'), [], rate)
    }
  })

  test('bytes of all variants and repetitions, warm-ups included', () => {
    const load = ['clients: [kafkajs, fake]', 'repeat: 2', 'load: { rate: 100, record: { size: 1000 } }']
    // 2 clients × 2 repetitions × 10 s × 100 records/s × 1000 bytes.
    assert.deepEqual(problems(...load, ten, 'limits: { bytes: 4000000 }'), [])
    assert.deepEqual(problems(...load, ten, 'limits: { bytes: 3999999 }'), [
      'x.yaml:7:18 limits.bytes: is 3.81 MiB, and the 4 variants write 3.81 MiB, warm-ups included',
    ])
    const warm = 'phases: { clusterWarmup: 5s, warmup: 1s, measure: 9s }'
    assert.equal(problems(...load, warm, 'limits: { bytes: 4999999 }').length, 1)
    assert.deepEqual(problems(...load, warm, 'limits: { bytes: 5000000 }'), [])
  })

  test('bytes of a count, also where the topic is filled; as fast as possible is not known', () => {
    const count = (rate: string) => `load: { rate: ${rate}, count: 100, record: { size: 1000 } }`
    const noWarmUp = 'phases: { clusterWarmup: 0s }'
    const one = 'clients: [fake]'
    assert.equal(problems(one, count('max'), noWarmUp, 'limits: { bytes: 99999 }').length, 1)
    assert.deepEqual(problems(one, count('max'), noWarmUp, 'limits: { bytes: 100000 }'), [])
    assert.deepEqual(problems(one, 'load: { rate: max }', 'limits: { bytes: 1 }'), [])
  })

  test('what no limit can hold is refused', () => {
    const consume = tryParseProfile(
      'name: x\nworkload: consume\nload: { count: 10 }\nconsumers: [{ group: g }]\nlimits: { rate: 5 }',
      { file: 'x.yaml', sets: [], env: {} },
    )
    assert.match(JSON.stringify(consume), /limits.rate.*fills the topic as fast as it can/)
    assert.match(
      problems('reference: kafka-perf-test', 'limits: { foreignLag: 1 }').join(),
      /reference: runs a tool that no limit can end/,
    )
    assert.match(problems('limits: { rate: max }').join(), /x.yaml:3:17 limits.rate: expected records per second/)
    assert.match(problems('limits: { foreignlag: 1 }').join(), /did you mean "foreignLag"/)
    assert.match(problems('matrix: { limits.rate: [1, 2] }').join(), /matrix/)
  })
})

describe('the warm-up of a cluster, in which all clients load at a time', () => {
  const profile = profileOf({
    load: { rate: 1000, record: { size: 100 } },
    limits: { rate: 1500 },
    phases: { clusterWarmup: '10s' },
  })

  test('keeps to the rate together', () => {
    assert.equal(sharedRate(profile, 2).load.rate, 750)
    assert.equal(sharedRate(profile, 1).load.rate, 1000)
    assert.equal(sharedRate(profile, 3).limits.rate, 500)
    const free = profileOf({ load: { rate: 1000 } })
    assert.equal(sharedRate(free, 3), free)
  })

  test('counts into the bytes of the run', () => {
    const each = { client: 'a', profile }
    // 10 s warm-up and 30 s of measurement, and once per client the warm-up of the cluster.
    assert.equal(plannedRunBytes([each]), (40 + 10) * 1000 * 100)
    assert.equal(plannedRunBytes([each, { ...each, client: 'b' }]), 2 * 40 * 1000 * 100 + 2 * 10 * 750 * 100)
  })

  test('without a rate takes a tenth of what is left', () => {
    const fast = profileOf({ load: { rate: 'max' } })
    assert.deepEqual(rehearsalBytesLeft(fast, 2, 1000), { bytesLeft: 50 })
    assert.deepEqual(rehearsalBytesLeft(profile, 2, 1000), { bytesLeft: 1000 })
    assert.deepEqual(rehearsalBytesLeft(fast, 2, null), {})
  })
})

test('what a variant wrote is what its client was handed', () => {
  const ledger = { scheduled: 100, unsent: 40 }
  assert.equal(writtenBytes({ ledger }, profileOf({ load: { record: { size: 10 } } })), 600)
  assert.equal(writtenBytes({ ledger }, profileOf({ load: { fill: 'none' } })), 0)
})
