import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { variantSeconds } from '../../../src/profile/estimate.ts'
import { type ParseOptions, parseProfile, problemText, tryParseProfile } from '../../../src/profile/parse.ts'
import { meanRecordBytes } from '../../../src/profile/record-bytes.ts'
import { meanRate, recordsDue, rehearsalSchedule, scheduleOf } from '../../../src/profile/schedule-of.ts'
import { isMax, plainRate, rateText } from '../../../src/profile/shapes.ts'
import kafkaPerfTest from '../../../src/references/kafka-perf-test.ts'

const parse = (rate: string, lines: readonly string[] = [], options: Partial<ParseOptions> = {}) => {
  const text = ['name: x', 'workload: produce', ...lines, `load: { rate: ${rate} }`].join('\n')
  return parseProfile(text, { file: 'p.yaml', sets: [], env: {}, ...options })
}
const phases = (text: string) => `phases: { ${text} }`
const profileOf = (rate: string, lines: readonly string[] = []) => parse(rate, lines).profile

const problems = (line: string, options: Partial<ParseOptions> = {}): string[] => {
  const text = `name: x\nworkload: produce\nseed: 1\n${line}\n`
  const result = tryParseProfile(text, { file: 'p.yaml', sets: [], env: {}, ...options })
  return 'problems' in result ? result.problems.map(problemText) : []
}

describe('the schedule of a profile', () => {
  const inSeconds = (rate: string, lines: readonly string[] = []) =>
    scheduleOf(profileOf(rate, lines)).segments?.map(({ fromNs, toNs, perSec }) => [
      fromNs / 1e9,
      toNs / 1e9,
      ...perSec,
    ])
  const short = phases('warmup: 10s, measure: 30s')

  for (const [what, rate, expected] of [
    ['a constant rate is one segment', '333.3', [[0, 40, 333.3, 333.3]]],
    ['warm-up holds the rate at time zero', '{ sine: { mean: 100, amplitude: 0, period: 30s } }', [[0, 40, 100, 100]]],
    [
      'which is 0 for a ramp from 0',
      '{ stages: [ { to: 9, for: 30s } ] }',
      [
        [0, 10, 0, 0],
        [10, 40, 0, 9],
      ],
    ],
    [
      'and the first step of a staircase',
      '{ steps: { from: 5, to: 7, by: 2, every: 10s } }',
      [
        [0, 20, 5, 5],
        [20, 40, 7, 7],
      ],
    ],
    [
      'too short: the last rate is held',
      '{ stages: [ { from: 2, to: 9, for: 10s } ] }',
      [
        [0, 10, 2, 2],
        [10, 20, 2, 9],
        [20, 40, 9, 9],
      ],
    ],
    [
      'a last jump is held',
      '{ stages: [ { from: 9, to: 9, for: 10s }, { to: 1, for: 0s } ] }',
      [
        [0, 20, 9, 9],
        [20, 40, 1, 1],
      ],
    ],
    [
      'too long: it is cut',
      '{ stages: [ { from: 0, to: 60, for: 60s } ] }',
      [
        [0, 10, 0, 0],
        [10, 40, 0, 30],
      ],
    ],
    [
      'replay repeats',
      '{ replay: { csv: "0,1\\n20,3" } }',
      [
        [0, 10, 1, 1],
        [10, 30, 1, 3],
        [30, 40, 1, 2],
      ],
    ],
  ] as const) {
    test(what, () => assert.deepEqual(inSeconds(rate, [short]), expected))
  }
  test('max has no segments, and its count', () => {
    const { load } = profileOf('max')
    assert.deepEqual(scheduleOf({ ...profileOf('max'), load: { ...load, count: 7 } }), {
      segments: null,
      count: 7,
      poisson: false,
      seed: 1,
    })
  })
  test('poisson keeps the seed of the profile', () => {
    const { poisson, seed, segments } = scheduleOf(profileOf('{ poisson: { mean: 5 } }', ['seed: 9', short]))
    assert.deepEqual([poisson, seed, segments!.length], [true, 9, 1])
  })
  test('phases of fractions of a ns are whole, as on the axis', () => {
    const { segments } = scheduleOf(profileOf('5', [phases('warmup: 0s, measure: 4.15m')]))
    assert.deepEqual(segments, [{ fromNs: 0, toNs: 249e9, perSec: [5, 5] }])
  })
})

