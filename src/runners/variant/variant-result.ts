import type { Generator, Integrity, Ledger, ProduceResult, Variant } from '../../contracts/result.ts'
import { judgeBound } from '../../judge/bound.ts'
import { judgeGenerator } from '../../judge/verdict.ts'
import type { PhaseName } from '../../load/intervals.ts'
import { pacerFor, shareOf } from '../../load/pacer.ts'
import { brokerUsage, throttleSummary } from '../../recording/broker-usage.ts'
import { encodeHistogram, type LatencyHistogram, quantileUs, toLatency } from '../../recording/histogram.ts'
import { lagGaps, lagTimeline, summariseLag } from '../../recording/lag.ts'
import { boundEvidence } from './bound-evidence.ts'
import {
  faultProblems,
  faultResults,
  faultTimelines,
  lagPoints,
  leaderEvents,
  rebalanceResults,
} from './fault-results.ts'
import { buildSeries, type UsagePoint } from './series.ts'
import { type Session, secondsOf } from './session.ts'
import { usagePoints } from './usage.ts'

/** The result of a variant, from everything its session gathered. Pure. */
export function assembleVariant(session: Session, integrity: Integrity): Variant {
  const { job, intervals, crew } = session
  const { variant } = job
  const { profile } = variant
  const interrupted = job.signal.aborted
  const loadEndNs = session.intervals.find((interval) => interval.phase === 'drain')!.startNs
  const cutNs = interrupted ? Math.min(loadEndNs, session.endNs - session.startNs) : loadEndNs
  const measure = window(session, 'measure')
  const span = { fromNs: session.startNs + measure.startS * 1e9, toNs: session.startNs + measure.endS * 1e9 }
  const produce = produceResult(session, measure, cutNs)
  const usage = usagePoints(session)
  const generator = generatorResult(session, produce, usage, measure)
  const findings = generator.findings
  const lag: Variant['lag'] = {}
  const lagColumns: Variant['timelines'][string]['columns'] = {}
  const events = [...session.events, ...leaderEvents(session)]
  let lagTimes: number[] = []
  for (const [index, { group }] of session.groups.entries()) {
    const label = profile.consumers[index]!.group
    const points = lagPoints(session, group)
    const from = points.findIndex(({ atS }) => atS >= 0)
    const span = { measureStartS: measure.startS, loadEndS: cutNs / 1e9, endS: secondsOf(session, session.endNs) }
    lag[label] = summariseLag(points, span)
    // A filled topic has no load that ends: it drains from the start on.
    if (job.workload.prefill) lag[label].drainS = summariseLag(points, { ...span, loadEndS: 0 }).drainS
    // Samples from before the start tell how old the first lag is; the timeline begins with the load.
    const columns = Object.entries(lagTimeline(label, session.topic.name, points))
    for (const [name, column] of columns) lagColumns[name] = column.slice(Math.max(0, from))
    lagTimes = points.slice(Math.max(0, from)).map(({ atS }) => atS)
    for (const gap of lagGaps(points, profile.samplers.lag.interval / 1000)) {
      events.push({
        atS: gap.atS,
        kind: 'lag-gap',
        detail: `group ${label}: nothing known for ${gap.lengthS.toFixed(1)} s`,
      })
    }
  }
  const { early } = session
  const reasons = [
    ...(early.signal.aborted ? [String(early.signal.reason)] : []),
    ...generator.result.reasons,
    ...findings,
  ]
  return {
    id: variant.id,
    status: statusOf(interrupted, early.signal.aborted, generator.result.valid),
    reasons,
    bound: judgeBound(boundEvidence(session, produce, measure.lengthS)),
    params: variant.params,
    repeat: variant.repeat,
    phases: phasesOf(session),
    effectiveConfig: {
      producer: configOf(session, 'producer'),
      consumer: configOf(session, 'consumer'),
    },
    ledger: ledgerOf(session, cutNs),
    integrity,
    produce,
    consume: session.groups.length === 0 ? null : consumeResult(session, measure),
    lag,
    generator: generator.result,
    brokers: brokerUsage(session.usage, span),
    throttle: throttleSummary(session.usage, span),
    faults: faultResults(session),
    rebalances: rebalanceResults(session),
    events: events.sort((a, b) => a.atS - b.atS),
    series: buildSeries(session, usage, cutNs),
    timelines: {
      ...(session.groups.length === 0 ? {} : { lag: { atS: lagTimes, columns: lagColumns } }),
      ...faultTimelines(session),
    },
    heat: heatOf(session),
  }

  function heatOf({ collector: all }: Session): Variant['heat'] {
    const name = profile.load.rate === 'max' ? 'service' : 'response'
    const heat: Variant['heat'] = { atS: [], histograms: [] }
    for (const [index, interval] of intervals.entries()) {
      const histogram = all.latency(name, index)
      if (!histogram || histogram.hdr.totalCount === 0) continue
      heat.atS.push(interval.startNs / 1e9)
      heat.histograms.push(encodeHistogram(histogram))
    }
    return heat
  }

  function configOf({ plans }: Session, kind: 'producer' | 'consumer'): Record<string, unknown> | null {
    for (const { worker, role } of plans) {
      const report = crew.reports.get(worker)
      if (role.kind === kind && report) return report.effectiveConfig
    }
    return null
  }
}

