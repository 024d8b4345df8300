import type { Chart, Plugin } from 'chart.js'
import { annotationHeight, drawAnnotations } from './annotations.ts'
import type { ChartSpec } from './spec.ts'
import type { Theme } from './theme.ts'

// Part of the drawing functions (see draw.ts): they may use nothing but each other, for the page gets their source text.

/** The surface, and over the data the names above the plot, the values of cells and the ramp of their shades. */
export function backdrop(spec: ChartSpec, theme: Theme): Plugin<'line'> {
  return {
    id: 'backdrop',
    beforeDraw: (chart: Chart) => {
      chart.ctx.save()
      chart.ctx.fillStyle = theme.surface
      chart.ctx.fillRect(0, 0, chart.width, chart.height)
      chart.ctx.restore()
    },
    afterDatasetsDraw: (chart: Chart) => {
      const { ctx, chartArea: area } = chart
      ctx.save()
      drawCellTexts(chart, spec, theme)
      if (annotationHeight(spec) > 0) drawAnnotations(chart, spec, theme)
      if (spec.cells.length > 0) drawRamp(chart, area.top - annotationHeight(spec), spec.ramp, theme)
      ctx.restore()
    },
  }
}

/** Shade of a share: logarithmic, from 0.1 % (as light) to all. */
export function heatColour(share: number, theme: Theme): string {
  const at = Math.min(1, Math.max(0, 1 + Math.log10(share) / 3))
  const [low, high] = theme.heat
  return `rgb(${low.map((from, channel) => Math.round(from + at * (high[channel]! - from))).join(', ')})`
}

/** The values of the cells, in black or white, whichever is easier to read on the shade. */
export function drawCellTexts(chart: Chart, spec: ChartSpec, theme: Theme): void {
  const { ctx } = chart
  ctx.save()
  ctx.font = `600 11px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'center'
  for (const cell of spec.cells) {
    if (cell.text === undefined) continue
    const left = chart.scales.x!.getPixelForValue(cell.x0)
    const width = chart.scales.x!.getPixelForValue(cell.x1) - left
    if (ctx.measureText(cell.text).width + 4 > width) continue
    const [r, g, b] = (heatColour(cell.share, theme).match(/\d+/g) ?? []).map((one) => (Number(one) / 255) ** 2.2)
    ctx.fillStyle = 0.2126 * r! + 0.7152 * g! + 0.0722 * b! > 0.22 ? '#000000' : '#ffffff'
    ctx.fillText(cell.text, left + width / 2, chart.scales.y!.getPixelForValue((cell.y0 + cell.y1) / 2))
  }
  ctx.restore()
}

/** What the shades of a heat map mean: a ramp above its right end, `top` being the upper edge of what else is drawn. */
export function drawRamp(chart: Chart, top: number, ramp: ChartSpec['ramp'], theme: Theme): void {
  const { ctx, chartArea: area } = chart
  const { title, low, high } = ramp ?? { title: 'share of records', low: '0.1 %', high: '100 %' }
  const width = 72
  ctx.font = `10px ${theme.font}`
  const left = area.right - width - Math.max(40, ctx.measureText(high).width + 8)
  for (let at = 0; at < width; at++) {
    ctx.fillStyle = heatColour(10 ** (-3 + (3 * at) / width), theme)
    ctx.fillRect(left + at, top - 15, 1.5, 9)
  }
  ctx.fillStyle = theme.muted
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'right'
  ctx.fillText(`${title} ${low}`, left - 5, top - 10)
  ctx.textAlign = 'left'
  ctx.fillText(high, left + width + 5, top - 10)
}
