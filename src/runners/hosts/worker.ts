import { PerformanceObserver, performance } from 'node:perf_hooks'
import { systemClock } from '../../base/clock.ts'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { WorkerContext, WorkerPlan } from '../../contracts/api.ts'
import type { OffsetRange } from '../../recording/frame.ts'
import { createRecorder, type FrameRecorder } from '../../recording/recorder.ts'
import { loadPlugin } from '../../registry.ts'
import type { WorkerPort } from './protocol.ts'

/** How often a consumer tells how far it is, ms. */
const deliveredIntervalMs = 250
/** A client in trouble can log thousands of lines a second: so many a second become events, the rest is counted. */
const eventsPerSecond = 20

/** Runs one worker behind a port, whether in a thread or as a process of its own; resolves when it has nothing more to say. */
export async function serveWorker(port: WorkerPort): Promise<void> {
  const stop = new AbortController()
  let start: (startNs: number) => void = () => {}
  const started = new Promise<number>((resolve) => {
    start = resolve
  })
  const plan = await new Promise<WorkerPlan>((resolve) => {
    port.onMessage((message) => {
      if (message.type === 'init') resolve(message.plan)
      else if (message.type === 'start') start(message.startNs)
      else stop.abort()
    })
  })
  try {
    await runWorker(plan, port, started, stop.signal)
  } catch (error) {
    const hint = error instanceof KbenchError ? (error.hint ?? null) : null
    port.send({ type: 'error', message: messageOf(error), hint })
  }
}

async function runWorker(
  plan: WorkerPlan,
  port: WorkerPort,
  started: Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock()
  const workload = await loadPlugin('workloads', plan.workload)
  const driver = await loadPlugin('drivers', plan.driver)
  const health = observeHealth()
  const events = createEventLimit((kind, detail) => port.send({ type: 'event', atNs: clock.nowNs(), kind, detail }))
  const timers: NodeJS.Timeout[] = []
  let recorder: FrameRecorder | null = null
  let inFlight = () => 0
  let ranges: OffsetRange[] = []

  const sendDelivered = () => {
    if (ranges.length === 0) return
    port.send({ type: 'delivered', atNs: clock.nowNs(), ranges })
    ranges = []
  }
  const sendFrame = () => {
    if (!recorder) return
    const taken = recorder.take()
    const frame = { worker: plan.worker, atNs: clock.nowNs(), ...taken, inFlight: inFlight(), ...health.take() }
    port.send({ type: 'frame', frame })
    events.nextSecond()
  }

  const context: WorkerContext = {
    plan,
    driver,
    clock,
    signal,
    get recorder() {
      if (!recorder) throw new Error('nothing is recorded before the start')
      return recorder
    },
    async ready() {
      port.send({ type: 'ready' })
      const stopped = new Promise<null>((resolve) => {
        if (signal.aborted) resolve(null)
        signal.addEventListener('abort', () => resolve(null), { once: true })
      })
      const startNs = await Promise.race([started, stopped])
      const watched = plan.watchSilence ? plan.topic.partitions : 0
      const recording = createRecorder(plan.edges, startNs ?? clock.nowNs(), watched)
      recorder = recording
      timers.push(setInterval(sendFrame, 1000), ...watchEventLoop(recording, clock))
      return startNs ?? clock.nowNs()
    },
    gauge(read) {
      inFlight = read
    },
    waited: health.waited,
    assigned: (partitions) => port.send({ type: 'assigned', atNs: clock.nowNs(), partitions }),
    delivered(topic, partition, from, to) {
      const last = ranges.findLast((range) => range.partition === partition && range.topic === topic)
      if (last && last.to + 1 === from) last.to = to
      else ranges.push({ topic, partition, from, to })
    },
    rebalanced: (atNs, pauseMs, partitionsMoved) => port.send({ type: 'rebalanced', atNs, pauseMs, partitionsMoved }),
    event: events.event,
  }

  if (plan.role.kind === 'consumer') timers.push(setInterval(sendDelivered, deliveredIntervalMs))
  try {
    const { close, ...report } = await workload.run(context)
    sendDelivered()
    sendFrame()
    const effectiveConfig = { ...report.effectiveConfig, 'kbench.nodeOptions': nodeOptions() }
    port.send({ type: 'done', report: { ...report, effectiveConfig } })
    await close?.()
  } finally {
    for (const timer of timers) clearInterval(timer)
    health.close()
  }
}

/** What Node runs with here, warnings aside. */
const nodeOptions = (): string => process.execArgv.filter((option) => !option.startsWith('--disable-warning')).join(' ')

/** Lateness of a 10 ms timer: what any callback of this worker has to wait. */
function watchEventLoop(recorder: FrameRecorder, clock: WorkerContext['clock']): NodeJS.Timeout[] {
  const periodMs = 10
  let expectedNs = clock.nowNs() + periodMs * 1e6
  const tick = () => {
    const nowNs = clock.nowNs()
    recorder.latency('eventLoopDelay', nowNs, Math.max(0, nowNs - expectedNs))
    expectedNs = nowNs + periodMs * 1e6
  }
  return [setInterval(tick, periodMs)]
}

function observeHealth() {
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
    waited(ns: number) {
      waitedMs += ns / 1e6
    },
    take() {
      const current = performance.eventLoopUtilization()
      const { utilization, active, idle } = performance.eventLoopUtilization(current, last)
      const utilisation = Math.max(0, utilization - waitedMs / Math.max(active + idle, 1))
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
