import type { WorkerPlan } from '../../contracts/api.ts'
import { forkChild, shortPauses } from './children.ts'
import type { FromHost, FromWorker, Handling, HostUsage, ToHost, ToWorker } from './protocol.ts'

/** The workers of a variant, wherever they run. */
export interface Hosts {
  send(worker: number, message: ToWorker): void
  /** Starts a host for a further worker. */
  add(plan: WorkerPlan): void
  /** SIGKILL to a process, or the end of a thread in the midst of what it does. */
  kill(worker: number): void
  /** Stops everything that a worker does, and goes on. */
  pause(worker: number): void
  resume(worker: number): void
  /** Asks every host to end, and ends those that do not within a second. */
  close(): Promise<void>
  usage(): HostUsage[][]
}

export interface HostListeners {
  message(worker: number, message: FromWorker): void
  /** The host of these workers ended although they were not done. */
  lost(workers: readonly number[], reason: string): void
  log(line: string): void
}

/** Forks the hosts: one for all workers of a driver that is safe in threads, one each otherwise. */
export function startHosts(
  plans: readonly WorkerPlan[],
  isolation: 'thread' | 'process',
  listeners: HostListeners,
): Hosts {
  const groups = isolation === 'thread' ? [plans] : plans.map((plan) => [plan])
  const done = new Set<number>()
  const hosts = groups.map((group) => startHost(group, isolation, done, listeners))
  const byWorker = new Map(hosts.flatMap((host) => host.workers.map((worker) => [worker, host])))
  const handle = (worker: number, message: Handling, signal: NodeJS.Signals) => {
    const host = byWorker.get(worker)
    if (isolation === 'thread') host?.send({ worker, message })
    else host?.signal(signal)
  }
  return {
    send: (worker, message) => byWorker.get(worker)?.send({ worker, message }),
    add(plan) {
      const host = startHost([plan], isolation, done, listeners)
      hosts.push(host)
      byWorker.set(plan.worker, host)
    },
    kill: (worker) => handle(worker, { type: 'kill' }, 'SIGKILL'),
    pause: (worker) => handle(worker, { type: 'pause' }, 'SIGSTOP'),
    resume: (worker) => handle(worker, { type: 'resume' }, 'SIGCONT'),
    async close() {
      await Promise.all(hosts.map((host) => host.close()))
    },
    usage: () => hosts.map((host) => host.usage),
  }
}

function startHost(
  plans: readonly WorkerPlan[],
  isolation: 'thread' | 'process',
  done: Set<number>,
  listeners: HostListeners,
) {
  const workers = plans.map((plan) => plan.worker)
  const usage: HostUsage[] = []
  let closing = false
  const atRate = plans.some(({ load }) => load.ratePerSec !== 'max')
  const child = forkChild('host', [isolation], isolation === 'thread' && atRate ? shortPauses : [])
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') listeners.log(line)
    })
  }
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      const open = workers.filter((worker) => !done.has(worker))
      if (!closing && open.length > 0) {
        listeners.lost(open, `load host ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`)
      }
      resolve()
    })
  })
  child.on('error', (error) => listeners.log(`load host: ${error.message}`))
  child.on('message', (received: FromHost) => {
    if ('type' in received) {
      usage.push(received)
      return
    }
    if (received.message.type === 'done' || received.message.type === 'error') done.add(received.worker)
    listeners.message(received.worker, received.message)
  })
  const send = (message: ToHost) => {
    if (child.connected) child.send(message)
  }
  return {
    workers,
    usage,
    send,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    async close() {
      closing = true
      if (child.exitCode !== null || child.signalCode !== null) return
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), 1000)
      await exited
      clearTimeout(timer)
    },
  }
}
