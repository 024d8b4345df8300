import type { SparseCounts } from '../contracts/facts.ts'
import { highestAt } from '../recording/histogram.ts'
import type { RevisedRow, Tick } from '../runners/variant/progress.ts'

/** What kbench exports while it runs: names and units as Prometheus has them, and as OpenTelemetry has them. */
export interface Family {
  /** "kbench_records_sent_total". */
  name: string
  /** "kbench.records.sent". */
  otelName: string
  help: string
  /** Of OpenTelemetry (UCUM). */
  unit: string
  type: 'counter' | 'gauge' | 'histogram'
}

export type Labels = Record<string, string>

export interface Sample {
  labels: Labels
  value: number
}

export interface HistogramSample {
  labels: Labels
  /** Records in each bucket, not cumulated; one more than there are bounds. */
  counts: number[]
  count: number
  /** Seconds; from the highest value of each bucket of 3 significant digits. */
  sum: number
}

export type Measured = { family: Family; samples: Sample[] } | { family: Family; histograms: HistogramSample[] }

/** Upper bounds of the buckets of latency, s. */
export const latencyBounds = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30, 60],
]

const counter = (what: string, help: string): Family => ({
  name: `kbench_records_${what}_total`,
  otelName: `kbench.records.${what}`,
  help,
  unit: '{record}',
  type: 'counter',
})

const recordCounters = {
  due: counter('due', 'Records that the schedule asked for.'),
  sent: counter('sent', 'Records handed to the client.'),
  acked: counter('acknowledged', 'Records that the client reported as acknowledged.'),
  failed: counter('failed', 'Records that were refused for certain.'),
  unknown: counter('unknown', 'Records of which nobody knows whether they are in the log.'),
  received: counter('received', 'Records that the consumers received.'),
}
const latency: Family = {
  name: 'kbench_produce_latency_seconds',
  otelName: 'kbench.produce.latency',
  help: 'Latency of acknowledged records: response (from when due) or service (from when handed to the client).',
  unit: 's',
  type: 'histogram',
}
const lag: Family = {
  name: 'kbench_consumer_lag_records',
  otelName: 'kbench.consumer.lag',
  help: 'Records that a group has not committed.',
  unit: '{record}',
  type: 'gauge',
}
const brokerCpu: Family = {
  name: 'kbench_broker_cpu_ratio',
  otelName: 'kbench.broker.cpu',
  help: 'Processor time of a broker, 1 = one core.',
  unit: '1',
  type: 'gauge',
}
const faults: Family = {
  name: 'kbench_faults_active',
  otelName: 'kbench.faults.active',
  help: 'Faults that are injected and not healed.',
  unit: '{fault}',
  type: 'gauge',
}
const left: Family = {
  name: 'kbench_load_remaining_seconds',
  otelName: 'kbench.load.remaining',
  help: 'Time until the load of the running variant is over as planned.',
  unit: 's',
  type: 'gauge',
}

/** Every metric that there is, in the order in which they are exported. */
export const families: readonly Family[] = [...Object.values(recordCounters), latency, lag, brokerCpu, faults, left]

/** Adds up the rows of a run; each row is counted once, as soon as it is known, and what is acknowledged later as it comes. */
export function createMeasures() {
  const counters = new Map<Family, Map<string, Sample>>()
  const histograms = new Map<string, HistogramSample>()
  let last: Tick | null = null

  const count = (family: Family, labels: Labels, value: number) => {
    const own = counters.get(family) ?? new Map<string, Sample>()
    counters.set(family, own)
    const key = Object.values(labels).join('\n')
    const sample = own.get(key) ?? { labels, value: 0 }
    sample.value += value
    own.set(key, sample)
  }
  const labelsOf = ({ client, variant, phase }: Tick): Labels => ({ client, variant, phase })
  const time = (tick: Tick, { pairs }: SparseCounts) => {
    const labels = { ...labelsOf(tick), latency: tick.latency }
    const key = Object.values(labels).join('\n')
    const histogram = histograms.get(key) ?? {
      labels,
      counts: Array.from({ length: latencyBounds.length + 1 }, () => 0),
      count: 0,
      sum: 0,
    }
    histograms.set(key, histogram)
    for (let at = 0; at < pairs.length; at += 2) {
      const seconds = highestAt(pairs[at]!) / 1e6
      const records = pairs[at + 1]!
      const bucket = latencyBounds.findIndex((bound) => seconds <= bound)
      histogram.counts[bucket < 0 ? latencyBounds.length : bucket]! += records
      histogram.count += records
      histogram.sum += seconds * records
    }
  }
  return {
    tick(tick: Tick): void {
      const labels = labelsOf(tick)
      if (tick.due !== null) count(recordCounters.due, labels, tick.due)
      for (const name of ['sent', 'acked', 'failed', 'unknown', 'received'] as const)
        count(recordCounters[name], labels, tick.events[name])
      time(tick, tick.latencyUs)
      last = tick
    },
    /** Records that were late are in the histogram once they are acknowledged. */
    revise({ tick, addedUs }: RevisedRow): void {
      time(tick, addedUs)
    },
    /** Every family with what is known of it now. */
    collect(): Measured[] {
      const now = last
      const own = now === null ? null : { client: now.client, variant: now.variant }
      const gauge = (family: Family, all: [Labels, number | null][]): Measured => ({
        family,
        samples: all.flatMap(([labels, value]) => (value === null ? [] : [{ labels: { ...own, ...labels }, value }])),
      })
      return [
        ...Object.values(recordCounters).map((family) => ({
          family,
          samples: [...(counters.get(family)?.values() ?? [])],
        })),
        { family: latency, histograms: [...histograms.values()] },
        gauge(
          lag,
          Object.entries(now?.lag ?? {}).map(([group, records]) => [{ group }, records]),
        ),
        gauge(
          brokerCpu,
          Object.entries(now?.brokerCpuPercent ?? {}).map(([broker, percent]) => [
            { broker },
            percent === null ? null : percent / 100,
          ]),
        ),
        gauge(faults, now === null ? [] : [[{}, now.faults.length]]),
        gauge(left, now === null ? [] : [[{}, now.leftS]]),
      ]
    },
  }
}

export type Measures = ReturnType<typeof createMeasures>
