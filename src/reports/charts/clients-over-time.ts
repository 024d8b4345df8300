import type { RunResult, Variant } from '../../contracts/result.ts'
import { clientLooks } from '../_clients.ts'
import { markWords, variantsMark } from '../_marks.ts'
import { type Question, questionsOf, sideLabels } from '../_questions.ts'
import { lagGroups } from '../_variants.ts'
import { faultMarks, faultSpans } from './fault-marks.ts'
import { marked, phaseBands, sparse, thinnedNote, timeAxis } from './panels.ts'
import { axisFor, onOneScale } from './scales.ts'
import type { ChartGroup, ChartSpec, SeriesSpec, Unit } from './spec.ts'
import { pointsAtMost, thinned } from './thin.ts'

/** A number of a variant over time. */
interface Track {
  id: string
  title: string
  explanation: string
  axis: string
  unit: Unit
  scale: 'linear' | 'log'
  of(variant: Variant): { times: readonly number[]; ys: readonly (number | null)[] }
}

/** The clients of each question laid over each other on one axis, a chart per question; the first two groups are what readers look for. */
export function clientGroups(result: RunResult): ChartGroup[] {
  const questions = questionsOf(result)
  return tracksOf(result.variants).map((track, at) => group(result, questions, track, at < 2))
}

/** The same for runs with more variants than have panels of their own: what readers look for, alone. */
export const clientGroupsOfMany = (result: RunResult): ChartGroup[] => clientGroups(result).slice(0, 2)

function tracksOf(variants: readonly Variant[]): Track[] {
  const has = (name: string) => variants.some(({ series }) => series.columns[name]?.some((y) => y !== null) ?? false)
  const latency = has('responseP99Us') ? 'response' : 'service'
  const named = latency === 'response' ? 'Response' : 'Service'
  const column = (name: string) => (variant: Variant) => ({
    times: variant.series.tickS,
    ys: variant.series.columns[name] ?? [],
  })
  const latencyTrack = (quantile: string, key: string): Track => ({
    id: `clients-${latency}-${quantile}`,
    title: `${named} ${quantile} over time`,
    explanation: `${quantile} of the records due in each second${latency === 'service' ? ', from when the client got them (rate max has no due times)' : ''}.`,
    axis: `${latency} ${quantile}`,
    unit: 'micros',
    scale: 'log',
    of: column(`${latency}${key}Us`),
  })
  return [
    latencyTrack('p99', 'P99'),
    {
      id: 'clients-acked',
      title: 'Acknowledged over time',
      explanation: 'Records acknowledged in each second.',
      axis: 'records/s',
      unit: 'count',
      scale: 'linear',
      of: column('ackedPerSec'),
    },
    latencyTrack('p50', 'P50'),
    {
      id: 'clients-lag',
      title: 'Consumer lag over time',
      explanation: 'Records that the groups had not committed, summed over the groups.',
      axis: 'records behind',
      unit: 'count',
      scale: 'linear',
      of: (variant) => ({ times: variant.timelines.lag?.atS ?? [], ys: lagSum(variant) }),
    },
  ]
}

function lagSum(variant: Variant): (number | null)[] {
  const columns = lagGroups(variant).map((name) => variant.timelines.lag!.columns[name]!)
  return (columns[0] ?? []).map((_, at) =>
    columns.reduce<number | null>((sum, ys) => (sum === null || ys[at] == null ? null : sum + ys[at]!), 0),
  )
}

function group(result: RunResult, questions: readonly Question[], track: Track, top: boolean): ChartGroup {
  const charts = questions.flatMap((question, at) =>
    chartOf(result, question, track, questions.length === 1 ? track.id : `${track.id}-${at + 1}`),
  )
  const isThinned = charts.some(({ xs }) => xs.length > pointsAtMost / 2)
  return {
    id: track.id,
    title: track.title,
    explanation: track.explanation + (isThinned ? thinnedNote : ''),
    ...(top ? { top } : {}),
    charts: onOneScale(charts),
  }
}

function chartOf(result: RunResult, question: Question, track: Track, id: string): ChartSpec[] {
  const looks = clientLooks(result.variants.map(({ params }) => String(params.client)))
  const labels = sideLabels(question)
  const sides = question.sides.flatMap(({ variants, client }, place) =>
    variants.flatMap((variant) => {
      const { times, ys } = track.of(variant)
      return ys.some((y) => y !== null) ? [{ variant, client, place, times, ys }] : []
    }),
  )
  if (sides.length === 0) return []
  const longest = sides.reduce((a, b) => (b.times.length > a.times.length ? b : a))
  const sameTimes = sides.every(({ times }) => times.every((at, index) => at === longest.times[index]))
  // Samples of lag are taken when they are: on one axis they are put at the nearest before.
  const { xs, thin } = thinned(longest.times)
  const sameClient = new Set(sides.map(({ client }) => client)).size === 1
  const repeated = sides.length > question.sides.length
  const series = sides.map(({ variant, client, place, times, ys }): SeriesSpec => {
    const look = looks.get(client) ?? 0
    const style = sameClient ? place : look
    const words = markWords(variant)
    return {
      label: `${labels.get(variant)}${words === null ? '' : ` (${words})`}`,
      ys: thin(sameTimes ? longest.times.map((_, at) => ys[at] ?? null) : atTimes(longest.times, times, ys)),
      colour: look,
      dash: style,
      marker: style,
      markAt: sparse(xs, style),
      ...(repeated ? { width: 1.25 } : {}),
      ...(words === null ? {} : { hatched: true }),
    }
  })
  const shown = sides.map(({ variant }) => variant)
  const faulty = shown.find(({ faults }) => faults.length > 0)
  const x = timeAxis(longest.variant, xs)
  return [
    {
      id,
      title: track.title,
      subtitle:
        question.about ||
        question.sides
          .map(({ name }) => name)
          .slice(0, 6)
          .join(' · '),
      variants: shown.map((variant) => variant.id),
      ...marked(
        variantsMark(
          shown,
          shown.map((variant) => labels.get(variant)!),
        ),
      ),
      x: { ...x, max: Math.max(x.max, ...shown.map((variant) => timeAxis(variant, []).max)) },
      y: axisFor(
        track.axis,
        track.unit,
        track.scale,
        series.flatMap(({ ys }) => ys),
      ),
      xs,
      series,
      bands: phaseBands(longest.variant),
      marks: shown.length <= markedAtMost ? shown.flatMap((variant) => marksOf(variant, labels.get(variant)!)) : [],
      ...(faulty ? { faults: faultSpans(faulty) } : {}),
      cells: [],
    },
  ]
}

/** With more the names of what came of the faults would hide it. */
const markedAtMost = 2

const marksOf = (variant: Variant, name: string) =>
  faultMarks(variant).map(({ at, label }) => ({ at, label: `${label} ${name}` }))

/** The value at each time is the last one before it, or at it; null before the first, and beyond the last. */
function atTimes(
  wanted: readonly number[],
  times: readonly number[],
  ys: readonly (number | null)[],
): (number | null)[] {
  const end = times.at(-1) ?? Number.NEGATIVE_INFINITY
  let at = -1
  return wanted.map((time) => {
    while (at + 1 < times.length && times[at + 1]! <= time) at++
    return at < 0 || time > end + 1 ? null : (ys[at] ?? null)
  })
}
