import { KbenchError } from '../base/errors.ts'
import { metricValue } from '../compare/metric.ts'
import { differences, medianShift, shiftInterval } from '../compare/shift.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import { medianOf } from './_faults.ts'
import { wasMeasured } from './_matrix.ts'

/** One side of a question: the repetitions of one client with the same settings. */
export interface Side {
  /** The client; where only one ran, what varies. */
  name: string
  client: string
  variants: Variant[]
}

/** Variants that differ in nothing but what is asked about: the client, or where only one ran, its settings. */
export interface Question {
  /** What all sides have in common beside that: "acks=all partitions=12"; empty = nothing else varied. */
  about: string
  sides: Side[]
}

/** What decides between sides: the rate where there are no due times, else the response latency. */
export type Measure = 'produce.ackedPerSec' | 'produce.responseUs.p99'

/** How many times the base it is, with the 95 % interval where both sides have enough repetitions for one. */
export interface Ratio {
  value: number
  interval: { low: number; high: number } | null
  /** Repetitions of the base and of the other. */
  runs: [number, number]
}

/** The run's questions, in the order of its variants. */
export function questionsOf({ variants }: Pick<RunResult, 'variants'>): Question[] {
  const ran = variants.filter(({ status }) => status !== 'unsupported')
  const clients = new Set(ran.map(({ params }) => params.client))
  const keys = [...new Set(ran.flatMap(({ params }) => Object.keys(params)))].filter((key) => key !== 'client')
  const varying = keys.filter((key) => new Set(ran.map(({ params }) => String(params[key]))).size > 1)
  const words = (variant: Variant) =>
    varying
      .filter((key) => key in variant.params)
      .map((key) => `${shortKey(key, keys)}=${variant.params[key]}`)
      .join(' ')
  const several = clients.size > 1
  const questions = new Map<string, Map<string, Side>>()
  for (const variant of ran) {
    const client = String(variant.params.client)
    const about = several ? words(variant) : ''
    const name = several ? client : words(variant) || client
    const sides = questions.get(about) ?? new Map<string, Side>()
    questions.set(about, sides)
    const side = sides.get(name) ?? { name, client, variants: [] }
    sides.set(name, side)
    side.variants.push(variant)
  }
  return [...questions].map(([about, sides]) => ({ about, sides: [...sides.values()] }))
}

const shortKey = (key: string, keys: readonly string[]): string => {
  const end = key.split('.').at(-1)!
  return keys.filter((other) => other.split('.').at(-1) === end).length > 1 ? key : end
}

/** The side that the others are compared with: the one named, else the first client of the run. */
export function baseOf(question: Question, baseline: string | undefined, first: string | undefined): Side | undefined {
  return (
    question.sides.find(({ name }) => name === baseline) ??
    question.sides.find(({ name }) => name === first) ??
    question.sides[0]
  )
}

/** Throws (usage) where no side of any question has this name. */
export function checkBaseline(result: RunResult, baseline: string | undefined): void {
  if (baseline === undefined) return
  const names = [...new Set(questionsOf(result).flatMap(({ sides }) => sides.map(({ name }) => name)))]
  if (names.includes(baseline)) return
  throw new KbenchError('usage', `--baseline ${baseline}: ${result.runId} has no such client`, {
    hint: names.length === 0 ? 'no variant was run' : `it has: ${names.join(', ')}`,
  })
}

export function measureOf({ sides }: Question): Measure {
  const all = sides.flatMap(({ variants }) => variants)
  return all.some(({ produce }) => produce.responseUs !== null && produce.responseUs.count > 0)
    ? 'produce.responseUs.p99'
    : 'produce.ackedPerSec'
}

/** The measure of each repetition that ran to its end; Infinity = too many records were not acknowledged. */
export const valuesOf = ({ variants }: Side, measure: Measure): number[] =>
  variants.filter(wasMeasured).flatMap((variant) => metricValue(variant, measure) ?? [])

/** The repetitions that count in a comparison. */
export const validOf = (side: Side): Side => ({
  ...side,
  variants: side.variants.filter(({ status }) => status === 'ok'),
})

export const medianValue = (side: Side, measure: Measure): number | null => medianOf(valuesOf(side, measure))

/** Hodges–Lehmann on logarithms, so that it is a ratio; null where a side has no number, or one that is not finite. */
export function ratioOf(base: readonly number[], other: readonly number[]): Ratio | null {
  if (base.length === 0 || other.length === 0) return null
  if (![...base, ...other].every((value) => value > 0 && Number.isFinite(value))) return null
  const sorted = differences(base.map(Math.log), other.map(Math.log))
  const { low, high, confidence } = shiftInterval(sorted, base.length, other.length, 0.05)
  return {
    value: Math.exp(medianShift(sorted)),
    interval: confidence >= 0.95 - 1e-9 ? { low: Math.exp(low), high: Math.exp(high) } : null,
    runs: [base.length, other.length],
  }
}

/** "1.24×", with as many digits as say something. */
export const timesText = (value: number): string => `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)}×`

/** Of each valid variant, how many times the median of its question's base it is, whose valid repetitions count; null = unknown. */
export function ratiosOf(result: RunResult, baseline?: string): (number | null)[] {
  const questions = questionsOf(result)
  const first = String(result.variants[0]?.params.client ?? '')
  const found = new Map<Variant, number | null>()
  for (const question of questions) {
    const measure = measureOf(question)
    const base = baseOf(question, baseline, questions[0]?.sides.length === 1 ? undefined : first)
    const level = base === undefined ? null : medianValue(validOf(base), measure)
    for (const variant of question.sides.flatMap(({ variants }) => variants)) {
      const value = variant.status === 'ok' ? metricValue(variant, measure) : null
      const known = level !== null && value !== null && level > 0 && Number.isFinite(level) && Number.isFinite(value)
      found.set(variant, known ? value / level : null)
    }
  }
  return result.variants.map((variant) => found.get(variant) ?? null)
}

/** What the ratio column compares, for its head. */
export function ratioTitle(result: RunResult, baseline?: string): string {
  const questions = questionsOf(result)
  const base = baseline ?? questions[0]?.sides[0]?.name
  const measures = new Set(questions.map(measureOf))
  const what = measures.size === 1 && measures.has('produce.ackedPerSec') ? 'acknowledged/s' : 'response p99'
  return base === undefined ? what : `${what} ÷ ${base}`
}

/** The shortest labels of the variants in one question: what differs from side to side, and the repetition. */
export function sideLabels({ sides }: Question): Map<Variant, string> {
  const repeated = sides.some(({ variants }) => variants.length > 1)
  return new Map(
    sides.flatMap(({ name, variants }) =>
      variants.map((variant): [Variant, string] => [variant, repeated ? `${name} #${variant.repeat}` : name]),
    ),
  )
}
