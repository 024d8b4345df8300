import { digits, formatBytes, formatCount, formatMicros, formatSeconds } from '../../base/units.ts'
import type { Pair } from '../../compare/compare-runs.ts'
import type { MetricComparison, Verdict } from '../../compare/comparison.ts'
import { isUnacked } from '../../compare/gate.ts'
import { metricUnit } from '../../compare/metric.ts'
import { needsAcks } from '../../compare/used-settings.ts'
import { boundWords } from '../../judge/finding-texts.ts'
import { numberPath } from '../../profile/threshold-paths.ts'
import type { Tone } from '../_findings.ts'

const names: Readonly<Record<string, string>> = {
  'produce.ackedPerSec': 'acked/s',
  'produce.sentPerSec': 'sent/s',
  'consume.receivedPerSec': 'received/s',
  'generator.cpuPercent': 'generator CPU',
  'integrity.lost': 'lost',
  'faults.unavailableMs.max': 'unavailable max',
  'faults.clientGapMs.max': 'client gap max',
}
const quantiles: Readonly<Record<string, string>> = { p999: 'p99.9', p9999: 'p99.99' }
const latencies: Readonly<Record<string, string>> = {
  responseUs: 'response',
  serviceUs: 'service',
  endToEndUs: 'end-to-end',
}

/** A metric's path in few words: "response p99"; the path itself where it has none. */
export function metricName(path: string): string {
  const known = names[path]
  if (known !== undefined) return known
  const named = numberPath(path)
  if (named === null) return path
  if (named.group !== null) return named.keys[2] === 'maxRecords' ? `lag max ${named.group}` : path
  const [, key, last] = named.keys
  const latency = latencies[key ?? '']
  return latency === undefined || last === undefined ? path : `${latency} ${quantiles[last] ?? last}`
}

/** A value of the metric with its unit; Infinity is what could not be measured. */
export function metricText(path: string, value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'beyond' : '-beyond'
  const sign = value < 0 ? '-' : ''
  const size = Math.abs(value)
  const unit = metricUnit(path)
  if (unit === 'micros') return sign + formatMicros(size)
  if (unit === 'ms') return sign + formatMicros(size * 1000)
  if (unit === 'seconds') return sign + formatSeconds(size)
  if (unit === 'bytes') return sign + formatBytes(size)
  return unit === 'percent' ? `${sign}${digits(size)} %` : sign + formatCount(size)
}

/** 0.123 → "+12.3 %". */
const shareText = (share: number): string => `${signed(share)} %`

const signed = (share: number): string => {
  const text = percent(share)
  return share > 0 && text !== '0' ? `+${text}` : text
}

const percent = (share: number): string => {
  const value = share * 100
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞'
  return String(Number(value.toFixed(Math.abs(value) >= 99.5 ? 0 : 1)))
}

/** The shift as a share of the base's median; in the metric's unit where the base is 0. */
export function shiftText({ metric, relative, shift }: MetricComparison): string {
  return relative ? shareText(relative.shift) : `${shift > 0 ? '+' : ''}${metricText(metric, shift)}`
}

/** "-3.1 … +8 %". */
export function intervalText({ metric, relative, interval }: MetricComparison): string {
  if (relative) return `${signed(relative.low)} … ${signed(relative.high)} %`
  return `${metricText(metric, interval.low)} … ${metricText(metric, interval.high)}`
}

/** The smallest shift that would have been shown. */
export function detectableText({ metric, baseMedian, detectable }: MetricComparison): string {
  if (detectable === null) return 'none'
  if (baseMedian === 0 || !Number.isFinite(baseMedian)) return metricText(metric, detectable)
  return `${percent(detectable / Math.abs(baseMedian))} %`
}

/** In a word or four, for a table. */
export function verdictWords(one: MetricComparison): string {
  if (one.verdict === 'no-difference') return one.detectable === null ? 'none shown' : `none ≥ ${detectableText(one)}`
  return one.verdict
}

/** In a sentence. */
export function verdictSentence(one: MetricComparison): string {
  const shift = `${shiftText(one)} (95 %: ${intervalText(one)})`
  const p = `p ${pText(one.pAdjusted)}${one.gated ? ' after Holm' : ''}`
  if (one.verdict === 'inconclusive') {
    return `inconclusive: ${one.base.length} and ${one.other.length} repetitions cannot show a difference (smallest possible p ${pText(one.pSmallest)}${one.gated ? ' over the gated metrics' : ''})`
  }
  if (one.verdict === 'equivalent') return `equivalent: ${shift} is within ±${percent(one.noise)} %`
  if (one.verdict === 'no-difference')
    return `no difference shown: ${shift}, ${p}; one of ${detectableText(one)} would have been shown`
  return `${one.verdict}: ${shift}, ${p}, Cliff's delta ${digits(one.effect.delta)}`
}

/** Why a metric of the pair is not compared. */
export function notMeasuredText({ base, other, ...pair }: Pair, metric: string): string {
  const names = sideNames({ base, other, ...pair })
  const lacking = [base, other].filter(
    ({ repetitions }) => !repetitions.some(({ values }) => values[metric] !== undefined),
  )
  const unacked = needsAcks(metric) && lacking.some(isUnacked)
  const where = lacking.length === 1 ? ` in ${lacking[0] === base ? names.base : names.other}` : ''
  return `was not measured${where}${unacked ? ': with acks 0 nothing is acknowledged' : ''}`
}

/** What bound the two sides, and what that means for a comparison; empty = not known of either. */
export function boundLines(pair: Pair): string[] {
  const { base, other, shared } = pair.bound
  const names = sideNames(pair)
  if (base === null && other === null) return []
  const limits = shared.filter((by) => by !== 'schedule')
  if (limits.length > 0) {
    return [
      `both were bound by ${boundWords(limits)}: “no difference shown” or “equivalent” does not mean that the clients are equal`,
    ]
  }
  if (shared.includes('schedule')) {
    return ['both were bound by the schedule: their rates are the schedule’s, not the most that either can do']
  }
  const line = (name: string, by: Pair['bound']['base']) =>
    by === null || by.length === 0 || by.includes('unknown')
      ? `${name}: what bound it is not known`
      : `${name} was bound by ${boundWords(by)}`
  return [line(names.base, base), line(names.other, other)]
}

export const pText = (p: number): string => (p < 0.0001 ? '< 0.0001' : String(Number(p.toPrecision(2))))

export const verdictTones: Readonly<Record<Verdict, Tone>> = {
  better: 'good',
  worse: 'bad',
  higher: 'warn',
  lower: 'warn',
  'no-difference': 'warn',
  equivalent: 'good',
  inconclusive: 'warn',
}

/** Names that distinguish base and other: the runs, the variants, or both. */
export function sideNames({ base, other, differences }: Pair): { base: string; other: string; both: string } {
  const sameRun = base.run === other.run
  const differing = new Set(differences.map(({ key }) => key))
  const shared = Object.entries(base.params).filter(([key, value]) => other.params[key] === value)
  const own = (params: Pair['base']['params']) =>
    Object.entries(params)
      .filter(([key]) => differing.has(key))
      .map(([key, value]) => (key === 'client' ? String(value) : `${key.split('.').at(-1)}=${value}`))
      .join(' ')
  const name = (side: Pair['base']) =>
    [sameRun ? '' : side.run.label, own(side.params)].filter(Boolean).join(' ') || side.label
  const both = shared.map(([key, value]) => (key === 'client' ? String(value) : `${key}=${value}`)).join(' ')
  return { base: name(base), other: name(other), both }
}
