import { KbenchError } from '../../base/errors.ts'
import { plural } from '../../base/plural.ts'
import type { LagSampler } from '../../contracts/api.ts'
import type { FindingFacts } from '../../contracts/findings.ts'
import { textOf } from '../../judge/finding-texts.ts'
import { bytesFinding, createLimitWatch, type LimitWatch, needsGuard } from '../../judge/limit-watch.ts'
import { createThresholdWatch, type ThresholdWatch } from '../../judge/threshold-watch.ts'
import { createSchedule } from '../../load/schedule.ts'
import type { Recording } from '../../recording/recording.ts'
import { isOver, type Sums } from '../../recording/sums.ts'
import type { Kind } from './crew.ts'
import { runFaults } from './faults.ts'
import { type Look, lookOnce, repeat } from './looks.ts'
import { followRows } from './progress.ts'
import type { Scene } from './scene.ts'
import type { Guard } from './world.ts'

/** From the start message to the start itself: every worker is to have it by then. */
const startLeadNs = 300e6
/** The same for the end: the moment at which all workers stop is at least so far ahead. */
const stopLeadNs = 250e6
/** After an interruption acknowledgements are waited for so long. */
const lastCallNs = 1e9
/** A producer waits for acknowledgements as long as the drain; then it closes and reports, within so long. */
const reportNs = 12e9
/** Of the drain, after the last acknowledgement: a look at the lag takes that long. */
const lastLooksNs = 5e9
/** How often the watches look, where no fact wakes them. */
const lookNs = 500e6
/** How often what is watched for limits is looked at. */
const guardMs = 1000

/** Fill → ready → start → load → drain → stop, with the samplers beside it. Everything that happens becomes a fact. */
export async function conduct(scene: Scene): Promise<void> {
  const { recording, world, topic, crew, progress, signal } = scene
  const { plan, append } = recording
  const { clock } = world
  const all: readonly Kind[] = plan.fill ? ['consumer'] : ['producer', 'consumer']
  await using guard = needsGuard(plan) ? await openGuard(scene) : null
  if (plan.fill && !plan.fill.existing) await fill(scene, guard)
  await crew.bring(all, signal)
  await using sampler = world.access.lagSampler({
    topic: topic.name,
    partitions: topic.partitions,
    groups: plan.groups,
    startOffsets: new Map(
      topic.firstOffsets.flatMap((offset, partition) => (offset === null ? [] : [[partition, offset]])),
    ),
    nowNs: () => clock.nowNs(),
  })
  // Connects the sampler before the clock runs.
  const lag = lagLook(scene, sampler)
  await lookOnce(scene, lag)
  const watched = plan.faults.length > 0
  // With a canary: whatever its provider does to a cluster is to be seen.
  await using _leaders = watched || plan.canary ? await world.watchLeaders(plan, topic, append, signal) : null
  await using canary = plan.canary && world.startCanary ? await world.startCanary(plan, topic, append, signal) : null
  signal.throwIfAborted()
  const startNs = clock.nowNs() + startLeadNs
  append({ fact: 'started', atNs: clock.nowNs(), startNs, wallMs: wallAt(startNs - clock.nowNs()) })
  crew.start(all, startNs)
  progress.stage('load', plan.id)
  const over = new AbortController()
  using _rows = followRows(recording, progress)
  const watching = [
    repeat(scene, plan.samplers.lagMs, over.signal, lag),
    repeat(scene, plan.samplers.brokersMs, over.signal, world.sampleUsage),
    repeat(scene, 1000, over.signal, async () => {
      crew.checkSilence(clock.nowNs())
      return []
    }),
    watchLoad(scene, over.signal),
    ...(world.sampleMetrics ? [repeat(scene, plan.samplers.brokersMs, over.signal, world.sampleMetrics)] : []),
    ...(guard ? [repeat(scene, guardMs, over.signal, guard.look)] : []),
    ...(watched ? [runFaults(scene, over.signal)] : []),
  ]
  const onAbort = () => endLoad(scene, 'interrupt', null)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    await (plan.fill ? readToEnd(scene) : loadEnded(scene))
    await canary?.stop()
    await drained(scene)
    const nowNs = clock.nowNs()
    crew.stop('consumer', nowNs, nowNs + lastCallNs)
    await settled(scene, 'consumer', plan.deadlinesMs.stop * 1e6)
  } finally {
    signal.removeEventListener('abort', onAbort)
    over.abort()
    await Promise.all(watching)
  }
  // Counters are known up to their last reading: one after the load's end covers all of it.
  await lookOnce(scene, world.sampleUsage)
  if (world.sampleMetrics) await lookOnce(scene, world.sampleMetrics)
  append({ fact: 'over', atNs: clock.nowNs() })
}

const wallAt = (aheadNs: number): number => Date.now() + aheadNs / 1e6

