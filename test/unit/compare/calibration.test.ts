import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { calibrate, metricNoiseOf, noiseFrom, parseCalibration } from '../../../src/compare/calibration.ts'
import { comparedRun } from '../../../src/compare/compared-run.ts'
import { compareMetrics } from '../../../src/compare/comparison.ts'
import { repeatedRun } from '../../fixtures/repeated.ts'

const rng = createRng(11)
const normal = () => Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float())
const runs = (n: number, mean: number, cv: number) => Array.from({ length: n }, () => mean * (1 + cv * normal()))

test('noise of a known scatter: its CV, and shifts as they are between halves of ten', () => {
  const many = Array.from({ length: 40 }, () => metricNoiseOf(runs(10, 200, 0.05), false)!)
  const mean = (of: (noise: (typeof many)[number]) => number) =>
    many.reduce((sum, one) => sum + of(one), 0) / many.length
  assert.ok(Math.abs(mean(({ cv }) => cv) - 0.05) < 0.006, `CV ${mean(({ cv }) => cv)}`)
  // Two halves of five: the standard error of their difference is 0.05 × √(2/5) = 3.2 %, twice that at 95 %.
  const p95 = mean(({ shiftP95 }) => shiftP95)
  assert.ok(p95 > 0.045 && p95 < 0.08, `95 % of A/A shifts within ${p95}`)
  for (const { shiftP50, shiftP95, shiftMax } of many) assert.ok(shiftP50 <= shiftP95 && shiftP95 <= shiftMax)
})

test('the smallest difference that n runs can show: fewer with more runs, and found nine times in ten when tried', () => {
  // Ten runs whose quantiles are those of a normal with CV 5 %.
  const values = [91.8, 94.7, 96.6, 98.1, 99.4, 100.6, 101.9, 103.4, 105.3, 108.2]
  const { detectable, shiftP95 } = metricNoiseOf(values, true)!
  const shown = [4, 5, 6, 10].map((n) => detectable![String(n)]!)
  assert.deepEqual(
    shown,
    [...shown].sort((a, b) => b - a),
  )
  const found = (shift: number) => {
    let count = 0
    for (let pair = 0; pair < 400; pair++) {
      const samples = { metric: 'm', direction: 'lower' as const, noise: shiftP95, gated: true }
      const [one] = compareMetrics([
        { ...samples, base: runs(10, 100, 0.05), other: runs(10, 100 * (1 + shift), 0.05) },
      ])
      if (one!.verdict === 'worse') count++
    }
    return count / 400
  }
  assert.ok(found(shown[3]!) > 0.8 && found(shown[3]!) < 0.99, `${found(shown[3]!)} at ${shown[3]}`)
  assert.ok(found(shown[3]! / 2) < 0.6)
})

test('no noise where shares mean nothing', () => {
  assert.equal(metricNoiseOf([0, 0, 0, 0, 0, 0], true), null)
  assert.equal(metricNoiseOf([1, 2, 3, 4, 5], true), null)
  assert.equal(metricNoiseOf([1, 2, 3, 4, 5, Number.POSITIVE_INFINITY], true), null)
  const constant = metricNoiseOf([5, 5, 5, 5, 5, 5], true)!
  assert.deepEqual([constant.cv, constant.shiftP95], [0, 0])
})

test('of a run: every variant with enough repetitions, the noisiest counts; survives JSON', () => {
  const noisy = repeatedRun({ runId: 'r', repetitions: 8 })
  for (const [at, variant] of noisy.variants.entries()) {
    if (variant.params.client === 'kafkajs') variant.produce.ackedPerSec = 1000 * (1 + (at % 4) / 10)
  }
  const made = calibrate(comparedRun(noisy, 'r'), ['produce.ackedPerSec'])
  assert.deepEqual(
    made.variants.map(({ label, repetitions }) => [label, repetitions]),
    [
      ['kafkajs', 8],
      ['node-rdkafka', 8],
    ],
  )
  const [kafkajs, rdkafka] = made.variants.map(({ metrics }) => metrics['produce.ackedPerSec']!)
  assert.ok(kafkajs!.shiftP95 > rdkafka!.shiftP95 && rdkafka!.shiftP95 < 0.02)
  assert.equal(noiseFrom(made, 'produce.ackedPerSec'), kafkajs!.shiftP95)
  assert.equal(noiseFrom(made, 'no.such'), null)
  assert.deepEqual(parseCalibration(JSON.parse(JSON.stringify(made))), made)
  assert.match(String(parseCalibration({ kind: 'kbench-baseline' })), /kbench-calibration/)
  assert.deepEqual(calibrate(comparedRun(repeatedRun({ runId: 's', repetitions: 5 }), 's'), []).variants, [])
})