test('a rehearsal runs at the rate at time zero, or at the mean where that is 0, without count or chance', () => {
  const perSec = (rate: string) => {
    const profile = profileOf(rate, [phases('clusterWarmup: 4s, measure: 20s')])
    const { segments, count, poisson } = rehearsalSchedule({ ...profile, load: { ...profile.load, count: 1 } })
    assert.deepEqual([count, poisson], [null, false])
    return segments?.map(({ toNs, perSec: [from] }) => [toNs / 1e9, from])
  }
  assert.deepEqual(perSec('100'), [[4, 100]])
  assert.deepEqual(perSec('{ poisson: { mean: 7 } }'), [[4, 7]])
  assert.deepEqual(perSec('{ bursts: { base: 3, peak: 9, for: 1s, every: 5s } }'), [[4, 3]])
  assert.deepEqual(perSec('{ stages: [ { to: 50, for: 20s } ] }'), [[4, 25]])
  assert.deepEqual(perSec('max'), undefined)
})

test('mean rate and number of records', () => {
  const lines = [phases('warmup: 10s, measure: 20s')]
  assert.equal(meanRate(profileOf('333.3', lines)), 333.3)
  assert.equal(meanRate(profileOf('max', lines)), null)
  assert.equal(meanRate(profileOf('{ stages: [ { to: 50, for: 10s } ] }', lines)), 37.5)
  assert.equal(recordsDue(profileOf('100', lines)), 3000)
  assert.equal(recordsDue(profileOf('{ stages: [ { to: 50, for: 10s } ] }', lines)), 750)
  assert.equal(recordsDue(profileOf('max', lines)), null)
})

test('the estimate knows shapes: as many records are audited as are due', () => {
  const seconds = (rate: string) => variantSeconds(profileOf(rate, [phases('warmup: 0s, measure: 60s')]))
  assert.ok(Math.abs(seconds('{ stages: [ { to: 40000, for: 60s } ] }') - seconds('20000')) < 1e-9)
  assert.ok(seconds('{ bursts: { base: 0, peak: 40000, for: 5s, every: 10s } }') > seconds('10000'))
})

describe('bytes per second', () => {
  const rateOf = (rate: string, record: string) =>
    parseProfile(`name: x\nworkload: produce\nload: { rate: ${rate}, record: ${record} }`, {
      file: 'p',
      sets: [],
      env: {},
    }).profile.load.rate
  for (const [rate, record, expected] of [
    ['40MB/s', '{ size: 1000 }', 40_000],
    ['1MiB/s', '{ size: 1KiB }', 1024],
    ['1000B/s', '{ size: { uniform: [100B, 300B] } }', 5],
    ['1KB/s', '{ size: { list: [100B, 300B] } }', 5],
    ['1000B/s', '{ size: 98, keys: { distribution: uniform, cardinality: 10 } }', 10],
    ['1000B/s', '{ size: 97, keys: { distribution: sequential, cardinality: 1 } }', 1000 / 99],
  ] as const) {
    test(`${rate} of ${record}`, () => assert.equal(rateOf(rate, record), expected))
  }
  test('mean key bytes are those of the keys that are drawn', () => {
    const bytes = (distribution: 'uniform' | 'zipf', cardinality: number, exponent = 1) =>
      meanRecordBytes({ size: 0, keys: { cardinality, distribution, exponent } })
    assert.equal(bytes('uniform', 100), (10 * 2 + 90 * 3) / 100)
    for (const [cardinality, exponent] of [
      [5000, 1],
      [12_345, 0.5],
      [100_000, 1.5],
    ] as const) {
      let [weights, sum] = [0, 0]
      for (let index = 0; index < cardinality; index++) {
        const weight = (index + 1) ** -exponent
        weights += weight
        sum += weight * `k${index}`.length
      }
      assert.ok(Math.abs(bytes('zipf', cardinality, exponent) - sum / weights) < 1e-6, `${cardinality} ${exponent}`)
    }
  })
  test('records without bytes have no such rate', () => {
    assert.deepEqual(problems('load: { rate: 1MB/s, record: { size: 0 } }'), [
      'p.yaml:4:15 load.rate: is Infinity records/s at 0 bytes per record, expected above 0 to 100000000 records/s',
    ])
  })
})

