import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { KbenchError } from '../../base/errors.ts'
import { within } from '../../base/within.ts'
import { relevantLines } from '../shared/log-tail.ts'
import { nicely, yieldAsGroup } from './priority.ts'
import { type BrokerEnd, isGraceful } from './zookeeper.ts'

/** A broker as a process that can be ended and started again. */
export interface Jvm {
  name: string
  pid(): number | undefined
  /** How it ended, "ended with code 1"; null while it runs. */
  ended(): string | null
  /** How, once it has; rejects when it has not within 30 s. */
  exited(): Promise<BrokerEnd>
  signal(signal: NodeJS.Signals): void
  /** Starts it again once it has {@link exited}. */
  start(): Promise<void>
  /** Kills it and waits until it is gone. */
  kill(): Promise<void>
  /** The same without waiting, for a process that is about to exit. */
  killNow(): void
}

export interface JvmOptions {
  name: string
  command: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** Added to the nice value of kbench itself. */
  nice: number
  /** File that stdout and stderr are appended to. */
  log: string
  /** Called in the same turn as each spawn. */
  spawned(): void
}

/**
 * Spawns the process in a group of its own: Ctrl-C in a terminal reaches kbench alone, which then ends the brokers last.
 */
export function startJvm(options: JvmOptions): Jvm {
  let child = launch(options)
  let endedAtMs = 0
  const watch = () => child.once('exit', () => (endedAtMs = performance.now()))
  watch()
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined
  const jvm: Jvm = {
    name: options.name,
    pid: () => (hasEnded() ? undefined : child.pid),
    ended() {
      if (!hasEnded()) return null
      return child.signalCode ? `was ended by ${child.signalCode}` : `ended with code ${child.exitCode}`
    },
    signal(signal) {
      if (!child.kill(signal)) throw new KbenchError('environment', `${options.name} does not run: no ${signal} sent`)
    },
    async exited() {
      await within(30_000, options.name, async () => hasEnded() || once(child, 'exit')).catch((error: unknown) => {
        throw new KbenchError('environment', `${options.name} still runs: cannot start it again`, { cause: error })
      })
      return { gracefully: isGraceful(child.exitCode), agoMs: performance.now() - endedAtMs }
    },
    async start() {
      await jvm.exited()
      child = launch(options)
      watch()
      options.spawned()
      if (child.pid === undefined) throw new KbenchError('environment', `${options.name} cannot be started again`)
    },
    async kill() {
      jvm.killNow()
      await within(10_000, `the end of ${options.name}`, async () => hasEnded() || once(child, 'exit'))
    },
    killNow() {
      if (!hasEnded()) child.kill('SIGKILL')
    },
  }
  return jvm
}

function launch({ command, args, env, nice, log }: JvmOptions): ChildProcess {
  const output = openSync(log, 'a')
  try {
    const child = spawn(...nicely(nice, command, args), { detached: true, stdio: ['ignore', output, output], env })
    // An executable that cannot be run has no pid and counts as ended; the event itself must not end kbench.
    child.on('error', () => undefined)
    if (nice !== 0 && child.pid !== undefined) void yieldAsGroup(child.pid, nice)
    return child
  } finally {
    closeSync(output)
  }
}

/** What a log says of the end of its process; a note when it cannot be read. */
export async function tailOf(log: string): Promise<string[]> {
  return relevantLines(await readFile(log, 'utf8').catch((error: unknown) => `(no log: ${error})`))
}
