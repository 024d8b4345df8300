import { setTimeout as delay } from 'node:timers/promises'
import { nowNs } from '../../base/clock.ts'
import type { LagSampler } from '../../contracts/api.ts'
import type { LagPoint } from '../../recording/lag.ts'
import { type LeaderSampler, watchLeaders } from '../../samplers/leaders.ts'
import { type Canary, startCanary } from './canary.ts'
import { runFaults } from './faults.ts'
import { type Session, secondsOf } from './session.ts'
import { brokenText } from './threshold-watch.ts'

/** Ready → start → load → drain → stop, with the samplers beside it. */
export async function conduct(session: Session): Promise<void> {
  const { job, crew } = session
  const { progress, signal } = job
  const { prefill } = job.workload
  if (prefill) await fill(session)
  await crew.bring(prefill ? ['consumer'] : ['producer', 'consumer'], 90_000, signal)
  await using sampler = session.access.lagSampler({
    topic: session.topic.name,
    partitions: session.topic.partitions,
    groups: session.groups,
    startOffsets: session.firstOffsets,
    nowNs,
  })
  // Connects the sampler before the clock runs.
  await sampler.sample()
  const watched = session.job.variant.profile.faults.length > 0 && !job.rehearsal
  await using leaders = watched ? await leaderSampler(session) : null
  session.leaders = leaders?.history ?? null
  await using canary = wantsCanary(session) ? await canaryOf(session) : null
  session.canary = canary
  session.startNs = nowNs() + 300e6
  crew.start(['producer', 'consumer'], session.startNs)
  progress.stage('load', job.variant.id)
  const over = new AbortController()
  const watching = [
    watchLag(session, sampler, over.signal),
    watchBrokers(session, over.signal),
    tick(session, over.signal),
    watchThresholds(session, over.signal),
    ...(watched ? [runFaults(session, over.signal)] : []),
  ]
  const onAbort = () => {
    crew.stop('producer')
    crew.stop('consumer')
  }
  session.early.signal.addEventListener('abort', () => crew.stop('producer'), { once: true })
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    await crew.ended('producer')
    if (prefill) await measured(session)
    else await loadEnded(session)
    await canary?.stop()
    await drained(session)
    session.endNs = nowNs()
    crew.stop('consumer')
    await withDeadline(crew.ended('consumer'), 20_000)
  } finally {
    signal.removeEventListener('abort', onAbort)
    over.abort()
    await Promise.all(watching)
  }
}

function wantsCanary({ job }: Session): boolean {
  const { faults, canary } = job.variant.profile
  return (canary.enabled ?? faults.length > 0) && !job.rehearsal && !job.cluster.access
}

function canaryOf(session: Session): Promise<Canary> {
  const { job, network, topic } = session
  const { canary, producers } = job.variant.profile
  return startCanary(
    {
      network,
      topic: topic.name,
      partitions: Math.min(topic.partitions, canary.partitions),
      recordsPerSec: canary.recordsPerSec,
      acks: producers.acks === 'all' ? 'all' : 1,
      run: session.run,
      clientId: `kbench-${job.runId}-${job.index}-canary`,
    },
    job.signal,
  )
}

function leaderSampler({ network, job, topic }: Session): Promise<LeaderSampler> {
  return watchLeaders(network, job.cluster.nodes, {
    topic: topic.name,
    intervalMs: job.variant.profile.samplers.leaders.interval,
    signal: job.signal,
  })
}

/** Writes the records that the consumers will read, as fast as it goes, and waits for their acknowledgements. */
async function fill(session: Session): Promise<void> {
  const { crew, job } = session
  job.progress.stage('fill', `${job.variant.profile.load.count} records`)
  await crew.bring(['producer'], 90_000, job.signal)
  const stop = () => crew.stop('producer')
  job.signal.addEventListener('abort', stop, { once: true })
  crew.start(['producer'], nowNs())
  await crew.ended('producer')
  job.signal.removeEventListener('abort', stop)
  job.signal.throwIfAborted()
}

/** Producers may be done early, the phase is not: its rates are counted over its whole length. A used up load.count ends it. */
async function loadEnded(session: Session): Promise<void> {
  const endNs = session.startNs + loadEndOf(session)
  const { count } = session.job.variant.profile.load
  if (count === undefined) while (nowNs() < endNs && !isEnding(session)) await delay(20)
}

/** The end of the measure phase, or the end of the log, whichever comes first. */
async function measured(session: Session): Promise<void> {
  const endNs = session.startNs + loadEndOf(session)
  while (nowNs() < endNs && !isEnding(session) && !isRead(session, session.startNs)) await delay(50)
}

/** Before its time: interrupted, or by a threshold. */
function isEnding({ job, early }: Session): boolean {
  return job.signal.aborted || early.signal.aborted
}

/** Every group has committed the end offsets, in a sample taken after `sinceNs`. */
function isRead(session: Session, sinceNs: number): boolean {
  return [...session.lag.values()].every((points) => {
    const last = points.at(-1)
    if (!last || session.startNs + last.atS * 1e9 < sinceNs) return false
    return last.ends.every((end, partition) => end !== null && (last.committed[partition] ?? -1) >= end)
  })
}

