import type { RunResult, Variant } from '../../contracts/result.ts'
import { variantMark } from '../_marks.ts'
import { variantLabels, variantSlugs } from '../_variants.ts'
import { recordedValues } from './curves.ts'
import { annotations, marked, phaseBands, timeAxis } from './panels.ts'
import { axisFor, onOneScale } from './scales.ts'
import type { CellSpec, ChartGroup, ChartSpec } from './spec.ts'

const perDecade = 12
const columnsAtMost = 240

/** Heat map of latency over time, one panel per variant; its table holds the records of each column. */
export function heatGroup(result: RunResult): ChartGroup {
  const labels = variantLabels(result.variants)
  const slugs = variantSlugs(result.variants)
  const charts = result.variants.flatMap((variant, at) => heatChart(variant, labels[at]!, slugs[at]!))
  return {
    id: 'latency-heat',
    title: 'Where the records were',
    explanation:
      'Every record by when it was due and how long its response took (service at rate max). The stronger the shade of a cell, the larger its share of that second’s records, on a logarithmic scale.',
    single: true,
    charts: onOneScale(charts),
  }
}

function heatChart(variant: Variant, label: string, slug: string): ChartSpec[] {
  const columns = heatColumns(variant)
  const cells = columns.flatMap(cellsOf)
  if (cells.length === 0) return []
  const xs = columns.map(({ from }) => from)
  const tableColumn = (name: string, ys: (number | null)[]) => ({
    label: name,
    ys,
    colour: 0,
    dash: 0,
    marker: 0,
    markAt: [],
  })
  return [
    {
      id: `latency-heat-${slug}`,
      title: 'Latency heat map',
      subtitle: label,
      variants: [variant.id],
      ...marked(variantMark(variant)),
      x: timeAxis(variant, xs),
      y: axisFor(
        'latency',
        'micros',
        'log',
        cells.flatMap((cell) => [cell.y0, cell.y1]),
      ),
      xs,
      series: [
        {
          ...tableColumn(
            'records',
            columns.map(({ total }) => total),
          ),
          unit: 'count',
        },
        ...[0.5, 0.99, 1].map((q) =>
          tableColumn(
            q === 1 ? 'max' : `p${q * 100}`,
            columns.map((one) => quantileOf(one, q)),
          ),
        ),
      ],
      bands: phaseBands(variant),
      ...(variant.faults.length === 0 ? { marks: [] } : annotations(variant)),
      cells,
    },
  ]
}

interface HeatColumn {
  from: number
  to: number
  total: number
  /** Ascending. */
  values: { us: number; count: number }[]
}

/** One column a second, several seconds together where there are more than fit side by side. */
function heatColumns(variant: Variant): HeatColumn[] {
  const starts = variant.heat.atS
  const stride = Math.max(1, Math.ceil(starts.length / columnsAtMost))
  return starts.flatMap((from, at) => {
    if (at % stride !== 0) return []
    const values = valuesOf(variant.heat.histograms.slice(at, at + stride))
    const total = values.reduce((sum, { count }) => sum + count, 0)
    return [{ from, to: starts[at + stride] ?? from + stride, total, values }]
  })
}

/** Of all together, each value once, ascending: hours of histograms at a time are more than fit into memory. */
function valuesOf(histograms: readonly string[]): { us: number; count: number }[] {
  if (histograms.length === 1) return recordedValues(histograms[0]!)
  const counts = new Map<number, number>()
  for (const histogram of histograms) {
    for (const { us, count } of recordedValues(histogram)) counts.set(us, (counts.get(us) ?? 0) + count)
  }
  return [...counts].map(([us, count]) => ({ us, count })).sort((a, b) => a.us - b.us)
}

/** Cells a twelfth of a decade high. */
function cellsOf({ from, to, total, values }: HeatColumn): CellSpec[] {
  const counts = new Map<number, number>()
  for (const { us, count } of values) {
    const bucket = Math.floor(Math.log10(Math.max(1, us)) * perDecade)
    counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  }
  const edge = (bucket: number) => Number((10 ** (bucket / perDecade)).toPrecision(5))
  return [...counts].map(([bucket, count]) => ({
    x0: from,
    x1: to,
    y0: edge(bucket),
    y1: edge(bucket + 1),
    share: Number((count / total).toPrecision(3)),
  }))
}

/** Of ascending values; null where the quantile is beyond them. */
export function quantileOf({ total, values }: Pick<HeatColumn, 'total' | 'values'>, q: number): number | null {
  let below = 0
  for (const { us, count } of values) {
    below += count
    if (below >= q * total - 1e-9) return us
  }
  return null
}
