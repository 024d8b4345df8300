import type { WorkerPlan } from '../../contracts/api.ts'
import type { HostListeners, LoadHosts, LoadSite } from '../variant/world.ts'
import { forkChild, shortPauses } from './children.ts'
import type { FromHost, ToHost } from './protocol.ts'

/** How long a host may take to end by itself, ms. */
const closeMs = 1000
const signals = { kill: 'SIGKILL', pause: 'SIGSTOP', resume: 'SIGCONT' } as const

type Isolation = 'thread' | 'process'

interface Host {
  workers: readonly number[]
  send(message: ToHost): void
  signal(signal: NodeJS.Signals): void
  close(): Promise<void>
}

/**
 * Load hosts as forked processes of this machine: one for all workers of a driver that is safe in threads, one each otherwise. `fork` for
 * tests.
 */
export const createLocalSite = (fork = forkChild): LoadSite => ({
  open(isolation, paced, on): LoadHosts {
    const done = new Set<number>()
    const hosts: Host[] = []
    const byWorker = new Map<number, Host>()
    return {
      add(plans) {
        for (const group of isolation === 'thread' ? [plans] : plans.map((plan) => [plan])) {
          if (group.length === 0) continue
          const host = startHost(fork, group, hosts.length, isolation, paced, done, on)
          hosts.push(host)
          for (const worker of host.workers) byWorker.set(worker, host)
        }
      },
      send: (worker, message) => byWorker.get(worker)?.send({ worker, message }),
      handle(worker, what) {
        const host = byWorker.get(worker)
        if (isolation === 'thread') host?.send({ worker, message: { type: what } })
        else host?.signal(signals[what])
      },
      async [Symbol.asyncDispose]() {
        await Promise.all(hosts.map((host) => host.close()))
      },
    }
  },
})

function startHost(
  fork: typeof forkChild,
  plans: readonly WorkerPlan[],
  index: number,
  isolation: Isolation,
  paced: boolean,
  done: Set<number>,
  on: HostListeners,
): Host {
  const workers = plans.map((plan) => plan.worker)
  let closing = false
  const child = fork('host', [isolation], isolation === 'thread' && paced ? shortPauses : [])
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') on.log(line)
    })
  }
  const lose = (reason: string) => {
    const open = workers.filter((worker) => !done.has(worker))
    if (!closing && open.length > 0) on.lost(open, reason)
  }
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      lose(`load host ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`)
      resolve()
    })
  })
  child.on('error', (error) => {
    // One that never was does not end.
    if (child.pid === undefined) lose(`load host could not be started: ${error.message}`)
    else on.log(`load host: ${error.message}`)
  })
  child.on('message', (received: FromHost) => {
    if ('type' in received) {
      on.usage(index, received.atNs, received.cpuMs, received.rssBytes)
      return
    }
    if (received.message.type === 'done' || received.message.type === 'error') done.add(received.worker)
    on.message(received.worker, received.message)
  })
  return {
    workers,
    send(message) {
      if (child.connected) child.send(message)
    },
    signal: (signal) => void child.kill(signal),
    async close() {
      closing = true
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), closeMs)
      await exited
      clearTimeout(timer)
    },
  }
}
