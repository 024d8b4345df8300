import { isPermissionRefusal } from '../../kafka/missing-permission.ts'
import { controllerTimeRequest } from '../../kafka/quorum-requests.ts'
import { type Check, defineCheck, lines } from './check.ts'

export interface BrokerClock {
  /** Its time of day less this machine's, ms, with what the way there and back leaves open; null = `why` not. */
  aheadMs: number | null
  withinMs: number
  why: string
}

/** Tokens are refused, and ages by timestamp are wrong, by as much. */
const muchMs = 1000

/** The time of day of the active controller, which alone can be asked for it. */
export default defineCheck<BrokerClock>({
  id: 'broker-clock',
  subject: 'clock of the brokers',
  of: 'cluster',

  async look({ target }) {
    const request = controllerTimeRequest()
    const none = (why: string) => ({ aheadMs: null, withinMs: 0, why })
    try {
      return await target!.brokers.any(async (connection) => {
        if (!connection.supports(request)) return none('brokers report it from Kafka 3.3 on, with KRaft')
        const sentMs = Date.now()
        const timeMs = await connection.send(request)
        const tookMs = Date.now() - sentMs
        if (timeMs === null) return none('the controller does not report it')
        return { aheadMs: timeMs - (sentMs + tookMs / 2), withinMs: tookMs / 2 + 1, why: '' }
      })
    } catch (error) {
      if (isPermissionRefusal(error)) return none('permission Describe on the cluster is missing')
      throw error
    }
  },

  judge({ aheadMs, withinMs, why }): Check[] {
    const { ok, warning, unknown } = lines('broker-clock')
    const subject = 'clock of the controller'
    if (aheadMs === null) return [unknown(subject, `cannot be read: ${why}`)]
    const text = `${Math.abs(aheadMs).toFixed(0)} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine's, within ${withinMs.toFixed(0)} ms`
    if (Math.abs(aheadMs) - withinMs <= muchMs) return [ok(subject, text)]
    return [warning(subject, text, 'set both by NTP: tokens and load.latency: timestamp are off by as much')]
  },
})
