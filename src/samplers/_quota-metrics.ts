import { prometheusSamples } from './_prometheus.ts'

/** One look at one broker; null = nobody is throttled, or not known. */
export interface ThrottleSample {
  /** Mean delay of the client or user that is delayed most, ms: Kafka's `throttle-time` of quota type Produce, Fetch, Request. */
  produceMs: number | null
  fetchMs: number | null
  requestMs: number | null
  /** Bytes of all produce requests so far: what the produce quota counts. */
  produceBytes: number | null
}

/** Collects what samples of Prometheus' text format say of quotas: one that is throttled now, and the bytes of produce requests. */
export function createThrottleReading(clientIds: string) {
  const found: ThrottleSample = { produceMs: null, fetchMs: null, requestMs: null, produceBytes: null }
  const keys: Partial<Record<string, keyof ThrottleSample>> = {
    produce: 'produceMs',
    fetch: 'fetchMs',
    request: 'requestMs',
  }
  const requestBytes: { count?: number; mean?: number } = {}
  return {
    add(name: string, labels: Readonly<Record<string, string>>, value: number) {
      const lower = name.toLowerCase()
      const [, type] = /^kafka_server_(produce|fetch|request|quota)_throttle_time$/.exec(lower) ?? []
      const of = type === 'quota' ? (labels.resource ?? '').toLowerCase() : type
      const key = keys[of ?? '']
      const client = labels.client_id ?? labels.clientId ?? ''
      // Kafka's mean over no sample is NaN.
      if (
        key !== undefined &&
        (client === '' || client.startsWith(clientIds)) &&
        Number.isFinite(value) &&
        value >= 0
      ) {
        found[key] = Math.max(found[key] ?? 0, value)
      }
      const [, bean, attribute] = /^kafka_network_requestmetrics(_requestbytes)?_(count|mean)$/.exec(lower) ?? []
      if (attribute === undefined || labels.request !== 'Produce') return
      if (bean !== undefined || labels.name === 'RequestBytes') requestBytes[attribute as 'count' | 'mean'] = value
    },
    found(): ThrottleSample {
      const bytes = (requestBytes.count ?? Number.NaN) * (requestBytes.mean ?? Number.NaN)
      return { ...found, produceBytes: Number.isFinite(bytes) && bytes >= 0 ? bytes : null }
    },
  }
}

const wanted = /^kafka_(server_\w+_throttle_time|network_RequestMetrics_\w+)$/i

/** Prometheus' text format, as the JMX agent writes it, → what is read of it. */
export function parseThrottle(text: string, clientIds: string): ThrottleSample {
  const reading = createThrottleReading(clientIds)
  for (const { name, labels, value } of prometheusSamples(text, wanted)) reading.add(name, labels, value)
  return reading.found()
}
