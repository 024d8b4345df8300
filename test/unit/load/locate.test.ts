import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDurationMs } from '../../../src/base/units.ts'
import { createAxis, type PhaseLengths, planAxis } from '../../../src/load/axis.ts'
import { locate } from '../../../src/load/locate.ts'

/** The rows of an axis without an end of its schedule. */
const rowsOf = (plan: PhaseLengths) => createAxis(planAxis(plan, Number.POSITIVE_INFINITY)).rows

const lengths = (warmupMs: number, measureMs: number, drainMs = 0): PhaseLengths => ({ warmupMs, measureMs, drainMs })

describe('the time axis', () => {
  test('is cut at every phase boundary and every full second of a phase', () => {
    const rows = rowsOf(lengths(1500, 2300))
    const head = rows.slice(0, 6).map(({ phase, fromNs, toNs }) => [phase, fromNs / 1e6, toNs / 1e6])
    assert.deepEqual(head, [
      ['warmup', 0, 1000],
      ['warmup', 1000, 1500],
      ['measure', 1500, 2500],
      ['measure', 2500, 3500],
      ['measure', 3500, 3800],
      ['drain', 3800, 4800],
    ])
  })

  test('has no gaps, and phases of length zero have no row', () => {
    for (const plan of [lengths(0, 1000), lengths(1000, 0), lengths(0, 0), lengths(10_000, 30_000, 15_000)]) {
      const rows = rowsOf(plan)
      let atNs = 0
      for (const row of rows) {
        assert.equal(row.fromNs, atNs)
        assert.ok(row.toNs > row.fromNs)
        atNs = row.toNs
      }
      assert.equal(atNs, (plan.warmupMs + plan.measureMs + plan.drainMs + 60_000) * 1e6)
      const phases = new Set(rows.map(({ phase }) => phase))
      assert.equal(phases.has('warmup'), plan.warmupMs > 0)
      assert.equal(phases.has('measure'), plan.measureMs > 0)
    }
  })

  test('a duration that is no exact double leaves no sliver of a row, over which a rate would explode', () => {
    // 4.15 min are 249000.00000000003 ms in floating point.
    for (const text of ['4.15m', '16.1m', '64.15m', '0.1s', '1.005s', '333.3ms', '0.3333s']) {
      const rows = rowsOf(lengths(0, parseDurationMs(text)!)).filter(({ phase }) => phase === 'measure')
      const last = rows.at(-1)!
      assert.ok(last.toNs - last.fromNs >= 1e3, `${text}: last row of ${last.toNs - last.fromNs} ns`)
      assert.ok(rows.every(({ fromNs, toNs }) => Number.isInteger(fromNs) && Number.isInteger(toNs)))
    }
  })
})

describe('locate', () => {
  const { edges } = planAxis(lengths(1500, 2300), Number.POSITIVE_INFINITY)

  test('a moment on an edge belongs to the row that starts there', () => {
    for (const [ms, index] of [
      [0, 0],
      [999.999999, 0],
      [1000, 1],
      [1499.999999, 1],
      [1500, 2],
      [3500, 4],
      [3799.999999, 4],
      [3800, 5],
    ] as const) {
      assert.equal(locate(edges, ms * 1e6), index, `${ms} ms`)
    }
  })

  test('agrees with a linear search everywhere', () => {
    for (let ns = -1e9; ns < 70e9; ns += 77_777_777) {
      let brute = 0
      while (brute < edges.length - 2 && edges[brute + 1]! <= ns) brute++
      assert.equal(locate(edges, ns), brute)
    }
  })

  test('is clamped to the first and the last row', () => {
    assert.equal(locate(edges, -5e9), 0)
    assert.equal(locate(edges, 1e15), edges.length - 2)
  })
})
