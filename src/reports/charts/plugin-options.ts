import type { ChartDataset } from 'chart.js'
import { annotationHeight } from './annotations.ts'
import { heatColour } from './backdrop.ts'
import type { CellSpec, ChartSpec } from './spec.ts'
import type { Theme } from './theme.ts'

/** Of chartjs-plugin-annotation, whose own type is not exported to ES modules. */
type AnnotationOptions = Record<string, unknown>

// Part of the drawing functions (see draw.ts): they may use nothing but each other, for the page gets their source text.

/** Phases, the grounds of faults, events and limits, for chartjs-plugin-annotation; names that would stand on each other are left out. */
export function annotationOptions(spec: ChartSpec, theme: Theme): AnnotationOptions[] {
  const font = { family: theme.font, size: 10, weight: 'normal' as const }
  const span = spec.x.max - spec.x.min
  const label = { display: true, font, padding: 2, backgroundColor: 'transparent' }
  const bands = spec.bands.map(
    ({ from, to, label: name }, at): AnnotationOptions => ({
      type: 'box',
      xMin: from,
      xMax: to,
      borderWidth: 0,
      backgroundColor: at % 2 === 0 ? theme.band : 'transparent',
      drawTime: 'beforeDatasetsDraw',
      label: {
        ...label,
        display: (to - from) / span > 0.012 * name.length,
        content: name,
        color: theme.muted,
        position: { x: 'start', y: 'start' },
      },
    }),
  )
  const grounds = (spec.faults ?? [])
    .filter(({ open }) => !open)
    .map(
      ({ from, to }): AnnotationOptions => ({
        type: 'box',
        xMin: from,
        xMax: to,
        borderWidth: 0,
        backgroundColor: theme.faultGround,
        drawTime: 'beforeDatasetsDraw',
      }),
    )
  const levels = (spec.levels ?? []).map(
    ({ at, label: content }): AnnotationOptions => ({
      type: 'line',
      scaleID: 'y',
      value: at,
      borderColor: theme.fault,
      borderWidth: 1,
      borderDash: [6, 4],
      label: { ...label, content, color: theme.fault, position: 'start', yAdjust: -8 },
    }),
  )
  // Beside faults the marks stand above the plot (drawAnnotations).
  const marks = annotationHeight(spec) > 0 ? [] : spec.marks.filter(({ at }) => at >= spec.x.min && at <= spec.x.max)
  let free = Number.NEGATIVE_INFINITY
  const lines = marks.map(({ at, label: content }): AnnotationOptions => {
    const width = content.length * 0.008 * span
    const isLeft = at + width > spec.x.max
    const isFree = at - (isLeft ? width : 0) >= free
    if (isFree) free = at + (isLeft ? 0 : width)
    return {
      type: 'line',
      scaleID: 'x',
      value: at,
      borderColor: theme.mark,
      borderWidth: 1,
      borderDash: [1, 3],
      drawTime: 'beforeDatasetsDraw',
      label: {
        ...label,
        // In a narrow drawing only the first name has room.
        display: ({ chart }: { chart: { width: number } }) => isFree && (at === marks[0]!.at || chart.width > 480),
        content,
        color: theme.mark,
        position: 'start',
        yAdjust: 14,
        // Right of its line, or left of it where the plot ends.
        xAdjust: (isLeft ? -1 : 1) * (content.length * 2.8 + 3),
      },
    }
  })
  return [...bands, ...grounds, ...levels, ...lines]
}

/** The cells of a heat map, for chartjs-chart-matrix; none without cells. */
export function matrixDataset(spec: ChartSpec, theme: Theme): ChartDataset[] {
  if (spec.cells.length === 0) return []
  type Context = {
    chart: { scales: Record<string, { getPixelForValue(value: number): number }>; chartArea: { bottom: number } }
    raw?: CellSpec
  }
  const across = ({ chart, raw }: Context) =>
    raw ? chart.scales.x!.getPixelForValue(raw.x1) - chart.scales.x!.getPixelForValue(raw.x0) : 0
  const down = ({ chart, raw }: Context) =>
    raw ? chart.scales.y!.getPixelForValue(raw.y0) - chart.scales.y!.getPixelForValue(raw.y1) : 0
  const dataset = {
    type: 'matrix',
    label: spec.y.title,
    data: spec.cells.map((cell) => ({ ...cell, x: cell.x0, y: spec.lanes ? cell.y0 : cell.y1 })),
    anchorX: 'left',
    anchorY: 'top',
    borderWidth: 0,
    width: (context: Context) => Math.max(1, across(context) + 0.5),
    height: (context: Context) => Math.max(1, Math.abs(down(context)) + 0.5),
    backgroundColor: ({ raw }: Context) => (raw ? heatColour(raw.share, theme) : 'transparent'),
    hoverBackgroundColor: ({ raw }: Context) => (raw ? heatColour(raw.share, theme) : 'transparent'),
  }
  return [dataset as unknown as ChartDataset]
}
