import type { RegisteredTest } from './node-test-shim.ts'

export interface Outcome {
  /** Of the first error; `null` where the test passed. */
  failure: string | null
  /** It waits for something that cannot come any more. */
  hangs: boolean
  wallMs: number
  processorMs: number
}

const messageOf = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

const lookEveryMs = 200

/** Resolves when nothing but the connection to Stryker keeps the process running, seen twice in a row: what is awaited cannot come. */
function noWorkLeft(signal: AbortSignal): Promise<'hangs'> {
  return new Promise((resolve) => {
    let idle = 0
    const timer = setInterval(() => {
      const [own, ...others] = process
        .getActiveResourcesInfo()
        .filter((kind) => !/Pipe|TTY|Process|MessagePort/.test(kind))
      idle = own === 'Timeout' && others.length === 0 ? idle + 1 : 0
      if (idle < 2) return
      clearInterval(timer)
      resolve('hangs')
    }, lookEveryMs)
    signal.addEventListener('abort', () => clearInterval(timer))
  })
}

/** Runs a test; an error that nothing awaits, such as one in a timer, fails it as well. */
export async function runOne(test: RegisteredTest): Promise<Outcome> {
  const startedAt = performance.now()
  const usage = process.cpuUsage()
  const over = new AbortController()
  let fail: (error: unknown) => void = () => {}
  const outside = new Promise<never>((_, reject) => {
    fail = reject
  })
  process.once('uncaughtException', fail)
  let failure: string | null = null
  let hangs = false
  try {
    hangs = (await Promise.race([test.run(), outside, noWorkLeft(over.signal)])) === 'hangs'
  } catch (error) {
    failure = messageOf(error)
  }
  over.abort()
  process.off('uncaughtException', fail)
  const { user, system } = process.cpuUsage(usage)
  if (hangs) failure = 'does not end'
  return { failure, hangs, wallMs: performance.now() - startedAt, processorMs: (user + system) / 1000 }
}