describe('errors have their place', () => {
  for (const [rate, expected] of [
    ['0', 'p.yaml:4:15 load.rate: expected more than 0, got 0'],
    ['1e308', 'p.yaml:4:15 load.rate: expected 100000000 or less, got 1e+308'],
    ['.inf', /^p.yaml:4:15 load.rate: expected .* got Infinity$/],
    ['{}', /^p.yaml:4:15 load.rate: expected records per second, like 5000, .* or a shape/],
    ['{ posson: { mean: 5 } }', 'p.yaml:4:17 load.rate.posson: unknown key, did you mean "poisson"?'],
    ['{ poisson: { mean: 5 }, stages: [ { to: 5, for: 1s } ] }', /^p.yaml:4:15 load.rate|keep one of them/],
    ['{ stages: [] }', 'p.yaml:4:25 load.rate.stages: expected at least one entry'],
    ['{ stages: [ { to: 1e999, for: 1s } ] }', /^p.yaml:4:33 load.rate.stages.0.to: expected a number/],
    [
      '{ stages: [ { to: 5, for: 10 } ] }',
      /^p.yaml:4:41 load.rate.stages.0.for: expected a duration with a unit, like 1m, got 10$/,
    ],
    ['{ stages: [ { to: 5, for: 99999999999h } ] }', /stages.0.for: expected 1000h or less/],
    [
      '{ stages: [ { to: 0, for: 1s } ] }',
      'p.yaml:4:25 load.rate.stages: is 0 all through the measurement, expected some load',
    ],
    ['{ bursts: { base: 0, peak: 9, for: 1s, every: 1m } }', /^p.yaml:4:25 load.rate.bursts: is 0 all through/],
    [
      '{ steps: { from: 1, to: 5, by: 0, every: 1s } }',
      /^p.yaml:4:46 load.rate.steps.by: expected more than 0, got 0$/,
    ],
    [
      '{ sine: { mean: 5, amplitude: 6, period: 1s } }',
      /^p.yaml:4:45 load.rate.sine.amplitude: expected at most the mean/,
    ],
    ['{ replay: {} }', 'p.yaml:4:25 load.rate.replay.file: missing, expected file: day.csv'],
  ] as const) {
    test(rate, () => {
      const found = problems(`load: { rate: ${rate} }`)
      if (typeof expected === 'string') assert.deepEqual(found, [expected])
      else assert.match(found[0] ?? 'nothing', expected)
      assert.equal(found.length, 1)
    })
  }
  test('from the command line as well', () => {
    const sets = [{ path: 'load.rate', value: '{ sine: { mean: 5, amplitude: 6, period: 1s } }' }]
    assert.match(
      problems('phases: {}', { sets })[0]!,
      /^--set load.rate load.rate.sine.amplitude: expected at most the mean/,
    )
  })
})

