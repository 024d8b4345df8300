import type { Chart, Plugin } from 'chart.js'
import type { ChartSpec } from './spec.ts'
import type { Theme } from './theme.ts'

// Part of the drawing functions (see draw.ts): they may use nothing but each other, for the page gets their source text.

/** Hatches what is not valid: the whole plot of a chart that shows nothing else, or the ground under each line that is not. */
export function hatching(spec: ChartSpec, theme: Theme): Plugin<'line'> {
  return {
    id: 'hatching',
    beforeDatasetsDraw: (chart: Chart) => {
      const { left, right, top, bottom } = chart.chartArea
      const marked = spec.series.flatMap((one, at) => (one.hatched && chart.isDatasetVisible(at) ? [at] : []))
      if (spec.alert !== undefined && marked.length === 0 && !spec.series.some((one) => one.hatched)) {
        const corners = [
          [left, top],
          [right, top],
          [right, bottom],
          [left, bottom],
        ]
        hatchUnder(chart, corners, theme.fault, 0.12)
      }
      for (const at of marked) {
        const colour = String(chart.data.datasets[at]?.borderColor ?? theme.fault)
        let run: number[][] = []
        const flush = () => {
          if (run.length > 1)
            hatchUnder(chart, [...run, [run.at(-1)![0]!, bottom], [run[0]![0]!, bottom]], colour, 0.35)
          run = []
        }
        for (const { x, y } of chart.getDatasetMeta(at).data) {
          if (Number.isFinite(x) && Number.isFinite(y)) run.push([x, y])
          else if (!spec.series[at]!.joined) flush()
        }
        flush()
      }
    },
  }
}

/** Rising lines inside the polygon, px. */
export function hatchUnder(chart: Chart, corners: readonly number[][], colour: string, alpha: number): void {
  const { ctx, chartArea: area } = chart
  ctx.save()
  ctx.beginPath()
  ctx.rect(area.left, area.top, area.width, area.height)
  ctx.clip()
  ctx.beginPath()
  for (const [x, y] of corners) ctx.lineTo(x!, y!)
  ctx.closePath()
  ctx.clip()
  ctx.globalAlpha = alpha
  ctx.strokeStyle = colour
  ctx.lineWidth = 1
  ctx.setLineDash([])
  ctx.beginPath()
  for (let x = area.left - area.height; x < area.right; x += 8) {
    ctx.moveTo(x, area.bottom)
    ctx.lineTo(x + area.height, area.top)
  }
  ctx.stroke()
  ctx.restore()
}
