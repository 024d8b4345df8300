import type { Chart, Plugin } from 'chart.js'
import type { ChartSpec } from './spec.ts'
import type { Theme } from './theme.ts'

// Part of the drawing functions (see draw.ts): they may use nothing but each other, for the page gets their source text.

/** What stands above the drawing: in a file of its own the title, and in both what is not valid about it, broken to the width. */
export function titleLines(spec: ChartSpec, isHeaded: boolean, width: number): string[] {
  const lines = isHeaded ? [spec.title] : []
  if (spec.alert === undefined) return lines
  // Letters of semi-bold Inter and the like are a little over half as wide as they are high.
  const most = Math.max(20, Math.floor((width - 40) / (isHeaded ? 8.8 : 6.2)))
  let line = ''
  for (const word of spec.alert.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** A dashed frame around a plot that shows what is not valid. */
export function alertFrame(spec: ChartSpec, theme: Theme): Plugin<'line'> {
  return {
    id: 'alertFrame',
    afterDraw: (chart: Chart) => {
      if (spec.alert === undefined) return
      const { ctx, chartArea: area } = chart
      ctx.save()
      ctx.strokeStyle = theme.fault
      ctx.lineWidth = 2
      ctx.setLineDash([6, 4])
      ctx.strokeRect(area.left, area.top, area.width, area.height)
      ctx.restore()
    },
  }
}
