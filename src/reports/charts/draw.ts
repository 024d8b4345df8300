import type {
  Chart,
  ChartConfiguration,
  ChartDataset,
  LegendItem,
  Plugin,
  Scale,
  ScriptableLineSegmentContext,
} from 'chart.js'
import { digits, formatBytes, formatCount, formatMicros } from '../../core/units.ts'
import type { AxisSpec, ChartSpec, SeriesSpec, Unit } from './spec.ts'
import type { Theme } from './theme.ts'

/**
 * Chart specification → Chart.js configuration, the same in Node and in the page. The page gets these functions as
 * their source text ({@link drawingSource}), so they may use nothing but each other.
 */

/** A quantity with its unit: 1234 µs → "1.23 ms"; a rarity of 100 → "99 %"; null → "–". */
export function formatValue(value: number | null, unit: Unit): string {
  if (value === null) return '–'
  if (unit === 'micros') return formatMicros(value)
  if (unit === 'bytes') return formatBytes(value)
  if (unit === 'percent') return `${digits(value)} %`
  if (unit === 'seconds') return `${digits(value)} s`
  if (unit === 'quantile') return `${Number((100 * (1 - 1 / value)).toPrecision(8))} %`
  return formatCount(value)
}

/** What a tick says: bare numbers where the axis title names the unit. */
export function formatTick(value: number, axis: AxisSpec): string {
  return axis.unit === 'seconds' ? digits(value) : formatValue(value, axis.unit)
}

/** Ticks of a logarithmic axis: every power of ten, and 2 and 5 of each where there is room. */
export function logTicks(axis: AxisSpec, dense: boolean): number[] {
  const decades = Math.log10(axis.max / axis.min)
  const factors = axis.unit === 'quantile' || decades > 3.5 ? [1] : decades > 1.5 || !dense ? [1, 3] : [1, 2, 5]
  const ticks: number[] = axis.unit === 'quantile' ? [2] : []
  for (let power = Math.floor(Math.log10(axis.min)); 10 ** power <= axis.max; power++) {
    for (const factor of factors) {
      const value = Number((factor * 10 ** power).toPrecision(12))
      if (value >= axis.min * 0.999 && value <= axis.max * 1.001 && !(axis.unit === 'quantile' && value === 1))
        ticks.push(value)
    }
  }
  return ticks.sort((a, b) => a - b)
}

export function toScale(axis: AxisSpec, direction: 'x' | 'y', theme: Theme): Record<string, unknown> {
  return {
    type: axis.scale === 'log' ? 'logarithmic' : 'linear',
    min: axis.min,
    max: axis.max,
    title: { display: true, text: axis.title, color: theme.muted, font: { family: theme.font, size: 11 } },
    border: { color: theme.grid },
    grid: { color: theme.grid, display: direction === 'y', tickLength: 4 },
    ticks: {
      color: theme.muted,
      font: { family: theme.font, size: 11 },
      maxRotation: 0,
      autoSkipPadding: direction === 'x' ? 14 : 8,
      maxTicksLimit: direction === 'x' ? 12 : 7,
      callback: (value: number | string) => formatTick(Number(value), axis),
    },
    afterBuildTicks: (scale: Scale) => {
      if (axis.scale === 'log') scale.ticks = logTicks(axis, scale.chart.height > 260).map((value) => ({ value }))
    },
  }
}

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
    borderDash: dashes[series.dash % dashes.length]!,
    borderJoinStyle: 'round',
    pointStyle: shapes[series.marker % shapes.length]!,
    pointRadius: xs.map((_, at) => (!quiet && marked.has(at) ? 3 : alone(at) ? 1.5 : 0)),
    pointHoverRadius: quiet ? 0 : 4,
    pointBorderColor: colours,
    pointBackgroundColor: colours,
    spanGaps: false,
    clip: 5,
    segment: {
      borderColor: (context: ScriptableLineSegmentContext) =>
        xs[context.p1DataIndex]! > faintFrom ? theme.faint : undefined,
    },
    order: quiet ? 1 : 0,
  }
}

/** Surface, phase bands with their names, event lines and heat cells, all behind the data. */
export function backdrop(spec: ChartSpec, theme: Theme): Plugin<'line'> {
  return {
    id: 'backdrop',
    beforeDraw: (chart: Chart) => {
      chart.ctx.save()
      chart.ctx.fillStyle = theme.surface
      chart.ctx.fillRect(0, 0, chart.width, chart.height)
      chart.ctx.restore()
    },
    beforeDatasetsDraw: (chart: Chart) => {
      const { ctx, chartArea: area } = chart
      const x = (value: number) => chart.scales.x!.getPixelForValue(value)
      const y = (value: number) => Math.min(area.bottom, Math.max(area.top, chart.scales.y!.getPixelForValue(value)))
      ctx.save()
      ctx.beginPath()
      ctx.rect(area.left, area.top, area.width, area.height)
      ctx.clip()
      for (const [at, band] of spec.bands.entries()) {
        if (at % 2 === 1) continue
        ctx.fillStyle = theme.band
        ctx.fillRect(x(band.from), area.top, x(band.to) - x(band.from), area.height)
      }
      for (const cell of spec.cells) {
        ctx.fillStyle = heatColour(cell.share, theme)
        ctx.fillRect(
          x(cell.x0),
          y(cell.y1),
          Math.max(1, x(cell.x1) - x(cell.x0) + 0.5),
          Math.max(1, y(cell.y0) - y(cell.y1) + 0.5),
        )
      }
      drawLabels(chart, spec, theme)
      ctx.restore()
      ctx.save()
      if (spec.cells.length > 0) drawRamp(chart, theme)
      ctx.restore()
    },
  }
}

