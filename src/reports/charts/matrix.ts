import type { RunResult, Variant } from '../../contracts/result.ts'
import { worstOf } from '../_faults.ts'
import { repetitionsMark } from '../_marks.ts'
import { combinationsOf, type MatrixDimension, matrixDimensions, medianOver, wasMeasured } from '../_matrix.ts'
import { formatValue } from './axes.ts'
import { marked } from './panels.ts'
import { axisFor, onOneScale } from './scales.ts'
import type { AxisSpec, CellSpec, ChartGroup, ChartSpec, SeriesSpec, Unit } from './spec.ts'

/** A number of a variant that is compared over the matrix. */
interface Metric {
  id: string
  title: string
  axis: string
  unit: Unit
  scale: AxisSpec['scale']
  of(variant: Variant): number | null
}

const worstLag = ({ lag }: Variant) => worstOf(Object.values(lag).map(({ maxRecords }) => maxRecords))
const worstGap = ({ faults }: Variant) => {
  const worst = worstOf(faults.flatMap(({ partitions }) => partitions.map(({ unavailableMs }) => unavailableMs)))
  return worst === null ? null : worst * 1000
}

const metrics: readonly Metric[] = [
  {
    id: 'acked',
    title: 'Acknowledged',
    axis: 'records/s',
    unit: 'count',
    scale: 'linear',
    of: (v) => v.produce.ackedPerSec,
  },
  {
    id: 'response-p99',
    title: 'Response p99',
    axis: 'latency',
    unit: 'micros',
    scale: 'log',
    of: (v) => v.produce.responseUs?.p99 ?? null,
  },
  {
    id: 'service-p99',
    title: 'Service p99',
    axis: 'latency',
    unit: 'micros',
    scale: 'log',
    of: (v) => v.produce.serviceUs?.p99 ?? null,
  },
  {
    id: 'received',
    title: 'Received',
    axis: 'records/s',
    unit: 'count',
    scale: 'linear',
    of: (v) => v.consume?.receivedPerSec ?? null,
  },
  {
    id: 'end-to-end-p99',
    title: 'End-to-end p99',
    axis: 'latency',
    unit: 'micros',
    scale: 'log',
    of: (v) => v.consume?.endToEndUs?.p99 ?? null,
  },
  { id: 'lag', title: 'Most lag', axis: 'records', unit: 'count', scale: 'linear', of: worstLag },
  { id: 'unavailable', title: 'Worst partition unavailable', axis: 'time', unit: 'micros', scale: 'log', of: worstGap },
]

/** The metrics over the matrix: small multiples along its largest dimension, and heat maps of its two largest. None without a matrix. */
export function matrixGroups(result: RunResult): ChartGroup[] {
  const dimensions = matrixDimensions(result)
  const [along] = dimensions
  if (!along) return []
  const variants = result.variants.filter(({ params }) => along.key in params)
  const known = metrics.filter((metric) =>
    variants.some((variant) => wasMeasured(variant) && metric.of(variant) !== null),
  )
  // Service is response less the wait before the client: shown only where there is no response.
  const shown = known.filter(({ id }) => id !== 'service-p99' || !known.some((metric) => metric.id === 'response-p99'))
  return [multiples(variants, dimensions, shown), heatMaps(variants, dimensions, shown)]
}

function multiples(
  variants: readonly Variant[],
  dimensions: readonly MatrixDimension[],
  shown: readonly Metric[],
): ChartGroup {
  const [along, ...others] = dimensions
  const charts = shown.flatMap((metric) =>
    onOneScale(
      panelsOf(variants, others).map(({ words, members }, at) =>
        multiple(metric, along!, members, words, at, clientsOf(variants)),
      ),
    ),
  )
  return {
    id: 'matrix',
    title: 'Over the matrix',
    explanation:
      'Per client the median of the repetitions, joined where numbers vary; every repetition is a small dot. Panels of one number have one scale. Invalid repetitions are in, and their median is a cross of its own; those that failed are not.',
    charts,
  }
}

const clientsOf = (variants: readonly Variant[]) => [...new Set(variants.map(({ params }) => String(params.client)))]

/** One group of variants per choice of the other dimensions. */
function panelsOf(
  variants: readonly Variant[],
  others: readonly MatrixDimension[],
): { words: string; members: Variant[] }[] {
  const byWords = new Map<string, Variant[]>()
  for (const variant of variants) {
    if (!others.every(({ key }) => key in variant.params)) continue
    const words = others.map(({ key, label }) => `${label}=${variant.params[key]}`).join(' ')
    byWords.set(words, [...(byWords.get(words) ?? []), variant])
  }
  return [...byWords].map(([words, members]) => ({ words, members }))
}

