import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDurationMs } from '../../../src/base/units.ts'
import { edgesOf, locate, type PhaseLengths, planIntervals } from '../../../src/load/intervals.ts'

const lengths = (warmupMs: number, measureMs: number, drainMs = 0): PhaseLengths => ({ warmupMs, measureMs, drainMs })

describe('the time axis', () => {
  test('is cut at every phase boundary and every full second of a phase', () => {
    const intervals = planIntervals(lengths(1500, 2300))
    const head = intervals.slice(0, 6).map(({ phase, startNs, endNs }) => [phase, startNs / 1e6, endNs / 1e6])
    assert.deepEqual(head, [
      ['warmup', 0, 1000],
      ['warmup', 1000, 1500],
      ['measure', 1500, 2500],
      ['measure', 2500, 3500],
      ['measure', 3500, 3800],
      ['drain', 3800, 4800],
    ])
  })

  test('has no gaps, and phases of length zero have no interval', () => {
    for (const plan of [lengths(0, 1000), lengths(1000, 0), lengths(0, 0), lengths(10_000, 30_000, 15_000)]) {
      const intervals = planIntervals(plan)
      let atNs = 0
      for (const interval of intervals) {
        assert.equal(interval.startNs, atNs)
        assert.ok(interval.endNs > interval.startNs)
        atNs = interval.endNs
      }
      assert.equal(atNs, (plan.warmupMs + plan.measureMs + plan.drainMs + 60_000) * 1e6)
      const phases = new Set(intervals.map(({ phase }) => phase))
      assert.equal(phases.has('warmup'), plan.warmupMs > 0)
      assert.equal(phases.has('measure'), plan.measureMs > 0)
    }
  })

  test('a duration that is no exact double leaves no sliver of an interval, over which a rate would explode', () => {
    // 4.15 min are 249000.00000000003 ms in floating point.
    for (const text of ['4.15m', '16.1m', '64.15m', '0.1s', '1.005s', '333.3ms', '0.3333s']) {
      const intervals = planIntervals(lengths(0, parseDurationMs(text)!)).filter(({ phase }) => phase === 'measure')
      const last = intervals.at(-1)!
      assert.ok(last.endNs - last.startNs >= 1e3, `${text}: last interval of ${last.endNs - last.startNs} ns`)
      assert.ok(intervals.every(({ startNs, endNs }) => Number.isInteger(startNs) && Number.isInteger(endNs)))
    }
  })
})

describe('locate', () => {
  const edges = edgesOf(planIntervals(lengths(1500, 2300)))

  test('a moment on an edge belongs to the interval that starts there', () => {
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

  test('is clamped to the first and the last interval', () => {
    assert.equal(locate(edges, -5e9), 0)
    assert.equal(locate(edges, 1e15), edges.length - 2)
  })
})
