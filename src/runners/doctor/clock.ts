import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { defineCheck, lines } from './check.ts'

interface Found {
  /** The smallest difference of two readings of the monotonic clock, ns. */
  resolutionNs: number
  /** Most that the time of day went ahead of or fell behind the monotonic clock while it was watched, ms. */
  stepMs: number
  watchedMs: number
  /** What the kernel reads: "tsc"; null = not known. */
  source: string | null
}

const coarseNs = 10_000
const largeStepMs = 20
/** Read by a slow path: µs for each reading. */
const slowSources: readonly (string | null)[] = ['acpi_pm', 'hpet', 'jiffies']

export default defineCheck<Found>({
  id: 'clock',
  subject: 'clock of this machine',
  of: 'machine',

  async look() {
    const path = '/sys/devices/system/clocksource/clocksource0/current_clocksource'
    const source = await readFile(path, 'utf8').catch(() => null)
    const watchedMs = 300
    return {
      resolutionNs: resolution(),
      stepMs: await largestStep(watchedMs),
      watchedMs,
      source: source?.trim() ?? null,
    }
  },

  judge({ resolutionNs, stepMs, watchedMs, source }) {
    const { ok, warning } = lines('clock')
    const subject = 'clock of this machine'
    const text = `resolution ${resolutionNs} ns${source === null ? '' : ` (${source})`}, time of day within ${stepMs.toFixed(1)} ms over ${watchedMs} ms`
    if (stepMs > largeStepMs) {
      return [
        warning(
          subject,
          text,
          'the time of day is being set: wait until NTP has settled, or load.latency: timestamp and tokens suffer',
        ),
      ]
    }
    if (resolutionNs > coarseNs || slowSources.includes(source)) {
      return [
        warning(
          subject,
          text,
          'latencies are no finer than that: use a machine whose kernel reads the processor’s counter (tsc, kvm-clock, arch_sys_counter)',
        ),
      ]
    }
    return [ok(subject, text)]
  },
})

function resolution(): number {
  let smallest = Number.POSITIVE_INFINITY
  let last = process.hrtime.bigint()
  for (let reading = 0; reading < 5000; reading++) {
    const now = process.hrtime.bigint()
    const passed = Number(now - last)
    if (passed > 0 && passed < smallest) smallest = passed
    last = now
  }
  return smallest
}

/** Time of day less monotonic time, ms: the reading in which least time passed, for a busy machine takes the processor away between the two. */
function ahead(): number {
  let [least, found] = [Number.POSITIVE_INFINITY, 0]
  for (let reading = 0; reading < 100 && least > 0.1; reading++) {
    const before = performance.now()
    const wallMs = Date.now()
    const after = performance.now()
    if (after - before < least) [least, found] = [after - before, wallMs - (before + after) / 2]
  }
  return found
}

async function largestStep(lengthMs: number): Promise<number> {
  const first = ahead()
  let largest = 0
  for (let passedMs = 0; passedMs < lengthMs; passedMs += 10) {
    await delay(10)
    largest = Math.max(largest, Math.abs(ahead() - first))
  }
  return largest
}
