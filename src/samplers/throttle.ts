import type { BrokerNode, Clock } from '../contracts/api.ts'
import type { QuotaFact } from '../contracts/facts.ts'

/** What brokers' quotas do to clients, from the brokers' own metrics, where they report them. */
export interface ThrottleSampler {
  /** One fact for each broker that answered; one that is down or busy leaves a hole. Never throws. */
  sample(): Promise<QuotaFact[]>
}

/** One look at one broker; null = nobody is throttled, or not known. */
export interface ThrottleSample {
  /** Mean delay of the client or user that is delayed most, ms: Kafka's `throttle-time` of quota type Produce, Fetch, Request. */
  produceMs: number | null
  fetchMs: number | null
  requestMs: number | null
  /** Bytes of all produce requests so far: what the produce quota counts. */
  produceBytes: number | null
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
          // A controller of its own: one from AbortSignal.timeout() may be collected before it fires, and the look would never end.
          const late = new AbortController()
          const timer = setTimeout(() => late.abort(), timeoutMs)
          try {
            const response = await fetch(metricsUrl, { signal: late.signal })
            const text = await response.text()
            if (!response.ok) return []
            return [{ fact: 'quota', atNs: clock.nowNs(), broker: id, ...parseThrottle(text, clientIds) }]
          } catch {
            return []
          } finally {
            clearTimeout(timer)
          }
        }),
      )
      return facts.flat()
    },
  }
}

/** Prometheus' text format, as the JMX agent writes it, → what is read of it. Kafka's mean over no sample is NaN. */
export function parseThrottle(text: string, clientIds: string): ThrottleSample {
  const found: ThrottleSample = { produceMs: null, fetchMs: null, requestMs: null, produceBytes: null }
  const keys = { Produce: 'produceMs', Fetch: 'fetchMs', Request: 'requestMs' } as const
  const requestBytes: { Count?: number; Mean?: number } = {}
  // The last line of an answer that was cut off may be half a number.
  for (const line of text.split('\n').slice(0, -1)) {
    const quota = /^kafka_server_(Produce|Fetch|Request)_throttle_time\b.* (\S+)$/.exec(line)
    const client = /\bclient_id="([^"]*)"/.exec(line)?.[1] ?? ''
    if (quota && (client === '' || client.startsWith(clientIds))) {
      const key = keys[quota[1] as keyof typeof keys]
      const ms = Number(quota[2])
      if (Number.isFinite(ms) && ms >= 0) found[key] = Math.max(found[key] ?? 0, ms)
    }
    const size = /^kafka_network_RequestMetrics_(Count|Mean)\{.*\bname="RequestBytes".*\} (\S+)$/.exec(line)
    if (size && /\brequest="Produce"/.test(line)) requestBytes[size[1] as 'Count' | 'Mean'] = Number(size[2])
  }
  const bytes = (requestBytes.Count ?? Number.NaN) * (requestBytes.Mean ?? Number.NaN)
  if (Number.isFinite(bytes) && bytes >= 0) found.produceBytes = bytes
  return found
}
