import { plural } from '../base/plural.ts'
import { formatCount, formatMicros, formatSeconds } from '../base/units.ts'
import { settingsOfRun } from '../compare/run-settings.ts'
import { acksOf } from '../compare/used-settings.ts'
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
  validOf,
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
    return question.sides
      .filter((side) => side !== base)
      .map((other) => ({ question, base: base!, other, measure, acks: acksIn(result, [base!, other]) }))
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

/** What both sides were acknowledged by; null = not known, or not the same. */
function acksIn(result: RunResult, sides: readonly Side[]): string | null {
  const settings = settingsOfRun(result)
  const all = new Set(sides.flatMap(({ variants }) => variants.map((variant) => acksOf(variant, settings))))
  const [only] = all
  return all.size === 1 && only != null ? String(only) : null
}

interface Pair {
  acks: string | null
  question: Question
  base: Side
  other: Side
  measure: Measure
}
type Settled = Pair & { ratio: Ratio }

const asksForClient = ([first]: readonly Pair[]): boolean => first!.base.client !== first!.other.client

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

/** "node-rdkafka responds faster: response p99 of node-rdkafka is 20 ms, of kafkajs 40 ms (medians), ratio 0.5× …". */
function pairText(pair: Settled): string {
  const { base, other, measure, question, ratio } = pair
  const where = question.about === '' ? '' : ` (${question.about})`
  const name = measureName(measure)
  const [mine, theirs] = [levelText(other, measure), levelText(base, measure)]
  const isOne = ratio.runs[0] === 1 && ratio.runs[1] === 1
  const figures = isOne
    ? `${name} of ${other.name} is ${mine}, ${timesText(ratio.value)} that of ${base.name} (${theirs})`
    : `the median ${name.replace('the ', '')} of ${other.name} is ${mine}, that of ${base.name} ${theirs}; from run to run the ratio is typically ${timesText(ratio.value)}`
  return `${leadText(pair)}${where}: ${[figures, rateText(pair), certainty(pair)].filter(Boolean).join(', ')}`
}

function leadText(pair: Settled): string {
  const { base, other, measure, ratio } = pair
  if (ratio.interval === null) return 'Not settled'
  const winner = [base, null, other][direction(pair) + 1]
  const quality = measure === 'produce.ackedPerSec' ? 'acknowledges more' : 'responds faster'
  return winner === null ? 'No difference shown' : `${winner!.name} ${quality}`
}

function rateText({ base, other, measure, acks }: Pair): string {
  const variants = [...base.variants, ...other.variants]
  const withAcks = acks === null ? '' : ` and acks=${acks}`
  if (measure === 'produce.ackedPerSec') {
    const p99 = (side: Side) => formatMicros(side.variants[0]!.produce.serviceUs?.p99 ?? null)
    const latency =
      base.variants[0]!.produce.serviceUs === null ? '' : `at a service p99 of ${p99(other)} against ${p99(base)}`
    return latency === '' ? withAcks.replace(' and ', 'at ') : `${latency}${withAcks}`
  }
  const offered = new Set(variants.map(({ produce }) => produce.offeredPerSec))
  const [only] = offered
  return offered.size === 1 && only != null
    ? `at ${formatCount(only)} records/s${withAcks}`
    : withAcks.replace(' and ', 'at ')
}

function certainty({ base, other, ratio: { interval, runs } }: Settled): string {
  const [n, m] = runs
  const counts =
    n === m
      ? n === 1
        ? 'one run each'
        : `${n} runs each`
      : `${plural(m, 'run')} of ${other.name} and ${n} of ${base.name}`
  const left = [other, base].flatMap((side) => {
    const count = side.variants.length - validOf(side).variants.length
    return count === 0 ? [] : [`${count} of ${side.name}`]
  })
  const dropped = left.length === 0 ? '' : ` (not counted, as they are not valid: ${left.join(' and ')})`
  if (n === 1 && m === 1) return `${counts}, order not balanced${dropped}`
  return interval === null
    ? `${counts}${dropped}, too few for a 95 % interval`
    : `95 % interval ${timesText(interval.low)} to ${timesText(interval.high)}, ${counts}${dropped}`
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
      command: `${againCommand(result)} --set repeat=${enoughRuns}`,
    }
  }
  const real = settled.filter((pair) => direction(pair) !== 0)
  if (settled.length === 1) {
    const { low, high } = settled[0]!.ratio.interval!
    const span = `${timesText(low)} to ${timesText(high)}`
    return real.length === 1
      ? { question, text: `Yes: the 95 % interval of the ratio, ${span}, does not include 1×`, tone: 'good' }
      : {
          question,
          text: `Not shown: the 95 % interval of the ratio, ${span}, includes 1×, which is equal speed. More runs make it narrower`,
          tone: 'note',
          command: `${againCommand(result)} --set repeat=${2 * Math.max(...settled[0]!.ratio.runs)}`,
        }
  }
  const tone = real.length === settled.length ? 'good' : 'note'
  return {
    question,
    text: `In ${real.length} of ${settled.length} comparisons the 95 % interval does not include 1×`,
    tone,
  }
}

/** Rounded up: an estimate. */
const lengthText = (seconds: number): string =>
  seconds < 5400 ? formatSeconds(Math.ceil(seconds / 10) * 10) : `${(Math.ceil(seconds / 360) / 10).toFixed(1)} h`

/** The command that makes a run again: on the same kind of cluster, where the profile left the choice to the machine. */
export function againCommand({ name, profile, cluster, findMax }: RunResult): string {
  const asked = (profile as { cluster?: { provider?: unknown } }).cluster?.provider
  const pinned = asked === 'auto' ? ` --provider ${commandWord(cluster.provider)}` : ''
  return `kbench ${findMax ? 'find-max' : 'run'} ${commandWord(name)}${pinned}`
}

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
      : `No answer: ${whyNone({ question: { about: '', sides: [] }, base: sideOf(variant), other: sideOf(variant), measure: 'produce.ackedPerSec', acks: null })}`
  return [{ question: 'How fast?', text, tone: status === 'ok' ? 'note' : 'warn' }]
}

const sideOf = (variant: Variant): Side => ({
  name: String(variant.params.client),
  client: String(variant.params.client),
  variants: [variant],
})
