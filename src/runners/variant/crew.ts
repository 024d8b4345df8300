import { KbenchError, messageOf } from '../../base/errors.ts'
import type { WorkerPlan } from '../../contracts/api.ts'
import type { AuditSession } from '../../contracts/audit.ts'
import type { TopicFact } from '../../contracts/facts.ts'
import type { WorkerSpec } from '../../contracts/plan.ts'
import type { EventCounts } from '../../contracts/workloads.ts'
import { workerPlan } from '../../load/worker-plan.ts'
import type { Recording } from '../../recording/recording.ts'
import { emptyEvents } from '../../recording/rows.ts'
import { isOver, isRunning, type Sums } from '../../recording/sums.ts'
import type { FromWorker } from '../hosts/protocol.ts'
import type { LoadHosts, World } from './world.ts'

export type Kind = WorkerPlan['role']['kind']

/** A worker that has reported nothing for so long is lost, ns: frames come once a second. */
const silenceNs = 5e9

/** The workers of one variant as a whole: brought to the start line together, stopped at one moment, none waited for in vain. */
export interface Crew extends AsyncDisposable {
  /** Lets workers connect; resolves when each is ready and every group has all partitions. Throws `environment` otherwise. */
  bring(kinds: readonly Kind[], signal: AbortSignal): Promise<void>
  start(kinds: readonly Kind[], startNs: number): void
  /** The load ends at `atNs`, for all workers of the kind. */
  stop(kind: Kind, atNs: number, untilNs: number): void
  /** Starts a further worker beside the others; resolves when it is at work. */
  join(spec: WorkerSpec, startNs: number, signal: AbortSignal): Promise<void>
  /** Asks one worker to end as at the end of the run; resolves when it has, or after the deadline of stage `stop`. */
  leave(worker: number): Promise<void>
  /** Ends one worker as a crash would; it does not count as lost by mistake. Resolves when it is gone. */
  kill(worker: number): Promise<void>
  pause(worker: number): AsyncDisposable
  /** Ends one that did not end by itself: it is lost. */
  abandon(worker: number, reason: string): void
  /** Declares workers lost that have been silent for too long, and ends them. Called once a second. */
  checkSilence(nowNs: number): void
  /** Next offset by partition that each group will be handed, as its members say. */
  positions(group: string): (number | null)[]
  /** What the producers reported while the topic was filled. */
  filled(): EventCounts & { errors: Record<string, number> }
}

