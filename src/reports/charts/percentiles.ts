import type { Latency, RunResult, Variant } from '../../contracts/result.ts'
import { markWords } from '../_marks.ts'
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
  latency: Latency | null | undefined
  /** Why it is not one of a valid variant: "invalid"; absent or null = it is. */
  mark?: string | null
}

/** More would be a tangle: response and service apart beyond 3 variants, several charts beyond 6. */
const togetherAtMost = 3
const overlaidAtMost = 6

const reading =
  'Each step to the right is ten times rarer. A curve ends at its slowest record; it turns grey where fewer than 10 samples lie beyond.'
const responseWords = 'Response counts from when a record was due: what a user waits.'
const serviceWords = 'Service counts from when the client got the record.'

/** Percentile curves, the variants laid over each other: response with service, and end-to-end. */
export function percentileGroups(result: RunResult): ChartGroup[] {
  const labels = variantLabels(result.variants)
  const few = labels.length <= togetherAtMost
  const curves = (what: string, dash: number, pick: (variant: Variant) => Latency | null | undefined): Curve[] =>
    result.variants.map((variant, at) => ({
      of: labels[at]!,
      what: few ? what : '',
      colour: at % overlaidAtMost,
      dash: few ? dash : at % overlaidAtMost,
      latency: pick(variant),
      mark: markWords(variant),
    }))
  const response = curves('response', 0, (variant) => variant.produce.responseUs)
  const service = curves('service', 1, (variant) => variant.produce.serviceUs)
  const endToEnd = curves('', 0, (variant) => variant.consume?.endToEndUs)
  const both = response.flatMap((curve, at) => [curve, service[at]!])
  const groups: [string, string, string, Curve[]][] = few
    ? [['latency-percentiles', 'Produce latency by percentile', `${responseWords} ${serviceWords}`, both]]
    : [
        ['latency-percentiles', 'Response latency by percentile', responseWords, response],
        ['service-percentiles', 'Service latency by percentile', serviceWords, service],
      ]
  groups.push([
    'end-to-end-percentiles',
    'End-to-end latency by percentile',
    'From when a record was due to the consumer’s callback.',
    endToEnd,
  ])
  return groups.map(([id, title, explanation, of]) => ({
    id,
    title,
    explanation: `${explanation} ${reading}`,
    charts: overlays(id, title, of, few),
  }))
}

/** One chart, or several on one scale where there are too many variants for one. */
function overlays(id: string, title: string, curves: readonly Curve[], few: boolean): ChartSpec[] {
  if (few) return overlay(id, title, curves)
  const charts: ChartSpec[] = []
  for (let from = 0; from < curves.length; from += overlaidAtMost) {
    const part = from === 0 ? id : `${id}-${from / overlaidAtMost + 1}`
    charts.push(...overlay(part, title, curves.slice(from, from + overlaidAtMost)))
  }
  return onOneScale(charts)
}

/** Percentile curves laid over each other; no chart where nothing was recorded. */
export function overlay(id: string, title: string, curves: readonly Curve[]): ChartSpec[] {
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
      markAt: [...tableRows, xs.indexOf(populationOf(c.latency))],
      faintFromX: faintFrom(c.latency),
    }),
  )
  return [
    {
      id,
      title,
      subtitle: names.length <= togetherAtMost ? names.join(' · ') : `${names.length} variants`,
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
