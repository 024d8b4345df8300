import { type FindingFacts, finding } from '../contracts/findings.ts'
import type { Integrity, Ledger, ProduceResult, Status } from '../contracts/result.ts'
import { explain } from './explain.ts'
import { readingSpan } from './flow.ts'
import { sentOf } from './ledger.ts'
import { dueIn, type View } from './view.ts'

/** From this share of what was sent on, failed and unknown records make a run without a fault invalid. */
const toleratedShare = 0.001
/** Of the attempts to read an endpoint of metrics. */
const silentShare = 0.1
/** A measurement that is shorter than this, and than was planned, is said to be short, s. */
const shortS = 3

/** What there is to say of the records and of how the variant ended: MEASURING, "When a run is not to be trusted". */
export function recordFindings(
  view: View,
  { ledger, produce, integrity }: { ledger: Ledger; produce: ProduceResult; integrity: Integrity },
): FindingFacts[] {
  return [
    ...endFindings(view),
    ...dueFindings(view),
    ...acknowledged(view, ledger, produce, integrity),
    ...received(view),
    ...topicFindings(view),
    ...metricsFindings(view),
    ...(view.plan.audit && integrity.verdict === 'not-audited'
      ? [finding('not-audited', { reason: integrity.reasons[0] ?? 'unknown' })]
      : []),
    ...view.plan.groups.flatMap(({ label, group }) => {
      const records = view.sums.groups.get(group)?.uncounted() ?? 0
      return records > 0 ? [finding('redelivered-uncounted', { group: label, records })] : []
    }),
  ]
}

function endFindings(view: View): FindingFacts[] {
  const { sums, loadEndNs, isComplete, endNs } = view
  if (!isComplete) return [finding('known-until', { untilS: endNs / 1e9 })]
  const { loadEnded } = sums
  const atS = loadEndNs / 1e9
  const ends: FindingFacts[] = []
  if (loadEnded?.by === 'count') ends.push(finding('count-used-up', { count: view.plan.load.count ?? 0, atS }))
  if (loadEnded?.by === 'interrupt' || sums.wasCutShort) ends.push(finding('interrupted', { atS }))
  else if (loadEnded?.why) ends.push(loadEnded.why)
  else if (view.isInterrupted) ends.push(finding('interrupted', { atS: endNs / 1e9 }))
  return ends
}

function dueFindings(view: View): FindingFacts[] {
  const { plan, measure, sums, loadEndNs } = view
  if (plan.fill || view.isInterrupted) return []
  const planned = plan.axis.phases.find(({ name }) => name === 'measure')
  if (!measure) {
    const why = sums.loadEnded?.by === 'count' || (plan.load.count !== null && !planned) ? 'count' : 'ended'
    return [finding('nothing-due', { why })]
  }
  if (dueIn(view, measure.fromNs, measure.toNs) === 0) {
    const isUsedUp = plan.load.count !== null && view.schedule.endNs <= measure.fromNs
    return [finding('nothing-due', { why: isUsedUp ? 'count' : 'rate' })]
  }
  const plannedS = planned ? (planned.toNs - planned.fromNs) / 1e9 : 0
  const isShort = loadEndNs < plan.axis.phases.at(-1)!.fromNs && measure.lengthS < Math.min(shortS, plannedS)
  return isShort ? [finding('short-measure', { seconds: measure.lengthS, plannedS })] : []
}

/** acks 0 has no acknowledgement: that the log grew is the evidence. */
function acknowledged(view: View, ledger: Ledger, produce: ProduceResult, integrity: Integrity): FindingFacts[] {
  const { plan, isInterrupted, sums } = view
  const sent = sentOf(view)
  const { failed, unknown, acked } = ledger
  const [error, errorCount] = mostCommon(produce.errors)
  const counts = { sent, failed, unknown, error, errorCount, explanation: explain(view, error) }
  if (plan.acks === 0) {
    const grew = growthOf(view, integrity)
    return sent > 0 && grew === 0 && !isInterrupted ? [finding('nothing-acknowledged', counts)] : []
  }
  if (acked === 0 && ledger.scheduled > 0 && !isInterrupted) return [finding('nothing-acknowledged', counts)]
  if (failed + unknown === 0) return []
  const missing = Math.max(0, failed + unknown - toOffline(view))
  const isTolerated = missing <= toleratedShare * sent || sums.faults.length > 0 || isInterrupted
  return [finding(isTolerated ? 'some-records-failed' : 'records-failed', counts)]
}

