import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import type { ScheduleSpec, Segment } from '../../../src/contracts/plan.ts'
import { planAxis } from '../../../src/load/axis.ts'
import { createSchedule, shareOf } from '../../../src/load/schedule.ts'

const second = 1e9

/** Segments from [seconds, rate at the start, rate at the end]. */
function segmentsOf(...parts: readonly (readonly [number, number, number])[]): Segment[] {
  let fromNs = 0
  return parts.map(([seconds, from, to]) => {
    const segment: Segment = { fromNs, toNs: fromNs + Math.round(seconds * second), perSec: [from, to] }
    fromNs = segment.toNs
    return segment
  })
}

const specOf = (segments: Segment[], rest: Partial<ScheduleSpec> = {}): ScheduleSpec => ({
  segments,
  count: null,
  poisson: false,
  seed: 1,
  ...rest,
})
const constant = (rate: number, seconds = 40) => specOf(segmentsOf([seconds, rate, rate]))

const rates = [0.1, 0.3, 0.5, 0.7, 0.75, 1, 1.5, 2.5, 3, 33.3, 99.97, 333.3, 1000, 3333.33, 44_100, 1e6]
const forms: Record<string, (rate: number) => ScheduleSpec> = {
  constant: (rate) => constant(rate),
  'ramp up': (rate) => specOf(segmentsOf([10, 0, 0], [20, 0, rate], [10, rate, rate])),
  'ramp down': (rate) => specOf(segmentsOf([10, rate, rate], [20, rate, 0], [10, 0, 0])),
  steps: (rate) =>
    specOf(segmentsOf([10, rate, rate], [7.5, 2 * rate, 2 * rate], [2.25, 0, 0], [20, rate / 3, rate / 3])),
  bursts: (rate) => specOf(segmentsOf(...[0, 1, 2, 3].flatMap(() => [[9, 0, 0] as const, [1, rate, rate] as const]))),
  'many short segments': (rate) =>
    specOf(
      segmentsOf(
        ...Array.from({ length: 400 }, (_, at) => [0.1, (rate * (at % 5)) / 4, (rate * ((at + 1) % 5)) / 4] as const),
      ),
    ),
  poisson: (rate) => ({ ...constant(rate), poisson: true }),
  'poisson over a ramp': (rate) => ({
    ...specOf(segmentsOf([5, 0, 0], [20, 0, rate], [5, rate, rate])),
    poisson: true,
  }),
  counted: (rate) => ({ ...constant(rate), count: Math.max(1, Math.floor(rate * 17.5)) }),
}
const cases = Object.entries(forms).flatMap(([name, form]) =>
  rates.map((rate) => [`${name} at ${rate}/s`, form(rate)] as const),
)

/** Edges of a time axis, others that lie anywhere, and the due times of some records with their neighbours. */
function momentsOf(spec: ScheduleSpec, seed: number): number[] {
  const schedule = createSchedule(spec)
  const rng = createRng(seed)
  const { edges } = planAxis({ warmupMs: 10_000, measureMs: 30_000, drainMs: 1000 }, schedule.endNs)
  const some = Array.from({ length: 40 }, () => rng.below(1000) * 41e6 + rng.below(1e6))
  const dues = Array.from({ length: 40 }, () => schedule.dueNs(rng.below(Math.max(1, schedule.total!)))).filter(
    Number.isFinite,
  )
  return [...edges, ...some, ...dues.flatMap((ns) => [ns - 1, ns, ns + 1])].sort((a, b) => a - b)
}

describe('N13: for every shape and rate, what is due between the edges adds up to the schedule', () => {
  for (const [name, spec] of cases) {
    test(name, () => {
      const schedule = createSchedule(spec)
      const moments = momentsOf(spec, 13)
      let sum = schedule.dueIn(0, moments[0]!)!
      for (const [at, from] of moments.entries()) {
        const to = moments[at + 1] ?? Number.POSITIVE_INFINITY
        sum += schedule.dueIn(from, to)!
        assert.equal(schedule.dueBefore(to)! - schedule.dueBefore(from)!, schedule.dueIn(from, to))
      }
      assert.equal(sum, schedule.total)
      assert.equal(schedule.dueIn(0, schedule.endNs), schedule.total)
    })
  }
})

