import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import { type Axis, createAxis, type PhaseLengths, planAxis } from '../../../src/load/axis.ts'
import { createSchedule } from '../../../src/load/schedule.ts'

const axisOf = (lengths: PhaseLengths, scheduleEndNs = Number.POSITIVE_INFINITY) =>
  createAxis(planAxis(lengths, scheduleEndNs))
const phasesOf = (axis: Axis) => axis.spec.phases.map(({ name, fromNs, toNs }) => [name, fromNs / 1e9, toNs / 1e9])

/** Rows and phases cover the axis once, in order. */
function checkPartition(axis: Axis): void {
  const { rows, spec } = axis
  assert.equal(rows.length, spec.edges.length - 1)
  for (const [at, row] of rows.entries()) {
    assert.deepEqual([row.row, row.fromNs, row.toNs], [at, spec.edges[at], spec.edges[at + 1]])
    assert.ok(Number.isInteger(row.toNs) && row.toNs > row.fromNs && row.toNs - row.fromNs <= 1e9 + 0)
    const phase = axis.phase(row.phase)!
    assert.ok(row.fromNs >= phase.fromNs && row.toNs <= phase.toNs)
    for (const ns of [row.fromNs, row.toNs - 1, row.fromNs + 0.5]) assert.equal(axis.rowOf(ns), at)
  }
  const joined = (['warmup', 'measure', 'drain'] as const).flatMap((name) => axis.rowsOf(name))
  assert.deepEqual(joined, rows)
  for (const [at, { fromNs }] of spec.phases.entries()) assert.equal(fromNs, at === 0 ? 0 : spec.phases[at - 1]!.toNs)
}

const lengths = { warmupMs: 2000, measureMs: 3000, drainMs: 1500 }

describe('the planned axis', () => {
  test('has a row per full second of a phase, and 60 s beyond the deadline of the drain', () => {
    const axis = axisOf(lengths)
    assert.deepEqual(phasesOf(axis), [
      ['warmup', 0, 2],
      ['measure', 2, 5],
      ['drain', 5, 66.5],
    ])
    assert.equal(axis.rows.length, 2 + 3 + 62)
    assert.equal(axis.loadEndNs, 5e9)
    checkPartition(axis)
  })
  test('seconds begin anew with each phase, and all edges are whole ns', () => {
    const axis = axisOf({ warmupMs: 1500, measureMs: 249_000.00000000003, drainMs: 0 })
    assert.deepEqual(axis.spec.edges.slice(0, 4), [0, 1e9, 1.5e9, 2.5e9])
    assert.equal(axis.rowsOf('measure').length, 249)
    checkPartition(axis)
  })
  test('a phase of no length is left out', () => {
    const axis = axisOf({ warmupMs: 0, measureMs: 1000, drainMs: 0 })
    assert.equal(axis.phase('warmup'), null)
    assert.deepEqual(axis.rowsOf('warmup'), [])
    checkPartition(axis)
  })
  test('rowOf clamps', () => {
    const axis = axisOf(lengths)
    assert.deepEqual([axis.rowOf(-5), axis.rowOf(1e15), axis.rowOf(axis.spec.edges.at(-1)!)], [0, 66, 66])
  })
})

describe('N2: the measure phase ends where the schedule does', () => {
  for (const [what, endNs, expected] of [
    [
      'in measure',
      4.25e9,
      [
        ['warmup', 0, 2],
        ['measure', 2, 4.25],
        ['drain', 4.25, 65.75],
      ],
    ],
    [
      'on a full second',
      4e9,
      [
        ['warmup', 0, 2],
        ['measure', 2, 4],
        ['drain', 4, 65.5],
      ],
    ],
    [
      'with the warm-up',
      2e9,
      [
        ['warmup', 0, 2],
        ['drain', 2, 63.5],
      ],
    ],
    [
      'in the warm-up',
      1.5e9,
      [
        ['warmup', 0, 1.5],
        ['drain', 1.5, 63],
      ],
    ],
    ['before anything', 0, [['drain', 0, 61.5]]],
    [
      'after measure',
      7e9,
      [
        ['warmup', 0, 2],
        ['measure', 2, 5],
        ['drain', 5, 66.5],
      ],
    ],
  ] as const) {
    test(what, () => {
      const axis = axisOf(lengths, endNs)
      assert.deepEqual(phasesOf(axis), expected)
      checkPartition(axis)
    })
  }
  test('load: { rate: 1000, count: 5000 }: 1000/s over the measurement that there is', () => {
    const segments = [{ fromNs: 0, toNs: 32e9, perSec: [1000, 1000] as const }]
    const schedule = createSchedule({ segments, count: 5000, poisson: false, seed: 1 })
    const measure = axisOf({ warmupMs: 2000, measureMs: 30_000, drainMs: 5000 }, schedule.endNs).phase('measure')!
    assert.deepEqual(measure, { name: 'measure', fromNs: 2e9, toNs: 5e9 })
    assert.equal(schedule.dueIn(measure.fromNs, measure.toNs)! / ((measure.toNs - measure.fromNs) / 1e9), 1000)
  })
})

