import { formatCount, formatMicros } from '../base/units.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import { medianOf } from './_faults.ts'
import type { Finding } from './_findings.ts'
import { medianOver } from './_matrix.ts'
import { timesText } from './_questions.ts'
import { variantLabels } from './_variants.ts'

/** One combination of settings in every run that had it. */
export interface TrendLine {
  label: string
  client: string
  /** Of each run its repetitions; empty = it had none. */
  runs: Variant[][]
}

export interface TrendMetric {
  id: string
  title: string
  unit: 'micros' | 'count'
  scale: 'log' | 'linear'
  of(variant: Variant): number | null
}

export const trendMetrics: readonly TrendMetric[] = [
  {
    id: 'response-p99',
    title: 'Response p99',
    unit: 'micros',
    scale: 'log',
    of: (v) => v.produce.responseUs?.p99 ?? null,
  },
  {
    id: 'service-p99',
    title: 'Service p99',
    unit: 'micros',
    scale: 'log',
    of: (v) => v.produce.serviceUs?.p99 ?? null,
  },
  { id: 'acked', title: 'Acknowledged', unit: 'count', scale: 'linear', of: (v) => v.produce.ackedPerSec },
  {
    id: 'end-to-end-p99',
    title: 'End-to-end p99',
    unit: 'micros',
    scale: 'log',
    of: (v) => v.consume?.endToEndUs?.p99 ?? null,
  },
]

/** The oldest run first. */
export const inTime = (results: readonly RunResult[]): RunResult[] =>
  [...results].sort((a, b) => a.startedAt.localeCompare(b.startedAt))

/** What the runs, ascending in time, have in common: variants by their params, repetitions together. */
export function trendLines(results: readonly RunResult[]): TrendLine[] {
  const lines = new Map<string, TrendLine>()
  for (const [at, { variants }] of results.entries()) {
    for (const variant of variants) {
      if (variant.status === 'unsupported') continue
      const key = JSON.stringify(Object.entries(variant.params).sort(([a], [b]) => a.localeCompare(b)))
      const client = String(variant.params.client)
      const line = lines.get(key) ?? { label: '', client, runs: results.map(() => []) }
      lines.set(key, line)
      line.runs[at]!.push(variant)
    }
  }
  const all = [...lines.values()]
  const labels = variantLabels(all.map(({ runs }) => ({ ...runs.flat()[0]!, repeat: 1 })))
  return all.map((line, at) => ({ ...line, label: labels[at]! }))
}

/** The median of the repetitions of each run; null = none was measured. */
export const valuesOver = (line: TrendLine, metric: TrendMetric): (number | null)[] =>
  line.runs.map((variants) => medianOver(variants, metric.of))

/** How the newest run compares with the median of those before it, a sentence per client; it judges nothing: kbench compare does. */
export function trendFindings(results: readonly RunResult[], lines: readonly TrendLine[]): Finding[] {
  const metric = trendMetrics.find((one) => lines.some((line) => valuesOver(line, one).at(-1) !== null))
  const last = results.at(-1)!
  const spoilt =
    last.status === 'ok'
      ? []
      : [{ tone: 'warn' as const, about: null, text: `the newest run is ${last.status}, exit code ${last.exitCode}` }]
  const lost = results.flatMap(({ runId, variants }) => {
    const count = variants.reduce(
      (sum, { integrity }) => sum + (integrity.verdict === 'not-audited' ? 0 : integrity.lost),
      0,
    )
    return count === 0
      ? []
      : [{ tone: 'bad' as const, about: null, text: `${runId} lost ${formatCount(count)} acknowledged records` }]
  })
  if (!metric) return [...lost, ...spoilt]
  const text = metric.unit === 'micros' ? formatMicros : formatCount
  const changes = lines.flatMap((line): Finding[] => {
    const values = valuesOver(line, metric)
    const now = values.at(-1) ?? null
    const before = values.slice(0, -1).filter((value) => value !== null)
    const level = medianOf(before)
    if (now === null || level === null || level === 0) return []
    const words = `${metric.title.toLowerCase()} ${text(now)}, ${timesText(now / level)} the median of ${before.length === 1 ? 'the run' : `the ${before.length} runs`} before (${text(level)})`
    return [{ tone: 'note', about: line.label, text: words }]
  })
  return [...lost, ...spoilt, ...changes]
}