/** Lag 0 in a sample that was taken after the last acknowledgement, or the deadline. */
async function drained(session: Session): Promise<void> {
  const { job, plans, early } = session
  const producersEndedNs = nowNs()
  const loadEndNs = early.signal.aborted ? 0 : session.startNs + plans[0]!.loadEndNs
  const deadlineNs =
    Math.max(loadEndNs, producersEndedNs) + (job.rehearsal ? 1e9 : job.variant.profile.phases.drain * 1e6)
  while (!isRead(session, producersEndedNs) && nowNs() < deadlineNs && !job.signal.aborted) await delay(50)
}

async function watchLag(session: Session, sampler: LagSampler, over: AbortSignal): Promise<void> {
  const periodMs = session.job.variant.profile.samplers.lag.interval
  let next = Date.now()
  while (!over.aborted) {
    const { atNs, ends, groups } = await sampler.sample()
    for (const [group, { committed }] of Object.entries(groups)) {
      const positions = session.delivered.get(group)!.positions()
      session.lag.get(group)!.push({
        atS: secondsOf(session, atNs),
        ends,
        committed,
        positions: positions.map((position, partition) => position ?? session.firstOffsets.get(partition) ?? null),
      })
    }
    next = Math.max(next + periodMs, Date.now())
    await pause(next - Date.now(), over)
  }
}

async function watchBrokers(session: Session, over: AbortSignal): Promise<void> {
  const { brokers, throttle, machine, usage } = session
  const sample = async () => {
    const facts = await Promise.all([brokers.sample(), throttle.sample(), machine.sample()])
    for (const fact of facts.flat()) usage.add(fact)
  }
  while (!over.aborted) {
    await sample()
    await pause(session.job.variant.profile.samplers.brokers.interval, over)
  }
  // Counters are known up to their last reading: one after the load's end covers all of it.
  await sample()
}

async function tick(session: Session, over: AbortSignal): Promise<void> {
  const { collector, job, intervals } = session
  while (!over.aborted) {
    await pause(1000, over)
    // The one before the last to have a frame: the last is not full yet.
    const interval = Math.max(0, collector.lastInterval() - 1)
    const { phase, startNs, endNs } = intervals[interval]!
    const events = collector.events(interval)
    const perSec = (count: number) => (count * 1e9) / (endNs - startNs)
    const histogram = collector.latency('response', interval) ?? collector.latency('service', interval)
    const lag = [...session.lag.values()].map((points) => points.at(-1))
    job.progress.tick({
      variant: job.variant.id,
      phase: job.rehearsal ? 'cluster warm-up' : phase,
      atS: secondsOf(session, nowNs()),
      sentPerSec: perSec(events.sent),
      ackedPerSec: perSec(events.acked),
      responseP99Us: histogram && histogram.hdr.totalCount > 0 ? histogram.hdr.getValueAtPercentile(99) : null,
      lagRecords: lag.length === 0 ? null : lag.reduce<number | null>((sum, point) => addLag(sum, point), 0),
    })
  }
}

/** Ends the variant as soon as a threshold with abortOnFail can no longer be met. */
async function watchThresholds(session: Session, over: AbortSignal): Promise<void> {
  const { thresholds, variant, rehearsal, progress } = session.job
  if (!thresholds || rehearsal) return
  while (!over.aborted && nowNs() < session.startNs + loadEndOf(session)) {
    await pause(500, over)
    const broken = over.aborted || isEnding(session) ? null : thresholds.broken(session, nowNs())
    if (!broken || nowNs() >= session.startNs + loadEndOf(session)) continue
    endEarly(session, nowNs(), brokenText(broken))
    progress.log(`${variant.id}: ${session.early.signal.reason}`)
  }
}

/**
 * The measure phase ends with its last whole second; what comes after is drain, so that rates and latencies are those of whole seconds
 * under load.
 */
export function endEarly(session: Session, atNs: number, reason: string): void {
  for (const interval of session.intervals) {
    if (interval.phase === 'measure' && session.startNs + interval.endNs > atNs) interval.phase = 'drain'
  }
  session.events.push({ atS: secondsOf(session, atNs), kind: 'aborted', detail: reason })
  session.early.abort(reason)
}

function addLag(sum: number | null, point: LagPoint | undefined): number | null {
  if (sum === null || !point) return null
  let lag = 0
  for (const [partition, end] of point.ends.entries()) {
    const committed = point.committed[partition]
    if (end === null || committed == null) return null
    lag += Math.max(0, end - committed)
  }
  return sum + lag
}

/** ns from the start: the end of the measure phase. */
function loadEndOf(session: Session): number {
  return session.intervals.find((interval) => interval.phase === 'drain')!.startNs
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), undefined, { signal }).catch(() => {})
}

/** A worker that does not end is left to close(), which kills its host. */
async function withDeadline(work: Promise<void>, ms: number): Promise<void> {
  const over = new AbortController()
  await Promise.race([work, pause(ms, over.signal)])
  over.abort()
}