/** Writes the records that the consumers will read, as fast as it goes, and waits for their acknowledgements. */
async function fill(scene: Scene, guard: Guard | null): Promise<void> {
  const { recording, world, crew, progress, signal } = scene
  const { plan, append, sums } = recording
  const limits = createLimitWatch(plan)
  const over = new AbortController()
  progress.stage('fill', `${plural(plan.fill!.records, 'record')}`)
  await crew.bring(['producer'], signal)
  const stop = () => crew.stop('producer', world.clock.nowNs(), world.clock.nowNs() + lastCallNs)
  signal.addEventListener('abort', stop, { once: true })
  crew.start(['producer'], world.clock.nowNs())
  const watching = guard && repeat(scene, guardMs, over.signal, guard.look)
  const limit = () => limits.reached(sums, world.clock.nowNs())
  const isFilled = await recording.until(() => kindIsOver(sums, 'producer') || limit() !== null, {
    atNs: world.clock.nowNs() + plan.deadlinesMs.fill * 1e6,
    signal,
  })
  over.abort()
  await watching
  const beyond = limit()
  if (beyond) {
    stop()
    throw new KbenchError('environment', `the topic was not filled: ${textOf(beyond)}`)
  }
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  const { acked, failed, unknown, sent, errors } = crew.filled()
  const { records } = plan.fill!
  if (isFilled === 'deadline') {
    const text = `the topic was not filled within ${plan.deadlinesMs.fill / 1000} s: ${acked} of ${records} records`
    throw new KbenchError('environment', text)
  }
  const open = sent - acked - failed - unknown
  const counts = { acked, failed, unknown: unknown + open, errors }
  append({ fact: 'filled', atNs: world.clock.nowNs(), scheduled: records, ...counts })
}

/**
 * Ends the load for all workers at one moment: the next edge of the time axis that every worker can still hear of in time. That moment is
 * the one cut of all numbers.
 */
function endLoad(
  { recording, world, crew, ended }: Scene,
  by: 'threshold' | 'limit' | 'interrupt',
  why: FindingFacts | null,
): void {
  const { sums, append, plan } = recording
  const { clock } = world
  const nowNs = clock.nowNs()
  const startNs = sums.startNs!
  const untilNs = (atNs: number) => (by === 'interrupt' ? atNs + lastCallNs : atNs + plan.drainMs * 1e6)
  if (sums.loadEnded === null) {
    const { edges } = plan.axis
    const edge = edges.find((each) => startNs + each >= nowNs + stopLeadNs) ?? edges.at(-1)!
    const loadEndNs = Math.min(edge, sums.axis.loadEndNs)
    append({ fact: 'load-ended', atNs: nowNs, loadEndNs, by, why })
    crew.stop('producer', startNs + loadEndNs, untilNs(startNs + loadEndNs))
    if (by === 'interrupt') crew.stop('consumer', startNs + loadEndNs, startNs + loadEndNs + lastCallNs)
  } else if (by === 'interrupt') {
    // The load is over already: what is left is cut short.
    append({ fact: 'event', atNs: nowNs, kind: 'interrupted', detail: 'drain cut short' })
    crew.stop('producer', nowNs, nowNs + lastCallNs)
    crew.stop('consumer', nowNs, nowNs + lastCallNs)
  }
  ended.abort()
}

/** Producers may be done early, the phase is not: its rates are counted over its whole length. A used up count ends it. */
async function loadEnded(scene: Scene): Promise<void> {
  const { recording, world, signal } = scene
  const { plan, sums, append } = recording
  const schedule = createSchedule(plan.load)
  const startNs = sums.startNs!
  const stopNs = () => startNs + sums.axis.loadEndNs
  const counted = plan.load.count !== null
  const usedUp = () => counted && !schedule.paced && kindIsOver(sums, 'producer')
  // Whoever ends the load early moves the end: look again until it has come.
  for (;;) {
    const atNs = stopNs()
    await recording.until(() => usedUp() || sums.loadEnded !== null, { atNs })
    if (sums.loadEnded !== null) break
    if (usedUp()) {
      const ends = [...sums.workers.values()].map(({ report }) => report?.lastSentNs ?? 0)
      const loadEndNs = Math.min(sums.axis.loadEndNs, Math.max(0, ...ends))
      const why = bytesFinding(plan, loadEndNs)
      append({ fact: 'load-ended', atNs: world.clock.nowNs(), loadEndNs, by: why ? 'limit' : 'count', why })
    } else if (world.clock.nowNs() >= atNs) {
      const by = counted && schedule.endNs <= sums.axis.loadEndNs ? 'count' : 'plan'
      append({ fact: 'load-ended', atNs: world.clock.nowNs(), loadEndNs: sums.axis.loadEndNs, by, why: null })
    }
  }
  await world.clock.sleepUntil(stopNs())
  scene.ended.abort()
  const waitNs = signal.aborted ? lastCallNs : plan.drainMs * 1e6
  await settled(scene, 'producer', waitNs + reportNs)
}

/** Waits until every worker of a kind is over; one that does not end is ended, and is lost. */
async function settled({ recording, world, crew }: Scene, kind: Kind, withinNs: number): Promise<void> {
  const { sums } = recording
  const isDone = await recording.until(() => kindIsOver(sums, kind), { atNs: world.clock.nowNs() + withinNs })
  if (isDone === 'yes') return
  for (const state of sums.workers.values()) {
    if (state.spec.role.kind === kind && !isOver(state)) crew.abandon(state.spec.worker, 'did not end in time')
  }
}