/** Names of the phases along the top, where they fit, and below them those of the events, which are dotted lines. */
export function drawLabels(chart: Chart, spec: ChartSpec, theme: Theme): void {
  const { ctx, chartArea: area } = chart
  const x = (value: number) => chart.scales.x!.getPixelForValue(value)
  ctx.font = `10px ${theme.font}`
  ctx.fillStyle = theme.muted
  ctx.textBaseline = 'top'
  for (const band of spec.bands) {
    if (ctx.measureText(band.label).width + 8 < x(band.to) - x(band.from))
      ctx.fillText(band.label, x(band.from) + 4, area.top + 4)
  }
  ctx.fillStyle = theme.mark
  ctx.strokeStyle = theme.mark
  ctx.setLineDash([1, 3])
  let free = Number.NEGATIVE_INFINITY
  for (const mark of spec.marks) {
    ctx.beginPath()
    ctx.moveTo(x(mark.at), area.top + 17)
    ctx.lineTo(x(mark.at), area.bottom)
    ctx.stroke()
    if (x(mark.at) < free) continue
    ctx.fillText(mark.label, x(mark.at) + 3, area.top + 17)
    free = x(mark.at) + ctx.measureText(mark.label).width + 6
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

/** What the shades of a heat map mean: a ramp above its right end. */
export function drawRamp(chart: Chart, theme: Theme): void {
  const { ctx, chartArea: area } = chart
  const width = 72
  const left = area.right - width - 40
  for (let at = 0; at < width; at++) {
    ctx.fillStyle = heatColour(10 ** (-3 + (3 * at) / width), theme)
    ctx.fillRect(left + at, area.top - 15, 1.5, 9)
  }
  ctx.font = `10px ${theme.font}`
  ctx.fillStyle = theme.muted
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'right'
  ctx.fillText('share of records 0.1 %', left - 5, area.top - 10)
  ctx.textAlign = 'left'
  ctx.fillText('100 %', left + width + 5, area.top - 10)
}

/** Shade of a share: logarithmic, from 0.1 % (as light) to all. */
export function heatColour(share: number, theme: Theme): string {
  const at = Math.min(1, Math.max(0, 1 + Math.log10(share) / 3))
  const [low, high] = theme.heat
  return `rgb(${low.map((from, channel) => Math.round(from + at * (high[channel]! - from))).join(', ')})`
}

/** The whole configuration. `headed` puts title and subtitle into the picture, for files that stand alone. */
export function toConfig(
  spec: ChartSpec,
  theme: Theme,
  headed: string | null,
): ChartConfiguration<'line', { x: number; y: number | null }[]> {
  const legendWidth = 34
  const ramp = spec.cells.length > 0 ? 20 : 0
  const drawn = spec.cells.length > 0 ? [] : spec.series
  const quiet = new Set(
    spec.series.filter((one) => one.colour === 'quiet' && spec.series.length > 6).map((one) => one.label),
  )
  return {
    type: 'line',
    data: { datasets: drawn.map((series) => toDataset(series, spec.xs, theme)) },
    plugins: [backdrop(spec, theme), legendMarkers(drawn, theme, legendWidth)],
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      normalized: true,
      parsing: false,
      layout: {
        padding: headed === null ? { top: ramp || 4, right: 10 } : { top: 16, right: 24, bottom: 12, left: 12 },
      },
      interaction: { mode: 'index', intersect: false },
      scales: { x: toScale(spec.x, 'x', theme), y: toScale(spec.y, 'y', theme) },
      plugins: {
        title: {
          display: headed !== null,
          text: spec.title,
          align: 'start',
          color: theme.text,
          font: { family: theme.font, size: 16, weight: 600 },
          padding: { bottom: 2 },
        },
        subtitle: {
          display: headed !== null,
          text: headed ?? '',
          align: 'start',
          color: theme.muted,
          font: { family: theme.font, size: 12 },
          padding: { bottom: 10 },
        },
        legend: {
          display: drawn.length > 0,
          align: 'start',
          labels: {
            usePointStyle: true,
            pointStyleWidth: legendWidth,
            padding: 10,
            font: { family: theme.font, size: 11 },
            generateLabels: (chart) => legendItems(chart, theme).filter((item) => !quiet.has(item.text)),
          },
        },
        tooltip: {
          filter: (item) => !quiet.has(item.dataset.label ?? ''),
          callbacks: {
            title: (items) =>
              items[0] ? `${spec.x.unit === 'seconds' ? 'at ' : ''}${formatValue(items[0].parsed.x, spec.x.unit)}` : '',
            label: (item) => `${item.dataset.label}: ${formatValue(item.parsed.y, spec.y.unit)}`,
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
    drawLabels,
    heatColour,
    legendItems,
    legendMarkers,
    drawMarker,
    drawRamp,
    toConfig,
  ].join('\n')
