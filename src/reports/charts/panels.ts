import type { RunResult, Variant } from '../../contracts/result.ts'
import { clientLooks } from '../_clients.ts'
import { variantMark } from '../_marks.ts'
import { variantLabels, variantSlugs } from '../_variants.ts'
import { faultMarks, faultSpans, inOrder } from './fault-marks.ts'
import { axisFor, onOneScale } from './scales.ts'
import type { AxisSpec, BandSpec, ChartGroup, ChartSpec, MarkSpec, SeriesSpec, Unit } from './spec.ts'
import { quantityColour } from './theme.ts'
import { pointsAtMost, thinned } from './thin.ts'

export interface Line {
  label: string
  ys: readonly (number | null)[]
  /** 0 = the client's own, others differ from it and from all clients. */
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
  /** The lines of one variant, and the times of their points in seconds. */
  lines(variant: Variant): Line[]
  times(variant: Variant): readonly number[]
  /** Beside those of the faults. */
  marks?(variant: Variant): MarkSpec[]
}

/** One panel per variant that has anything to show, all on the same scales. */
export function panels(result: RunResult, of: Panels): ChartGroup {
  const labels = variantLabels(result.variants)
  const slugs = variantSlugs(result.variants)
  const looks = clientLooks(result.variants.map(({ params }) => String(params.client)))
  let isThinned = false
  const charts = result.variants.flatMap((variant, at): ChartSpec[] => {
    const lines = of.lines(variant).filter((line) => line.ys.some((y) => y !== null))
    const times = of.times(variant)
    if (lines.length === 0 || times.length === 0) return []
    const { xs, stride, thin } = thinned(times)
    isThinned ||= stride > 1
    const own = looks.get(String(variant.params.client)) ?? 0
    const colour = (n: Line['colour']) => (n === 'quiet' ? n : n === 0 ? own : quantityColour(n - 1))
    return [
      {
        id: `${of.id}-${slugs[at]}`,
        title: of.title,
        subtitle: labels[at]!,
        variants: [variant.id],
        ...marked(variantMark(variant)),
        x: timeAxis(variant, xs),
        y: axisFor(
          of.axis,
          of.unit,
          of.scale,
          lines.flatMap((line) => line.ys),
        ),
        xs,
        series: lines.map(
          (line): SeriesSpec => ({
            ...line,
            colour: colour(line.colour),
            ys: thin(line.ys),
            marker: line.dash,
            markAt: sparse(xs, line.dash),
          }),
        ),
        bands: phaseBands(variant),
        ...annotations(variant, of.marks?.(variant)),
        cells: [],
      },
    ]
  })
  return {
    id: of.id,
    title: of.title,
    explanation: of.explanation + (isThinned ? thinnedNote : ''),
    single: true,
    charts: onOneScale(charts),
  }
}

/** For explanations. */
export const thinnedNote = ` Long series are thinned to ${pointsAtMost} points that keep every minimum and maximum; result.json has all.`

/** The chart's mark, where it has one. */
export const marked = (alert: string | null): Pick<ChartSpec, 'alert'> => (alert === null ? {} : { alert })

/** x from the start of the variant, in seconds. */
export function timeAxis(variant: Variant, xs: readonly number[]): AxisSpec {
  const end = Math.max(1, xs.at(-1) ?? 0, ...variant.phases.map((phase) => phase.endS))
  return { title: 'seconds since start', unit: 'seconds', scale: 'linear', min: 0, max: Math.ceil(end) }
}

export const phaseBands = (variant: Variant): BandSpec[] =>
  variant.phases.map((phase) => ({ from: phase.startS, to: phase.endS, label: phase.name }))

/** The faults and what is to be marked; without faults the events. */
export function annotations(variant: Variant, more: readonly MarkSpec[] = []): Pick<ChartSpec, 'faults' | 'marks'> {
  if (variant.faults.length === 0) return { marks: eventMarks(variant) }
  return { faults: faultSpans(variant), marks: inOrder([...faultMarks(variant), ...more]) }
}

const markedKinds = new Set(['fault', 'leader', 'rebalance', 'crash'])

/** The events worth a line across the chart; more than 12 would hide what they explain. */
const eventMarks = (variant: Variant): MarkSpec[] =>
  variant.events
    .filter((event) => markedKinds.has(event.kind))
    .slice(0, 12)
    .map((event) => ({ at: event.atS, label: event.kind }))

/** A marker about every twelfth of the chart, set off per line so that they do not sit on each other. */
export function sparse(xs: readonly number[], line: number): number[] {
  const every = Math.max(1, Math.floor(xs.length / 12))
  return xs.flatMap((_, at) => ((at + line * Math.ceil(every / 3)) % every === 0 ? [at] : []))
}
