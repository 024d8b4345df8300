import type { Chart, ChartDataset, LegendItem, Plugin, ScriptableLineSegmentContext } from 'chart.js'
import type { SeriesSpec } from './spec.ts'
import type { Theme } from './theme.ts'

// Part of the drawing functions (see draw.ts): they may use nothing but each other, for the page gets their source text.

export function toDataset(
  series: SeriesSpec,
  xs: readonly number[],
  theme: Theme,
): ChartDataset<'line', { x: number; y: number | null }[]> {
  const quiet = series.colour === 'quiet'
  const colour = series.colour === 'quiet' ? theme.quiet : theme.palette[series.colour % theme.palette.length]!
  const faintFrom = series.faintFromX ?? Number.POSITIVE_INFINITY
  const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 2]]
  const shapes = ['circle', 'triangle', 'rect', 'rectRot', 'crossRot']
  const marked = new Set(series.markAt)
  // Between two gaps there is no line to see a point by.
  const alone = (at: number) => (series.ys[at - 1] ?? null) === null && (series.ys[at + 1] ?? null) === null
  const colours = xs.map((x) => (x > faintFrom ? theme.faint : colour))
  return {
    label: series.label,
    data: xs.map((x, at) => ({ x, y: series.ys[at] ?? null })),
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: series.width ?? (quiet ? 1 : 1.75),
    showLine: series.dotsOnly !== true,
    borderDash: dashes[series.dash % dashes.length]!,
    borderJoinStyle: 'round',
    pointStyle: shapes[series.marker % shapes.length]!,
    pointRadius: xs.map((_, at) =>
      series.dotsOnly && series.joined
        ? series.ys[at] === null
          ? 0
          : (series.size ?? 3)
        : series.dotsOnly
          ? 2.5
          : !quiet && marked.has(at)
            ? (series.size ?? 3)
            : alone(at)
              ? 1.5
              : 0,
    ),
    pointHoverRadius: quiet ? 0 : 4,
    pointBorderWidth: series.size === undefined ? 1 : 2.5,
    pointBorderColor: colours,
    pointBackgroundColor: colours,
    spanGaps: series.joined === true,
    clip: 5,
    segment: {
      borderColor: (context: ScriptableLineSegmentContext) =>
        xs[context.p1DataIndex]! > faintFrom ? theme.faint : undefined,
    },
    order: quiet ? 1 : 0,
  }
}

/** Legend entries that show colour and dash as the line has them; Chart.js' own would lose the dash. */
export function legendItems(chart: Chart, theme: Theme): LegendItem[] {
  return chart.data.datasets.map((dataset, datasetIndex) => ({
    text: dataset.label ?? '',
    fontColor: theme.text,
    strokeStyle: String(dataset.borderColor),
    lineDash: 'borderDash' in dataset ? (dataset.borderDash as number[]) : [],
    lineWidth: Number(dataset.borderWidth),
    pointStyle: 'line',
    hidden: !chart.isDatasetVisible(datasetIndex),
    datasetIndex,
  }))
}

/** The marker of each line, in the middle of its legend entry. */
export function legendMarkers(drawn: readonly SeriesSpec[], theme: Theme, legendWidth: number): Plugin<'line'> {
  return {
    id: 'legendMarkers',
    afterDraw: (chart: Chart) => {
      const { legend, ctx } = chart as Chart & {
        legend?: { legendItems?: LegendItem[]; legendHitBoxes?: { left: number; top: number; height: number }[] }
      }
      for (const [at, item] of (legend?.legendItems ?? []).entries()) {
        const box = legend?.legendHitBoxes?.[at]
        const series = drawn[item.datasetIndex ?? -1]
        if (!box || !series || series.colour === 'quiet' || series.markAt.length === 0) continue
        ctx.save()
        ctx.fillStyle = ctx.strokeStyle = theme.palette[series.colour % theme.palette.length]!
        drawMarker(ctx, series.marker, box.left + legendWidth / 2, box.top + box.height / 2)
        ctx.restore()
      }
    },
  }
}

/** The shapes of toDataset, for the legend. */
export function drawMarker(ctx: Chart['ctx'], marker: number, x: number, y: number): void {
  const corners = [
    [],
    [
      [0, -3.5],
      [3.2, 2.5],
      [-3.2, 2.5],
    ],
    [
      [-2.5, -2.5],
      [2.5, -2.5],
      [2.5, 2.5],
      [-2.5, 2.5],
    ],
    [
      [0, -3.5],
      [3.5, 0],
      [0, 3.5],
      [-3.5, 0],
    ],
    [
      [-2.5, -2.5],
      [2.5, 2.5],
      [0, 0],
      [-2.5, 2.5],
      [2.5, -2.5],
      [0, 0],
    ],
  ][marker % 5]!
  ctx.beginPath()
  if (corners.length === 0) ctx.arc(x, y, 3, 0, 2 * Math.PI)
  for (const [dx, dy] of corners) ctx.lineTo(x + dx!, y + dy!)
  ctx.closePath()
  ctx.fill()
  ctx.stroke()
}
