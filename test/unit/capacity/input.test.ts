import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unknownTypes } from '../../../src/capacity/candidates.ts'
import { clusterOf } from '../../../src/capacity/cluster.ts'
import { inputKeys, parseInput } from '../../../src/capacity/input.ts'
import { loadOf } from '../../../src/capacity/load.ts'
import { withPrices } from '../../../src/capacity/prices.ts'
import { loadOptions } from '../../../src/cli/commands/plan-options.ts'
import { readSource } from '../../../src/profile/source.ts'
import { data, texts } from './_planning.ts'

const problems = (options: Record<string, unknown>, text?: string): string[] =>
  parseInput({
    options,
    file: text === undefined ? null : { name: 'load.yaml', source: readSource(text) },
  }).problems.map(({ where, message }) => `${where}: ${message}`)

describe('input that is wrong', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, readonly string[]])[] = [
    ['zero', { in: '0MB/s' }, ['--in: expected above 0, got "0MB/s"']],
    ['negative', { in: '-4MB/s' }, ['--in: expected above 0, got "-4MB/s"']],
    ['no unit', { in: '40' }, ['--in: expected a rate with its unit, like 40MB/s, got "40"']],
    ['no time in the unit', { in: '40MB' }, ['--in: expected a rate with its unit, like 40MB/s, got "40MB"']],
    ['bits', { in: '40Mbit/s' }, ['--in: expected a rate with its unit, like 40MB/s, got "40Mbit/s"']],
    ['a time without a unit', { retention: '24' }, ['--retention: expected a time with its unit, like 24h, got "24"']],
    ['headroom as a number', { headroom: '80' }, ['--headroom: expected a percentage, like 80%, got "80"']],
    [
      'headroom above all',
      { headroom: '120%' },
      ['--headroom: expected at most 100%: above it the ceiling itself is exceeded'],
    ],
    ['half a partition', { partitions: '1.5' }, ['--partitions: expected a whole number, like 100, got "1.5"']],
    ['zero groups', { groups: '0' }, ['--groups: expected above 0, got "0"']],
    [
      'groups and out',
      { in: '1MB/s', groups: '2', out: '2MB/s' },
      ['--groups: excludes out, keep one of them: out = in × groups'],
    ],
    [
      'groups and out, one of them wrong',
      { groups: '2', out: '2' },
      [
        '--out: expected a rate with its unit, like 80MB/s, got "2"',
        '--groups: excludes out, keep one of them: out = in × groups',
      ],
    ],
    [
      'local retention above retention',
      { retention: '24h', 'local-retention': '25h' },
      ['--local-retention: expected at most retention, which is 24h'],
    ],
    [
      'local retention above the default',
      { 'local-retention': '2d' },
      ['--local-retention: expected at most retention, which is 24h'],
    ],
    [
      'average above the peak',
      { in: '1MB/s', 'average-in': '2MB/s' },
      ['--average-in: expected at most in, which is the peak'],
    ],
    ['an unknown way to log in', { auth: 'kerberos' }, ['--auth: expected iam, scram, tls, got "kerberos"']],
    [
      'provisioned below what is free',
      { provisioned: '100MiB/s' },
      ['--provisioned: expected 250MiB/s or more: a volume has that much without'],
    ],
  ]
  for (const [name, options, expected] of cases) test(name, () => assert.deepEqual(problems(options), expected))

  test('all of it at once', () => {
    const wrong = { in: '-1MB/s', retention: '24', 'local-retention': '30h', partitions: 'many', auth: 'x' }
    assert.equal(problems(wrong).length, 5)
  })

  test('in a file, with line and column; the option that overrides it is named instead', () => {
    const text = 'in: 40MB\nretentoin: 24h\npartitions: 0\nout: 1MB/s\n'
    assert.deepEqual(problems({ out: 'much' }, text), [
      'load.yaml:1:5 in: expected a rate with its unit, like 40MB/s, got "40MB"',
      '--out: expected a rate with its unit, like 80MB/s, got "much"',
      'load.yaml:3:13 partitions: expected above 0, got "0"',
      'load.yaml:2:1 retentoin: unknown key, did you mean "retention"?',
    ])
    assert.deepEqual(problems({}, 'in: 1MB/s\nin: 2MB/s\n'), ['load.yaml:2:1: duplicate key "in", keep one'])
    assert.deepEqual(problems({}, '- 1\n'), ['load.yaml:1:1: expected keys with values, like "in: 40MB/s"'])
  })

  test('an unknown type names the one that was meant', () => {
    assert.deepEqual(unknownTypes(['kafka.m7g.larg', 'express.*', 'kafka.m7g.2xlarge+pst'], data), [
      'unknown type "kafka.m7g.larg", did you mean "kafka.m7g.large"?',
    ])
  })

  test('a cluster is a number and a type', () => {
    assert.throws(() => clusterOf('kafka.m7g.large', data, null), /expected a number of brokers and a type/)
    assert.throws(() => clusterOf('6xkafka.m7g.largo', data, null), /did you mean "kafka.m7g.large"/)
    assert.throws(() => clusterOf('6xkafka.m7g.large+pst', data, null), /has no provisioned throughput/)
    assert.deepEqual(clusterOf('6xkafka.m7g.4xlarge+pst', data, 500).candidate.provisionedMiBps, 500)
  })
})

