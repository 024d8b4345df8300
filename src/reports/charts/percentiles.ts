import type { Latency, RunResult, Variant } from '../../contracts/result.ts'
import { clientLooks } from '../_clients.ts'
import { markWords } from '../_marks.ts'
import { type Question, questionsOf } from '../_questions.ts'
import { variantLabels } from '../_variants.ts'
import { curve, faintFrom, populationOf, rarity, rarityGrid, standardQuantiles } from './curves.ts'
import { marked } from './panels.ts'
import { axisFor, onOneScale } from './scales.ts'
import type { ChartGroup, ChartSpec, SeriesSpec } from './spec.ts'

/** One line of {@link overlay}. */
export interface Curve {
  /** Of the variant. */
  of: string
  /** response, service; empty where only one is drawn. */
  what: string
  colour: number
  dash: number
  /** Drawn thinner than the others: service beside response. */
  thin?: boolean
  /** Id of the variant. */
  variant?: string
  latency: Latency | null | undefined
  /** Why it is not one of a valid variant: "invalid"; absent or null = it is. */
  mark?: string | null
}

/** More would be a tangle: response and service apart beyond them. */
const togetherAtMost = 3

type Pick = (variant: Variant) => Latency | null | undefined

const reading =
  'Each step to the right is ten times rarer. A curve ends at its slowest record; it turns grey where fewer than 10 samples are beyond.'
const responseWords = 'Response counts from when a record was due: what a user waits.'
const serviceWords = 'Service counts from when the client got the record.'

/** Percentile curves, the variants of each question laid over each other: response with service, and end-to-end. */
export function percentileGroups(result: RunResult): ChartGroup[] {
  const labels = variantLabels(result.variants)
  const looks = clientLooks(result.variants.map(({ params }) => String(params.client)))
  const few = labels.length <= togetherAtMost
  const questions = questionsOf(result)
  const curvesOf = ({ sides }: Question, what: string, pick: Pick): Curve[] => {
    const isSameClient = new Set(sides.map(({ client }) => client)).size === 1
    return sides.flatMap(({ variants, client }, place) =>
      variants.map((variant) => ({
        of: labels[result.variants.indexOf(variant)]!,
        what: few ? what : '',
        colour: looks.get(client) ?? 0,
        dash: isSameClient ? place : (looks.get(client) ?? 0),
        thin: what === 'service',
        latency: pick(variant),
        mark: markWords(variant),
        variant: variant.id,
      })),
    )
  }
  const charts = (id: string, title: string, curves: (question: Question) => Curve[]) =>
    onOneScale(
      questions.flatMap((question, at) =>
        overlay(questions.length === 1 ? id : `${id}-${at + 1}`, title, curves(question), question.about),
      ),
    )
  const response: Pick = (variant) => variant.produce.responseUs
  const service: Pick = (variant) => variant.produce.serviceUs
  const both = (question: Question) => {
    const serviced = curvesOf(question, 'service', service)
    return curvesOf(question, 'response', response).flatMap((curve, at) => [curve, serviced[at]!])
  }
  const groups: [string, string, string, (question: Question) => Curve[]][] = few
    ? [['latency-percentiles', 'Produce latency by percentile', `${responseWords} ${serviceWords}`, both]]
    : [
        [
          'latency-percentiles',
          'Response latency by percentile',
          responseWords,
          (question) => curvesOf(question, 'response', response),
        ],
        [
          'service-percentiles',
          'Service latency by percentile',
          serviceWords,
          (question) => curvesOf(question, 'service', service),
        ],
      ]
  groups.push([
    'end-to-end-percentiles',
    'End-to-end latency by percentile',
    'From when a record was due to the consumer’s callback.',
    (question) => curvesOf(question, '', (variant) => variant.consume?.endToEndUs),
  ])
  return groups.map(([id, title, explanation, curves], at) => ({
    id,
    title,
    explanation: `${explanation} ${reading}`,
    ...(at === 0 ? { top: true as const } : {}),
    charts: charts(id, title, curves),
  }))
}

/** Percentile curves laid over each other; no chart where nothing was recorded. */
export function overlay(id: string, title: string, curves: readonly Curve[], about = ''): ChartSpec[] {
  const drawn = curves.filter((c): c is Curve & { latency: Latency } => c.latency != null && c.latency.histogram !== '')
  if (drawn.length === 0) return []
  const xs = rarityGrid(drawn.map((c) => populationOf(c.latency)))
  const names = [...new Set(drawn.map((c) => c.of))]
  const bad = [...new Set(drawn.flatMap((c) => (c.mark ? [`${c.of} ${c.mark}`] : [])))]
  const standard = new Set(standardQuantiles.map(rarity))
  const tableRows = xs.flatMap((x, at) => (standard.has(x) ? [at] : []))
  const series = drawn.map(
    (c): SeriesSpec => ({
      label: `${c.of}${c.what === '' ? '' : ` ${c.what}`}${c.mark ? ` (${c.mark})` : ''}`,
      ys: curve(c.latency, xs),
      colour: c.colour,
      dash: c.dash,
      marker: c.colour,
      ...(c.thin ? { width: 1 } : {}),
      ...(c.mark ? { hatched: true as const } : {}),
      markAt: [...tableRows, xs.indexOf(populationOf(c.latency))],
      faintFromX: faintFrom(c.latency),
    }),
  )
  return [
    {
      id,
      title,
      subtitle: about || (names.length <= togetherAtMost ? names.join(' · ') : `${names.length} variants`),
      ...(drawn.every((c) => c.variant) ? { variants: [...new Set(drawn.map((c) => c.variant!))] } : {}),
      ...marked(bad.length === 0 ? null : `NOT VALID: ${bad.join(', ')}`),
      x: { title: 'percentile', unit: 'quantile', scale: 'log', min: 1, max: xs.at(-1)! },
      y: axisFor(
        'latency',
        'micros',
        'log',
        series.flatMap((one) => one.ys),
      ),
      xs,
      series,
      bands: [],
      marks: [],
      cells: [],
      tableRows,
      extraRows: [{ label: 'max', ys: drawn.map((c) => c.latency.max) }],
    },
  ]
}
