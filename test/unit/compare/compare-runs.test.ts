import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../src/base/errors.ts'
import { fromBaseline, toBaseline } from '../../../src/compare/baseline.ts'
import { type CompareOptions, compareRuns } from '../../../src/compare/compare-runs.ts'
import { comparedRun } from '../../../src/compare/compared-run.ts'
import { metricValue } from '../../../src/compare/metric.ts'
import type { FaultResult, Variant } from '../../../src/contracts/result.ts'
import { brokerKilled } from '../../fixtures/faults.ts'
import { type Repeated, repeatedRun } from '../../fixtures/repeated.ts'

const options: CompareOptions = {
  across: [],
  allowEnvironment: false,
  metrics: ['produce.ackedPerSec', 'produce.responseUs.p50', 'lag.g1.maxRecords'],
  gate: null,
  noise: () => 0.05,
}
const run = (made: Omit<Repeated, 'runId'> & { runId?: string }) => {
  const result = repeatedRun({ runId: 'run', ...made })
  return comparedRun(result, made.runId ?? 'run')
}
const withProfile = (profile: Record<string, unknown>) => ({
  changes: { profile: { ...repeatedRun({ runId: 'x', repetitions: 1 }).profile, ...profile } },
})
const refused =
  (code: string, ...words: RegExp[]) =>
  (error: unknown) => {
    assert.ok(error instanceof KbenchError)
    assert.equal(error.code, code)
    for (const word of words) assert.match([error.message, ...error.details, error.hint].join('\n'), word)
    return true
  }

describe('what is compared with what', () => {
  test('the same combination of two runs; the first is the base', () => {
    const { pairs } = compareRuns([run({ runId: 'a' }), run({ runId: 'b', slower: 1.2, seed: 2 })], options)
    assert.deepEqual(
      pairs.map(({ base, other }) => [base.run.label, base.label, other.run.label, other.label]),
      [
        ['a', 'kafkajs', 'b', 'kafkajs'],
        ['a', 'node-rdkafka', 'b', 'node-rdkafka'],
      ],
    )
    const p99 = pairs[0]!.metrics.find(({ metric }) => metric === 'produce.responseUs.p99')!
    assert.deepEqual([p99.verdict, p99.gated], ['worse', true])
    assert.ok(Math.abs(p99.relative!.shift - 0.2) < 0.04)
    assert.equal(pairs[0]!.metrics[0]!.verdict, 'equivalent')
    assert.deepEqual(pairs[0]!.differences, [])
  })

  test('variants of one run, across a key', () => {
    const { pairs } = compareRuns([run({})], { ...options, across: ['client'] })
    assert.deepEqual(
      pairs.map(({ base, other, differences }) => [base.label, other.label, differences.map(({ key }) => key)]),
      [['kafkajs', 'node-rdkafka', ['client', 'environment.client']]],
    )
    assert.equal(pairs[0]!.metrics[1]!.verdict, 'better')
  })

  test('other matrix keys stay equal: a pair for each of their values', () => {
    const keyed = (acks: string) =>
      run({
        variant: (variant) => ({
          ...variant,
          id: `${variant.id},${acks}`,
          params: { ...variant.params, 'producers.acks': acks },
        }),
      })
    const both = keyed('1')
    both.variants.push(...keyed('all').variants)
    const across = compareRuns([both], { ...options, across: ['producers.acks'] })
    assert.deepEqual(
      across.pairs.map(({ base, other }) => [base.label, other.label]),
      [
        ['kafkajs acks=1', 'kafkajs acks=all'],
        ['node-rdkafka acks=1', 'node-rdkafka acks=all'],
      ],
    )
    assert.equal(compareRuns([both], { ...options, across: ['producers.acks', 'client'] }).pairs.length, 3)
  })

  test('one run alone needs a key, and is told which', () => {
    assert.throws(() => compareRuns([run({})], options), refused('usage', /nothing to compare/, /--across client/))
  })
})