describe('N13: dueBefore is the number of records with an earlier due time', () => {
  for (const [name, spec] of cases) {
    test(name, () => {
      const schedule = createSchedule(spec)
      const total = schedule.total!
      for (const ns of momentsOf(spec, 14)) {
        const n = schedule.dueBefore(ns)!
        if (n > 0) assert.ok(schedule.dueNs(n - 1) < ns, `record ${n - 1} before ${ns}`)
        if (n < total) assert.ok(schedule.dueNs(n) >= ns, `record ${n} not before ${ns}`)
      }
      for (const first of [0, Math.floor(total / 2), Math.max(0, total - 1000)]) {
        let before = 0
        for (let n = first; n < Math.min(total, first + 1000); n++) {
          const due = schedule.dueNs(n)
          if (!Number.isInteger(due) || due < before || due >= schedule.endNs) assert.fail(`record ${n}: ${due}`)
          before = due
        }
      }
      assert.equal(schedule.dueNs(total), Number.POSITIVE_INFINITY)
    })
  }
})

test('N13: the records of measure are due in measure, at every fractional rate', () => {
  for (const [rate, warmup, measure, expected] of [
    [0.3, 10, 30, 9],
    [333.3, 10, 30, 9999],
    [0.1, 10, 30, 3],
    [1.5, 10, 30, 45],
    [99.9, 1, 10, 999],
    [0.7, 10, 100, 70],
  ] as const) {
    const schedule = createSchedule(constant(rate, warmup + measure))
    assert.equal(schedule.dueIn(warmup * second, (warmup + measure) * second), expected, `${rate}/s`)
    assert.equal(schedule.dueIn((warmup + measure) * second, Number.POSITIVE_INFINITY), 0, `${rate}/s: none in drain`)
  }
})

test('N13: a record that is due on the edge of measure belongs to it, and one on its end to drain', () => {
  // Of rates in tenths, where n / rate in floating point falls short of the edge: 33 / 1.1 is 29.999999999999996.
  for (let tenths = 1; tenths < 2000; tenths++) {
    for (const seconds of [10, 15, 30, 60]) {
      if ((tenths * seconds) % 10 !== 0) continue
      const [rate, records] = [tenths / 10, (tenths * seconds) / 10]
      const schedule = createSchedule(constant(rate, 3 * seconds))
      const parts = [0, 1, 2].map((at) => schedule.dueIn(at * seconds * second, (at + 1) * seconds * second))
      assert.deepEqual(parts, [records, records, records], `${rate}/s, ${seconds} s`)
      // Where a worker files it: after the start on the machine's clock, where a fraction of a ns is rounded away.
      const dueNs = schedule.dueNs(records)
      assert.equal(dueNs, seconds * second, `${rate}/s`)
    }
  }
})

test('V5: at a few records per second a third of the warm-up has the records that are due in it', () => {
  for (const [rate, expected] of [
    [0.1, 0],
    [0.5, 1],
    [0.75, 3],
    [1.5, 5],
    [2.5, 8],
  ] as const) {
    const due = createSchedule(constant(rate)).dueIn((20 / 3) * second, 10 * second)!
    assert.equal(due, expected, `${rate}/s`)
    assert.ok(Math.abs(due - (rate * 10) / 3) < 1)
  }
})

describe('N13: a stretch with load before one without holds its records to the last', () => {
  test('where rate × time is whole, whatever the rounding of the product', () => {
    for (let tenths = 1; tenths < 1000; tenths++) {
      for (const lengthTenths of [10, 30, 70, 100, 230, 600]) {
        if ((tenths * lengthTenths) % 100 !== 0) continue
        const [rate, seconds, records] = [tenths / 10, lengthTenths / 10, (tenths * lengthTenths) / 100]
        const schedule = createSchedule(specOf(segmentsOf([seconds, rate, rate], [10, 0, 0], [seconds, rate, rate])))
        assert.equal(schedule.dueBefore(seconds * second), records, `${rate}/s for ${seconds} s`)
        assert.equal(schedule.dueIn(seconds * second, (seconds + 10) * second), 0, `${rate}/s for ${seconds} s`)
        assert.equal(schedule.dueNs(records), (seconds + 10) * second, `${rate}/s for ${seconds} s`)
      }
    }
  })
  test('where the sum of many is whole', () => {
    for (const parts of [3, 7, 30, 300]) {
      const third = segmentsOf(
        ...Array.from({ length: parts }, (_, at) => [0.1, at % 2 ? 3.3 : 0.7, at % 2 ? 0.7 : 3.3] as const),
        [5, 0, 0],
      )
      const records = (parts * 2) / 10
      if (!Number.isInteger(records)) continue
      assert.equal(createSchedule(specOf([...third])).total, records)
    }
  })
  test('where a record is due less than half a ns before the end', () => {
    const rate = 1e9 / 999.7
    const segments: Segment[] = [
      { fromNs: 0, toNs: 1000, perSec: [rate, rate] },
      { fromNs: 1000, toNs: 2000, perSec: [0, 0] },
    ]
    const schedule = createSchedule(specOf(segments))
    assert.deepEqual([schedule.dueNs(1), schedule.dueIn(0, 1000), schedule.dueIn(1000, 2000)], [999, 2, 0])
  })
})

