import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Variant } from '../../src/core/result.ts'
import { evaluateThreshold, parseThreshold, thresholdPaths } from '../../src/core/threshold.ts'
import { syntheticVariant } from '../fixtures/variant.ts'

function outcome(expression: string, variant: Variant): { value: number | null; ok: boolean } {
  const threshold = parseThreshold(expression)
  assert.ok(typeof threshold === 'object', String(threshold))
  return evaluateThreshold(threshold, variant)
}

function setNumber(variant: Variant, path: string, value: number | null): Variant {
  const keys = path.split('.')
  let holder = variant as unknown as Record<string, unknown>
  for (const key of keys.slice(0, -1)) holder = holder[key] as Record<string, unknown>
  holder[keys.at(-1)!] = value
  return variant
}

describe('a limit is in the unit of its path', () => {
  const limits: readonly [string, number][] = [
    ['produce.responseUs.p99 < 20ms', 20_000],
    ['produce.responseUs.p99 < 0.3ms', 300],
    ['produce.responseUs.p99<1.5s', 1_500_000],
    ['produce.responseUs.p99 < 250us', 250],
    ['produce.responseUs.p99 < 250', 250],
    ['consume.endToEndUs.p999 <= 1m', 60_000_000],
    ['generator.gcMaxMs < 1s', 1000],
    ['generator.gcMs < 500us', 0.5],
    ['lag.g1.drainS < 500ms', 0.5],
    ['lag.g1.maxSeconds < 2m', 120],
    ['generator.rssBytes < 1GiB', 1024 ** 3],
    ['produce.ackedBytesPerSec >= 5MB', 5_000_000],
    ['integrity.lost == 0', 0],
    ['produce.ackedPerSec != -1.5e3', -1500],
    ['  produce.responseUs.count   >   5  ', 5],
  ]
  for (const [expression, limit] of limits) {
    test(expression, () => {
      const threshold = parseThreshold(expression)
      assert.ok(typeof threshold === 'object', String(threshold))
      assert.equal(threshold.limit, limit)
    })
  }
})

describe('what is no threshold says why', () => {
  const wrong: readonly [string, RegExp][] = [
    ['', /expected a path, an operator and a number/],
    ['integrity.lost', /expected a path, an operator and a number/],
    ['integrity.lost ==', /expected a path, an operator and a number/],
    ['integrity.lost = 0', /"=" is no operator, expected <, <=, >, >=, == or !=/],
    ['integrity.losst == 0', /is no number of a result, did you mean "integrity.lost"\?/],
    ['integrity.verdict == 0', /integrity has audited, .*logRecords/],
    ['produce.responseUs.histogram < 1', /is no number of a result/],
    ['produce.responseUs == 0', /is no number of a result/],
    ['generator.valid == 1', /is no number of a result/],
    ['foo.bar == 0', /see docs\/profiles.md, Thresholds/],
    ['integrity.lost == none', /expected a number without a unit, got "none"/],
    ['integrity.lost == 0ms', /expected a number without a unit, got "0ms"/],
    ['produce.responseUs.count < 5ms', /expected a number without a unit/],
    ['produce.responseUs.p99 < 5MiB', /expected a number of µs or a duration like 20ms, got "5MiB"/],
    ['generator.rssBytes < 5ms', /expected a number of bytes or a size like 1MiB/],
    ['lag.g1.lost < 5', /lag.g1 has maxRecords, .*drainS/],
    ['integrity.lost == 0 && true', /expected a number without a unit/],
    ['constructor.name == 0', /is no number of a result/],
  ]
  for (const [expression, message] of wrong) {
    test(JSON.stringify(expression), () => assert.match(String(parseThreshold(expression)), message))
  }
})

test('a group must be one of the profile, and may have dots in its name', () => {
  assert.match(String(parseThreshold('lag.g2.drainS < 5', ['g1'])), /no consumer group "g2", did you mean "g1"\?/)
  assert.match(String(parseThreshold('lag.g1.drainS < 5', [])), /the profile has no consumers/)
  const threshold = parseThreshold('lag.a.b-c.drainS < 5', ['a.b-c'])
  assert.ok(typeof threshold === 'object')
  assert.deepEqual(threshold.path, ['lag', 'a.b-c', 'drainS'])
})

test('every number that can be named is there in a variant', () => {
  const variant = syntheticVariant()
  for (const path of thresholdPaths(['g1'])) {
    const { value } = outcome(`${path} >= 0`, variant)
    assert.ok(value !== null || path.includes('p9999') || path.includes('recordsPerBatch'), `${path} is ${value}`)
  }
})

test('every number of a variant can be named', () => {
  const { ledger, integrity, produce, consume, lag, generator } = syntheticVariant()
  const numbers = (value: unknown, path: string): string[] =>
    typeof value === 'number'
      ? [path]
      : typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => numbers(inner, path === '' ? key : `${path}.${key}`))
        : []
  const all = numbers({ ledger, integrity, produce: { ...produce, errors: {} }, consume, lag, generator }, '')
  assert.ok(all.length > 60)
  const known = thresholdPaths(Object.keys(lag))
  assert.deepEqual(
    all.filter((path) => !known.includes(path)),
    [],
  )
})

test('operators', () => {
  const variant = setNumber(syntheticVariant(), 'ledger.failed', 5)
  const cases: readonly [string, boolean][] = [
    ['< 5', false],
    ['<= 5', true],
    ['> 5', false],
    ['>= 5', true],
    ['== 5', true],
    ['!= 5', false],
    ['< 6', true],
    ['> 4', true],
  ]
  for (const [rest, ok] of cases) assert.deepEqual(outcome(`ledger.failed ${rest}`, variant), { value: 5, ok }, rest)
})

test('the limit itself counts: 20ms against 20000 µs', () => {
  const at = (us: number) => setNumber(syntheticVariant(), 'produce.responseUs.p99', us)
  assert.equal(outcome('produce.responseUs.p99 <= 20ms', at(20_000)).ok, true)
  assert.equal(outcome('produce.responseUs.p99 <= 20ms', at(20_001)).ok, false)
  assert.equal(outcome('produce.responseUs.p99 == 0.3ms', at(300)).ok, true)
})

test('what is unknown is missed, whatever the operator', () => {
  for (const operator of ['<', '<=', '>', '>=', '==', '!=']) {
    const missed = { value: null, ok: false }
    const variant = setNumber(syntheticVariant(), 'produce.responseUs.p99', null)
    assert.deepEqual(outcome(`produce.responseUs.p99 ${operator} 1`, variant), missed)
    assert.deepEqual(
      outcome(`produce.serviceUs.p99 ${operator} 1`, { ...variant, produce: { ...variant.produce, serviceUs: null } }),
      missed,
    )
    assert.deepEqual(outcome(`consume.receivedPerSec ${operator} 1`, { ...variant, consume: null }), missed)
    assert.deepEqual(outcome(`lag.other.maxRecords ${operator} 1`, variant), missed)
    assert.deepEqual(outcome(`lag.constructor.maxRecords ${operator} 1`, variant), missed)
  }
})

test('nothing lost means nothing when nothing was audited', () => {
  const variant = syntheticVariant()
  const integrity = { ...variant.integrity, lost: 0, verdict: 'not-audited' as const }
  assert.deepEqual(outcome('integrity.lost == 0', { ...variant, integrity }), { value: null, ok: false })
  assert.deepEqual(outcome('integrity.lost == 0', { ...variant, integrity: { ...integrity, verdict: 'ok' } }), {
    value: 0,
    ok: true,
  })
})
