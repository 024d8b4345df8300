import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRng } from '../../../src/base/rng.ts'
import type { FindingCode } from '../../../src/contracts/findings.ts'
import type { Finding, FindMaxVerdict, Variant } from '../../../src/contracts/result.ts'
import { stepResult } from '../../../src/search/assemble-search.ts'
import {
  concludeSearch,
  type SearchLimits,
  type SearchOutcome,
  type StepOutcome,
  searchMaximum,
} from '../../../src/search/find-max.ts'
import { judgeStep, type StepFacts } from '../../../src/search/find-max-judge.ts'
import { slopeOf, studentT95 } from '../../../src/search/slope.ts'
import { syntheticVariant } from '../../fixtures/variant.ts'

const healthy: StepFacts = {
  offeredPerSec: 1000,
  ackedPerSec: 1000,
  errorShare: 0,
  responseP99Us: 5000,
  generatorCodes: [],
  lagSlopes: [],
  throttleMs: null,
}
const late = 'schedule-late' as const
const slo = { sloUs: 50_000 }

/** A system that is driven at a rate and says what was seen; `below` gives numbers in [0, 1). */
type System = (ratePerSec: number, below: () => number) => Partial<StepFacts>

const limits: SearchLimits = { startPerSec: 1000, maxPerSec: null, ceilingPerSec: null }

function run(system: System, given: Partial<SearchLimits> = {}, seed = 1): SearchOutcome & { steps: StepOutcome[] } {
  const all = { ...limits, ...given }
  const rng = createRng(seed)
  const search = searchMaximum(all)
  const steps: StepOutcome[] = []
  let next = search.next('SUSTAINED')
  while (!next.done) {
    const { ratePerSec } = next.value
    const facts = { ...healthy, offeredPerSec: ratePerSec, ackedPerSec: ratePerSec }
    const { verdict } = judgeStep({ ...facts, ...system(ratePerSec, () => rng.float()) }, slo)
    steps.push({ ...next.value, verdict })
    assert.ok(steps.length < 100, 'the search ends')
    next = search.next(verdict)
  }
  return { ...concludeSearch(steps, all, 'done'), steps }
}

/** p99 of the sojourn time in an M/M/1 queue: ln 100 ÷ (μ − λ); beyond its capacity it acknowledges just that. */
const queue =
  (capacity: number): System =>
  (rate) =>
    rate < capacity
      ? { responseP99Us: (Math.log(100) / (capacity - rate)) * 1e6 }
      : { ackedPerSec: capacity, responseP99Us: 5e6 }

const quota =
  (limit: number): System =>
  (rate) =>
    rate <= limit ? { throttleMs: null } : { ackedPerSec: limit, responseP99Us: 2e6, throttleMs: 120 }

const slowConsumer =
  (capacity: number): System =>
  (rate) => {
    const perSec = Math.max(0, rate - capacity)
    return { lagSlopes: [{ perSec, lower: perSec - 0.001 * rate, upper: perSec + 0.001 * rate }] }
  }

const slowGenerator =
  (capacity: number): System =>
  (rate) =>
    rate <= capacity ? {} : { ackedPerSec: capacity, responseP99Us: 9e5, generatorCodes: [late] }

const refusing =
  (capacity: number): System =>
  (rate) =>
    rate <= capacity ? {} : { errorShare: 1 - capacity / rate, ackedPerSec: capacity }

/** Every fifth step is disturbed by something else. */
const noisy =
  (system: System): System =>
  (rate, below) => ({ ...system(rate, below), ...(below() < 0.2 ? { responseP99Us: 400_000 } : {}) })

