import type { Latency, RunResult } from '../../core/result.ts'
import { variantLabels } from '../_variants.ts'
import { curve, faintFrom, populationOf, rarity, rarityGrid, standardQuantiles } from './curves.ts'
import { axisFor } from './scales.ts'
import type { ChartGroup, ChartSpec, SeriesSpec } from './spec.ts'

interface Curve {
  label: string
  colour: number
  dash: number
  latency: Latency | null | undefined
}

const reading =
  'Each step to the right is ten times rarer. A curve ends at its slowest record; it turns grey where fewer than 10 samples lie beyond.'

/** Percentile curves, all variants laid over each other: response with service, and end-to-end. */
export function percentileGroups(result: RunResult): ChartGroup[] {
  const labels = variantLabels(result.variants)
  const of = (what: string, dash: number, pick: (at: number) => Latency | null | undefined): Curve[] =>
    result.variants.map((_, at) => ({
      label: what === '' ? labels[at]! : `${labels[at]} ${what}`,
      colour: at,
      dash,
      latency: pick(at),
    }))
  const response = of('response', 0, (at) => result.variants[at]!.produce.responseUs)
  const service = of('service', 1, (at) => result.variants[at]!.produce.serviceUs)
  const endToEnd = of('', 0, (at) => result.variants[at]!.consume?.endToEndUs)
  const produced = result.variants.flatMap((_, at) => [response[at]!, service[at]!])
  return [
    {
      id: 'latency-percentiles',
      title: 'Produce latency by percentile',
      explanation: `Response (solid) counts from when a record was due, service (dashed) from when the client got it. ${reading}`,
      charts: overlay('latency-percentiles', 'Produce latency by percentile', labels, produced),
    },
    {
      id: 'end-to-end-percentiles',
      title: 'End-to-end latency by percentile',
      explanation: `From when a record was due to the consumer’s callback. ${reading}`,
      charts: overlay('end-to-end-percentiles', 'End-to-end latency by percentile', labels, endToEnd),
    },
  ]
}

function overlay(id: string, title: string, labels: readonly string[], curves: readonly Curve[]): ChartSpec[] {
  const drawn = curves.filter((c): c is Curve & { latency: Latency } => c.latency != null && c.latency.histogram !== '')
  if (drawn.length === 0) return []
  const xs = rarityGrid(drawn.map((c) => populationOf(c.latency)))
  const standard = new Set(standardQuantiles.map(rarity))
  const tableRows = xs.flatMap((x, at) => (standard.has(x) ? [at] : []))
  const series = drawn.map(
    (c): SeriesSpec => ({
      label: c.label,
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
      subtitle: labels.join(' · '),
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
