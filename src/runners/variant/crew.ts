import { nowNs } from '../../base/clock.ts'
import { KbenchError } from '../../base/errors.ts'
import type { WorkerPlan, WorkerReport } from '../../contracts/api.ts'
import type { Frame, OffsetRange } from '../../recording/frame.ts'
import { type Hosts, startHosts } from '../hosts/hosts.ts'
import type { FromWorker, HostUsage } from '../hosts/protocol.ts'

/** The workers of one variant as a whole: brought to the start line together, told to stop together, none waited for in vain. */
export interface Crew {
  /** Lets workers connect; resolves when each is ready and every group has all partitions; rejects with the first error. */
  bring(kinds: readonly Kind[], timeoutMs: number, signal: AbortSignal): Promise<void>
  start(kinds: readonly Kind[], startNs: number): void
  stop(kind: Kind): void
  /** Starts a further worker beside the others and lets it begin; resolves when it is at work. */
  join(plan: WorkerPlan, startNs: number, signal: AbortSignal): Promise<void>
  /** Tells one worker to end as at the end of the run; resolves when it has. */
  leave(worker: number): Promise<void>
  /** Ends one worker as a crash would; it does not count as lost by mistake. Resolves when it is gone. */
  kill(worker: number): Promise<void>
  /** Stops one worker altogether until disposed. */
  pause(worker: number): AsyncDisposable
  isRunning(worker: number): boolean
  /** Workers that were killed on purpose. */
  killed: ReadonlySet<number>
  /** Resolves when every worker of the kind is done, lost or failed. */
  ended(kind: Kind): Promise<void>
  close(): Promise<void>
  reports: ReadonlyMap<number, WorkerReport>
  /** Worker → why it has no report. */
  losses: ReadonlyMap<number, Loss>
  usage(): HostUsage[][]
}

interface Loss {
  who: string
  cause: string
  hint: string | null
  atNs: number
}

type Kind = WorkerPlan['role']['kind']

export interface CrewListeners {
  frame(plan: WorkerPlan, frame: Frame): void
  delivered(plan: WorkerPlan, ranges: OffsetRange[]): void
  assigned(plan: WorkerPlan, atNs: number, partitions: number): void
  rebalanced(plan: WorkerPlan, atNs: number, pauseMs: number | null, partitionsMoved: number): void
  event(plan: WorkerPlan, atNs: number, kind: string, detail: string): void
  log(line: string): void
}