describe('finds the capacity within 5 %, and what limits it', () => {
  const table: [string, (capacity: number) => System, (capacity: number) => number, FindMaxVerdict[]][] = [
    // ln 100 ÷ 50 ms = 92 records/s below its capacity; where doubling overshoots, it acknowledges less than was offered.
    ['M/M/1', queue, (capacity) => capacity - Math.log(100) / 0.05, ['SLO_LATENCY', 'UNDER_SEND']],
    ['a quota', quota, (capacity) => capacity, ['THROTTLED']],
    ['a slow consumer', slowConsumer, (capacity) => capacity * 1.004, ['LAG_GROWTH']],
    ['a slow generator', slowGenerator, (capacity) => capacity, ['CLIENT_BOUND']],
    ['refused records', refusing, (capacity) => capacity, ['ERRORS']],
  ]
  for (const [name, system, truth, verdicts] of table) {
    test(name, () => {
      for (const capacity of [400, 999, 1000, 1001, 4711, 16_000, 123_456, 2_000_000]) {
        const outcome = run(system(capacity))
        const found = outcome.confirmedPerSec!
        const error = found / truth(capacity)
        assert.ok(error <= 1.0001 && error >= 0.95, `${capacity}: found ${found}, ${JSON.stringify(outcome)}`)
        assert.ok(verdicts.includes(outcome.verdict), `${capacity}: ${outcome.verdict}`)
      }
    })
  }

  test('property: any capacity, any start, from both sides', () => {
    const rng = createRng(7)
    for (let times = 0; times < 500; times++) {
      const capacity = 50 * 10 ** (rng.float() * 4)
      const startPerSec = capacity * 2 ** (rng.float() * 8 - 4)
      const { confirmedPerSec, steps } = run(quota(capacity), { startPerSec })
      assert.ok(confirmedPerSec !== null, `${capacity} from ${startPerSec}`)
      assert.ok(
        confirmedPerSec <= capacity && confirmedPerSec >= 0.93 * capacity - 1,
        `${confirmedPerSec} of ${capacity}`,
      )
      assert.equal(steps.at(-1)!.kind, 'confirm')
    }
  })

  test('noise: a disturbed step is tried again, so that one in five does not matter much', () => {
    let near = 0
    for (let seed = 1; seed <= 200; seed++) {
      const { confirmedPerSec } = run(noisy(quota(5000)), {}, seed)
      if (confirmedPerSec !== null) assert.ok(confirmedPerSec <= 5000)
      if ((confirmedPerSec ?? 0) >= 0.95 * 5000) near++
    }
    // 4 % of all rates fail twice; a search takes about nine.
    assert.ok(near > 120, `${near} of 200`)
    assert.ok(near < 200, 'the noise does something')
  })
})

