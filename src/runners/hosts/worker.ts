import { PerformanceObserver, performance } from 'node:perf_hooks'
import { type Clock, systemClock } from '../../base/clock.ts'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { resolveSettings } from '../../base/references.ts'
import { withoutSecrets } from '../../base/secrets.ts'
import type { ClientTally, Driver, StopRequest, WorkerContext, WorkerPlan, Workload } from '../../contracts/api.ts'
import type { FrameFact } from '../../contracts/facts.ts'
import { keepSecurity } from '../../kafka/keep-security.ts'
import { locate } from '../../load/locate.ts'
import { addTally } from '../../recording/client-tally.ts'
import { createHandover } from '../../recording/handover.ts'
import { recordLateness } from '../../recording/lateness.ts'
import { createRecorder, type FrameRecorder } from '../../recording/recorder.ts'
import { loadPlugin } from '../../registry.ts'
import type { FromWorker, WorkerPort } from './protocol.ts'

/** How often a consumer reports how far it is, ns. */
const positionsNs = 250e6
/** A client in trouble can log thousands of lines a second: so many a second become events, the rest is counted. */
const eventsPerSecond = 20

/** What a worker is made of; resolved before it begins, so that tests run it without processes. */
export interface WorkerParts {
  clock: Clock
  workload: Workload
  driver: Driver<unknown>
  health: Health
  /** Options that Node runs with, for the effective settings. */
  nodeOptions: string
}

/** Runs one worker behind a port, whether in a thread or as a process of its own; resolves when it has nothing more to report. */
export async function serveWorker(port: WorkerPort): Promise<void> {
  await runWorker(port, async ({ workload, driver }) => ({
    clock: systemClock(),
    workload: await loadPlugin('workloads', workload),
    driver: await loadPlugin('drivers', driver),
    health: observeHealth(),
    nodeOptions: nodeOptions(),
  }))
}

/** The life of a worker: init → ready → start → frames → done, or error. */
export async function runWorker(port: WorkerPort, prepare: (plan: WorkerPlan) => Promise<WorkerParts>): Promise<void> {
  const stop: StopRequest = { atNs: Number.POSITIVE_INFINITY, untilNs: Number.POSITIVE_INFINITY }
  const asked = new AbortController()
  let start: (startNs: number) => void = () => {}
  const started = new Promise<number>((resolve) => {
    start = resolve
  })
  const plan = await new Promise<WorkerPlan>((resolve) => {
    port.onMessage((message) => {
      if (message.type === 'init') resolve(message.plan)
      else if (message.type === 'start') start(message.startNs)
      else {
        stop.atNs = message.atNs
        stop.untilNs = message.untilNs
        asked.abort()
      }
    })
  })
  const silent = { ...port, send: (message: FromWorker) => port.send(safe(message)) }
  try {
    keepSecurity(plan.network.security)
    const resolved = await withClientSecrets(plan)
    await work(resolved, silent, await prepare(plan), started, stop, asked.signal)
  } catch (error) {
    const hint = error instanceof KbenchError ? (error.hint ?? null) : null
    silent.send({ type: 'error', message: messageOf(error), hint })
  }
}

/** The client's raw settings with what their references stand for: here, in the worker alone, and never on its way to anybody. */
async function withClientSecrets(plan: WorkerPlan): Promise<WorkerPlan> {
  const { producer, consumer } = plan
  return {
    ...plan,
    producer: producer && { ...producer, clientConfig: await resolveSettings(producer.clientConfig) },
    consumer: consumer && { ...consumer, clientConfig: await resolveSettings(consumer.clientConfig) },
  }
}

/** A client's errors and settings may repeat a secret; of a frame only the errors' names are texts. */
function safe(message: FromWorker): FromWorker {
  if (message.type !== 'frame') return message.type === 'positions' ? message : withoutSecrets(message)
  return { ...message, frame: { ...message.frame, errors: withoutSecrets(message.frame.errors) } }
}

