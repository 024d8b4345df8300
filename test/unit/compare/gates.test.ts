import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KbenchError } from '../../../src/base/errors.ts'
import { fromBaseline, toBaseline } from '../../../src/compare/baseline.ts'
import { calibrate, nearestRank } from '../../../src/compare/calibration.ts'
import { type CompareOptions, type Comparison, compareRuns } from '../../../src/compare/compare-runs.ts'
import { comparedRun } from '../../../src/compare/compared-run.ts'
import type { BoundBy } from '../../../src/contracts/findings.ts'
import type { Variant } from '../../../src/contracts/result.ts'
import { compareJson } from '../../../src/reports/compare/json.ts'
import { comparePage } from '../../../src/reports/compare/page.ts'
import { compareTable } from '../../../src/reports/compare/terminal.ts'
import { compareJunit, compareMarkdown } from '../../../src/reports/compare/text-files.ts'
import { boundLines, notMeasuredText } from '../../../src/reports/compare/words.ts'
import { type Repeated, repeatedRun } from '../../fixtures/repeated.ts'

const options: CompareOptions = {
  across: [],
  allowEnvironment: false,
  metrics: ['produce.ackedPerSec', 'produce.responseUs.p99'],
  gate: null,
  noise: () => 0.05,
}
const run = (runId: string, made: Omit<Repeated, 'runId'> = {}) =>
  comparedRun(repeatedRun({ runId, clients: ['kafkajs'], ...made }), runId)
const isUsage =
  (...words: RegExp[]) =>
  (error: unknown) => {
    assert.ok(error instanceof KbenchError)
    assert.equal(error.code, 'usage')
    for (const word of words) assert.match([error.message, error.hint].join('\n'), word)
    return true
  }
const gatedOf = ({ pairs }: Comparison) => pairs[0]!.metrics.flatMap(({ metric, gated }) => (gated ? [metric] : []))

/** Producers that wait for nothing: what the recorder makes of them. */
const unacked = (variant: Variant): Variant => ({
  ...variant,
  effectiveConfig: { ...variant.effectiveConfig, producer: { ...variant.effectiveConfig.producer, acks: 0 } },
  ledger: { ...variant.ledger, acked: 0, unknown: variant.ledger.scheduled },
  produce: { ...variant.produce, ackedPerSec: 0, ackedBytesPerSec: 0, responseUs: null, serviceUs: null },
})
const acks0 = {
  changes: { profile: { ...repeatedRun({ runId: 'x', repetitions: 1 }).profile, producers: { acks: 0 } } },
}

describe('N14: a gate that cannot fail', () => {
  test('acks 0 is gated on what is measured', () => {
    const slow = (variant: Variant): Variant => {
      const made = unacked(variant)
      return {
        ...made,
        produce: { ...made.produce, sentPerSec: made.produce.sentPerSec * (0.5 + variant.repeat / 100) },
      }
    }
    const compared = compareRuns(
      [run('a', { ...acks0, variant: unacked }), run('b', { ...acks0, variant: slow })],
      options,
    )
    assert.deepEqual(gatedOf(compared), ['produce.sentPerSec', 'consume.receivedPerSec', 'consume.endToEndUs.p99'])
    assert.equal(compared.pairs[0]!.metrics.find(({ metric }) => metric === 'produce.sentPerSec')!.verdict, 'worse')
    assert.ok(compared.pairs[0]!.unmeasured.includes('produce.ackedPerSec'))
  })

  for (const metric of [
    'produce.ackedPerSec',
    'produce.ackedBytesPerSec',
    'produce.responseUs.p99',
    'integrity.lost',
  ]) {
    test(`--gate ${metric} is refused with acks 0`, () => {
      const runs = [run('a', { ...acks0, variant: unacked }), run('b', { ...acks0, variant: unacked })]
      assert.throws(() => compareRuns(runs, { ...options, gate: [metric] }), isUsage(/with acks 0/, /sentPerSec/))
    })
  }

  test('acks 0 by a client setting, against the profile', () => {
    const runs = [run('a', { variant: unacked }), run('b', { variant: unacked })]
    assert.throws(() => compareRuns(runs, { ...options, gate: ['produce.ackedPerSec'] }), isUsage(/acks 0/))
  })

  test('acks 0 of a matrix beside acks all: not measured on that side, and said so', () => {
    const keyed = (acks: string | number, change: (variant: Variant) => Variant) => (variant: Variant) =>
      change({ ...variant, id: `${variant.id},${acks}`, params: { ...variant.params, 'producers.acks': acks } })
    const both = run('a', { variant: keyed('all', (variant) => variant) })
    both.variants.push(...run('a', { variant: keyed(0, unacked) }).variants)
    const compared = compareRuns([both], { ...options, across: ['producers.acks'] })
    assert.ok(gatedOf(compared).includes('produce.sentPerSec'))
    assert.equal(
      notMeasuredText(compared.pairs[0]!, 'produce.ackedPerSec'),
      'was not measured in acks=0: with acks 0 nothing is acknowledged',
    )
  })

  test('a baseline of acks 0 that kbench 0.1 wrote holds zeros', () => {
    const old = JSON.parse(JSON.stringify(toBaseline(run('a', { ...acks0, variant: unacked }), () => 'x')))
    delete old.definitions
    for (const variant of old.variants) {
      variant.values['produce.ackedPerSec'] = 0
      delete variant.isBad
      delete variant.bound
    }
    const restored = fromBaseline(old, 'a')
    assert.ok(typeof restored !== 'string', String(restored))
    assert.equal(restored.definitions, 1)
    const compared = compareRuns([restored, run('b', { ...acks0, variant: unacked })], options)
    assert.ok(!gatedOf(compared).includes('produce.ackedPerSec'))
  })

  test('a number that is neither good nor bad is refused', () => {
    const runs = [run('a'), run('b')]
    for (const metric of ['produce.recordsPerBatch', 'ledger.scheduled', 'produce.responseUs.count']) {
      assert.throws(() => compareRuns(runs, { ...options, gate: [metric] }), isUsage(/neither better nor worse/))
    }
  })

  test('a topic that is only read is gated on what was received', () => {
    const read = (variant: Variant): Variant => ({
      ...variant,
      produce: {
        ...variant.produce,
        sentPerSec: 0,
        ackedPerSec: 0,
        ackedBytesPerSec: 0,
        responseUs: null,
        serviceUs: null,
      },
    })
    const compared = compareRuns([run('a', { variant: read }), run('b', { variant: read })], options)
    assert.deepEqual(gatedOf(compared), ['consume.receivedPerSec', 'consume.endToEndUs.p99'])
    assert.ok(compared.pairs[0]!.unmeasured.includes('produce.ackedPerSec'))
  })
})