describe('limits of the search', () => {
  test('nothing fails up to the highest rate asked for', () => {
    const outcome = run(() => ({}), { maxPerSec: 6000 })
    assert.equal(outcome.verdict, 'SUSTAINED')
    assert.equal(outcome.confirmedPerSec, 6000)
    assert.deepEqual(
      outcome.steps.map(({ kind, ratePerSec }) => `${kind} ${ratePerSec}`),
      ['double 1000', 'double 2000', 'double 4000', 'double 6000', 'confirm 6000'],
    )
  })

  test('nothing is asked for that the generator cannot be trusted with', () => {
    const outcome = run(() => ({}), { ceilingPerSec: 9000 })
    assert.equal(outcome.verdict, 'CLIENT_BOUND')
    assert.equal(outcome.confirmedPerSec, 6000)
    assert.ok(outcome.steps.every(({ ratePerSec }) => ratePerSec * 1.5 <= 9000))
  })

  test('a generator that can do it leaves the verdict to the cluster', () => {
    assert.equal(run(quota(3000), { ceilingPerSec: 9000 }).verdict, 'THROTTLED')
  })

  test('no rate passes', () => {
    const outcome = run(() => ({ responseP99Us: 80_000 }))
    assert.equal(outcome.confirmedPerSec, null)
    assert.equal(outcome.verdict, 'SLO_LATENCY')
    assert.equal(outcome.steps.at(-1)!.ratePerSec, Math.floor(1000 / 2 ** 6))
  })

  test('a generator that is late at any rate: the machine is busy', () => {
    const outcome = run(() => ({ generatorCodes: [late] }), { ceilingPerSec: 90_000 })
    assert.equal(outcome.verdict, 'CLIENT_BOUND')
    assert.equal(outcome.confirmedPerSec, null)
    assert.match(outcome.reasons[1]!, /is this machine busy with other work/)
  })

  test('a start that fails is halved', () => {
    const { confirmedPerSec, steps } = run(quota(100), { startPerSec: 1000 })
    assert.ok(confirmedPerSec! <= 100 && confirmedPerSec! >= 95)
    assert.deepEqual(
      steps.filter(({ kind }) => kind === 'halve').map(({ ratePerSec }) => ratePerSec),
      [500, 500, 250, 250, 125, 125, 62],
    )
  })

  test('each failing step is tried once more, and no more', () => {
    const { steps } = run(quota(3000))
    for (const rate of new Set(steps.map(({ ratePerSec }) => ratePerSec))) {
      const tries = steps.filter(({ ratePerSec, kind }) => ratePerSec === rate && kind !== 'confirm')
      assert.deepEqual(
        tries.map(({ attempt }) => attempt),
        rate > 3000 ? [1, 2] : [1],
      )
    }
  })

  test('a winner that does not last gives way to a lower one', () => {
    // Passes for as long as a step takes up to 4000, three times as long only up to 3600.
    const search = searchMaximum(limits)
    const steps: StepOutcome[] = []
    for (let next = search.next('SUSTAINED'); !next.done; ) {
      const { kind, ratePerSec } = next.value
      const verdict = ratePerSec <= (kind === 'confirm' ? 3600 : 4000) ? 'SUSTAINED' : 'SLO_LATENCY'
      steps.push({ ...next.value, verdict })
      next = search.next(verdict)
    }
    const { confirmedPerSec, verdict } = concludeSearch(steps, limits, 'done')
    assert.equal(verdict, 'SLO_LATENCY')
    assert.ok(
      confirmedPerSec !== null && confirmedPerSec <= 3600 && confirmedPerSec >= 0.95 * 3600,
      String(confirmedPerSec),
    )
  })

  for (const [lasting, factors] of [
    [3600, [1.1]],
    [3400, [1.1, 1.2]],
    [2700, [1.1, 1.2, 1.5]],
    [1000, [1.1, 1.2, 1.5]],
  ] as const) {
    test(`N25: what is tried after a winner that lasts only up to ${lasting} counts from the winner`, () => {
      const search = searchMaximum(limits)
      const confirms: number[] = []
      for (let next = search.next('SUSTAINED'); !next.done; ) {
        const { kind, ratePerSec, attempt } = next.value
        if (kind === 'confirm' && attempt === 1) confirms.push(ratePerSec)
        next = search.next(ratePerSec <= (kind === 'confirm' ? lasting : 4000) ? 'SUSTAINED' : 'SLO_LATENCY')
      }
      const [winner, ...lower] = confirms
      assert.deepEqual(
        lower.slice(0, factors.length),
        factors.map((factor) => Math.floor(winner! / factor)),
      )
    })
  }

  test('interrupted: what had passed is told, nothing is confirmed', () => {
    const steps: StepOutcome[] = [{ kind: 'double', ratePerSec: 1000, attempt: 1, verdict: 'SUSTAINED' }]
    const outcome = concludeSearch(steps, limits, 'interrupted')
    assert.equal(outcome.verdict, 'INCONCLUSIVE')
    assert.equal(outcome.confirmedPerSec, null)
    assert.match(outcome.reasons[0]!, /interrupted; 1.000 records\/s had passed/)
  })
})

describe('a step of which the variant failed', () => {
  const overwhelmed = (code: FindingCode): Variant => {
    const variant = syntheticVariant()
    return {
      ...variant,
      status: 'failed',
      findings: [{ code, level: 'failed', text: '' } as Finding],
      ledger: { ...variant.ledger, acked: 0, failed: variant.ledger.scheduled, unknown: 0 },
      produce: { ...variant.produce, ackedPerSec: 0, responseUs: null },
    }
  }
  const step = { kind: 'double', ratePerSec: 5000, attempt: 1 } as const

  test('nothing was acknowledged at this rate: it was too high', () => {
    const { verdict, failed } = stepResult(step, overwhelmed('nothing-acknowledged'), { sloMs: 50 })
    assert.equal(verdict, 'ERRORS')
    assert.deepEqual(failed, ['ERRORS', 'UNDER_SEND', 'SLO_LATENCY'])
  })

  test('it could not be run at all: that tells nothing of the rate', () => {
    const { verdict, failed } = stepResult(step, overwhelmed('variant-failed'), { sloMs: 50 })
    assert.deepEqual([verdict, failed], ['INCONCLUSIVE', ['INCONCLUSIVE']])
  })
})

