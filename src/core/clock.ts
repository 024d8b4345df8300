import type { Clock } from './api.ts'

/** CLOCK_MONOTONIC through process.hrtime: one clock for all threads and processes of a machine. */
export function systemClock(): Clock {
  return {
    nowNs,
    sleepUntil(atNs, signal) {
      return new Promise((resolve) => {
        const waitMs = (atNs - nowNs()) / 1e6
        if (signal?.aborted || waitMs <= 0) {
          setImmediate(resolve)
          return
        }
        const wake = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const timer = setTimeout(wake, Math.max(1, waitMs))
        signal?.addEventListener('abort', wake, { once: true })
      })
    },
  }
}

/** ns as a double: exact for 104 days of uptime, then to 2 ns. */
export function nowNs(): number {
  const [seconds, nanos] = process.hrtime()
  return seconds * 1e9 + nanos
}
