import { type Clock, systemClock } from './clock.ts'
import { KbenchError } from './errors.ts'

export interface WithinOptions {
  /** Absent = this machine's; virtual in tests. */
  clock?: Clock
  /** The user's interruption: what is waited for then has `graceMs` left to end by itself. Absent = it changes nothing. */
  signal?: AbortSignal
  /** Default 1000. */
  graceMs?: number
}

/**
 * The one way to wait for something outside of kbench: a broker, a process, a socket. Resolves with what `work` resolves with. Throws
 * `environment`, naming the stage, once `limitMs` have passed since `work` last called `alive` (or began), and the reason of the signal
 * `graceMs` after it. What `work` does after that is nobody's any more: its error is dropped.
 */
export async function within<T>(
  limitMs: number,
  stage: string,
  work: (alive: () => void) => Promise<T>,
  { clock = systemClock(), signal, graceMs = 1000 }: WithinOptions = {},
): Promise<T> {
  const over = new AbortController()
  let heardNs = clock.nowNs()
  const answer = work(() => {
    heardNs = clock.nowNs()
  })
  const silence = async (): Promise<never> => {
    while (!over.signal.aborted && clock.nowNs() < heardNs + limitMs * 1e6) {
      await clock.sleepUntil(heardNs + limitMs * 1e6, over.signal)
    }
    throw new KbenchError('environment', `${stage}: no answer within ${limitMs / 1000} s`)
  }
  const interruption = async (): Promise<never> => {
    await aborted(signal, over.signal)
    await clock.sleepUntil(clock.nowNs() + graceMs * 1e6, over.signal)
    throw signal?.reason
  }
  try {
    return await Promise.race([answer, silence(), ...(signal ? [interruption()] : [])])
  } finally {
    over.abort()
  }
}

/** Resolves as soon as one of them is aborted. */
function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<void> {
  const either = signal ? AbortSignal.any([signal, over]) : over
  return new Promise((resolve) => {
    if (either.aborted) resolve()
    else either.addEventListener('abort', () => resolve(), { once: true })
  })
}
