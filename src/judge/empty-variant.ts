import type { FindingFacts } from '../contracts/findings.ts'
import type { Status, Variant } from '../contracts/result.ts'
import { createHistogram, toLatency } from '../recording/histogram.ts'
import { inOrder, withText } from './finding-texts.ts'
import { notAudited } from './not-audited.ts'

/** A variant without measurements, only with the reason. */
export function emptyVariant(
  { id, params, repeat }: Pick<Variant, 'id' | 'repeat'> & { params: Readonly<Variant['params']> },
  status: Status,
  why: readonly FindingFacts[],
): Variant {
  const nothing = toLatency(createHistogram())
  const findings = inOrder(why).map(withText)
  return {
    id,
    status,
    reasons: findings.map(({ text }) => text),
    findings,
    bound: null,
    params: { ...params },
    repeat,
    phases: [],
    effectiveConfig: { producer: null, consumer: null },
    ledger: { scheduled: 0, acked: 0, failed: 0, unknown: 0, unsent: 0 },
    integrity: notAudited(`${status}: nothing was measured`),
    produce: {
      offeredPerSec: null,
      sentPerSec: 0,
      ackedPerSec: 0,
      ackedBytesPerSec: 0,
      recordsPerBatch: null,
      responseUs: null,
      serviceUs: null,
      errors: {},
    },
    consume: null,
    lag: {},
    generator: {
      scheduleLagUs: nothing,
      backpressureUs: nothing,
      eventLoopDelayUs: nothing,
      cpuPercent: null,
      rssBytes: null,
      gcMs: 0,
      gcMaxMs: 0,
      valid: false,
      reasons: [],
    },
    brokers: null,
    faults: [],
    rebalances: [],
    events: [],
    series: { tickS: [], columns: {} },
    timelines: {},
    heat: { atS: [], histograms: [] },
  }
}
