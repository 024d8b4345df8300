import type { Status, Variant } from '../../contracts/result.ts'
import { notAudited } from '../../judge/not-audited.ts'
import type { PlannedVariant } from '../../profile/plan.ts'
import { createHistogram, toLatency } from '../../recording/histogram.ts'

/** A variant of which there is nothing to tell but why. */
export function emptyVariant(planned: PlannedVariant, status: Status, reasons: string[]): Variant {
  const nothing = toLatency(createHistogram())
  return {
    id: planned.id,
    status,
    reasons,
    params: planned.params,
    repeat: planned.repeat,
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
