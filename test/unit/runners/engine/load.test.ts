import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ProfileInput } from '../../../../src/profile/schema.ts'
import { measure } from '../../../support/measure.ts'
import { planOf } from '../../../support/plans.ts'

/** Two producers, a group of two, 1000 records/s; 3 s of warm-up, 10 s of measurement. */
const profile = (more: Partial<ProfileInput> = {}): Partial<ProfileInput> => ({
  topic: { partitions: 4 },
  producers: { count: 2 },
  consumers: [{ group: 'g2', members: 2 }],
  phases: { warmup: '3s', measure: '10s', drain: '5s' },
  ...more,
})

describe('a load as planned', () => {
  for (const hosts of ['scripted', 'real'] as const) {
    test(`is ok with all acknowledged, read and audited: ${hosts} workers`, async () => {
      const rate = hosts === 'real' ? 50 : 1000
      const { variant, ticks, stages, sums } = await measure({ hosts, plan: planOf(profile({ load: { rate } })) })
      assert.deepEqual(variant.findings, [])
      assert.equal(variant.status, 'ok')
      assert.deepEqual(variant.ledger, { scheduled: 13 * rate, acked: 13 * rate, failed: 0, unknown: 0, unsent: 0 })
      assert.equal(variant.produce.offeredPerSec, rate)
      assert.ok(Math.abs(variant.produce.ackedPerSec - rate) <= 0.2, `${variant.produce.ackedPerSec}`)
      assert.ok(Math.abs(variant.consume!.receivedPerSec - rate) <= 0.01 * rate, `${variant.consume!.receivedPerSec}`)
      assert.equal(variant.integrity.verdict, 'ok')
      assert.equal(variant.integrity.audited, 13 * rate)
      assert.equal(variant.lag.g2!.endRecords, 0)
      assert.ok(ticks.length >= 13, `${ticks.length} ticks`)
      assert.deepEqual(stages, ['topic', 'connect', 'load', 'audit'])
      assert.equal(sums.loadEnded!.by, 'plan')
    })
  }
})
