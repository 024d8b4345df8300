import type { ChartConfiguration } from 'chart.js'
import { digits, formatBytes, formatCount, formatMicros } from '../../base/units.ts'
import { alertFrame, titleLines } from './alert.ts'
import { annotationHeight, annotationScale, drawAnnotations, drawFaultBar, drawMarks, markRows } from './annotations.ts'
import { formatTick, formatValue, logTicks, toScale } from './axes.ts'
import { backdrop, drawCellTexts, drawRamp, heatColour } from './backdrop.ts'
import { hatching, hatchUnder } from './hatching.ts'
import { drawMarker, legendItems, legendMarkers, toDataset } from './lines.ts'
import { annotationOptions, matrixDataset } from './plugin-options.ts'
import { drawKeys, drawRectText, fillColour, fillPattern, inkOn, keyItems, laneScale, rectangles } from './rects.ts'
import type { CellSpec, ChartSpec } from './spec.ts'
import type { Theme } from './theme.ts'

/**
 * Chart specification → Chart.js configuration, the same in Node and in the page. `headed` puts title and subtitle into
 * the picture, for files that stand alone. The page gets this and everything it calls as source text
 * ({@link drawingSource}), so these functions may use nothing but each other.
 */
export function toConfig(
  spec: ChartSpec,
  theme: Theme,
  headed: readonly string[] | null,
): ChartConfiguration<'line', { x: number; y: number | null }[]> {
  const legendWidth = 34
  // A cell of the time heat map says its span, one of a matrix has its value written in it.
  const cellText = (raw: unknown): string | null => {
    if (spec.cells.length === 0) return null
    const { y0, y1, share, text } = raw as CellSpec
    return text ?? `${formatValue(y0, spec.y.unit)} to ${formatValue(y1, spec.y.unit)}: ${digits(100 * share)} %`
  }
  const ramp = spec.cells.length > 0 ? 20 : 0
  const keys = spec.keys ?? []
  const drawn = spec.cells.length > 0 || (spec.rects && !spec.dots) ? [] : spec.series
  const notes = (spec.laneNotes ?? []).length > 0 ? 66 : 0
  const quiet = new Set(
    spec.series
      .filter((one) => (one.dotsOnly && !one.joined) || (one.colour === 'quiet' && spec.series.length > 6))
      .map((one) => one.label),
  )
  return {
    type: 'line',
    data: {
      datasets: [
        ...drawn.map((series) => toDataset(series, spec.xs, theme)),
        ...(matrixDataset(spec, theme) as never[]),
      ],
    },
    plugins: [
      backdrop(spec, theme),
      legendMarkers(drawn, theme, legendWidth),
      rectangles(spec, theme),
      alertFrame(spec, theme),
      hatching(spec, theme),
    ],
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      normalized: true,
      parsing: false,
      layout: {
        padding:
          headed === null
            ? { top: ramp || 4, right: notes || 10 }
            : { top: 16, right: notes || 24, bottom: 12, left: 12 },
      },
      // Points of curves that are joined are at xs of their own.
      interaction:
        spec.cells.length > 0
          ? { mode: 'nearest', intersect: true }
          : { mode: spec.series.some((one) => one.joined) ? 'nearest' : 'index', intersect: false },
      scales: {
        x: toScale(spec.x, 'x', theme),
        y: spec.lanes ? laneScale(spec, theme) : toScale(spec.y, 'y', theme),
        ...(annotationHeight(spec) > 0 ? { annotations: annotationScale(spec) } : {}),
      },
      plugins: {
        ...({ annotation: { annotations: annotationOptions(spec, theme) } } as object),
        title: {
          display: headed !== null || spec.alert !== undefined,
          // A function is taken, though the types do not say so.
          text: ((context: { chart: { width: number } }) =>
            titleLines(spec, headed !== null, context.chart.width)) as unknown as string[],
          align: 'start',
          color: spec.alert === undefined ? theme.text : theme.fault,
          font: { family: theme.font, size: headed === null ? 11 : 16, weight: 600 },
          // The ramp of a heat map stands right above the plot.
          padding: { top: 0, bottom: headed === null ? ramp + 4 : 2 },
        },
        subtitle: {
          display: headed !== null,
          text: [...(headed ?? [])],
          align: 'start',
          color: theme.muted,
          font: { family: theme.font, size: 12 },
          padding: { bottom: 10 },
        },
        legend: {
          display: drawn.length > 0 || keys.length > 0,
          align: 'start',
          // Keys stand for no line that could be hidden.
          ...(spec.keys ? { onClick: () => {} } : {}),
          labels: {
            usePointStyle: true,
            pointStyleWidth: legendWidth,
            padding: 10,
            font: { family: theme.font, size: 11 },
            generateLabels: (chart) =>
              spec.keys
                ? keyItems(spec.keys, theme)
                : legendItems(chart, theme).filter((item) => !quiet.has(item.text)),
          },
        },
        tooltip: {
          filter: (item) => !quiet.has(item.dataset.label ?? '') && (item.parsed.y !== null || spec.cells.length > 0),
          callbacks: {
            title: (items) =>
              items[0]
                ? (spec.x.names?.[items[0].parsed.x!] ??
                  `${spec.x.unit === 'seconds' ? 'at ' : ''}${formatValue(items[0].parsed.x, spec.x.unit)}`)
                : '',
            label: (item) =>
              cellText(item.raw) ??
              (spec.dots
                ? (item.dataset.label ?? '')
                : `${item.dataset.label}: ${formatValue(item.parsed.y, spec.y.unit)}`),
          },
        },
      },
    },
  }
}

/** The functions above and what they call, as a script. */
export const drawingSource = (): string =>
  [
    digits,
    formatMicros,
    formatBytes,
    formatCount,
    formatValue,
    formatTick,
    logTicks,
    toScale,
    toDataset,
    backdrop,
    heatColour,
    drawCellTexts,
    legendItems,
    legendMarkers,
    drawMarker,
    drawRamp,
    annotationHeight,
    annotationScale,
    drawAnnotations,
    drawFaultBar,
    drawMarks,
    markRows,
    rectangles,
    drawRectText,
    fillColour,
    inkOn,
    fillPattern,
    keyItems,
    drawKeys,
    laneScale,
    titleLines,
    alertFrame,
    annotationOptions,
    matrixDataset,
    hatchUnder,
    hatching,
    toConfig,
  ].join('\n')