describe('N15: repetitions that failed or are invalid', () => {
  const bad =
    (status: Variant['status'], ...repeats: number[]) =>
    (variant: Variant): Variant =>
      repeats.includes(variant.repeat) ? { ...variant, status, reasons: [`${status}: it broke`] } : variant

  for (const status of ['failed', 'invalid'] as const) {
    test(`${status}: the worst of its side, by name`, () => {
      const { pairs, notes } = compareRuns([run('a'), run('b', { variant: bad(status, 2, 5) })], options)
      const [acked, p99] = pairs[0]!.metrics
      assert.deepEqual([acked!.other.length, acked!.other.filter((value) => value === 0).length], [6, 2])
      assert.equal(p99!.other.filter((value) => value === Number.POSITIVE_INFINITY).length, 2)
      assert.match(notes.join('\n'), new RegExp(`#2 of b counts as worse .*: ${status}.*it broke`))
      assert.match(notes.join('\n'), /#5 of b counts as worse/)
    })
  }

  test('most of a side failing is worse, however well the rest did', () => {
    const { pairs } = compareRuns(
      [
        run('a', { repetitions: 10 }),
        run('b', { repetitions: 10, slower: 0.5, variant: bad('failed', 1, 2, 3, 4, 5, 6, 7, 8, 9) }),
      ],
      options,
    )
    assert.equal(pairs[0]!.metrics.find(({ metric }) => metric === 'produce.ackedPerSec')!.verdict, 'worse')
  })

  test('it is the same on the side of the base', () => {
    const { pairs } = compareRuns([run('a', { variant: bad('failed', 1) }), run('b')], options)
    assert.deepEqual([pairs[0]!.metrics[0]!.base.length, pairs[0]!.base.bad.length], [6, 1])
  })

  test('interrupted by hand: left out and named; by a threshold: counted', () => {
    const by =
      (text: string) =>
      (variant: Variant): Variant =>
        variant.repeat === 3 ? { ...variant, status: 'interrupted', reasons: [text] } : variant
    const left = compareRuns([run('a'), run('b', { variant: by('interrupted') })], options)
    assert.equal(left.pairs[0]!.metrics[0]!.other.length, 5)
    assert.deepEqual(left.notes, ['client=kafkajs#3 of b is left out, 5 remain: interrupted'])
    const ended = compareRuns([run('a'), run('b', { variant: by('ended early: x < 1 missed by 7 s') })], options)
    assert.equal(ended.pairs[0]!.metrics[0]!.other.length, 6)
  })

  test('a valid repetition that lacks a number is named', () => {
    const mute = (variant: Variant): Variant => (variant.repeat === 4 ? { ...variant, consume: null } : variant)
    const { notes } = compareRuns([run('a'), run('b', { variant: mute })], options)
    assert.deepEqual(notes, ['kafkajs of b: consume.endToEndUs.p99 was not measured in client=kafkajs#4'])
  })

  test('a metric without good or bad has no worst', () => {
    const metrics = ['produce.recordsPerBatch']
    const { pairs } = compareRuns([run('a'), run('b', { variant: bad('failed', 2) })], { ...options, metrics })
    assert.equal(pairs[0]!.metrics[0]!.other.length, 5)
  })

  test('every form tells it', () => {
    const compared = compareRuns([run('a'), run('b', { variant: bad('failed', 2) })], options)
    assert.match(
      compareTable(compared, { columns: 100, color: false }),
      /other .*6 repetitions, 1 of them counted as worst/,
    )
    assert.match(compareMarkdown(compared), /\(n=6\)[\s\S]*counts as worse/)
    const { countedAsWorst } = JSON.parse(compareJson(compared)).pairs[0].other
    assert.deepEqual(countedAsWorst, [{ id: 'client=kafkajs#2', status: 'failed', reason: 'failed: it broke' }])
    assert.match(
      comparePage(compared, () => null),
      /<td>failed<\/td>/,
    )
  })
})

describe('N16: a gated metric that was not measured', () => {
  const mute = (variant: Variant): Variant => ({ ...variant, consume: null })

  test('is a failed case in the JUnit file', () => {
    const compared = compareRuns([run('a'), run('b', { variant: mute })], {
      ...options,
      gate: ['produce.ackedPerSec', 'consume.endToEndUs.p99'],
    })
    const xml = compareJunit(compared)
    assert.match(xml, /tests="2" failures="1" skipped="0"/)
    assert.match(xml, /name="consume\.endToEndUs\.p99"><failure message="was not measured in b"/)
    assert.match(compareMarkdown(compared), /end-to-end p99 \\\* \| \| \| \| was not measured in b/)
    assert.match(
      comparePage(compared, () => null),
      /<div class="verdict bad">/,
    )
  })

  test('and so is a pair that was not judged at all', () => {
    const two = run('a', { clients: ['kafkajs', 'node-rdkafka'] })
    const xml = compareJunit(compareRuns([two, run('b')], options))
    assert.match(xml, /<testsuite name="not judged" tests="1" failures="1"/)
    assert.match(xml, /node-rdkafka is only in a/)
  })
})

describe('N18: quantiles of small samples are nearest ranks', () => {
  test('never a rank too high', () => {
    const values = (n: number) => Array.from({ length: n }, (_, at) => n - at)
    for (let n = 1; n <= 300; n++) {
      for (const percent of [1, 5, 25, 50, 75, 90, 95, 99, 100]) {
        assert.equal(
          nearestRank(values(n), percent / 100),
          Math.max(1, Math.ceil((n * percent) / 100)),
          `p${percent} of ${n}`,
        )
      }
    }
  })

  test('the noise of a calibration is one of the shifts that occurred', () => {
    const { variants } = calibrate(run('a', { repetitions: 6 }), [])
    const { shiftP95, shiftMax } = variants[0]!.metrics['produce.responseUs.p99']!
    // Ten ways to halve six runs: the 95 % quantile is the tenth, not an eleventh.
    assert.equal(shiftP95, shiftMax)
  })
})

describe('V7: what bound the two', () => {
  const bound =
    (...by: BoundBy[]) =>
    (variant: Variant): Variant => ({ ...variant, bound: { by, evidence: [] } })
  const lines = (a: BoundBy[], b: BoundBy[]) =>
    boundLines(compareRuns([run('a', { variant: bound(...a) }), run('b', { variant: bound(...b) })], options).pairs[0]!)

  test('a limit of the cluster that both met is stated in every form', () => {
    const compared = compareRuns(
      [run('a', { variant: bound('broker-cpu', 'quota') }), run('b', { variant: bound('quota') })],
      options,
    )
    const words = /both were bound by a quota of the brokers: .*does not mean that the clients are equal/
    assert.match(boundLines(compared.pairs[0]!).join(), words)
    assert.match(compareTable(compared, { columns: 200, color: false }), words)
    assert.match(compareMarkdown(compared), words)
    assert.match(
      comparePage(compared, () => null),
      words,
    )
    assert.deepEqual(JSON.parse(compareJson(compared)).pairs[0].bound.shared, ['quota'])
  })

  test('the schedule, different limits, and what is not known', () => {
    assert.match(lines(['schedule'], ['schedule'])[0]!, /both were bound by the schedule/)
    assert.deepEqual(lines(['client-cpu'], ['broker-cpu']), [
      "a was bound by the client's CPU",
      "b was bound by the brokers' CPU",
    ])
    assert.deepEqual(lines(['client-cpu'], ['client-cpu']).length, 2)
    assert.deepEqual(lines(['unknown'], ['unknown']), [
      'a: what bound it is not known',
      'b: what bound it is not known',
    ])
    assert.deepEqual(boundLines(compareRuns([run('a'), run('b')], options).pairs[0]!), [])
  })

  test('a baseline keeps it', () => {
    const original = run('a', { variant: bound('disk') })
    const restored = fromBaseline(JSON.parse(JSON.stringify(toBaseline(original, () => 'x'))), 'a')
    assert.ok(typeof restored !== 'string', String(restored))
    assert.deepEqual(restored.variants[0]!.bound, ['disk'])
  })
})

test('results of different definitions are compared, with a note', () => {
  const now = run('b', { changes: { definitions: 2 } })
  const { notes, pairs } = compareRuns([run('a'), now], options)
  assert.equal(pairs.length, 1)
  assert.match(notes.join(), /a follows definitions 1, b follows definitions 2: .*docs\/measuring\.md/)
  assert.deepEqual(compareRuns([now, { ...now, label: 'c' }], options).notes, [])
})