export function gatherCrew(
  first: readonly WorkerPlan[],
  isolation: 'thread' | 'process',
  listeners: CrewListeners,
): Crew {
  const plans = [...first]
  const killed = new Set<number>()
  const reports = new Map<number, WorkerReport>()
  const losses = new Map<number, Loss>()
  const readyWorkers = new Set<number>()
  const assignments = new Map<number, number>()
  let failure: KbenchError | null = null
  let changed: (() => void)[] = []
  const plansByWorker = new Map(plans.map((plan) => [plan.worker, plan]))

  const notify = () => {
    const waiting = changed
    changed = []
    for (const resolve of waiting) resolve()
  }
  const change = () =>
    new Promise<void>((resolve) => {
      changed.push(resolve)
    })
  const isOver = (worker: number) => reports.has(worker) || losses.has(worker)

  const lose = (worker: number, reason: string, hint: string | null) => {
    if (isOver(worker)) return
    const plan = plansByWorker.get(worker)!
    const text = `${describeRole(plan)} ended: ${reason}`
    losses.set(worker, { who: describeRole(plan), cause: reason, hint, atNs: nowNs() })
    if (killed.has(worker)) return
    failure ??= new KbenchError('environment', text, hint === null ? {} : { hint })
    listeners.event(plan, nowNs(), 'worker-lost', text)
  }

  const message = (worker: number, received: FromWorker) => {
    const plan = plansByWorker.get(worker)!
    if (received.type === 'ready') readyWorkers.add(worker)
    else if (received.type === 'assigned') {
      assignments.set(worker, received.partitions.length)
      listeners.assigned(plan, received.atNs, received.partitions.length)
    } else if (received.type === 'delivered') listeners.delivered(plan, received.ranges)
    else if (received.type === 'frame') listeners.frame(plan, received.frame)
    else if (received.type === 'rebalanced') {
      listeners.rebalanced(plan, received.atNs, received.pauseMs, received.partitionsMoved)
    } else if (received.type === 'event') listeners.event(plan, received.atNs, received.kind, received.detail)
    else if (received.type === 'done') reports.set(worker, received.report)
    else lose(worker, received.message, received.hint)
    notify()
  }

  const hosts: Hosts = startHosts(plans, isolation, {
    message,
    lost(workers, reason) {
      for (const worker of workers) lose(worker, reason, null)
      notify()
    },
    log: listeners.log,
  })

  const allReady = (mine: readonly WorkerPlan[]) =>
    mine.every(({ worker }) => readyWorkers.has(worker)) && groupsComplete(mine, assignments)
  const ofKind = (kind: Kind) => plans.filter((plan) => plan.role.kind === kind)

  return {
    reports,
    losses,
    usage: hosts.usage,
    async bring(kinds, timeoutMs, signal) {
      const mine = plans.filter(({ role }) => kinds.includes(role.kind))
      for (const plan of mine) hosts.send(plan.worker, { type: 'init', plan })
      const deadline = Date.now() + timeoutMs
      const wake = setInterval(notify, 200)
      try {
        while (!allReady(mine)) {
          if (failure) throw failure
          signal.throwIfAborted()
          if (Date.now() > deadline) {
            const waiting = mine.filter(({ worker }) => !readyWorkers.has(worker)).map(describeRole)
            const what = waiting.length > 0 ? waiting.join(', ') : 'a consumer group without all its partitions'
            throw new KbenchError('environment', `not ready after ${timeoutMs / 1000} s: ${what}`)
          }
          await change()
        }
      } finally {
        clearInterval(wake)
      }
    },
    start(kinds, startNs) {
      for (const { worker } of kinds.flatMap(ofKind)) hosts.send(worker, { type: 'start', startNs })
    },
    stop(kind) {
      for (const { worker } of ofKind(kind)) hosts.send(worker, { type: 'stop' })
    },
    async join(plan, startNs, signal) {
      plans.push(plan)
      plansByWorker.set(plan.worker, plan)
      hosts.add(plan)
      hosts.send(plan.worker, { type: 'init', plan })
      signal.addEventListener('abort', notify, { once: true })
      while (!readyWorkers.has(plan.worker) && !isOver(plan.worker)) {
        signal.throwIfAborted()
        await change()
      }
      hosts.send(plan.worker, { type: 'start', startNs })
    },
    async leave(worker) {
      hosts.send(worker, { type: 'stop' })
      while (!isOver(worker)) await change()
    },
    async kill(worker) {
      killed.add(worker)
      hosts.kill(worker)
      while (!isOver(worker)) await change()
    },
    pause(worker) {
      hosts.pause(worker)
      return { [Symbol.asyncDispose]: async () => hosts.resume(worker) }
    },
    isRunning: (worker) => readyWorkers.has(worker) && !isOver(worker),
    killed,
    async ended(kind) {
      while (!ofKind(kind).every(({ worker }) => isOver(worker))) await change()
    },
    close: () => hosts.close(),
  }
}

/** Every partition of the topic is assigned to some member of each group. */
function groupsComplete(plans: readonly WorkerPlan[], assignments: ReadonlyMap<number, number>): boolean {
  const sums = new Map<string, { have: number; want: number }>()
  for (const { worker, role, topic } of plans) {
    if (role.kind !== 'consumer') continue
    const sum = sums.get(role.group) ?? { have: 0, want: topic.partitions }
    sum.have += assignments.get(worker) ?? 0
    sums.set(role.group, sum)
  }
  return [...sums.values()].every(({ have, want }) => have === want)
}

export function describeRole({ role, driver }: WorkerPlan): string {
  return role.kind === 'producer'
    ? `${driver} producer ${role.index}`
    : `${driver} consumer ${role.member} of group ${role.group}`
}
