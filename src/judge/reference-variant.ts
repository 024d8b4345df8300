import { finding } from '../contracts/findings.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import type { Variant } from '../contracts/result.ts'
import { createSchedule } from '../load/schedule.ts'
import type { Sums } from '../recording/sums.ts'
import { emptyVariant } from './empty-variant.ts'
import { notAudited } from './not-audited.ts'

/** A reference tool's own numbers where they mean the same; what it does not report stays null. */
export function referenceVariant(plan: VariantPlan, { reference }: Sums): Variant {
  if (!reference) return emptyVariant(plan, 'interrupted', [finding('interrupted', { atS: null })])
  const empty = emptyVariant(plan, 'ok', [])
  const { result, durationS } = reference
  const { produce, consume } = result
  const acked = produce?.records ?? 0
  const recordBytes = Number(plan.record.size)
  return {
    ...empty,
    phases: [{ name: 'measure', startS: 0, endS: durationS }],
    effectiveConfig: { producer: { 'kbench.command': result.runs[0]?.command ?? null }, consumer: null },
    ledger: { scheduled: acked, acked, failed: 0, unknown: 0, unsent: 0 },
    integrity: notAudited('records of the reference tool carry no stamp'),
    produce: {
      ...empty.produce,
      offeredPerSec: createSchedule(plan.load).ratePerSec(0),
      sentPerSec: produce?.recordsPerSec ?? 0,
      ackedPerSec: produce?.recordsPerSec ?? 0,
      ackedBytesPerSec: (produce?.recordsPerSec ?? 0) * recordBytes,
    },
    consume:
      consume.length === 0
        ? null
        : {
            receivedPerSec: consume.reduce((sum, { recordsPerSec }) => sum + recordsPerSec, 0),
            receivedBytesPerSec: consume.reduce((sum, { bytesPerSec }) => sum + bytesPerSec, 0),
            endToEndUs: null,
          },
    generator: { ...empty.generator, valid: true },
    reference: result,
  }
}
