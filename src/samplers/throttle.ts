import type { BrokerNode, Clock } from '../contracts/api.ts'
import type { QuotaFact } from '../contracts/facts.ts'
import { parseThrottle } from './_quota-metrics.ts'
import { scrape } from './_scrape.ts'

/** What brokers' quotas do to clients, from the brokers' own metrics, where they report them. */
export interface ThrottleSampler {
  /** One fact for each broker that answered; one that is down or busy leaves a hole. Never throws. */
  sample(): Promise<QuotaFact[]>
}

/** A broker that does not answer within this is asked again the next time. */
const timeoutMs = 1000

/** Of clients whose id begins with `clientIds`, and of quotas that hold for a user: who was throttled before is still in Kafka's means. */
export function createThrottleSampler(
  nodes: readonly Pick<BrokerNode, 'id' | 'metricsUrl'>[],
  clientIds: string,
  clock: Pick<Clock, 'nowNs'>,
): ThrottleSampler {
  return {
    async sample() {
      const facts = await Promise.all(
        nodes.map(async ({ id, metricsUrl }): Promise<QuotaFact[]> => {
          if (metricsUrl === undefined) return []
          try {
            const text = await scrape(metricsUrl, timeoutMs)
            return [{ fact: 'quota', atNs: clock.nowNs(), broker: id, ...parseThrottle(text, clientIds) }]
          } catch {
            return []
          }
        }),
      )
      return facts.flat()
    },
  }
}