describe('judgement of a step', () => {
  const none = { perSec: 0, lower: -1, upper: 1 }
  const table: [string, Partial<StepFacts>, FindMaxVerdict[]][] = [
    ['all well', {}, []],
    [
      'exactly the limits',
      { ackedPerSec: 995, errorShare: 0.001, responseP99Us: 50_000, lagSlopes: [{ perSec: 4, lower: 3, upper: 5 }] },
      [],
    ],
    ['p99 above', { responseP99Us: 50_001 }, ['SLO_LATENCY']],
    ['p99 unknown, for too many were not acked', { responseP99Us: null }, ['SLO_LATENCY']],
    ['not all acked', { ackedPerSec: 994 }, ['UNDER_SEND']],
    ['errors', { errorShare: 0.002 }, ['ERRORS']],
    ['a group falls behind', { lagSlopes: [none, { perSec: 40, lower: 30, upper: 50 }] }, ['LAG_GROWTH']],
    ['lag too noisy to tell', { lagSlopes: [{ perSec: 1, lower: -9, upper: 11 }] }, ['INCONCLUSIVE']],
    ['lag unknown', { lagSlopes: [null] }, ['INCONCLUSIVE']],
    ['throttled, and slow for it', { responseP99Us: 90_000, throttleMs: 12 }, ['THROTTLED', 'SLO_LATENCY']],
    ['throttled a little, and all held', { throttleMs: 12 }, []],
    [
      'throttled, and behind for another reason',
      { throttleMs: 12, lagSlopes: [{ perSec: 40, lower: 30, upper: 50 }] },
      ['LAG_GROWTH'],
    ],
    ['late generator', { generatorCodes: [late], responseP99Us: 90_000 }, ['CLIENT_BOUND', 'SLO_LATENCY']],
    ['a worker lost', { generatorCodes: ['worker-lost'] }, ['INCONCLUSIVE']],
    ['warm-up alone not steady', { generatorCodes: ['warm-up-unsteady'] }, ['INCONCLUSIVE']],
    [
      'warm-up not steady under a rate that is too high',
      { generatorCodes: ['warm-up-unsteady'], ackedPerSec: 900 },
      ['UNDER_SEND'],
    ],
  ]
  for (const [name, facts, failed] of table) {
    test(name, () => {
      const judged = judgeStep({ ...healthy, ...facts }, slo)
      assert.deepEqual(judged, { verdict: failed[0] ?? 'SUSTAINED', failed })
    })
  }
})

describe('slope', () => {
  test('of a straight line, exactly', () => {
    const points = Array.from({ length: 20 }, (_, at) => ({ atS: at / 2, value: 7 + 3 * (at / 2) }))
    const slope = slopeOf(points)!
    assert.ok(Math.abs(slope.perSec - 3) < 1e-9 && slope.upper - slope.lower < 1e-6)
  })

  test('the upper bound is below the truth in one of twenty', () => {
    const rng = createRng(3)
    const normal = () => Math.sqrt(-2 * Math.log(1 - rng.float())) * Math.cos(2 * Math.PI * rng.float())
    let below = 0
    for (let times = 0; times < 4000; times++) {
      const points = Array.from({ length: 20 }, (_, at) => ({ atS: at / 2, value: 2 * (at / 2) + 5 * normal() }))
      if (slopeOf(points)!.upper < 2) below++
    }
    assert.ok(below / 4000 > 0.04 && below / 4000 < 0.06, String(below / 4000))
  })

  test('Student’s t, against tables', () => {
    for (const [freedom, t] of [
      [3, 2.3534],
      [5, 2.015],
      [10, 1.8125],
      [18, 1.7341],
      [60, 1.6706],
    ] as const) {
      assert.ok(Math.abs(studentT95(freedom) / t - 1) < 0.01, `${freedom}: ${studentT95(freedom)}`)
    }
  })

  test('too few points tell nothing', () => assert.equal(slopeOf([{ atS: 0, value: 1 }]), null))
})