async function work(
  plan: WorkerPlan,
  port: WorkerPort,
  { clock, workload, driver, health, nodeOptions: options }: WorkerParts,
  started: Promise<number>,
  stop: Readonly<StopRequest>,
  asked: AbortSignal,
): Promise<void> {
  const events = createEventLimit((kind, detail) => port.send({ type: 'event', atNs: clock.nowNs(), kind, detail }))
  const over = new AbortController()
  let recorder: FrameRecorder | null = null
  let inFlight = () => 0
  const handed = createHandover(plan.topic.partitions)
  let throttle = { responses: 0, sumMs: 0, maxMs: 0 }
  let tally: ClientTally | null = null

  const sendFrame = () => {
    if (!recorder) return
    const { settled, ...taken } = recorder.take()
    const frame: FrameFact = {
      fact: 'frame',
      worker: plan.worker,
      atNs: clock.nowNs(),
      ...taken,
      ...handed.take(),
      inFlight: inFlight(),
      ...health.take(),
      ...(driver.showsThrottle && { throttle }),
      ...(tally && { tally }),
    }
    throttle = { responses: 0, sumMs: 0, maxMs: 0 }
    tally = null
    port.send({ type: 'frame', frame, settled })
    events.nextSecond()
  }
  /** At each edge of the axis, so that the frames of all workers are of the same seconds. */
  const sendFrames = async (startNs: number) => {
    let row = rowAfter(plan.edges, clock.nowNs() - startNs)
    while (row < plan.edges.length && !over.signal.aborted) {
      await clock.sleepUntil(startNs + plan.edges[row]!, over.signal)
      if (over.signal.aborted) return
      sendFrame()
      row = Math.max(row + 1, rowAfter(plan.edges, clock.nowNs() - startNs))
    }
  }
  const sendPositions = async () => {
    while (!over.signal.aborted) {
      const positions = handed.newPositions()
      if (positions) port.send({ type: 'positions', positions })
      await clock.sleepUntil(clock.nowNs() + positionsNs, over.signal)
    }
  }

  const context: WorkerContext = {
    plan,
    driver,
    clock,
    stop,
    signal: endSignal(plan, clock, stop, asked, over.signal),
    get recorder() {
      if (!recorder) throw new Error('nothing is recorded before the start')
      return recorder
    },
    async ready() {
      port.send({ type: 'ready' })
      const stopped = new Promise<null>((resolve) => {
        if (asked.aborted) resolve(null)
        asked.addEventListener('abort', () => resolve(null), { once: true })
      })
      const startNs = (await Promise.race([started, stopped])) ?? clock.nowNs()
      const watched = plan.watchSilence ? plan.topic.partitions : 0
      const recording = createRecorder(plan.edges, startNs, watched)
      recorder = recording
      void sendFrames(startNs)
      void watchEventLoop(recording, clock, over.signal)
      return startNs
    },
    gauge(read) {
      inFlight = read
    },
    throttled(ms) {
      throttle.responses++
      throttle.sumMs += ms
      throttle.maxMs = Math.max(throttle.maxMs, ms)
    },
    tally(more) {
      tally = addTally(tally ?? {}, more)
    },
    assigned: (partitions) => port.send({ type: 'assigned', atNs: clock.nowNs(), partitions }),
    waited: health.waited,
    received: handed.received,
    delivered: handed.delivered,
    handedOver: handed.handedOver,
    rebalanced: (atNs, pauseMs, partitionsMoved) => port.send({ type: 'rebalanced', atNs, pauseMs, partitionsMoved }),
    event: events.event,
  }

  if (plan.role.kind === 'consumer') void sendPositions()
  try {
    const { close, ...report } = await workload.run(context)
    const positions = handed.newPositions()
    if (positions) port.send({ type: 'positions', positions })
    sendFrame()
    const effectiveConfig = { ...report.effectiveConfig, 'kbench.nodeOptions': options }
    port.send({ type: 'done', report: { ...report, effectiveConfig } })
    await close?.()
  } finally {
    over.abort()
    health.close()
  }
}

/** A consumer ends by its signal, at the moment that was asked for. A producer looks at the moment itself. */
function endSignal(
  { role }: WorkerPlan,
  clock: Clock,
  stop: Readonly<StopRequest>,
  asked: AbortSignal,
  over: AbortSignal,
): AbortSignal {
  if (role.kind === 'producer') return asked
  const end = new AbortController()
  const onAsked = () => void clock.sleepUntil(stop.atNs, over).then(() => end.abort())
  if (asked.aborted) onAsked()
  else asked.addEventListener('abort', onAsked, { once: true })
  return end.signal
}

/** Index of the first edge after `ns`. */
function rowAfter(edges: readonly number[], ns: number): number {
  let row = locate(edges, ns)
  while (row < edges.length && edges[row]! <= ns) row++
  return row
}

/** What Node runs with here, warnings aside. */
const nodeOptions = (): string => process.execArgv.filter((option) => !option.startsWith('--disable-warning')).join(' ')

/** Lateness of a 10 ms timer: what any callback of this worker has to wait. */
async function watchEventLoop(recorder: FrameRecorder, clock: Clock, over: AbortSignal): Promise<void> {
  const periodNs = 10e6
  while (!over.aborted) {
    const expectedNs = clock.nowNs() + periodNs
    await clock.sleepUntil(expectedNs, over)
    if (over.aborted) return
    const nowNs = clock.nowNs()
    recordLateness(
      // Under the moment at which that tick was due.
      (lateNs, count) => recorder.latencies('eventLoopDelay', nowNs - lateNs, lateNs, count),
      nowNs - expectedNs,
      periodNs,
    )
  }
}

/** Of the event loop and the collector of garbage, since it was asked last. */
export interface Health {
  /** So many ns went into asking for room that was not there. */
  waited(ns: number): void
  take(): { utilisation: number; gcMs: number; gcMaxMs: number }
  close(): void
}

function observeHealth(): Health {
  let gcMs = 0
  let gcMaxMs = 0
  let waitedMs = 0
  let last = performance.eventLoopUtilization()
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      gcMs += duration
      gcMaxMs = Math.max(gcMaxMs, duration)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return {
    waited(ns) {
      waitedMs += ns / 1e6
    },
    take() {
      const current = performance.eventLoopUtilization()
      const { utilization, active, idle } = performance.eventLoopUtilization(current, last)
      // Of no time at all it is not a number.
      const utilisation = Math.max(0, (utilization || 0) - waitedMs / Math.max(active + idle, 1))
      waitedMs = 0
      last = current
      const taken = { utilisation, gcMs, gcMaxMs }
      gcMs = 0
      gcMaxMs = 0
      return taken
    },
    close: () => observer.disconnect(),
  }
}

function createEventLimit(send: (kind: string, detail: string) => void) {
  let left = eventsPerSecond
  let dropped = 0
  return {
    event(kind: string, detail: string) {
      if (left > 0) {
        left--
        send(kind, detail)
      } else dropped++
    },
    nextSecond() {
      if (dropped > 0) send('events-dropped', `${dropped} more in the last second`)
      dropped = 0
      left = eventsPerSecond
    },
  }
}