function mostCommon(errors: Readonly<Record<string, number>>): [string | null, number | null] {
  const [most] = Object.entries(errors).sort(([, a], [, b]) => b - a)
  return most ?? [null, null]
}

/** Records by which the log grew, as the audit or the lag samples saw it; null = neither did. */
function growthOf({ sums }: View, integrity: Integrity): number | null {
  if (integrity.verdict !== 'not-audited') return integrity.logRecords
  const last = [...sums.lag.values()].flatMap((points) => points.last() ?? [])
  const grown = last.flatMap(({ ends }) =>
    ends.flatMap((end, partition) => {
      const first = sums.topic?.firstOffsets[partition]
      return end === null || first == null ? [] : [end - first]
    }),
  )
  if (grown.length > 0) return grown.reduce((sum, each) => sum + each, 0)
  return integrity.logRecords > 0 ? integrity.logRecords : null
}

/** Of a filled topic. */
function received(view: View): FindingFacts[] {
  const { plan, sums, measure, warmup, isInterrupted } = view
  if (!plan.fill || isInterrupted) return []
  const records = measure ? sums.rows.eventsOver(measure.from, measure.to).received : 0
  const before = warmup ? sums.rows.eventsOver(warmup.from, warmup.to).received : 0
  if (records === 0) return [finding('nothing-received', { before })]
  const seconds = readingSpan(view)?.seconds ?? 0
  return seconds < shortS ? [finding('short-consume', { seconds, records })] : []
}

function topicFindings(view: View): FindingFacts[] {
  const { offline = [], brokersDown = [], differs = [], lacking = [] } = view.sums.topic ?? {}
  const degraded =
    offline.length + brokersDown.length === 0
      ? []
      : [finding('degraded', { partitions: offline, brokers: brokersDown, records: toOffline(view) })]
  const others = differs.map(({ what, planned, actual }) => finding('topic-differs', { what, planned, actual }))
  return [
    ...degraded,
    ...others,
    ...retentionFindings(view),
    ...lacking.map((each) => finding('permission-missing', each)),
  ]
}

/** Endpoints that do not answer are unknown numbers, which nobody should take for a broker without load. */
function metricsFindings({ sums }: View): FindingFacts[] {
  return [...sums.usage.scrapes].flatMap(([endpoint, { attempts, failed, problem }]) =>
    failed > silentShare * attempts
      ? [finding('metrics-silent', { endpoint, attempts, failed, reason: problem ?? 'unknown' })]
      : [],
  )
}

/** Of a topic that forgets while it is measured. */
function retentionFindings({ plan, sums }: View): FindingFacts[] {
  const { retentionMs } = sums.topic ?? {}
  const runMs = (plan.axis.phases.find(({ name }) => name === 'drain')?.fromNs ?? 0) / 1e6 + plan.drainMs
  return retentionMs === undefined || retentionMs > runMs ? [] : [finding('short-retention', { retentionMs, runMs })]
}

/** Records that were sent to partitions which were not there: nobody expects their acknowledgement. */
const toOffline = ({ sums, known }: View): number => sums.rows.eventsOver(known.from, known.to).toOffline ?? 0

/** What was interrupted by the user is that, whatever else; what ended early and cannot be trusted either is invalid. */
export function statusOf(view: View, findings: readonly FindingFacts[]): Status {
  const has = (level: FindingFacts['level']) => findings.some((each) => each.level === level)
  if (view.isInterrupted) return 'interrupted'
  if (has('failed')) return 'failed'
  if (has('invalid')) return 'invalid'
  return has('interrupted') ? 'interrupted' : 'ok'
}
