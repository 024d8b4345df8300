import type { RunResult, Variant } from '../../core/result.ts'
import { seriesBrokers, variantLabels, variantSlugs } from '../_variants.ts'
import { axisFor, onOneScale } from './scales.ts'
import type { AxisSpec, BandSpec, ChartGroup, ChartSpec, MarkSpec, SeriesSpec, Unit } from './spec.ts'
import { type Thinning, thinned } from './thin.ts'

export interface Line {
  label: string
  ys: readonly (number | null)[]
  colour: number | 'quiet'
  dash: number
  width?: number
}

export interface Panels {
  id: string
  title: string
  explanation: string
  axis: string
  unit: Unit
  scale: AxisSpec['scale']
  /** What a point shows of several samples, in runs too long for a point each. */
  thinning: Thinning
  /** The lines of one variant, and the times of their points in seconds. */
  lines(variant: Variant): Line[]
  times(variant: Variant): readonly number[]
}

/** One panel per variant that has anything to show, all on the same scales. */
export function panels(result: RunResult, of: Panels): ChartGroup {
  const labels = variantLabels(result.variants)
  const slugs = variantSlugs(result.variants)
  let longest = 1
  const charts = result.variants.flatMap((variant, at): ChartSpec[] => {
    const lines = of.lines(variant).filter((line) => line.ys.some((y) => y !== null))
    const times = of.times(variant)
    if (lines.length === 0 || times.length === 0) return []
    const { xs, stride, thin } = thinned(times, of.thinning)
    longest = Math.max(longest, stride)
    return [
      {
        id: `${of.id}-${slugs[at]}`,
        title: of.title,
        subtitle: labels[at]!,
        x: timeAxis(variant, xs),
        y: axisFor(
          of.axis,
          of.unit,
          of.scale,
          lines.flatMap((line) => line.ys),
        ),
        xs,
        series: lines.map(
          (line): SeriesSpec => ({ ...line, ys: thin(line.ys), marker: line.dash, markAt: sparse(xs, line.dash) }),
        ),
        bands: phaseBands(variant),
        marks: eventMarks(variant),
        cells: [],
      },
    ]
  })
  const note = longest > 1 ? ` A point is the ${of.thinning} of up to ${longest} samples.` : ''
  return {
    id: of.id,
    title: of.title,
    explanation: of.explanation + note,
    charts: onOneScale(charts),
  }
}

/** x from the start of the variant, in seconds. */
export function timeAxis(variant: Variant, xs: readonly number[]): AxisSpec {
  const end = Math.max(1, xs.at(-1) ?? 0, ...variant.phases.map((phase) => phase.endS))
  return { title: 'seconds since start', unit: 'seconds', scale: 'linear', min: 0, max: Math.ceil(end) }
}

export const phaseBands = (variant: Variant): BandSpec[] =>
  variant.phases.map((phase) => ({ from: phase.startS, to: phase.endS, label: phase.name }))

const markedKinds = new Set(['fault', 'leader', 'rebalance', 'crash'])

/** The events worth a line across the chart; more than 12 would hide what they explain. */
export const eventMarks = (variant: Variant): MarkSpec[] =>
  variant.events
    .filter((event) => markedKinds.has(event.kind))
    .slice(0, 12)
    .map((event) => ({ at: event.atS, label: event.kind }))

/** A marker about every twelfth of the chart, set off per line so that they do not sit on each other. */
function sparse(xs: readonly number[], line: number): number[] {
  const every = Math.max(1, Math.floor(xs.length / 12))
  return xs.flatMap((_, at) => ((at + line * Math.ceil(every / 3)) % every === 0 ? [at] : []))
}

const column = (variant: Variant, name: string): readonly (number | null)[] => variant.series.columns[name] ?? []
const ticks = (variant: Variant): readonly number[] => variant.series.tickS

/** All charts over the 1 s series: rates, latency, generator health, CPU and memory. */
export function seriesGroups(result: RunResult): ChartGroup[] {
  return [rate, latency, generator, cpu].map((one) => panels(result, one))
}