/** The end of the measure phase, or the end of the log, whichever comes first. */
async function readToEnd(scene: Scene): Promise<void> {
  const { recording, world, ended } = scene
  const { sums, append } = recording
  const startNs = sums.startNs!
  const isOver = () => sums.loadEnded !== null || isRead(sums, startNs) || hasCount(recording)
  await recording.until(isOver, { atNs: startNs + sums.axis.loadEndNs })
  if (sums.loadEnded === null) {
    const nowNs = world.clock.nowNs() - startNs
    const edge = recording.plan.axis.edges.find((each) => each >= nowNs) ?? nowNs
    append({
      fact: 'load-ended',
      atNs: world.clock.nowNs(),
      loadEndNs: Math.min(edge, sums.axis.loadEndNs),
      by: 'plan',
      why: null,
    })
  }
  ended.abort()
}

/** Every group has received as many records as were asked for, of those that were there. */
function hasCount({ plan, sums }: Recording): boolean {
  if (!plan.fill?.existing || plan.fill.records === 0) return false
  const rows = sums.axis.rows.length
  return plan.groups.every(({ group }) => {
    const members = [...sums.workers.values()].filter(
      ({ spec: { role } }) => role.kind === 'consumer' && role.group === group,
    )
    const received = members.map(({ spec }) => sums.rows.workerEvents(spec.worker, 0, rows).received)
    return received.reduce((sum, each) => sum + each, 0) >= plan.fill!.records
  })
}

/** Lag 0 in a sample that was taken after the last acknowledgement, or the deadline. */
async function drained({ recording, world, signal }: Scene): Promise<void> {
  const { plan, sums } = recording
  // What was there is not read to its end where only some of it was asked for.
  if (hasCount(recording)) return
  const sinceNs = world.clock.nowNs()
  const endNs = sums.startNs! + sums.axis.loadEndNs + plan.drainMs * 1e6
  const atNs = Math.max(endNs, sinceNs + Math.min(plan.drainMs * 1e6, lastLooksNs))
  await recording.until(() => isRead(sums, sinceNs), { atNs, signal })
}

/** Every group has committed the end offsets of what is there, in a sample taken after `sinceNs`. */
function isRead(sums: Sums, sinceNs: number): boolean {
  return [...sums.lag.values()].every((points) => {
    const last = points.last()
    if (!last || sums.startNs! + last.atS * 1e9 < sinceNs) return false
    const offline = sums.topic?.offline ?? []
    return last.ends.every(
      (end, partition) => offline.includes(partition) || (end !== null && (last.committed[partition] ?? -1) >= end),
    )
  })
}

/** With a first look: what cannot be watched is no limit, and nothing is loaded without it. */
async function openGuard(scene: Scene): Promise<Guard> {
  const { recording, world, topic } = scene
  const guard = await world.openGuard(recording.plan, topic)
  await lookOnce(scene, guard.look)
  const { guard: seen } = recording.sums
  if (seen !== null && seen.problem === null) return guard
  await guard[Symbol.asyncDispose]()
  const why = seen?.problem ?? 'no answer in time'
  throw new KbenchError('environment', `the profile's limits cannot be watched: ${why}`, {
    hint: 'foreignLag needs Describe on the cluster or on the other groups, and on their topics; or leave that limit out',
  })
}

const lagLook =
  ({ crew }: Pick<Scene, 'crew'>, sampler: LagSampler): Look =>
  async () => {
    const { atNs, ends, groups } = await sampler.sample()
    const perGroup = Object.entries(groups).map(([group, { committed }]) => [
      group,
      { committed, positions: crew.positions(group) },
    ])
    return [{ fact: 'lag', atNs, ends, groups: Object.fromEntries(perGroup) }]
  }

/** Ends the load as soon as it went beyond a limit, or a threshold with abortOnFail can no longer be met. */
async function watchLoad(scene: Scene, over: AbortSignal): Promise<void> {
  const { recording, world, progress } = scene
  const { plan, sums } = recording
  const { clock } = world
  const thresholds: ThresholdWatch = createThresholdWatch(plan)
  const limits: LimitWatch = createLimitWatch(plan)
  while ((thresholds.aborts || limits.watches) && !over.aborted && sums.loadEnded === null) {
    await clock.sleepUntil(clock.nowNs() + lookNs, over)
    if (over.aborted || sums.loadEnded !== null) break
    const limit = limits.reached(sums, clock.nowNs())
    const finding = limit ?? thresholds.broken(sums, clock.nowNs())
    if (!finding) continue
    endLoad(scene, limit ? 'limit' : 'threshold', finding)
    progress.log(`${plan.id}: ${textOf(finding)}`)
  }
}

function kindIsOver(sums: Sums, kind: Kind): boolean {
  return [...sums.workers.values()].every((state) => state.spec.role.kind !== kind || isOver(state))
}