describe('what is unlike is refused', () => {
  test('another profile: what differs is listed, and naming it is enough', () => {
    const other = run({ runId: 'b', ...withProfile({ seed: 77 }) })
    const runs = [run({ runId: 'a' }), other]
    assert.throws(
      () => compareRuns(runs, options),
      refused('usage', /a and b are not alike/, /seed: \S+ \| 77/, /--across seed/),
    )
    const { pairs } = compareRuns(runs, { ...options, across: ['seed'] })
    assert.deepEqual(
      pairs[0]!.differences.map(({ key }) => key),
      ['seed'],
    )
  })

  test('a key allows what lies inside it, not what only begins like it', () => {
    const { load } = repeatedRun({ runId: 'x', repetitions: 1 }).profile as { load: object }
    const runs = [run({ runId: 'a' }), run({ runId: 'b', ...withProfile({ load: { ...load, rate: 1 } }) })]
    assert.equal(compareRuns(runs, { ...options, across: ['load'] }).pairs.length, 2)
    assert.throws(() => compareRuns(runs, { ...options, across: ['load.r'] }), refused('usage', /load\.rate/))
  })

  test('another machine: --allow-environment', () => {
    const { environment } = repeatedRun({ runId: 'x', repetitions: 1 })
    const runs = [
      run({ runId: 'a' }),
      run({ runId: 'b', changes: { environment: { ...environment, cpu: 'another' } } }),
    ]
    assert.throws(() => compareRuns(runs, options), refused('usage', /environment\.cpu/, /--allow-environment/))
    assert.equal(compareRuns(runs, { ...options, allowEnvironment: true }).pairs.length, 2)
  })

  test('brokers that were started otherwise are another environment', () => {
    const { cluster } = repeatedRun({ runId: 'x', repetitions: 1 })
    const runs = [
      run({ runId: 'a' }),
      run({ runId: 'b', changes: { cluster: { ...cluster, brokerOptions: { nice: 10 } } } }),
    ]
    assert.throws(
      () => compareRuns(runs, options),
      refused('usage', /environment\.brokerOptions/, /--allow-environment/),
    )
    assert.equal(compareRuns(runs, { ...options, allowEnvironment: true }).pairs.length, 2)
  })

  test('thresholds, repetitions and the name of a profile are no difference', () => {
    const other = run({ runId: 'b', repetitions: 5, ...withProfile({ name: 'b', thresholds: [] }) })
    assert.equal(compareRuns([run({ runId: 'a' }), other], options).pairs.length, 2)
  })
})

describe('what is left out', () => {
  const spoilt = (variant: Variant): Variant =>
    variant.repeat === 2 ? { ...variant, status: 'invalid', reasons: ['schedule lag p99 is 9 ms'] } : variant

  test('N15: an invalid repetition counts against its side, and is named', () => {
    const { pairs, notes } = compareRuns([run({ runId: 'a' }), run({ runId: 'b', variant: spoilt })], options)
    assert.equal(pairs[0]!.other.repetitions.length, 5)
    assert.equal(pairs[0]!.metrics[0]!.other.length, 6)
    assert.equal(
      notes[0],
      'client=kafkajs#2 of b counts as worse than every valid repetition: invalid, schedule lag p99 is 9 ms',
    )
  })

  test('all of them: that is an error', () => {
    const bad = run({ runId: 'b', variant: (variant) => ({ ...variant, status: 'failed', reasons: [] }) })
    assert.throws(() => compareRuns([run({ runId: 'a' }), bad], options), refused('invalid', /nothing is left/))
  })

  test('a metric that one side does not have', () => {
    const mute = run({ runId: 'b', variant: (variant) => ({ ...variant, consume: null }) })
    const { pairs } = compareRuns([run({ runId: 'a' }), mute], { ...options, gate: ['consume.endToEndUs.p99'] })
    assert.deepEqual(pairs[0]!.unmeasured, ['consume.endToEndUs.p99'])
  })

  test('three repetitions are inconclusive', () => {
    const { pairs } = compareRuns(
      [run({ runId: 'a', repetitions: 3 }), run({ runId: 'b', repetitions: 3, slower: 3 })],
      options,
    )
    assert.deepEqual(
      [...new Set(pairs.flatMap(({ metrics }) => metrics.map(({ verdict }) => verdict)))],
      ['inconclusive'],
    )
  })

  test('one lost record is said, whatever the medians', () => {
    const lossy = (variant: Variant): Variant =>
      variant.id === 'client=kafkajs#4' ? { ...variant, integrity: { ...variant.integrity, lost: 3 } } : variant
    const { notes } = compareRuns([run({ runId: 'a' }), run({ runId: 'b', variant: lossy })], options)
    assert.deepEqual(notes, ['kafkajs of b lost 3 acknowledged records, in 1 of 6 repetitions'])
  })
})