describe('a cut', () => {
  test('leaves whole rows of the load, with the numbers they had', () => {
    const axis = axisOf(lengths)
    const cut = axis.cut(4.5e9)
    assert.deepEqual(phasesOf(cut), [
      ['warmup', 0, 2],
      ['measure', 2, 4],
      ['drain', 4, 66.5],
    ])
    assert.deepEqual(
      cut.rows.map(({ row, fromNs }) => [row, fromNs]),
      axis.rows.map(({ row, fromNs }) => [row, fromNs]),
    )
    assert.equal(cut.loadEndNs, 4e9)
    checkPartition(cut)
  })
  test('on an edge keeps the row before it', () => assert.equal(axisOf(lengths).cut(3e9).phase('measure')!.toNs, 3e9))
  test('in the warm-up leaves no measurement', () => {
    const cut = axisOf(lengths).cut(1.2e9)
    assert.deepEqual(phasesOf(cut), [
      ['warmup', 0, 1],
      ['drain', 1, 66.5],
    ])
    assert.equal(cut.phase('measure'), null)
    assert.equal(axisOf(lengths).cut(2.5e9).phase('measure'), null)
  })
  test('before the first row leaves drain alone', () => {
    for (const at of [-1, 0, 0.5e9]) assert.deepEqual(phasesOf(axisOf(lengths).cut(at)), [['drain', 0, 66.5]])
  })
  test('at or after the end of the load changes nothing', () => {
    const axis = axisOf(lengths)
    for (const at of [5e9, 5.5e9, 1e12, Number.POSITIVE_INFINITY]) assert.deepEqual(axis.cut(at).spec, axis.spec)
  })
  test('of a cut is the earlier of the two', () => {
    const axis = axisOf(lengths)
    assert.deepEqual(axis.cut(4e9).cut(3e9).spec, axis.cut(3e9).spec)
    assert.deepEqual(axis.cut(3e9).cut(4e9).spec, axis.cut(3e9).spec)
  })
  test('never changes what it was made of', () => {
    const axis = axisOf(lengths)
    const before = JSON.stringify([axis.spec, axis.rows])
    axis.cut(2.5e9)
    assert.equal(JSON.stringify([axis.spec, axis.rows]), before)
    for (const value of [
      axis,
      axis.spec,
      axis.spec.edges,
      axis.spec.phases,
      axis.rows,
      axis.rows[0],
      axis.phase('measure'),
      axis.rowsOf('measure'),
    ]) {
      assert.ok(Object.isFrozen(value))
    }
  })
  test('property: any lengths, any end of the schedule, any cut', () => {
    const rng = createRng(99)
    const ms = () => [0, 1, 999, 1000, 1001, 12_345, 20_000.5][rng.below(7)]!
    for (let round = 0; round < 400; round++) {
      const planned = { warmupMs: ms(), measureMs: ms(), drainMs: ms() }
      const axis = axisOf(planned, rng.below(3) === 0 ? Number.POSITIVE_INFINITY : rng.below(40_000) * 1e6)
      checkPartition(axis)
      const at = rng.below(50_000) * 1e6
      const cut = axis.cut(at)
      checkPartition(cut)
      assert.ok(cut.loadEndNs <= Math.min(at, axis.loadEndNs))
      assert.ok(Math.min(at, axis.loadEndNs) - cut.loadEndNs < 1e9)
    }
  })
})

test('edges and phases that do not fit together are refused', () => {
  const phases = [{ name: 'warmup', fromNs: 0, toNs: 10 }] as const
  for (const edges of [[], [0], [0, 5], [0, 5, 5, 10], [0, 12], [0, 10, 20], [1, 10], [0, 7, 6, 10]]) {
    assert.throws(() => createAxis({ edges, phases }), RangeError, JSON.stringify(edges))
  }
  assert.throws(() => createAxis({ edges: [0, 10], phases: [] }), RangeError)
})
