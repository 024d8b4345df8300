/** Where the time of day and the monotonic clock come from; a fake one in tests. */
export interface Clock {
  /** CLOCK_MONOTONIC, ns, as a double: common to all threads and processes of a machine. */
  nowNs(): number
  /** Resolves no earlier than `atNs`, or when aborted. */
  sleepUntil(atNs: number, signal?: AbortSignal): Promise<void>
}

/** Node fires a longer one immediately. */
const longestTimerMs = 2 ** 31 - 1

/** CLOCK_MONOTONIC through process.hrtime: one clock for all threads and processes of a machine. */
export function systemClock(): Clock {
  return {
    nowNs,
    sleepUntil(atNs, signal) {
      return new Promise((resolve) => {
        let timer: NodeJS.Timeout | undefined
        const end = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', end)
          resolve()
        }
        // Timers count whole milliseconds and come up to one early: wait again then.
        const wait = () => {
          const waitMs = (atNs - nowNs()) / 1e6
          if (waitMs > 0) timer = setTimeout(wait, Math.min(Math.max(1, waitMs), longestTimerMs))
          else end()
        }
        if (signal?.aborted || atNs <= nowNs()) {
          setImmediate(resolve)
          return
        }
        signal?.addEventListener('abort', end, { once: true })
        wait()
      })
    },
  }
}

/** ns as a double: exact for 104 days of uptime, then to 2 ns. */
export function nowNs(): number {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1e9 + nanos
}