describe('N2: load.count bounds every shape', () => {
  test('1000/s and 5000 records: over at the due time of the record after the last', () => {
    const schedule = createSchedule({ ...constant(1000), count: 5000 })
    assert.deepEqual([schedule.total, schedule.endNs], [5000, 5 * second])
    assert.equal(schedule.dueIn(4 * second, 5 * second), 1000)
  })
  test('a count that is not used up changes nothing', () => {
    const schedule = createSchedule({ ...constant(1000), count: 40_000 })
    assert.deepEqual([schedule.total, schedule.endNs], [40_000, 40 * second])
    assert.equal(createSchedule({ ...constant(1000), count: 50_000 }).total, 40_000)
  })
  for (const [name, form] of Object.entries(forms)) {
    test(`${name}: exactly that many, the same ones as without a bound`, () => {
      const spec = form(33.3)
      const whole = createSchedule({ ...spec, count: null })
      for (const count of [1, 2, 10, 29]) {
        const schedule = createSchedule({ ...spec, count })
        assert.equal(schedule.total, count)
        assert.equal(schedule.endNs, whole.dueNs(count))
        for (let n = 0; n < count; n++) assert.equal(schedule.dueNs(n), whole.dueNs(n))
      }
    })
  }
})

test('N22: no row has a record after the count is used up', () => {
  const schedule = createSchedule({ ...constant(1000), count: 2500 })
  const rows = [0, 1, 2, 3, 4].map((s) => schedule.dueIn(s * second, (s + 1) * second))
  assert.deepEqual(rows, [1000, 1000, 500, 0, 0])
  assert.equal(schedule.ratePerSec(2.4 * second), 1000)
  assert.equal(schedule.ratePerSec(2.5 * second), 0)
})

describe('shares of producers', () => {
  for (const [name, spec] of cases.filter((_, at) => at % 3 === 0)) {
    test(`${name}: add up to what is due, in every stretch`, () => {
      const schedule = createSchedule(spec)
      const moments = momentsOf(spec, 15)
      for (const of of [1, 3]) {
        for (const [at, from] of moments.entries()) {
          const to = moments[at + 1] ?? schedule.endNs
          const shares = Array.from({ length: of }, (_, producer) => schedule.shareIn(from, to, producer, of)!)
          assert.equal(
            shares.reduce((sum, share) => sum + share, 0),
            schedule.dueIn(from, to),
          )
        }
      }
    })
  }
  test('a share is the number of its records with due times in the stretch', () => {
    const schedule = createSchedule(forms.steps!(33.3))
    for (let producer = 0; producer < 3; producer++) {
      let count = 0
      for (let n = producer; n < schedule.total!; n += 3)
        if (schedule.dueNs(n) >= 12e9 && schedule.dueNs(n) < 18.5e9) count++
      assert.equal(schedule.shareIn(12e9, 18.5e9, producer, 3), count)
    }
    assert.equal(shareOf(0, 0, 3), 0)
    assert.equal(shareOf(4, 0, 3), 2)
  })
})

describe('due times', () => {
  test('of a constant rate are n / rate, without drift', () => {
    for (const rate of rates) {
      const schedule = createSchedule(specOf([{ fromNs: 0, toNs: 1e14, perSec: [rate, rate] }]))
      assert.equal(schedule.dueNs(0), 0)
      for (const n of [1, 2, 3, 99, 12_345, 7_654_321]) {
        if (n < schedule.total!)
          assert.ok(Math.abs(schedule.dueNs(n) - (n * 1e9) / rate) <= 0.5000001, `${n} at ${rate}/s`)
      }
    }
  })
  test('of a ramp are those of the integral', () => {
    const schedule = createSchedule(specOf(segmentsOf([10, 0, 100])))
    assert.equal(schedule.total, 500)
    for (const n of [0, 1, 5, 499]) assert.equal(schedule.dueNs(n), Math.round(Math.sqrt(n / 5) * second))
  })
  test('nothing is due where the rate is 0: the next record begins the next burst', () => {
    const schedule = createSchedule(specOf(segmentsOf([1, 100, 100], [9, 0, 0], [1, 100, 100], [9, 0, 0])))
    assert.equal(schedule.dueNs(99), 0.99 * second)
    assert.equal(schedule.dueNs(100), 10 * second)
    assert.equal(schedule.dueIn(1 * second, 10 * second), 0)
    assert.equal(schedule.total, 200)
  })
  test('are the same in any order of asking', () => {
    for (const [name, spec] of cases.filter((_, at) => at % 5 === 0)) {
      const schedule = createSchedule(spec)
      const total = Math.min(schedule.total!, 20_000)
      const ascending = Array.from({ length: total }, (_, n) => schedule.dueNs(n))
      const fresh = createSchedule(spec)
      const rng = createRng(4)
      for (let round = 0; round < 300 && total > 0; round++) {
        const n = rng.below(total)
        assert.equal(fresh.dueNs(n), ascending[n], `${name}, record ${n}`)
      }
    }
  })
  test('a million segments do not drift', () => {
    const segments = Array.from({ length: 1_000_000 }, (_, at) => ({
      fromNs: at * 1e6,
      toNs: (at + 1) * 1e6,
      perSec: [333.3, 333.3] as const,
    }))
    const schedule = createSchedule(specOf(segments))
    assert.equal(schedule.total, 333_300)
    for (const n of [1000, 100_000, 333_299]) assert.ok(Math.abs(schedule.dueNs(n) - (n * 1e9) / 333.3) <= 1.5)
  })
})

