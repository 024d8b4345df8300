import { plural } from '../base/plural.ts'
import { formatCount, formatMicros, formatSeconds } from '../base/units.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import { inOrder } from '../judge/finding-texts.ts'
import { findingsOf } from '../judge/upgrade.ts'
import type { Tone } from './_findings.ts'
import {
  baseOf,
  type Measure,
  measureOf,
  medianValue,
  type Question,
  questionsOf,
  type Ratio,
  ratioOf,
  type Side,
  timesText,
  valuesOf,
} from './_questions.ts'

/** One question a reader has, and its answer in a sentence or two. */
export interface Answer {
  question: string
  text: string
  tone: Tone
  /** What would settle it. */
  command?: string
}

/** Repetitions that give a 95 % interval on both sides, with room for one that fails. */
const enoughRuns = 6

/** Which side of each question is better, by how much, and whether that is more than chance. */
export function comparisonAnswers(result: RunResult, baseline: string | undefined): Answer[] {
  const first = String(result.variants[0]!.params.client)
  const pairs = questionsOf(result).flatMap((question): Pair[] => {
    const base = baseOf(question, baseline, first)
    const measure = measureOf(question)
    return question.sides.filter((side) => side !== base).map((other) => ({ question, base: base!, other, measure }))
  })
  if (pairs.length === 0) return soleAnswer(result)
  const settled = pairs.flatMap((pair) => {
    const ratio = validRatio(pair)
    return ratio === null ? [] : [{ ...pair, ratio }]
  })
  if (settled.length === 0)
    return [{ question: 'Which client?', text: `No answer: ${whyNone(pairs[0]!)}`, tone: 'warn' }]
  const missing = pairs.length - settled.length
  const more = missing === 0 ? '' : ` Without an answer: ${missing} of ${pairs.length}, as not every side was valid`
  return [
    {
      question: asksForClient(settled) ? 'Which client?' : 'Which setting?',
      text: (settled.length <= 2 ? settled.map(pairText).join('. ') : summaryText(settled)) + (more && `.${more}`),
      tone: 'note',
    },
    isRealAnswer(result, settled),
  ]
}

interface Pair {
  question: Question
  base: Side
  other: Side
  measure: Measure
}
type Settled = Pair & { ratio: Ratio }

const asksForClient = ([first]: readonly Pair[]): boolean => first!.base.client !== first!.other.client

const validOf = (side: Side): Side => ({ ...side, variants: side.variants.filter(({ status }) => status === 'ok') })

const validRatio = ({ base, other, measure }: Pair): Ratio | null =>
  ratioOf(valuesOf(validOf(base), measure), valuesOf(validOf(other), measure))

function whyNone({ base, other, measure }: Pair): string {
  for (const { name, variants } of [base, other]) {
    const spoilt = variants.find(({ status }) => status !== 'ok')
    if (!spoilt || variants.some(({ status }) => status === 'ok')) continue
    const reason = inOrder(findingsOf(spoilt)).find(({ level }) => level === spoilt.status)?.text
    return `${name} is ${spoilt.status}${reason === undefined ? '' : `: ${reason}`}`
  }
  const unmeasured = [base, other].find((side) =>
    valuesOf(validOf(side), measure).some((value) => !Number.isFinite(value)),
  )
  return unmeasured
    ? `too many records of ${unmeasured.name} were not acknowledged for a p99`
    : `${measureName(measure)} is not known of ${[base, other].find((side) => valuesOf(validOf(side), measure).length === 0)?.name ?? base.name}`
}

const measureName = (measure: Measure): string =>
  measure === 'produce.ackedPerSec' ? 'the acknowledged rate' : 'response p99'

const levelText = (side: Side, measure: Measure): string => {
  const value = medianValue(validOf(side), measure)
  return measure === 'produce.ackedPerSec' ? `${formatCount(value)} records/s` : formatMicros(value)
}

/** 1 = the other is better, −1 = the base is, 0 = no difference was shown. */
function direction({ ratio: { value, interval }, measure }: Settled): number {
  if (interval !== null && interval.low <= 1 && interval.high >= 1) return 0
  const higherIsBetter = measure === 'produce.ackedPerSec'
  return value === 1 ? 0 : value > 1 === higherIsBetter ? 1 : -1
}

/** "node-rdkafka: response p99 109 ms, 0.76× that of kafkajs (143 ms), at 5 000 records/s, one run each, order not balanced". */
function pairText(pair: Settled): string {
  const { base, other, measure, question, ratio } = pair
  const where = question.about === '' ? '' : ` (${question.about})`
  const winner = [base, null, other][direction(pair) + 1]
  const quality = measure === 'produce.ackedPerSec' ? 'acknowledges more' : 'responds faster'
  const lead = winner === null ? 'No difference shown' : `${winner!.name} ${quality}`
  const figures = `${measureName(measure)} of ${other.name} is ${levelText(other, measure)}, ${timesText(ratio.value)} that of ${base.name} (${levelText(base, measure)})`
  return `${lead}${where}: ${[figures, rateText(pair), certainty(ratio)].filter(Boolean).join(', ')}`
}

