import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type GeneratorFacts, judgeGenerator, judgeIntegrity } from '../../../src/judge/verdict.ts'

const healthy: GeneratorFacts = {
  offeredPerSec: 5000,
  sentPerSec: 5000,
  ackedPerSec: 5000,
  warmupAckedPerSec: 5000,
  scheduleLagP99Us: 900,
  responseP99Us: 20_000,
  utilisation: 0.4,
  lostWorkers: [],
  negativeLatencies: 0,
}
const judge = (facts: Partial<GeneratorFacts>) => judgeGenerator({ ...healthy, ...facts })

describe('generator', () => {
  test('healthy: valid, nothing to say', () => assert.deepEqual(judge({}), { invalid: [], findings: [] }))

  test('schedule lag p99 above max(5 ms, 10 % of response p99)', () => {
    for (const [lagUs, responseUs, valid] of [
      [5000, 1000, true],
      [5001, 1000, false],
      [5001, 50_000, false],
      [5001, 50_010, true],
      [100_000, 1_000_000, true],
      [100_001, 1_000_000, false],
      [5001, null, false],
      [4999, null, true],
      [null, 1000, true],
    ] as const) {
      const { invalid } = judge({ scheduleLagP99Us: lagUs, responseP99Us: responseUs })
      assert.equal(invalid.length === 0, valid, `lag ${lagUs}, response ${responseUs}`)
    }
  })

  test('sent < 98 % of offered: invalid at 90 % utilisation, else the finding saturated', () => {
    for (const [sent, utilisation, invalid, finding] of [
      [4900, 1, 0, 0],
      [4899, 0.9, 1, 0],
      [4899, 0.89, 0, 1],
      [4899, null, 0, 1],
      [0, 0.1, 0, 1],
    ] as const) {
      const verdict = judge({ sentPerSec: sent, utilisation })
      assert.equal(verdict.invalid.length, invalid, `${sent} at ${utilisation}`)
      assert.equal(verdict.findings.length, finding, `${sent} at ${utilisation}`)
      if (finding) assert.match(verdict.findings[0]!, /saturated/)
    }
  })

  test('a lost worker is a reason, in its words', () => {
    assert.deepEqual(judge({ lostWorkers: ['worker 3 was killed by SIGKILL'] }).invalid, [
      'worker 3 was killed by SIGKILL',
    ])
  })

  test('warm-up: acked in its last third within 5 % of offered', () => {
    for (const [acked, valid] of [
      [4750, true],
      [4749, false],
      [5250, true],
      [5251, false],
      [0, false],
      [null, true],
    ] as const) {
      assert.equal(judge({ warmupAckedPerSec: acked }).invalid.length === 0, valid, String(acked))
    }
  })

  test('a cluster that is saturated from the start is steady at what it takes: a result, not an invalid run', () => {
    const verdict = judge({ sentPerSec: 3000, ackedPerSec: 3000, warmupAckedPerSec: 3010 })
    assert.equal(verdict.invalid.length, 0)
    assert.equal(verdict.findings.length, 1)
  })

  test('one negative latency makes the run invalid', () => {
    assert.match(judge({ negativeLatencies: 1 }).invalid[0]!, /negative/)
  })

  test('rate max offers nothing, so nothing can be missing', () => {
    assert.deepEqual(judge({ offeredPerSec: null, sentPerSec: 10, warmupAckedPerSec: 1, utilisation: 1 }).invalid, [])
  })

  test('all reasons are given, not the first', () => {
    const { invalid } = judge({ lostWorkers: ['a', 'b'], negativeLatencies: 2, scheduleLagP99Us: 1e6 })
    assert.equal(invalid.length, 4)
  })
})

describe('integrity', () => {
  const clean = {
    audited: 100,
    auditedMeasure: 50,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    redelivered: 0,
    corrupt: 0,
    failedButRead: 0,
    unknownRead: 0,
    logRecords: 100,
  }

  test('violated by lost, corrupt and failed-but-read; duplicates and order only with idempotence', () => {
    for (const [name, plain, idempotent] of [
      ['lost', 'violated', 'violated'],
      ['corrupt', 'violated', 'violated'],
      ['failedButRead', 'violated', 'violated'],
      ['duplicated', 'ok', 'violated'],
      ['reordered', 'ok', 'violated'],
      ['redelivered', 'ok', 'ok'],
      ['unknownRead', 'ok', 'ok'],
    ] as const) {
      assert.equal(judgeIntegrity({ ...clean, [name]: 1 }, false), plain, name)
      assert.equal(judgeIntegrity({ ...clean, [name]: 1 }, true), idempotent, `${name} with idempotence`)
    }
    assert.equal(judgeIntegrity(clean, true), 'ok')
  })
})
