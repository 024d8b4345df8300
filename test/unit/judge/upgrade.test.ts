import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brokersOf, findingsOf, upgradeResult } from '../../../src/judge/upgrade.ts'
import { brokerKilled, faultNotVerified } from '../../fixtures/faults.ts'
import { twoClients } from '../../fixtures/result.ts'
import { syntheticVariant } from '../../fixtures/variant.ts'

const old = (status: 'ok' | 'invalid' | 'failed' | 'interrupted' | 'unsupported', ...reasons: string[]) => ({
  ...syntheticVariant(),
  status,
  reasons,
})

describe('V9: sentences of results with definitions 1', () => {
  for (const [status, reason, code, level] of [
    [
      'invalid',
      'schedule lag p99 is 80.0 ms, above 5.0 ms: the generator could not keep to its schedule',
      'schedule-late',
      'invalid',
    ],
    ['invalid', "sent 1 of 2 records/s offered: the client's event loop was the limit", 'client-busy', 'invalid'],
    [
      'invalid',
      'warm-up not steady: 0 records/s acknowledged in its last third, 1 offered',
      'warm-up-unsteady',
      'invalid',
    ],
    ['invalid', '3 negative latencies: the clocks disagree', 'negative-latency', 'invalid'],
    ['invalid', 'producer 0 ended: SIGSEGV', 'worker-lost', 'invalid'],
    ['invalid', 'fault kill-broker (broker 2): not seen to have happened within 2000 ms', 'fault-failed', 'invalid'],
    ['invalid', 'no canary: not connected after 30 s', 'canary-failed', 'invalid'],
    ['ok', 'saturated: sent 1 of 2 records/s offered', 'saturated', 'warning'],
    ['interrupted', 'ended early: produce.responseUs.p99 < 50ms missed by 7 s', 'threshold-missed', 'interrupted'],
    ['interrupted', 'interrupted', 'interrupted', 'interrupted'],
    ['interrupted', 'left for a later session', 'left-for-later', 'interrupted'],
    ['failed', 'topic kbench-1 cannot be created: ECONNREFUSED', 'variant-failed', 'failed'],
    ['unsupported', 'kafkajs has no zstd', 'unsupported', 'warning'],
    ['invalid', 'something that no code fits', 'other', 'invalid'],
    ['ok', 'something that no code fits', 'other', 'warning'],
  ] as const) {
    test(`${status}: ${reason} → ${code}`, () => {
      assert.deepEqual(findingsOf(old(status, reason)), [{ code, level, text: reason }])
    })
  }

  test('reasons of the generator count once, and the status is not said twice', () => {
    const variant = old('invalid', 'invalid: negative', '2 negative latencies: the clocks disagree')
    variant.generator.reasons = ['2 negative latencies: the clocks disagree']
    assert.deepEqual(
      findingsOf(variant).map(({ text }) => text),
      ['negative', '2 negative latencies: the clocks disagree'],
    )
  })

  test('findings that are there are taken as they are', () => {
    const finding = { code: 'saturated' as const, level: 'warning' as const, text: 'x' }
    assert.deepEqual(findingsOf({ ...old('ok', 'another sentence'), findings: [finding] }), [finding])
  })
})

describe('V9: the brokers that a fault hit', () => {
  const [fault] = brokerKilled().variants[0]!.faults
  const { cluster } = brokerKilled()
  for (const [target, ids] of [
    ['broker 2, leader of partition 0', [2]],
    ['brokers 1 and 3', [1, 3]],
    ['brokers 1, 12 and 3', [1, 12, 3]],
    ['all brokers', cluster.brokers.map(({ id }) => id)],
    ['member 0 of group g1', []],
    ['', []],
  ] as const) {
    test(`"${target}" of an old result`, () => {
      const { brokers: _, ...bare } = { ...fault!, target }
      assert.deepEqual(brokersOf(bare, cluster), ids)
    })
  }

  test('a field outweighs the words', () => {
    assert.deepEqual(brokersOf({ ...fault!, target: 'broker 9', brokers: [1] }, cluster), [1])
  })
})

test('a result is whole after it, and a whole one is the same object', () => {
  const old = faultNotVerified()
  for (const { faults } of old.variants) for (const fault of faults) delete fault.brokers
  const upgraded = upgradeResult(old)
  const [variant] = upgraded.variants
  assert.equal(variant!.findings![0]!.code, 'fault-failed')
  assert.deepEqual([variant!.faults[0]!.brokers, variant!.faults[0]!.problem], [[2], 'not-verified'])
  assert.deepEqual(variant!.reasons, faultNotVerified().variants[0]!.reasons)
  assert.equal(upgradeResult(upgraded), upgraded)
  assert.deepEqual(
    upgradeResult(twoClients()).variants.flatMap(({ findings }) => findings),
    [],
  )
})