/** What ended early and could not be trusted either is invalid: that counts for more. */
function statusOf(interrupted: boolean, early: boolean, valid: boolean): Variant['status'] {
  if (interrupted) return 'interrupted'
  if (!valid) return 'invalid'
  return early ? 'interrupted' : 'ok'
}

export interface Window {
  startS: number
  endS: number
  /** Seconds of it that the run really had. */
  lengthS: number
}

function window(session: Session, phase: PhaseName): Window {
  const mine = session.intervals.filter((interval) => interval.phase === phase)
  const startS = (mine[0]?.startNs ?? 0) / 1e9
  const plannedEndS = (mine.at(-1)?.endNs ?? 0) / 1e9
  const endS = Math.max(startS, Math.min(plannedEndS, secondsOf(session, session.endNs)))
  return { startS, endS, lengthS: endS - startS }
}

function phasesOf(session: Session): Variant['phases'] {
  const endS = secondsOf(session, session.endNs)
  return (['warmup', 'measure', 'drain'] as const).flatMap((name) => {
    const mine = session.intervals.filter((interval) => interval.phase === name)
    if (mine.length === 0) return []
    const startS = mine[0]!.startNs / 1e9
    const end = name === 'drain' ? endS : Math.min(mine.at(-1)!.endNs / 1e9, endS)
    return end <= startS ? [] : [{ name, startS, endS: end }]
  })
}

/** Closed: what a lost worker can no longer tell was due is unknown up to its last breath and unsent after. */
function ledgerOf(session: Session, cutNs: number): Ledger {
  const sum: Ledger = { scheduled: 0, acked: 0, failed: 0, unknown: 0, unsent: 0 }
  for (const { worker, role, load, producers } of session.plans) {
    if (role.kind !== 'producer') continue
    const { acked, failed, unknown } = session.collector.ledger(role.index)
    const report = session.crew.reports.get(worker)
    const loss = session.crew.losses.get(worker)
    const pacer = pacerFor(load.ratePerSec)
    const dueBy = (ns: number) => {
      const due = Math.min(pacer.dueBefore(ns) ?? Number.POSITIVE_INFINITY, load.count ?? Number.POSITIVE_INFINITY)
      return due === Number.POSITIVE_INFINITY ? session.collector.sentBy(worker) : shareOf(due, role.index, producers)
    }
    const scheduled = report?.scheduled ?? dueBy(cutNs)
    const begun = report
      ? scheduled - report.unsent
      : Math.min(scheduled, dueBy((loss?.atNs ?? session.endNs) - session.startNs))
    sum.scheduled += scheduled
    sum.acked += acked
    sum.failed += failed
    sum.unsent += scheduled - begun
    sum.unknown += unknown + (begun - acked - failed - unknown)
  }
  return sum
}

function produceResult(session: Session, measure: Window, cutNs: number): ProduceResult {
  const { collector, job, plans } = session
  const { load, producers } = job.variant.profile
  const pacer = pacerFor(load.rate)
  const events = collector.phaseEvents(['measure'])
  const perSec = (count: number) => (measure.lengthS > 0 ? count / measure.lengthS : 0)
  const dueBefore = (s: number) => {
    const due = pacer.dueBefore(Math.min(s * 1e9, cutNs))
    return due === null ? null : Math.min(due, load.count ?? Number.POSITIVE_INFINITY)
  }
  const due = load.rate === 'max' || job.workload.prefill ? null : dueBefore(measure.endS)! - dueBefore(measure.startS)!
  const response = collector.phaseLatency('response', ['measure'])
  const service = collector.phaseLatency('service', ['measure'])
  const notAckedOf = (histogram: LatencyHistogram, all: number) =>
    Math.max(0, all - histogram.hdr.totalCount - histogram.overflow)
  const reports = plans.flatMap(({ worker, role }) => {
    const report = session.crew.reports.get(worker)
    return role.kind === 'producer' && report ? [report] : []
  })
  const batches = reports.flatMap(({ recordsPerBatch }) => recordsPerBatch ?? [])
  return {
    offeredPerSec: due === null ? null : perSec(due),
    sentPerSec: perSec(events.sent),
    ackedPerSec: perSec(events.acked),
    ackedBytesPerSec: perSec(events.ackedBytes),
    recordsPerBatch: batches.length === 0 ? null : batches.reduce((sum, value) => sum + value, 0) / batches.length,
    responseUs: due === null || producers.acks === 0 ? null : toLatency(response, notAckedOf(response, due)),
    serviceUs: producers.acks === 0 ? null : toLatency(service, notAckedOf(service, due ?? events.sent)),
    errors: { ...collector.errors },
  }
}

