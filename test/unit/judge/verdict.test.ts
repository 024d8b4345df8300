import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type FindingCode, finding } from '../../../src/contracts/findings.ts'
import { type GeneratorFacts, judgeGenerator, judgeIntegrity } from '../../../src/judge/verdict.ts'

const healthy: GeneratorFacts = {
  seconds: 10,
  offeredPerSec: 5000,
  sentPerSec: 5000,
  ackedPerSec: 5000,
  warmup: { acked: 50_000, due: 50_000, seconds: 10 },
  scheduleLagP99Us: 900,
  responseP99Us: 20_000,
  utilisation: 0.4,
  problems: [],
  negativeLatencies: 0,
}
const judge = (facts: Partial<GeneratorFacts>) => {
  const findings = judgeGenerator({ ...healthy, ...facts })
  const codes = (isInvalid: boolean): FindingCode[] =>
    findings.flatMap(({ code, level }) => ((level === 'invalid') === isInvalid ? [code] : []))
  return { invalid: codes(true), findings: codes(false) }
}
const lost = (worker: number) =>
  finding('worker-lost', { worker, who: `producer ${worker}`, reason: 'SIGKILL', hint: null, silentS: null })

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
      assert.deepEqual(
        [...verdict.invalid, ...verdict.findings],
        [[], ['client-busy'], ['saturated']][invalid + 2 * finding],
      )
    }
  })

  test('a lost worker makes it invalid', () => {
    assert.deepEqual(judge({ problems: [lost(3)] }).invalid, ['worker-lost'])
  })

  test('warm-up: records acked in its last third within 5 % of those due, or two records', () => {
    for (const [acked, due, valid] of [
      [47_500, 50_000, true],
      [47_499, 50_000, false],
      [52_500, 50_000, true],
      [52_501, 50_000, false],
      [0, 50_000, false],
      [0, 2, true],
      [1, 2.5, true],
      [0, 3, false],
      [6, 3, false],
    ] as const) {
      const { invalid } = judge({ warmup: { acked, due, seconds: 10 } })
      assert.deepEqual(invalid, valid ? [] : ['warm-up-unsteady'], `${acked} of ${due}`)
    }
    assert.deepEqual(judge({ warmup: null }).invalid, [])
  })

  test('a cluster that is saturated from the start is steady at what it takes: a result, not an invalid run', () => {
    const verdict = judge({ sentPerSec: 3000, ackedPerSec: 3000, warmup: { acked: 30_100, due: 50_000, seconds: 10 } })
    assert.equal(verdict.invalid.length, 0)
    assert.equal(verdict.findings.length, 1)
  })

  test('one negative latency makes the run invalid', () => {
    assert.deepEqual(judge({ negativeLatencies: 1 }).invalid, ['negative-latency'])
  })

  test('rate max offers nothing, so nothing can be missing', () => {
    const warmup = { acked: 1, due: 0, seconds: 10 }
    assert.deepEqual(judge({ offeredPerSec: null, sentPerSec: 10, warmup, utilisation: 1 }).invalid, [])
  })

  test('all reasons are given, not the first', () => {
    const { invalid } = judge({ problems: [lost(0), lost(1)], negativeLatencies: 2, scheduleLagP99Us: 1e6 })
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
