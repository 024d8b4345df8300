import type { BrokerNode } from '../contracts/api.ts'
import type { BrokerThrottle } from '../contracts/result.ts'

/** What brokers' quotas do to clients, from the brokers' own metrics, where they tell them. */
export interface ThrottleSampler {
  sample(atS: number): Promise<void>
  /** Over [fromS, toS]; null where no broker told anything. */
  summary(fromS: number, toS: number): BrokerThrottle[] | null
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
export function createThrottleSampler(nodes: readonly BrokerNode[], clientIds: string): ThrottleSampler {
  const samples = new Map<number, (ThrottleSample & { atS: number })[]>()
  return {
    async sample(atS) {
      await Promise.all(
        nodes.map(async ({ id, metricsUrl }) => {
          if (metricsUrl === undefined) return
          const startMs = performance.now()
          try {
            const response = await fetch(metricsUrl, { signal: AbortSignal.timeout(timeoutMs) })
            const parsed = parseThrottle(await response.text(), clientIds)
            const answeredS = atS + (performance.now() - startMs) / 1000
            samples.set(id, [...(samples.get(id) ?? []), { atS: answeredS, ...parsed }])
          } catch {
            // A broker that is down or busy leaves a hole; a summary without samples is null.
          }
        }),
      )
    },
    summary(fromS, toS) {
      if (samples.size === 0) return null
      return [...samples].sort(([a], [b]) => a - b).map(([id, all]) => summarise(id, all, fromS, toS))
    },
  }
}

function summarise(
  id: number,
  all: readonly (ThrottleSample & { atS: number })[],
  fromS: number,
  toS: number,
): BrokerThrottle {
  const during = all.filter(({ atS }) => atS >= fromS - 1 && atS <= toS + 1)
  // Kafka's mean looks back 11 s: the first half of the measure phase may still tell of who was throttled before.
  const settled = during.filter(({ atS }) => atS >= (fromS + toS) / 2)
  const most = (read: (sample: ThrottleSample) => number | null) =>
    settled.reduce<number | null>((max, sample) => {
      const value = read(sample)
      return value === null ? max : Math.max(max ?? 0, value)
    }, null)
  const counted = during.filter(({ produceBytes }) => produceBytes !== null)
  const [first, last] = [counted[0], counted.at(-1)]
  const lengthS = first && last ? last.atS - first.atS : 0
  return {
    id,
    produceMs: most(({ produceMs }) => produceMs),
    fetchMs: most(({ fetchMs }) => fetchMs),
    requestMs: most(({ requestMs }) => requestMs),
    produceBytesPerSec: lengthS > 0 ? (last!.produceBytes! - first!.produceBytes!) / lengthS : null,
  }
}

/** Prometheus' text format, as the JMX agent writes it, → what is read of it. Kafka's mean over no sample is NaN. */
export function parseThrottle(text: string, clientIds: string): ThrottleSample {
  const found: ThrottleSample = { produceMs: null, fetchMs: null, requestMs: null, produceBytes: null }
  const keys = { Produce: 'produceMs', Fetch: 'fetchMs', Request: 'requestMs' } as const
  const requestBytes: { Count?: number; Mean?: number } = {}
  for (const line of text.split('\n')) {
    const quota = /^kafka_server_(Produce|Fetch|Request)_throttle_time\b.* (\S+)$/.exec(line)
    const client = /\bclient_id="([^"]*)"/.exec(line)?.[1] ?? ''
    if (quota && (client === '' || client.startsWith(clientIds))) {
      const key = keys[quota[1] as keyof typeof keys]
      const ms = Number(quota[2])
      if (Number.isFinite(ms)) found[key] = Math.max(found[key] ?? 0, ms)
    }
    const size = /^kafka_network_RequestMetrics_(Count|Mean)\{.*\bname="RequestBytes".*\} (\S+)$/.exec(line)
    if (size && /\brequest="Produce"/.test(line)) requestBytes[size[1] as 'Count' | 'Mean'] = Number(size[2])
  }
  const { Count: count, Mean: mean } = requestBytes
  if (count !== undefined && mean !== undefined) found.produceBytes = count * mean
  return found
}