const rate: Panels = {
  id: 'rate-over-time',
  title: 'Records per second',
  explanation:
    'Offered is the schedule; sent, acknowledged and received are counted in the second in which they happened.',
  axis: 'records/s',
  unit: 'count',
  scale: 'linear',
  thinning: 'mean',
  times: ticks,
  lines: (variant) => [
    { label: 'offered', ys: offered(variant), colour: 'quiet', dash: 0, width: 5 },
    { label: 'sent', ys: column(variant, 'sentPerSec'), colour: 0, dash: 0 },
    { label: 'acked', ys: column(variant, 'ackedPerSec'), colour: 1, dash: 1 },
    { label: 'received', ys: column(variant, 'receivedPerSec'), colour: 2, dash: 2 },
    ...['failed', 'unknown'].flatMap((name, at) => {
      const ys = column(variant, `${name}PerSec`)
      return ys.some((y) => y !== null && y > 0) ? [{ label: name, ys, colour: 3 + at, dash: 3 + at }] : []
    }),
  ],
}

/** The schedule's rate, while there was one: warm-up and measure. */
function offered(variant: Variant): (number | null)[] {
  const load = variant.phases.filter((phase) => phase.name === 'warmup' || phase.name === 'measure')
  const inLoad = (atS: number) => load.some((phase) => atS >= phase.startS && atS < phase.endS)
  return (
    variant.series.columns.offeredPerSec ??
    ticks(variant).map((at) => (inLoad(at) ? variant.produce.offeredPerSec : null))
  )
}

const latency: Panels = {
  id: 'latency-over-time',
  title: 'Latency over time',
  explanation:
    'Percentiles of the records due in each second; service latency where there are no due times (rate max).',
  axis: 'latency',
  unit: 'micros',
  scale: 'log',
  thinning: 'highest',
  times: ticks,
  lines: (variant) => {
    const has = (name: string) => column(variant, name).some((y) => y !== null)
    const produce = has('responseP50Us') ? 'response' : 'service'
    return [
      { label: `${produce} p50`, ys: column(variant, `${produce}P50Us`), colour: 0, dash: 0 },
      { label: `${produce} p99`, ys: column(variant, `${produce}P99Us`), colour: 1, dash: 1 },
      { label: `${produce} p99.9`, ys: column(variant, `${produce}P999Us`), colour: 2, dash: 2 },
      { label: 'end-to-end p50', ys: column(variant, 'endToEndP50Us'), colour: 3, dash: 3 },
      { label: 'end-to-end p99', ys: column(variant, 'endToEndP99Us'), colour: 4, dash: 4 },
    ]
  },
}

const generator: Panels = {
  id: 'generator-delay',
  title: 'Generator delay',
  explanation:
    'How late the load generator itself was. A run whose schedule lag is too high is invalid: it would measure kbench.',
  axis: 'p99 delay',
  unit: 'micros',
  scale: 'log',
  thinning: 'highest',
  times: ticks,
  lines: (variant) => [
    { label: 'schedule lag p99', ys: column(variant, 'scheduleLagP99Us'), colour: 0, dash: 0 },
    { label: 'event-loop delay p99', ys: column(variant, 'eventLoopDelayP99Us'), colour: 1, dash: 1 },
  ],
}

const cpu: Panels = {
  id: 'cpu',
  title: 'CPU',
  explanation:
    '100 % is one core. The generator is all load hosts together; a broker’s line is missing where it cannot be seen from here.',
  axis: 'CPU, % of one core',
  unit: 'percent',
  scale: 'linear',
  thinning: 'mean',
  times: ticks,
  lines: (variant) => [
    { label: 'generator', ys: column(variant, 'generatorCpuPercent'), colour: 0, dash: 0 },
    ...seriesBrokers(variant)
      .slice(0, 6)
      .map((id, at) => ({
        label: `broker ${id}`,
        ys: column(variant, `broker${id}CpuPercent`),
        colour: at + 1,
        dash: at + 1,
      })),
  ],
}
