import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Variant } from '../../src/contracts/result.ts'
import { evaluateThreshold, parseThreshold, thresholdPaths, worseOf } from '../../src/profile/threshold.ts'
import { appliesTo, hasWindows } from '../../src/profile/threshold-entry.ts'
import { windowedPaths } from '../../src/profile/threshold-paths.ts'
import { brokerKilled } from '../fixtures/faults.ts'
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
    ['faults.unavailableMs.max < 2s', 2000],
    ['faults.drainS.max < 1m', 60],
    ['faults.uncleanElections.sum == 0', 0],
    ['brokers.rssBytes.sum < 1GiB', 1024 ** 3],
    ['rebalances.pauseMs.max < 3s', 3000],
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
  const variant = brokerKilled().variants[1]!
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

test('numbers over all errors, brokers, faults and rebalances', () => {
  const variant = brokerKilled().variants[1]!
  const value = (path: string, changed: Variant) => outcome(`${path} >= 0`, changed).value
  variant.produce.errors = { A: 2, B: 40 }
  assert.equal(value('produce.errors', variant), 42)
  assert.equal(value('produce.errors', { ...variant, produce: { ...variant.produce, errors: {} } }), 0)

  const usage = { rssBytes: 1, diskBytes: null, networkInBytes: null, networkOutBytes: null }
  const brokers = [10, 70, null].map((cpuPercent, id) => ({ id, cpuPercent, ...usage }))
  assert.equal(value('brokers.cpuPercent.max', { ...variant, brokers }), 70)
  assert.equal(value('brokers.cpuPercent.sum', { ...variant, brokers }), null)
  assert.equal(value('brokers.cpuPercent.sum', { ...variant, brokers: brokers.slice(0, 2) }), 80)
  assert.equal(value('brokers.cpuPercent.max', { ...variant, brokers: null }), null)

  const [fault] = variant.faults
  const gaps = [null, 300, 1200].map((unavailableMs) => ({ ...fault!.partitions[0]!, unavailableMs }))
  const faults = [
    { ...fault!, partitions: gaps, drainS: { g1: 3, g2: 8 }, offlineS: 2 },
    { ...fault!, partitions: [], offlineS: 3 },
  ]
  assert.equal(value('faults.unavailableMs.max', { ...variant, faults }), 1200)
  assert.equal(value('faults.offlineS.sum', { ...variant, faults }), 5)
  faults[1]!.drainS = { g1: null }
  assert.equal(value('faults.drainS.max', { ...variant, faults }), null)
  assert.equal(value('faults.drainS.max', { ...variant, faults: faults.slice(0, 1) }), 8)
  const open = [
    { ...gaps[0]!, isrShrunkMs: 5, isrRestoredS: null },
    { ...gaps[0]!, isrShrunkMs: 5, isrRestoredS: 9 },
  ]
  assert.equal(value('faults.isrRestoredS.max', { ...variant, faults: [{ ...fault!, partitions: open }] }), null)
  assert.equal(value('faults.isrRestoredS.max', { ...variant, faults: [{ ...fault!, partitions: open.slice(1) }] }), 9)

  assert.equal(value('rebalances.count', { ...variant, rebalances: [] }), 0)
  assert.equal(value('rebalances.pauseMs.max', { ...variant, rebalances: [] }), 0)
  assert.equal(value('rebalances.count', { ...variant, rebalances: [], consume: null }), null)
})

test('which of two values is worse', () => {
  const worse = (expression: string, a: number | null, b: number | null) => {
    const threshold = parseThreshold(`ledger.failed ${expression}`)
    assert.ok(typeof threshold === 'object')
    return worseOf(threshold, a, b)
  }
  assert.equal(worse('< 5', 7, 9), 9)
  assert.equal(worse('>= 5', 7, 9), 7)
  assert.equal(worse('== 8', 7, 12), 12)
  assert.equal(worse('!= 8', 7, 12), 7)
  assert.equal(worse('< 5', 7, null), null)
})

test('only what has a history has windows, and all of it can be named', () => {
  const all = thresholdPaths(['g1'])
  for (const path of windowedPaths(['g1'])) assert.ok(all.includes(path), path)
  const has = (path: string) => hasWindows({ path: path.split('.') })
  for (const path of ['produce.responseUs.p99', 'lag.g1.maxSeconds', 'brokers.cpuPercent.max', 'produce.errors'])
    assert.ok(has(path), path)
  for (const path of [
    'integrity.lost',
    'lag.g1.drainS',
    'ledger.scheduled',
    'faults.drainS.max',
    'produce.responseUs.count',
  ])
    assert.ok(!has(path), path)
})

test('an entry for some variants is about those alone', () => {
  const variant = { client: 'kafkajs', 'producers.acks': 1 }
  assert.ok(appliesTo({ variant: {} }, variant))
  assert.ok(appliesTo({ variant: { client: 'kafkajs' } }, variant))
  assert.ok(!appliesTo({ variant: { client: 'kafkajs', 'producers.acks': 'all' } }, variant))
  assert.ok(!appliesTo({ variant: { constructor: 1 } }, variant))
})