describe('max', () => {
  test('has no due times', () => {
    const schedule = createSchedule({ segments: null, count: null, poisson: false, seed: 1 })
    assert.deepEqual([schedule.paced, schedule.endNs, schedule.total], [false, Number.POSITIVE_INFINITY, null])
    assert.deepEqual(
      [
        schedule.dueNs(7),
        schedule.dueBefore(1e12),
        schedule.dueIn(0, 1),
        schedule.shareIn(0, 1, 0, 1),
        schedule.ratePerSec(0),
      ],
      [0, null, null, null, null],
    )
  })
  test('with a count has so many records', () => {
    const schedule = createSchedule({ segments: null, count: 3, poisson: false, seed: 1 })
    assert.equal(schedule.total, 3)
    assert.deepEqual([schedule.dueNs(2), schedule.dueNs(3)], [0, Number.POSITIVE_INFINITY])
  })
})

describe('poisson', () => {
  const spec = { ...constant(1000, 100), poisson: true }
  test('is decided by the seed alone', () => {
    const dues = (seed: number) => {
      const schedule = createSchedule({ ...spec, seed })
      return Array.from({ length: 10_000 }, (_, n) => schedule.dueNs(n))
    }
    assert.deepEqual(dues(7), dues(7))
    assert.notDeepEqual(dues(7), dues(8))
  })
  test('gaps are exponential, and seconds vary as much as they have records', () => {
    const schedule = createSchedule(spec)
    const gaps: number[] = []
    for (let n = 1; n < schedule.total!; n++) gaps.push(schedule.dueNs(n) - schedule.dueNs(n - 1))
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    assert.ok(Math.abs(mean / 1e6 - 1) < 0.02, `mean ${mean}`)
    // Of an exponential distribution e^−k lies above k means.
    for (const k of [0.5, 1, 2, 4]) {
      const share = gaps.filter((gap) => gap > k * 1e6).length / gaps.length
      assert.ok(Math.abs(share - Math.exp(-k)) < 0.01, `${share} above ${k} means`)
    }
    const perSecond = Array.from({ length: 100 }, (_, s) => schedule.dueIn(s * second, (s + 1) * second)!)
    const variance = perSecond.reduce((sum, count) => sum + (count - 1000) ** 2, 0) / perSecond.length
    assert.ok(variance > 600 && variance < 1500, `variance ${variance}`)
  })
  test('numbers of whole blocks vary as they should', () => {
    const blocks = createSchedule({ ...constant(4096, 600), poisson: true })
    const counts = Array.from({ length: 600 }, (_, s) => blocks.dueIn(s * second, (s + 1) * second)!)
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length
    assert.ok(Math.abs(mean - 4096) < 9, `mean ${mean}`)
    assert.ok(Math.abs(variance / 4096 - 1) < 0.2, `variance ${variance}`)
  })
})

test('segments that are no schedule are refused', () => {
  const bad: Segment[][] = [
    [{ fromNs: 1, toNs: 2, perSec: [1, 1] }],
    [{ fromNs: 0, toNs: 0, perSec: [1, 1] }],
    [{ fromNs: 0, toNs: 1.5, perSec: [1, 1] }],
    [{ fromNs: 0, toNs: 5, perSec: [1, -1] }],
    [{ fromNs: 0, toNs: 5, perSec: [Number.NaN, 1] }],
    [{ fromNs: 0, toNs: 5, perSec: [1, Number.POSITIVE_INFINITY] }],
    [
      { fromNs: 0, toNs: 5, perSec: [1, 1] },
      { fromNs: 6, toNs: 7, perSec: [1, 1] },
    ],
  ]
  for (const segments of bad) assert.throws(() => createSchedule(specOf(segments)), RangeError)
  assert.deepEqual([createSchedule(specOf([])).total, createSchedule(specOf([])).endNs], [0, 0])
})

test('a schedule is frozen', () => assert.ok(Object.isFrozen(createSchedule(constant(5)))))
