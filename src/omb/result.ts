import type { Latency, RunResult, Variant } from '../contracts/result.ts'
import { decodeHistogram } from '../recording/histogram.ts'

type Numbers = (number | null)[]
/** Percentile, as Java prints a double → value. */
type Quantiles = Record<string, number>

/** A TestResult of OpenMessaging Benchmark: its fields by name, ms but for publishDelay*, which is µs. null and [] = kbench does not know. */
export interface OmbResult {
  workload: string
  driver: string
  messageSize: number | null
  topics: number
  partitions: number | null
  producersPerTopic: number | null
  consumersPerTopic: number | null
  [field: string]: string | number | null | Numbers | Quantiles
}

/** It samples so often. */
const periodS = 10
const usPerMs = 1000

/** A measured variant as OpenMessaging Benchmark writes its result. Pure. */
export function ombResult(result: RunResult, variant: Variant): OmbResult {
  const setting = (key: string) => numberIn(variant.params, [key]) ?? numberIn(result.profile, key.split('.'))
  const { ackedBytesPerSec, ackedPerSec } = variant.produce
  return {
    workload: String(result.profile.name ?? result.name),
    driver: String(variant.params.client),
    messageSize: setting('load.record.size') ?? (ackedPerSec > 0 ? Math.round(ackedBytesPerSec / ackedPerSec) : null),
    topics: 1,
    partitions: setting('topic.partitions'),
    producersPerTopic: setting('producers.count'),
    consumersPerTopic: variant.consume === null ? 0 : setting('consumers.0.members'),
    ...periods(variant),
    ...latency('publishLatency', variant.produce.serviceUs, usPerMs),
    ...latency('publishDelayLatency', variant.generator.scheduleLagUs, 1),
    ...latency('endToEndLatency', variant.consume?.endToEndUs ?? null, usPerMs),
  }
}

/** A number at a path of data that somebody else may have written. */
function numberIn(data: unknown, path: readonly string[]): number | null {
  const found = path.reduce<unknown>(
    (holder, key) =>
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Record<string, unknown>)[key]
        : undefined,
    data,
  )
  return typeof found === 'number' ? found : null
}

/** Rates and backlog of each 10 s of the measurement; a rest at the end belongs to none. */
function periods({ phases, series, timelines, lag }: Variant): Record<string, Numbers> {
  const measure = phases.find(({ name }) => name === 'measure')
  const startS = measure?.startS ?? 0
  const count = measure ? Math.floor((measure.endS - startS + 1e-6) / periodS) : 0
  const starts = Array.from({ length: count }, (_, at) => startS + at * periodS)
  const meanOf = (...names: string[]): Numbers =>
    starts.map((from) => {
      const rows = series.tickS.flatMap((atS, row) => (atS >= from - 1e-6 && atS < from + periodS - 1e-6 ? [row] : []))
      const sums = rows.map((row) => sumOf(names.map((name) => series.columns[name]?.[row] ?? null)))
      const total = sumOf(sums)
      return total === null || rows.length === 0 ? null : total / rows.length
    })
  const groups = Object.keys(lag)
  const backlog = starts.map((from) => {
    const at = timelines.lag?.atS.findLastIndex((atS) => atS <= from + periodS) ?? -1
    return at < 0 ? null : sumOf(groups.map((group) => timelines.lag?.columns[group]?.[at] ?? null))
  })
  return {
    publishRate: meanOf('ackedPerSec'),
    publishErrorRate: meanOf('failedPerSec', 'unknownPerSec'),
    consumeRate: meanOf('receivedPerSec'),
    backlog,
  }
}

/** null where one of them is not known. */
const sumOf = (values: Numbers): number | null =>
  values.length === 0 || values.some((value) => value === null)
    ? null
    : values.reduce<number>((sum, value) => sum + value!, 0)

const percentiles = { '50pct': 50, '75pct': 75, '95pct': 95, '99pct': 99, '999pct': 99.9, '9999pct': 99.99 } as const

/** The lists of each 10 s, which kbench does not keep apart, and the values of the whole measurement: of what succeeded, as there. */
function latency(
  name: string,
  measured: Latency | null,
  divisor: number,
): Record<string, Numbers | number | null | Quantiles> {
  const recorded = measured === null ? null : decodeHistogram(measured.histogram)
  const value = (us: number) => us / divisor
  const aggregated = `aggregated${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const ends = ['Avg', ...Object.keys(percentiles), 'Max']
  return {
    ...Object.fromEntries(ends.map((end) => [`${name}${end}`, []])),
    [`${aggregated}Avg`]: recorded && value(recorded.mean),
    ...Object.fromEntries(
      Object.entries(percentiles).map(([end, percentile]) => [
        `${aggregated}${end}`,
        recorded && value(recorded.getValueAtPercentile(percentile)),
      ]),
    ),
    [`${aggregated}Max`]: recorded && value(recorded.maxValue),
    [`${aggregated}Quantiles`]:
      recorded === null ? {} : quantilesOf(recorded.outputPercentileDistribution(100, 1), value),
  }
}

/** From HdrHistogram's own table: "value percentile total …". */
function quantilesOf(table: string, value: (us: number) => number): Quantiles {
  const rows = [...table.matchAll(/^ *([\d.]+) ([\d.]+) +\d+/gm)]
  return Object.fromEntries(rows.map(([, us, share]) => [javaDouble(Number(share) * 100), value(Number(us))]))
}

function javaDouble(value: number): string {
  const rounded = Number(value.toPrecision(12))
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded)
}