function rateText({ base, other, measure }: Pair): string {
  if (measure === 'produce.ackedPerSec') {
    const p99 = (side: Side) => formatMicros(side.variants[0]!.produce.serviceUs?.p99 ?? null)
    return base.variants[0]!.produce.serviceUs === null ? '' : `at a service p99 of ${p99(other)} against ${p99(base)}`
  }
  const offered = new Set([...base.variants, ...other.variants].map(({ produce }) => produce.offeredPerSec))
  const [only] = offered
  return offered.size === 1 && only != null ? `at ${formatCount(only)} records/s` : ''
}

function certainty({ interval, runs: [n, m] }: Ratio): string {
  if (n === 1 && m === 1) return 'one run each, order not balanced'
  const runs = n === m ? `${plural(n, 'run')} each` : `${n} and ${plural(m, 'run')}`
  return interval === null
    ? `${runs}, too few for a 95 % interval`
    : `95 % interval ${timesText(interval.low)} to ${timesText(interval.high)}, ${runs}`
}

/** Over many combinations: the median, the span, and for whom they speak. */
function summaryText(settled: readonly Settled[]): string {
  const others = [...new Set(settled.map(({ other }) => other.name))]
  if (!asksForClient(settled) || others.length > 2) {
    const best = [...settled].sort((a, b) => gain(b) - gain(a))[0]!
    return gain(best) <= 1
      ? `${best.base.name} is the best of ${settled.length + 1}: ${pairText(best)}`
      : pairText(best)
  }
  return others
    .map((name) => {
      const mine = settled.filter(({ other }) => other.name === name)
      const values = mine.map(({ ratio }) => ratio.value).sort((a, b) => a - b)
      const [low, middle, high] = [values[0]!, values[values.length >> 1]!, values.at(-1)!]
      const wins = mine.filter((pair) => direction(pair) > 0).length
      const losses = mine.filter((pair) => direction(pair) < 0).length
      const { base, measure } = mine[0]!
      return `${name} is better than ${base.name} in ${wins} of ${mine.length} combinations and worse in ${losses}: its ${measureName(measure).replace('the ', '')} is ${timesText(middle)} in the median, from ${timesText(low)} to ${timesText(high)}`
    })
    .join('. ')
}

/** How many times better than the base. */
const gain = ({ ratio, measure }: Settled): number =>
  measure === 'produce.ackedPerSec' ? ratio.value : 1 / ratio.value

function isRealAnswer(result: RunResult, settled: readonly Settled[]): Answer {
  const question = 'Is the difference real?'
  const short = settled.filter(({ ratio }) => ratio.interval === null)
  if (short.length > 0) {
    const most = Math.max(...short.flatMap(({ ratio }) => ratio.runs))
    const timeS = (result.durationS / Math.max(1, most)) * enoughRuns
    const why = most === 1 ? 'one run each, order not balanced' : `${most} runs each are too few for a 95 % interval`
    return {
      question,
      text: `Not settled: ${why}. ${enoughRuns} runs each take about ${lengthText(timeS)} and settle it`,
      tone: 'warn',
      command: `kbench run ${commandWord(result.name)} --set repeat=${enoughRuns}`,
    }
  }
  const real = settled.filter((pair) => direction(pair) !== 0)
  if (settled.length === 1) {
    const { low, high } = settled[0]!.ratio.interval!
    const span = `${timesText(low)} to ${timesText(high)}`
    return real.length === 1
      ? { question, text: `Yes: the 95 % interval of the ratio, ${span}, does not hold 1`, tone: 'good' }
      : { question, text: `Not shown: the 95 % interval of the ratio, ${span}, holds 1`, tone: 'note' }
  }
  const tone = real.length === settled.length ? 'good' : 'note'
  return {
    question,
    text: `In ${real.length} of ${settled.length} comparisons the 95 % interval does not hold 1`,
    tone,
  }
}

/** Rounded up: an estimate. */
const lengthText = (seconds: number): string =>
  seconds < 5400 ? formatSeconds(Math.ceil(seconds / 10) * 10) : `${(Math.ceil(seconds / 360) / 10).toFixed(1)} h`

/** A name as one word of a shell. */
export const commandWord = (name: string): string =>
  /^[\w./-]+$/.test(name) ? name : `'${name.replace(/'/g, `'\\''`)}'`

/** Nothing to compare it with: what it reached. */
function soleAnswer({ variants }: RunResult): Answer[] {
  const variant = variants.find(({ status }) => status === 'ok') ?? variants[0]!
  const { produce, params, status } = variant
  const latency = produce.responseUs ?? produce.serviceUs
  const which = produce.responseUs ? 'response' : 'service'
  const text =
    status === 'ok'
      ? `${params.client} acknowledged ${formatCount(produce.ackedPerSec)} records/s${latency === null ? '' : ` at a ${which} p50 of ${formatMicros(latency.p50)} and p99 of ${formatMicros(latency.p99)}`}`
      : `No answer: ${whyNone({ question: { about: '', sides: [] }, base: sideOf(variant), other: sideOf(variant), measure: 'produce.ackedPerSec' })}`
  return [{ question: 'How fast?', text, tone: status === 'ok' ? 'note' : 'warn' }]
}

const sideOf = (variant: Variant): Side => ({
  name: String(variant.params.client),
  client: String(variant.params.client),
  variants: [variant],
})
