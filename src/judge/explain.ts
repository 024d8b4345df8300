import { formatCount, formatMicros } from '../base/units.ts'
import { quotaDelayMs } from './throttle.ts'
import type { View } from './view.ts'

/** By every client's name: the client or the broker does not take a record, or a batch, of this size. */
const tooLarge: ReadonlySet<string> = new Set(['MSG_SIZE_TOO_LARGE', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** A shorter delay does not make a record late, ms. */
const longDelayMs = 1000

/** Why records came to this error, where the settings show it; null = they do not. */
export const explain = (view: View, error: string | null): string | null => bySize(view, error) ?? byQuota(view)

function bySize({ plan, sums }: View, error: string | null): string | null {
  if (error === null || !tooLarge.has(error)) return null
  const { size } = plan.record
  const largest = typeof size === 'number' ? size : 'list' in size ? Math.max(...size.list) : size.uniform[1]
  const client = ownLimit(sums)
  if (client !== null && largest > client) return `the client's message.max.bytes is ${formatCount(client)}`
  const topic = sums.topic?.maxMessageBytes ?? null
  if (topic === null) return client === null ? null : `the client's message.max.bytes is ${formatCount(client)}`
  if (largest > topic) return `the topic's max.message.bytes is ${formatCount(topic)}`
  return `records of ${formatCount(largest)} bytes in batches above the topic's max.message.bytes, ${formatCount(topic)}`
}

/** A client that a quota holds back keeps records until their time is over. */
function byQuota(view: View): string | null {
  const ms = quotaDelayMs(view)
  return ms === null || ms < longDelayMs
    ? null
    : `a quota of the brokers delayed the client's requests, by up to ${formatMicros(ms * 1000)} each`
}

function ownLimit(sums: View['sums']): number | null {
  for (const { spec, report } of sums.workers.values()) {
    const limit = spec.role.kind === 'producer' ? report?.effectiveConfig['message.max.bytes'] : undefined
    if (typeof limit === 'number') return limit
  }
  return null
}