describe('numbers of a variant', () => {
  const [variant] = repeatedRun({ runId: 'x', repetitions: 1 }).variants

  test('a percentile lost to what was not acknowledged is worse than any; one of nothing is unknown', () => {
    const responseUs = variant!.produce.responseUs!
    const of = (latency: object) =>
      metricValue(
        { ...variant!, produce: { ...variant!.produce, responseUs: { ...responseUs, ...latency } } },
        'produce.responseUs.p99',
      )
    assert.equal(of({ p99: null, notAcked: 900 }), Number.POSITIVE_INFINITY)
    assert.equal(of({ p99: null, count: 0 }), null)
    assert.equal(metricValue({ ...variant!, consume: null }, 'consume.endToEndUs.p99'), null)
  })

  test('a lag that did not drain is worse than any that did', () => {
    const lag = { g1: { ...variant!.lag.g1!, drainS: null } }
    assert.equal(metricValue({ ...variant!, lag }, 'lag.g1.drainS'), Number.POSITIVE_INFINITY)
    assert.equal(metricValue({ ...variant!, lag }, 'lag.g1.maxSeconds'), variant!.lag.g1!.maxSeconds)
  })

  const peak = { records: 900, seconds: 2, atS: 12 }
  const drains = [
    { name: 'drained', fault: {}, expected: 7 },
    { name: 'not drained', fault: { drainS: { g1: null } }, expected: Number.POSITIVE_INFINITY },
    {
      name: 'one of two groups not drained',
      fault: { drainS: { g1: 7, g2: null }, lagPeak: { g1: peak, g2: peak } },
      expected: Number.POSITIVE_INFINITY,
    },
    {
      name: 'no undisturbed time before it, so no level',
      fault: { drainS: { g1: null }, calmBeforeS: null },
      expected: null,
    },
    {
      name: 'lag that nobody saw',
      fault: { drainS: { g1: null }, lagPeak: { g1: { records: null, seconds: null, atS: null } } },
      expected: null,
    },
    {
      name: 'an old result, which does not tell the time before',
      fault: { drainS: { g1: null }, calmBeforeS: undefined },
      expected: Number.POSITIVE_INFINITY,
    },
  ]
  for (const { name, fault, expected } of drains) {
    test(`the drain after a fault is as bad as can be only where that is known: ${name}`, () => {
      const one = {
        ...brokerKilled().variants[0]!.faults[0]!,
        calmBeforeS: 20,
        drainS: { g1: 7 },
        lagPeak: { g1: peak },
        ...fault,
      } as FaultResult
      assert.equal(metricValue({ ...variant!, faults: [one] }, 'faults.drainS.max'), expected)
    })
  }
})

test('a baseline compares as its run does, is small, and survives JSON', () => {
  const original = run({
    runId: 'a',
    variant: (variant) => ({ ...variant, lag: { g1: { ...variant.lag.g1!, drainS: null } } }),
  })
  const text = JSON.stringify(toBaseline(original, (settings) => `digest of ${settings.length}`))
  assert.ok(text.length < 80_000, `${text.length} bytes`)
  const restored = fromBaseline(JSON.parse(text), 'a')
  assert.ok(typeof restored !== 'string', String(restored))
  assert.deepEqual(
    restored.variants.map(({ values }) => values),
    original.variants.map(({ values }) => values),
  )
  const other = run({ runId: 'b', seed: 5, slower: 1.3 })
  const verdicts = (base: typeof original) => compareRuns([base, other], options).pairs.map(({ metrics }) => metrics)
  assert.deepEqual(verdicts(restored), verdicts(original))
  assert.match(String(fromBaseline({ ...JSON.parse(text), schemaVersion: 2 }, 'a')), /schemaVersion/)
})