function multiple(
  metric: Metric,
  along: MatrixDimension,
  members: readonly Variant[],
  words: string,
  at: number,
  clients: readonly string[],
): ChartSpec {
  const ranWith = (value: MatrixDimension['values'][number], client: string) =>
    members.filter(({ params }) => params[along.key] === value && params.client === client)
  const repeats = [...new Set(members.map(({ repeat }) => repeat))].sort((a, b) => a - b)
  const every = along.values.map((_, index) => index)
  const series = clients.flatMap((client, colour): SeriesSpec[] => {
    const look = { colour, dash: colour, marker: colour, markAt: every }
    const median = along.values.map((value) => medianOver(ranWith(value, client), metric.of))
    const dots = repeats.map((repeat) => ({
      ...look,
      label: `${client} #${repeat}`,
      dotsOnly: true,
      ys: along.values.map((value) =>
        medianOver(
          ranWith(value, client).filter((one) => one.repeat === repeat),
          metric.of,
        ),
      ),
    }))
    // Between names there is nothing that a line could pass through.
    const ordered = along.values.every((value) => typeof value === 'number')
    const invalid = along.values.map((value) =>
      medianOver(
        ranWith(value, client).filter(({ status }) => status === 'invalid'),
        metric.of,
      ),
    )
    // Larger than the marks of the median, which are at the same place.
    const crosses = { size: 8, colour: 6, dash: 0, marker: 4, markAt: every, width: 0 }
    return [
      ...(invalid.some((y) => y !== null) ? [{ ...crosses, label: `${client}, invalid`, ys: invalid }] : []),
      { ...look, label: client, ys: median, ...(ordered ? {} : { width: 0 }) },
      ...(repeats.length > 1 ? dots : []),
    ]
  })
  return {
    id: `matrix-${metric.id}-${at + 1}`,
    title: `${metric.title} by ${along.label}`,
    subtitle: [metric.title, words].filter((part) => part !== '').join(', '),
    ...marked(repetitionsMark(members)),
    x: namesAxis(along),
    y: axisFor(
      metric.axis,
      metric.unit,
      metric.scale,
      series.flatMap(({ ys }) => ys),
    ),
    xs: every,
    series,
    bands: [],
    marks: [],
    cells: [],
    ...(along.values.some((value) => String(value).length > 8) ? { height: 400 } : {}),
  }
}

const namesAxis = ({ label, values }: MatrixDimension): AxisSpec => ({
  title: label,
  unit: 'count',
  scale: 'linear',
  min: -0.5,
  max: values.length - 0.5,
  names: values.map(String),
})

function heatMaps(
  variants: readonly Variant[],
  dimensions: readonly MatrixDimension[],
  shown: readonly Metric[],
): ChartGroup {
  const [along, across, ...others] = dimensions
  const charts = !across
    ? []
    : shown.flatMap((metric) => {
        const all = combinationsOf(variants).flatMap((one) => medianOver(one.variants, metric.of) ?? [])
        const range: readonly [number, number] = [Math.min(...all), Math.max(...all)]
        const client: MatrixDimension = { key: 'client', label: 'client', values: [] }
        return panelsOf(variants, [client, ...others]).map(({ words, members }, at) =>
          heatMap(metric, along!, across, members, { words: words.replace('client=', ''), at, range }),
        )
      })
  return {
    id: 'matrix-heat',
    title: 'Two dimensions together',
    explanation:
      'The median of the repetitions; the darker, the higher, on one scale for all maps of a number. “!”: not every repetition was valid.',
    charts,
  }
}

function heatMap(
  metric: Metric,
  along: MatrixDimension,
  across: MatrixDimension,
  members: readonly Variant[],
  { words, at, range: [low, high] }: { words: string; at: number; range: readonly [number, number] },
): ChartSpec {
  const ys = across.values.map((row) =>
    along.values.map((column) =>
      medianOver(
        members.filter(({ params }) => params[along.key] === column && params[across.key] === row),
        metric.of,
      ),
    ),
  )
  const isSpoilt = (column: MatrixDimension['values'][number], row: MatrixDimension['values'][number]) =>
    members.some(({ params, status }) => params[along.key] === column && params[across.key] === row && status !== 'ok')
  const cells = ys.flatMap((values, row) =>
    values.flatMap((value, column): CellSpec[] =>
      value === null
        ? []
        : [
            {
              ...{ x0: column - 0.5, x1: column + 0.5, y0: row + 0.04, y1: row + 0.96 },
              share: shade(value, low, high, metric.scale),
              text: `${formatValue(value, metric.unit)}${isSpoilt(along.values[column]!, across.values[row]!) ? ' !' : ''}`,
            },
          ],
    ),
  )
  return {
    id: `matrix-heat-${metric.id}-${at + 1}`,
    title: `${metric.title} by ${along.label} and ${across.label}`,
    subtitle: `${metric.title}, ${words}`,
    ...marked(repetitionsMark(members)),
    x: namesAxis(along),
    y: { title: across.label, unit: metric.unit, scale: 'linear', min: 0, max: across.values.length },
    xs: along.values.map((_, index) => index),
    series: across.values.map((value, row) => ({
      label: `${across.label}=${value}`,
      ys: ys[row]!,
      ...{ colour: 0, dash: 0, marker: 0, markAt: [] },
    })),
    bands: [],
    marks: [],
    cells,
    ramp: { title: metric.axis, low: formatValue(low, metric.unit), high: formatValue(high, metric.unit) },
    lanes: across.values.map(String),
    height: 130 + 34 * across.values.length,
  }
}

/** Of the ramp's three decades, as the backdrop draws them: where between the lowest and the highest the value is. */
function shade(value: number, low: number, high: number, scale: AxisSpec['scale']): number {
  const by = (one: number) => (scale === 'log' && low > 0 ? Math.log10(one) : one)
  const part = high > low ? (by(value) - by(low)) / (by(high) - by(low)) : 0
  return 10 ** (-3 * (1 - part))
}
