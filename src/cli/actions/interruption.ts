import { setTimeout as sleep } from 'node:timers/promises'
import { KbenchError } from '../../base/errors.ts'
import { ancestorThat, isAlive } from '../../base/processes.ts'
import { killChildren } from '../../runners/hosts/children.ts'

/** A user's Ctrl-C, a closed terminal, an orderly end by the system; and the end of an npm that started kbench. */
export interface Interruption {
  /** Aborted by the first of them. */
  signal: AbortSignal
  /** What is done before a second one ends everything immediately; gives a line to print. Whatever takes longer is given up. */
  lastly(save: () => Promise<string>): Disposable
  close(): void
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Of the second on which everything is over, ms. */
const saveMs = 700
const parentMs = 500

/** The first signal asks for an orderly end; a second one, at any time, ends everything immediately. */
export function watchInterrupt(): Interruption {
  const controller = new AbortController()
  const saves = new Set<() => Promise<string>>()
  let isLast = false
  const stopAtOnce = async () => {
    if (isLast) return
    isLast = true
    killChildren()
    const saved = await Promise.race([Promise.allSettled([...saves].map((save) => save())), sleep(saveMs, [])])
    const lines = saved.flatMap((each) => (each.status === 'fulfilled' ? [`kbench: ${each.value}\n`] : []))
    process.stderr.write(`\nkbench: stopped immediately; kbench clean removes what may be left\n${lines.join('')}`)
    process.exit(130)
  }
  const onSignal = () => {
    if (controller.signal.aborted) return void stopAtOnce()
    process.stderr.write('\nkbench: stopping; press Ctrl-C again to quit immediately\n')
    controller.abort(new KbenchError('interrupted', 'interrupted'))
  }
  for (const signal of signals) process.on(signal, onSignal)
  const parent = watchNpm(onSignal)
  return {
    signal: controller.signal,
    lastly(save) {
      saves.add(save)
      return { [Symbol.dispose]: () => void saves.delete(save) }
    },
    close() {
      clearInterval(parent)
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}

/**
 * An npm (npx, npm run) that is killed leaves what it started: kbench would go on without anybody who knows of it. Only npm's end is an
 * interruption: a shell may leave what it started in the background.
 */
function watchNpm(onEnd: () => void): NodeJS.Timeout | undefined {
  if (process.env.npm_command === undefined) return undefined
  const npm = ancestorThat(process.pid, (command) => /^(\S*\bnode\b \S*)?\bnp[mx]\b/.test(command))
  if (npm === null) return undefined
  const timer = setInterval(() => {
    if (isAlive(npm)) return
    clearInterval(timer)
    onEnd()
  }, parentMs)
  return timer.unref()
}

/** For commands that go on until somebody has seen enough: any of the signals, or a reader of stdout that has gone, ends them in good order. */
export function untilEnough(): { signal: AbortSignal; close(): void } {
  const over = new AbortController()
  const end = () => over.abort()
  for (const signal of signals) process.once(signal, end)
  process.stdout.once('error', end)
  return {
    signal: over.signal,
    close() {
      for (const signal of signals) process.off(signal, end)
      process.stdout.off('error', end)
    },
  }
}