export function gatherCrew(
  recording: Recording,
  world: World,
  topic: TopicFact,
  isolation: 'thread' | 'process',
  audit: AuditSession,
  log: (line: string) => void,
): Crew {
  const { plan, sums, append } = recording
  const { clock } = world
  const positions = new Map<number, Float64Array>()
  const gone = new Set<number>()
  const fill = { ...emptyEvents(), errors: {} as Record<string, number> }
  const specOf = (worker: number) => sums.workers.get(worker)!.spec
  const ofKind = (kind: Kind) => [...sums.workers.values()].filter(({ spec }) => spec.role.kind === kind)

  const lose = (worker: number, reason: string, hint: string | null, silentS: number | null = null) => {
    const state = sums.workers.get(worker)
    if (!state || isOver(state)) return
    gone.add(worker)
    append({ fact: 'worker', atNs: clock.nowNs(), worker, is: 'lost', reason, hint, silentS })
  }

  const frame = (worker: number, message: Extract<FromWorker, { type: 'frame' }>) => {
    const { role } = specOf(worker)
    if (message.settled && role.kind === 'producer') audit.settled(role.index, message.settled)
    if (plan.fill && role.kind === 'producer') addFill(fill, message)
    else append(message.frame)
  }

  const message = (worker: number, received: FromWorker) => {
    try {
      take(worker, received)
    } catch (error) {
      // A message that is no fact: the worker cannot be trusted any more.
      hosts.handle(worker, 'kill')
      lose(worker, `it sent what is no fact: ${messageOf(error)}`, null)
    }
  }
  const take = (worker: number, received: FromWorker) => {
    // What comes from a worker that was declared lost would change numbers that were shown.
    if (gone.has(worker)) return
    const atNs = clock.nowNs()
    if (received.type === 'ready') append({ fact: 'worker', atNs, worker, is: 'ready' })
    else if (received.type === 'assigned') {
      append({ fact: 'worker', atNs: received.atNs, worker, is: 'assigned', partitions: received.partitions.length })
    } else if (received.type === 'positions') positions.set(worker, received.positions)
    else if (received.type === 'frame') frame(worker, received)
    else if (received.type === 'rebalanced') {
      const { pauseMs, partitionsMoved } = received
      append({ fact: 'rebalance', atNs: received.atNs, worker, pauseMs, partitionsMoved })
    } else if (received.type === 'event') {
      append({ fact: 'event', atNs: received.atNs, kind: received.kind, detail: received.detail, worker })
    } else if (received.type === 'done') append({ fact: 'worker', atNs, worker, is: 'done', report: received.report })
    else lose(worker, received.message, received.hint)
  }

  const hosts: LoadHosts = world.hosts.open(isolation, plan.load.segments !== null, {
    message,
    usage: (host, atNs, cpuMs, rssBytes) => append({ fact: 'usage', atNs, of: 'host', host, cpuMs, rssBytes }),
    lost(workers, reason) {
      for (const worker of workers) lose(worker, reason, null)
    },
    log,
  })
  const begin = (specs: readonly WorkerSpec[]) => {
    for (const spec of specs) append({ fact: 'worker', atNs: clock.nowNs(), worker: spec.worker, is: 'joined', spec })
    const plans = specs.map((spec) => workerPlan(plan, spec, topic, world.cluster.network))
    hosts.add(plans)
    return plans
  }
  const planned = new Map(begin(plan.workers).map((each) => [each.worker, each]))
  const init = (worker: number) => hosts.send(worker, { type: 'init', plan: planned.get(worker)! })
  const byStage = (stage: 'ready' | 'stop') => clock.nowNs() + plan.deadlinesMs[stage] * 1e6

  /** Waits for it as long as something happens: a worker that gets ready, partitions that are assigned. */
  const comingForward = async (mine: readonly number[], isDone: () => boolean, signal: AbortSignal) => {
    const state = () =>
      mine.map((worker) => `${sums.workers.get(worker)!.readyNs} ${sums.workers.get(worker)!.partitions}`)
    for (;;) {
      const before = state().join()
      const by = { atNs: byStage('ready'), signal }
      const came = await recording.until(() => isDone() || state().join() !== before, by)
      if (came !== 'yes' || isDone()) return
    }
  }

  return {
    async bring(kinds, signal) {
      const mine = plan.workers.filter(({ role }) => kinds.includes(role.kind)).map(({ worker }) => worker)
      for (const worker of mine) init(worker)
      const firstLost = () => mine.map((worker) => sums.workers.get(worker)!).find(({ lost }) => lost !== null)
      const ready = () =>
        mine.every((worker) => sums.workers.get(worker)!.readyNs !== null) && groupsComplete(sums, mine, topic)
      await comingForward(mine, () => ready() || firstLost() !== undefined, signal)
      signal.throwIfAborted()
      const lost = firstLost()
      if (lost) {
        const { reason, hint } = lost.lost!
        const text = `${describeWorker(plan.client, lost.spec)} ended: ${reason}`
        throw new KbenchError('environment', text, hint === null ? {} : { hint })
      }
      if (ready()) return
      const waiting = mine.map((worker) => sums.workers.get(worker)!).filter(({ readyNs }) => readyNs === null)
      const names = waiting.map(({ spec }) => describeWorker(plan.client, spec)).join(', ')
      const what = names === '' ? 'a consumer group without all its partitions' : names
      throw new KbenchError('environment', `not ready after ${plan.deadlinesMs.ready / 1000} s: ${what}`)
    },
    start(kinds, startNs) {
      for (const { spec } of kinds.flatMap(ofKind)) hosts.send(spec.worker, { type: 'start', startNs })
    },
    stop(kind, atNs, untilNs) {
      for (const { spec } of ofKind(kind)) hosts.send(spec.worker, { type: 'stop', atNs, untilNs })
    },
    async join(spec, startNs, signal) {
      planned.set(spec.worker, begin([spec])[0]!)
      init(spec.worker)
      const state = () => sums.workers.get(spec.worker)!
      await recording.until(() => state().readyNs !== null || isOver(state()), { atNs: byStage('ready'), signal })
      signal.throwIfAborted()
      hosts.send(spec.worker, { type: 'start', startNs })
    },
    async leave(worker) {
      append({ fact: 'worker', atNs: clock.nowNs(), worker, is: 'left' })
      hosts.send(worker, { type: 'stop', atNs: clock.nowNs(), untilNs: clock.nowNs() + 1e9 })
      await recording.until(() => isOver(sums.workers.get(worker)!), { atNs: byStage('stop') })
    },
    async kill(worker) {
      append({ fact: 'worker', atNs: clock.nowNs(), worker, is: 'killed' })
      hosts.handle(worker, 'kill')
      await recording.until(() => isOver(sums.workers.get(worker)!), { atNs: byStage('stop') })
    },
    pause(worker) {
      append({ fact: 'worker', atNs: clock.nowNs(), worker, is: 'paused' })
      hosts.handle(worker, 'pause')
      return {
        async [Symbol.asyncDispose]() {
          hosts.handle(worker, 'resume')
          append({ fact: 'worker', atNs: clock.nowNs(), worker, is: 'resumed' })
        },
      }
    },
    abandon(worker, reason) {
      hosts.handle(worker, 'kill')
      lose(worker, reason, null)
    },
    checkSilence(nowNs) {
      for (const state of sums.workers.values()) {
        if (!isRunning(state) || state.paused || state.byOrder) continue
        const heardNs = Math.max(state.lastFrameNs ?? 0, state.resumedNs ?? 0, state.readyNs!, sums.startNs ?? 0)
        if (nowNs - heardNs < silenceNs) continue
        const silentS = Math.round((nowNs - heardNs) / 1e8) / 10
        hosts.handle(state.spec.worker, 'kill')
        lose(state.spec.worker, `silent for ${silentS} s`, null, silentS)
      }
    },
    positions(group) {
      const all = [...sums.workers.values()].filter(
        ({ spec }) => spec.role.kind === 'consumer' && spec.role.group === group,
      )
      return Array.from({ length: topic.partitions }, (_, partition) => {
        const next = Math.max(-1, ...all.map(({ spec }) => positions.get(spec.worker)?.[partition] ?? -1))
        return next < 0 ? ((topic.starts?.[group] ?? topic.firstOffsets)[partition] ?? null) : next
      })
    },
    filled: () => fill,
    [Symbol.asyncDispose]: () => hosts[Symbol.asyncDispose](),
  }
}

function addFill(
  into: EventCounts & { errors: Record<string, number> },
  { frame }: Extract<FromWorker, { type: 'frame' }>,
): void {
  for (const { events } of frame.cells) {
    for (const [key, count] of Object.entries(events) as [keyof EventCounts, number][]) {
      into[key] = (into[key] ?? 0) + count
    }
  }
  for (const [code, count] of Object.entries(frame.errors)) into.errors[code] = (into.errors[code] ?? 0) + count
}

/** Every partition of the topic that is there is assigned to some member of each group; clients differ in whether they assign the others. */
function groupsComplete(sums: Sums, workers: readonly number[], topic: TopicFact): boolean {
  const have = new Map<string, number>()
  for (const worker of workers) {
    const { spec, partitions } = sums.workers.get(worker)!
    if (spec.role.kind === 'consumer') have.set(spec.role.group, (have.get(spec.role.group) ?? 0) + (partitions ?? 0))
  }
  return [...have.values()].every((count) => count >= topic.partitions - (topic.offline?.length ?? 0))
}

function describeWorker(client: string, { role }: WorkerSpec): string {
  return role.kind === 'producer'
    ? `${client} producer ${role.index}`
    : `${client} consumer ${role.member} of group ${role.group}`
}