describe('files', () => {
  const readText = (file: string) => {
    if (file === 'day.csv') return 'seconds,rate\n0,100\n60,200\n'
    if (file === 'torn.csv') return '0,100\n60,20\n7'
    throw new Error(`there is no file ${file}`)
  }
  const written = '{ replay: { file: day.csv } }'

  test('are read with the profile, which holds what they say', () => {
    const parsed = parse(written, [], { readText })
    assert.deepEqual(parsed.profile.load.rate, {
      replay: { file: 'day.csv', speed: 1, scale: 1, seconds: [0, 60], perSec: [100, 200] },
    })
  })
  test('a stored profile reads the same without them', () => {
    const parsed = parse(written, [], { readText })
    const stored = JSON.stringify(parsed.input)
    const again = parseProfile(stored, {
      file: 'stored',
      sets: [],
      env: {},
      readText: () => assert.fail('not to be read'),
    })
    assert.deepEqual(again.profile, parsed.profile)
  })
  test('of a matrix, of include and of --set are read, each once', () => {
    let reads = 0
    const counted = (file: string) => {
      reads++
      return readText(file)
    }
    const matrix = `matrix: { load: { flat: { load.rate: 5 }, day: { load.rate: ${written} } } }`
    const parsed = parse(written, [matrix], {
      readText: counted,
      sets: [{ path: 'include.0', value: `{ name: n, load.rate: ${written} }` }],
    })
    assert.equal(reads, 1)
    const rates = parsed.cells.map(({ profile }) => rateText(profile.load.rate))
    assert.deepEqual([...new Set(rates)], ['5 records/s', 'in the shape replay'])
  })
  test('that are not there, torn or hostile are errors where they are named', () => {
    assert.deepEqual(problems('load: { rate: { replay: { file: no.csv } } }', { readText }), [
      'p.yaml:4:33 load.rate.replay.file: there is no file no.csv',
    ])
    assert.deepEqual(problems('load: { rate: { replay: { file: torn.csv } } }', { readText }), [
      'p.yaml:4:33 load.rate.replay.file: torn.csv:3: expected seconds,rate, like 60,1500',
    ])
  })
  test('are not asked for where nothing can read them', () => {
    const rate = profileOf(written).load.rate
    assert.deepEqual(rate, { replay: { file: 'day.csv', speed: 1, scale: 1, seconds: [], perSec: [] } })
    assert.throws(() => scheduleOf(profileOf(written)), /its file was not read/)
  })
})

describe('notes', () => {
  for (const [rate, expected] of [
    [
      '{ stages: [ { to: 5, for: 31s } ] }',
      ['load.rate: the shape takes 31s, and phases.measure is 30s: what comes later is left out'],
    ],
    ['{ stages: [ { to: 5, for: 30s } ] }', []],
    [
      '{ steps: { from: 1, to: 4, by: 1, every: 10s } }',
      ['load.rate: the shape takes 40s, and phases.measure is 30s: what comes later is left out'],
    ],
    [
      '{ replay: { csv: "0,1\\n86400,1", speed: 60 } }',
      ['load.rate: the shape takes 24m, and phases.measure is 30s: what comes later is left out'],
    ],
    ['{ replay: { csv: "0,1\\n10,1" } }', []],
    ['{ sine: { mean: 5, amplitude: 1, period: 1m } }', []],
    ['5000', []],
  ] as const) {
    test(rate, () => assert.deepEqual(parse(rate).notes, expected))
  }
})

test('what knows numbers and max only says so', () => {
  const shape = profileOf('{ poisson: { mean: 5 } }').load.rate
  assert.throws(() => plainRate(shape), /expected a number or max here, not the shape poisson/)
  assert.deepEqual([plainRate(5), plainRate('max'), isMax('max'), isMax(shape)], [5, 'max', true, false])
  assert.match(kafkaPerfTest.unsupported(profileOf('{ poisson: { mean: 5 } }'))!, /constant rate/)
  assert.equal(kafkaPerfTest.unsupported(profileOf('5')), null)
})

test('a rate can be a dimension of the matrix, bytes per second and max included', () => {
  const parsed = parse('5', ['clients: [fake]', 'matrix: { load.rate: [100, 1MB/s, max] }'])
  assert.deepEqual(
    parsed.cells.map(({ params, profile }) => [params['load.rate'], profile.load.rate]),
    [
      [100, 100],
      ['1MB/s', 1e6 / 1024],
      ['max', 'max'],
    ],
  )
})