function consumeResult(session: Session, measure: Window): Variant['consume'] {
  const { collector, job } = session
  const events = collector.phaseEvents(['measure'])
  const perSec = (count: number) => (measure.lengthS > 0 ? count / measure.lengthS : 0)
  const endToEnd = collector.phaseLatency('endToEnd', ['measure'])
  // What was acknowledged and never read by a group counts as slower than anything that was.
  const written = collector.phaseLatency('service', ['measure']).hdr.totalCount * session.groups.length
  return {
    receivedPerSec: perSec(events.received),
    receivedBytesPerSec: perSec(events.receivedBytes),
    endToEndUs: job.workload.prefill ? null : toLatency(endToEnd, Math.max(0, written - endToEnd.hdr.totalCount)),
  }
}

function generatorResult(session: Session, produce: ProduceResult, usage: readonly UsagePoint[], measure: Window) {
  const { collector, job } = session
  const { profile } = job.variant
  const phases: PhaseName[] = ['measure']
  const scheduleLag = collector.phaseLatency('scheduleLag', phases)
  const everything: PhaseName[] = ['warmup', 'measure', 'drain']
  const negative = (['response', 'service', 'endToEnd', 'scheduleLag'] as const).reduce(
    (sum, name) => sum + collector.phaseLatency(name, everything).negative,
    0,
  )
  const { invalid, findings } = judgeGenerator({
    offeredPerSec: produce.offeredPerSec,
    sentPerSec: produce.sentPerSec,
    ackedPerSec: produce.ackedPerSec,
    warmupAckedPerSec: profile.producers.acks === 0 || job.workload.prefill ? null : lastThirdAcked(session),
    scheduleLagP99Us: quantileUs(scheduleLag, 0.99, 0),
    responseP99Us: produce.responseUs?.p99 ?? null,
    utilisation: collector.utilisation(),
    lostWorkers: [
      ...faultProblems(session),
      ...[...session.crew.losses].flatMap(([worker, { reason }]) => (session.crew.killed.has(worker) ? [] : [reason])),
    ],
    negativeLatencies: negative,
  })
  const inMeasure = usage.filter(({ atS }) => atS > measure.startS && atS <= measure.endS + 0.5)
  const cpus = inMeasure.flatMap(({ cpuPercent }) => cpuPercent ?? [])
  const memory = usage.map(({ rssBytes }) => rssBytes)
  const result: Generator = {
    scheduleLagUs: toLatency(scheduleLag),
    backpressureUs: toLatency(collector.phaseLatency('backpressure', phases)),
    eventLoopDelayUs: toLatency(collector.phaseLatency('eventLoopDelay', phases)),
    cpuPercent: cpus.length === 0 ? null : cpus.reduce((sum, value) => sum + value, 0) / cpus.length,
    rssBytes: memory.length === 0 ? null : Math.max(...memory),
    ...collector.gc(),
    valid: invalid.length === 0,
    reasons: invalid,
  }
  return { result, findings }
}

/** acked/s over the last third of the warm-up, in whole intervals; null where that is less than a second. */
function lastThirdAcked({ collector, intervals }: Session): number | null {
  const warmup = intervals.flatMap((interval, index) => (interval.phase === 'warmup' ? [{ interval, index }] : []))
  const lengthNs = warmup.at(-1)?.interval.endNs ?? 0
  const third = warmup.filter(({ interval }) => interval.startNs >= (lengthNs * 2) / 3 - 1)
  const seconds = third.reduce((sum, { interval }) => sum + (interval.endNs - interval.startNs), 0) / 1e9
  if (seconds < 1) return null
  return third.reduce((sum, { index }) => sum + collector.events(index).acked, 0) / seconds
}
