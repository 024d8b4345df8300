import { finding } from '../contracts/findings.ts'
import type { VariantPlan } from '../contracts/plan.ts'
import type { Integrity, ThresholdOutcome, Variant } from '../contracts/result.ts'
import { brokerUsage, throttleSummary } from '../recording/broker-usage.ts'
import { encodeSparse } from '../recording/histogram.ts'
import type { Sums } from '../recording/sums.ts'
import { boundOf } from './bound-of.ts'
import { emptyVariant } from './empty-variant.ts'
import { faultsOf } from './faults-of.ts'
import { inOrder, withText } from './finding-texts.ts'
import { consumeOf, produceOf } from './flow.ts'
import { generatorOf } from './generator.ts'
import { ledgerOf } from './ledger.ts'
import { notAudited } from './not-audited.ts'
import { recordFindings, statusOf } from './outcome.ts'
import { referenceVariant } from './reference-variant.ts'
import { seriesOf } from './series.ts'
import { thresholdOutcomes } from './threshold-watch.ts'
import { eventsOf, lagOf, rebalancesOf, timelinesOf } from './timelines.ts'
import { type View, viewOf } from './view.ts'

export interface Assembled {
  variant: Variant
  thresholds: ThresholdOutcome[]
}

/** The result of a variant from its plan and the fold of its facts. Pure: the same facts give the same bytes. */
export function assemble(plan: VariantPlan, sums: Sums): Assembled {
  if (plan.kind === 'reference') return withThresholds(plan, sums, null, referenceVariant(plan, sums))
  const view = viewOf(plan, sums)
  if (view === null) {
    const never = emptyVariant(plan, 'interrupted', [finding('interrupted', { atS: null })])
    return withThresholds(plan, sums, null, never)
  }
  return withThresholds(plan, sums, view, variantOf(view))
}

function withThresholds(plan: VariantPlan, sums: Sums, view: View | null, variant: Variant): Assembled {
  return { variant, thresholds: thresholdOutcomes(plan, sums, view, variant) }
}

function variantOf(view: View): Variant {
  const { plan, sums, startNs, measure } = view
  const integrity = integrityOf(view)
  const ledger = ledgerOf(view)
  const produce = produceOf(view)
  const consume = consumeOf(view)
  const { generator, findings: aboutGenerator } = generatorOf(view, produce)
  const { lag, timeline, gaps } = lagOf(view)
  const faults = faultsOf(view)
  const findings = inOrder([
    ...recordFindings(view, { ledger, produce, integrity }),
    ...aboutGenerator,
    ...faults.findings,
  ]).map(withText)
  const span = { fromNs: startNs + (measure?.fromNs ?? 0), toNs: startNs + (measure?.toNs ?? 0) }
  return {
    id: plan.id,
    status: statusOf(view, findings),
    reasons: findings.map(({ text }) => text),
    findings,
    bound: measure ? boundOf(view, produce) : null,
    params: { ...plan.params },
    repeat: plan.repeat,
    phases: phasesOf(view),
    effectiveConfig: { producer: configOf(sums, 'producer'), consumer: configOf(sums, 'consumer') },
    ledger,
    integrity,
    produce,
    consume,
    lag,
    generator,
    brokers: brokerUsage(sums.usage, span),
    throttle: throttleSummary(sums.usage, span),
    faults: faults.results,
    rebalances: rebalancesOf(view),
    events: [...eventsOf(view), ...gaps].sort((a, b) => a.atS - b.atS),
    series: seriesOf(view),
    timelines: { ...(timeline ? { lag: timeline } : {}), ...timelinesOf(view) },
    heat: heatOf(view),
  }
}

function integrityOf({ plan, sums, isInterrupted }: View): Integrity {
  if (sums.audited) return sums.audited.integrity
  return notAudited(plan.audit ? (isInterrupted ? 'interrupted' : 'the audit did not report') : 'cluster warm-up')
}

function phasesOf({ axis, endNs }: View): Variant['phases'] {
  return axis.spec.phases.flatMap(({ name, fromNs, toNs }) => {
    const end = name === 'drain' ? endNs : Math.min(toNs, endNs)
    return end <= fromNs ? [] : [{ name, startS: fromNs / 1e9, endS: Math.round(end / 1e6) / 1000 }]
  })
}

/** What the client really used, of the first worker of the kind that reported it. */
function configOf({ workers }: Sums, kind: 'producer' | 'consumer'): Record<string, unknown> | null {
  for (const { spec, report } of workers.values()) if (spec.role.kind === kind && report) return report.effectiveConfig
  return null
}

function heatOf({ sums, schedule, plan, known, axis }: View): Variant['heat'] {
  const name = schedule.paced && !plan.fill ? 'response' : 'service'
  const heat: Variant['heat'] = { atS: [], histograms: [] }
  for (let row = known.from; row < known.to; row++) {
    const counts = sums.rows.latency(name, row, row + 1)
    if (counts.total === 0) continue
    heat.atS.push(axis.rows[row]!.fromNs / 1e9)
    heat.histograms.push(encodeSparse(counts))
  }
  return heat
}
