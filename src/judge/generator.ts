import { type FindingCode, type FindingFacts, finding, generatorCodes } from '../contracts/findings.ts'
import type { Generator, ProduceResult } from '../contracts/result.ts'
import { quantileUs, toLatency } from '../recording/histogram.ts'
import { hostUsage } from '../recording/host-usage.ts'
import type { WorkerState } from '../recording/sums.ts'
import { textOf } from './finding-texts.ts'
import { latencyIn } from './flow.ts'
import { judgeGenerator } from './verdict.ts'
import { dueIn, type RowSpan, spanOf, type View } from './view.ts'

/** A worker that reports so late stood still, ns. */
const stoodStillNs = 1e9
/** A last third of the warm-up that is shorter says nothing, s. */
const leastThirdS = 1

/** Health of the load hosts, with everything that there is to say about it. */
export function generatorOf(view: View, produce: ProduceResult): { generator: Generator; findings: FindingFacts[] } {
  const { sums, plan, known, startNs } = view
  const measure = view.measure ?? { from: 0, to: 0, fromNs: 0, toNs: 0, lengthS: 0 }
  const scheduleLag = latencyIn(view, 'scheduleLag', measure)
  const negativeLatencies = (['response', 'service', 'endToEnd', 'scheduleLag'] as const).reduce(
    (sum, name) => sum + sums.rows.latency(name, known.from, known.to).negative,
    0,
  )
  const findings = judgeGenerator({
    seconds: measure.lengthS,
    offeredPerSec: produce.offeredPerSec,
    sentPerSec: produce.sentPerSec,
    ackedPerSec: produce.ackedPerSec,
    warmup: plan.acks === 0 || plan.fill ? null : lastThird(view),
    scheduleLagP99Us: quantileUs(scheduleLag, 0.99, 0),
    responseP99Us: produce.responseUs?.p99 ?? null,
    utilisation: busiestLoop(view, 'producer'),
    problems: [...workerFindings(view), ...faultFindings(view)],
    negativeLatencies,
  })
  const invalid = findings.filter(({ code }) => (generatorCodes as readonly FindingCode[]).includes(code))
  const { cpuPercent, rssBytes } = hostUsage(sums.usage, {
    fromNs: startNs + measure.fromNs,
    toNs: startNs + measure.toNs,
  })
  return {
    findings,
    generator: {
      scheduleLagUs: toLatency(scheduleLag),
      backpressureUs: toLatency(latencyIn(view, 'backpressure', measure)),
      eventLoopDelayUs: toLatency(latencyIn(view, 'eventLoopDelay', measure)),
      cpuPercent,
      rssBytes,
      ...sums.rows.gc(measure.from, measure.to),
      valid: invalid.length === 0,
      reasons: invalid.map(textOf),
    },
  }
}

/** Utilisation of the busiest event loop of the workers of a kind, mean over measure; null = no frame. */
export function busiestLoop({ sums, measure }: View, kind: 'producer' | 'consumer'): number | null {
  if (!measure) return null
  const shares = [...sums.rows.utilisation(measure.from, measure.to)].flatMap(([worker, share]) =>
    sums.workers.get(worker)?.spec.role.kind === kind ? [share] : [],
  )
  return shares.length === 0 ? null : Math.max(...shares)
}

/** Whole rows of the last third of the warm-up; null where that is less than a second. */
function lastThird(view: View): { acked: number; due: number; seconds: number } | null {
  const { axis, sums } = view
  const rows = axis.rowsOf('warmup')
  const lengthNs = rows.at(-1)?.toNs ?? 0
  const first = rows.find(({ fromNs }) => fromNs >= (lengthNs * 2) / 3 - 1)
  if (!first) return null
  const third: RowSpan = spanOf(axis, first.row, rows.at(-1)!.row + 1)
  const due = dueIn(view, third.fromNs, third.toNs)
  if (due === null || third.lengthS < leastThirdS) return null
  const { acked, toOffline = 0 } = sums.rows.eventsOver(third.from, third.to)
  return { acked, due: Math.max(0, due - toOffline), seconds: third.lengthS }
}

function workerFindings(view: View): FindingFacts[] {
  return [...view.sums.workers.values()].flatMap((state) => {
    const { worker } = state.spec
    const who = whoIs(view, state)
    const lost =
      state.lost && !state.byOrder
        ? [
            finding('worker-lost', {
              worker,
              who,
              reason: state.lost.reason,
              hint: state.lost.hint,
              silentS: state.lost.silentS,
            }),
          ]
        : []
    const stood =
      state.stoodStillNs >= stoodStillNs
        ? [
            finding('worker-stood-still', {
              worker,
              who,
              stillS: Math.round(state.stoodStillNs / 1e8) / 10,
              phase: view.axis.rows[view.axis.rowOf(state.stoodStillAtNs - view.startNs)]?.phase ?? 'drain',
            }),
          ]
        : []
    return [...lost, ...stood]
  })
}

/** "producer 0", "member 1 of group g1". */
export function whoIs({ plan }: Pick<View, 'plan'>, { spec: { role } }: Pick<WorkerState, 'spec'>): string {
  if (role.kind === 'producer') return `producer ${role.index}`
  const label = plan.groups.find(({ group }) => group === role.group)?.label ?? role.group
  return `member ${role.member} of group ${label}`
}

/** What a fault did not do as the profile says makes the measurement worthless; after an interruption nothing is asked of it. */
function faultFindings({ sums, isInterrupted }: View): FindingFacts[] {
  if (isInterrupted) return []
  const failed = sums.faults.flatMap(({ use, target, occurrence, problem }) =>
    problem ? [finding('fault-failed', { use, target, occurrence, problem: problem.is, detail: problem.detail })] : [],
  )
  const problem = sums.canary?.problem() ?? null
  return problem === null ? failed : [...failed, finding('canary-failed', { problem })]
}
