import type { Role } from '../contracts/api.ts'
import type { ClientThrottle } from '../contracts/result.ts'
import { throttleMs } from '../recording/broker-usage.ts'
import type { RowSpan, View } from './view.ts'

export const ofKind =
  ({ sums }: View, kind: Role['kind']) =>
  (worker: number): boolean =>
    sums.workers.get(worker)?.spec.role.kind === kind

/** Of the responses in these rows, by the full second in which the client reported them: nothing is interpolated. */
export function clientThrottle(view: View, kind: Role['kind'], { from, to }: RowSpan): ClientThrottle {
  const times = view.sums.rows.throttle(from, to, ofKind(view, kind))
  if (times) return { maxMs: times.maxMs, sumMs: times.sumMs, responses: times.responses, reason: null }
  const reason =
    to > from ? `${view.plan.client} does not show the throttle time of its responses` : 'nothing was measured'
  return { maxMs: null, sumMs: null, responses: null, reason }
}

/**
 * How long quotas delayed anybody in the second half of measure, ms: the longest of what the clients' responses say and of what the brokers' metrics
 * do. 0 = all of one side was seen, and nobody was delayed; null = not known.
 */
export function throttledMs(view: View, brokers: number): number | null {
  const { sums, startNs } = view
  const measure = view.measure!
  const span = { fromNs: startNs + measure.fromNs, toNs: startNs + measure.toNs }
  const half = Math.ceil((measure.from + measure.to) / 2)
  const shown = sums.rows.throttle(Math.min(half, measure.to - 1), measure.to, () => true)?.maxMs ?? null
  const metered = throttleMs(sums.usage, span, brokers)
  return shown === null || metered === null ? (shown ?? metered) : Math.max(shown, metered)
}

/** The longest delay by a quota over warm-up and measure, ms, by either side; null = none was seen. */
export function quotaDelayMs({ sums, startNs, known, loadEndNs }: View): number | null {
  const shown = sums.rows.throttle(known.from, known.to, () => true)?.maxMs ?? null
  let longest = shown
  for (const tracks of sums.usage.quotas.values()) {
    for (const { atNs, values } of [tracks.produceMs, tracks.requestMs]) {
      for (const [at, ms] of values.entries()) {
        if (atNs[at]! >= startNs && atNs[at]! <= startNs + loadEndNs) longest = Math.max(longest ?? 0, ms)
      }
    }
  }
  return longest
}
