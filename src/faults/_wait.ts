import { setTimeout as delay } from 'node:timers/promises'

/** Asks every `everyMs` until it is so: true. False when aborted or `timeoutMs` are over. An error counts as "not yet". */
export async function becomes(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, signal, everyMs = 50 }: { timeoutMs: number; signal?: AbortSignal; everyMs?: number },
): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs
  while (!signal?.aborted) {
    if (await isSo(condition)) return true
    if (performance.now() >= deadlineMs) return false
    await pause(everyMs, signal)
  }
  return false
}

/** Resolves after so long, or immediately when aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal && { signal }).catch(() => {})
}

async function isSo(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await condition()
  } catch {
    // A broker that is going down or coming up: the next look may get an answer.
    return false
  }
}