describe('input that is right', () => {
  test('a file and options have the same keys, and options win', () => {
    const text = 'in: 40MB/s\naverage-in: 20MB/s\ngroups: 2\nrack-aware: false\nlocal-retention: 6h\nheadroom: 70%\n'
    const { input, problems: none } = parseInput({
      options: { groups: '3' },
      file: { name: 'load.yaml', source: readSource(`${text}types: [express.*]\n`) },
    })
    assert.deepEqual(none, [])
    const { isRackAware, groups, headroom, localRetentionHours, outMBps } = loadOf(input)
    assert.deepEqual(
      { isRackAware, groups, headroom, localRetentionHours, outMBps },
      { isRackAware: false, groups: 3, headroom: 0.7, localRetentionHours: 6, outMBps: 120 },
    )
    assert.deepEqual(input.types, ['express.*'])
  })

  test('nothing but the peak is needed; the defaults are those that are documented', () => {
    const load = loadOf(parseInput({ options: { in: '1MB/s' }, file: null }).input)
    assert.deepEqual(
      [load.replication, load.zones, load.retentionHours, load.localRetentionHours, load.headroom, load.isRackAware],
      [3, 3, 24, 24, 0.8, true],
    )
    assert.deepEqual([load.growthPerYear, load.partitions, load.connections, load.auth], [0, null, null, null])
  })

  test('every key of a file is an option', () => {
    assert.deepEqual(
      loadOptions.map(([key]) => key),
      inputKeys,
    )
  })
})

describe('prices of a file', () => {
  const table = 'item,value,unit,region,as_of,src,note\n'

  test('replace those that it names: items and broker types, with region and date', () => {
    const changed = withPrices(
      data,
      `${table}ebs_storage,0.2,USD/GiB-month,eu-central-1,2026-11-01,own,\nkafka.m7g.large,0.3,USD/h,eu-central-1,2026-11-01,own,\n`,
      'own.csv',
    )
    assert.equal(changed.prices.get('ebs_storage')!.value, 0.2)
    assert.equal(changed.brokers.find(({ type }) => type === 'kafka.m7g.large')!.usdPerHour, 0.3)
    assert.equal(changed.prices.get('tiered_storage')!.value, 0.023)
    assert.deepEqual([changed.region, changed.asOf], ['eu-central-1', '2026-11-01'])
  })

  test('the shipped tables are themselves such files', () => {
    const { brokers, prices } = withPrices(data, texts.prices, 'prices.csv')
    assert.deepEqual([brokers, [...prices]], [data.brokers, [...data.prices]])
    const raised = texts.brokers.replace(/,0\.204,/, ',0.408,')
    const changed = withPrices(data, raised, 'brokers.csv')
    assert.equal(changed.brokers.find(({ type }) => type === 'kafka.m7g.large')!.usdPerHour, 0.408)
  })

  test('everything that is wrong, with its line', () => {
    const wrong = `${table}ebs_storag,0.2,,,,,\ntiered_storage,-1,,,,,\n`
    assert.throws(
      () => withPrices(data, wrong, 'own.csv'),
      (error: { details: string[] }) => {
        assert.deepEqual(error.details, [
          'own.csv:2: unknown item "ebs_storag", did you mean "ebs_storage"?',
          'own.csv:3: tiered_storage: expected a price above 0, got "-1"',
        ])
        return true
      },
    )
    assert.throws(() => withPrices(data, 'a,b\n1,2\n', 'own.csv'), /no table of prices/)
  })
})
