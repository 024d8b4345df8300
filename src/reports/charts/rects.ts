import type { Chart, LegendItem, Plugin } from 'chart.js'
import type { ChartSpec, Fill, KeySpec, Pattern } from './spec.ts'
import type { Theme } from './theme.ts'

// Part of the drawing functions (see draw.ts): they may use nothing but each other, for the page gets their source text.

/** The rectangles of a chart, their text where it fits, and the notes at the end of the lanes. */
export function rectangles(spec: ChartSpec, theme: Theme): Plugin<'line'> {
  return {
    id: 'rectangles',
    beforeDatasetsDraw: (chart: Chart) => {
      const { ctx, chartArea: area } = chart
      const x = (value: number) => chart.scales.x!.getPixelForValue(value)
      const y = (value: number) => chart.scales.y!.getPixelForValue(value)
      ctx.save()
      ctx.beginPath()
      ctx.rect(area.left, area.top, area.width, area.height)
      ctx.clip()
      ctx.font = `600 10px ${theme.font}`
      for (const rect of spec.rects ?? []) {
        const left = x(rect.x0)
        const width = Math.max(1, x(rect.x1) - left)
        const top = Math.min(y(rect.y0), y(rect.y1))
        const height = Math.abs(y(rect.y0) - y(rect.y1))
        fillPattern(ctx, { left, top, width, height }, rect, theme)
        if (rect.text !== undefined) drawRectText(ctx, rect.text, { left, top, width, height }, rect, theme)
      }
      ctx.restore()
    },
    afterDraw: (chart: Chart) => {
      const { ctx, chartArea: area } = chart
      ctx.save()
      ctx.font = `10px ${theme.font}`
      ctx.fillStyle = theme.text
      ctx.textBaseline = 'middle'
      ctx.textAlign = 'left'
      for (const [lane, note] of (spec.laneNotes ?? []).entries()) {
        ctx.fillText(note, area.right + 5, chart.scales.y!.getPixelForValue(lane + 0.5))
      }
      drawKeys(chart, spec, theme)
      ctx.restore()
    },
  }
}

export function drawRectText(
  ctx: Chart['ctx'],
  text: string,
  box: { left: number; top: number; width: number; height: number },
  look: { fill: Fill; pattern: Pattern },
  theme: Theme,
): void {
  const width = ctx.measureText(text).width
  if (width + 5 > box.width || box.height < 8) return
  const ground = fillColour(look.fill, theme)
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  if (look.pattern !== 0) {
    ctx.fillStyle = ground
    ctx.fillRect(box.left + 1, box.top, width + 5, box.height)
  }
  ctx.fillStyle = inkOn(ground)
  ctx.fillText(text, box.left + 3, box.top + box.height / 2)
}

export function fillColour(fill: Fill, theme: Theme): string {
  if (fill === 'bad') return theme.fault
  if (fill === 'quiet') return theme.quiet
  return theme.palette[fill % theme.palette.length]!
}

/** Black or white, whichever is easier to read on a colour like #0072b2. */
export function inkOn(colour: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2)
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b! > 0.22 ? '#000000' : '#ffffff'
}

/** Fills a box with a colour and, over it, a pattern of lines that distinguishes it from others without colour. */
export function fillPattern(
  ctx: Chart['ctx'],
  box: { left: number; top: number; width: number; height: number },
  look: { fill: Fill; pattern: Pattern },
  theme: Theme,
): void {
  const { left, top, width, height } = box
  const ghost = look.pattern === 'ghost'
  const pattern = look.pattern === 'ghost' ? 1 : look.pattern % 5
  ctx.fillStyle = fillColour(look.fill, theme)
  if (!ghost) ctx.fillRect(left, top, width, height)
  if (pattern === 0) return
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  ctx.strokeStyle = ghost ? ctx.fillStyle : theme.surface
  ctx.lineWidth = 1
  ctx.setLineDash([])
  ctx.beginPath()
  for (let at = -height; at < width; at += 5) {
    if (pattern === 1 || pattern === 3) {
      ctx.moveTo(left + at, top + height)
      ctx.lineTo(left + at + height, top)
    }
    if (pattern === 2 || pattern === 3) {
      ctx.moveTo(left + at, top)
      ctx.lineTo(left + at + height, top + height)
    }
  }
  for (let at = 2; pattern === 4 && at < height; at += 4) {
    ctx.moveTo(left, top + at)
    ctx.lineTo(left + width, top + at)
  }
  ctx.stroke()
  ctx.restore()
}

/** Legend entries without a look of their own: drawKeys puts a box before each. */
export function keyItems(keys: readonly KeySpec[], theme: Theme): LegendItem[] {
  return keys.map((key) => ({
    text: key.label,
    fontColor: theme.text,
    strokeStyle: 'transparent',
    lineWidth: 0,
    pointStyle: 'line',
    hidden: false,
  }))
}

export function drawKeys(chart: Chart, spec: ChartSpec, theme: Theme): void {
  const { legend } = chart as Chart & { legend?: { legendHitBoxes?: { left: number; top: number; height: number }[] } }
  for (const [at, key] of (spec.keys ?? []).entries()) {
    const box = legend?.legendHitBoxes?.[at]
    if (!box) continue
    fillPattern(chart.ctx, { left: box.left + 4, top: box.top + 1, width: 24, height: box.height - 2 }, key, theme)
  }
}

/** A lane per name from the top down, without lines between. */
export function laneScale(spec: ChartSpec, theme: Theme): Record<string, unknown> {
  const lanes = spec.lanes ?? []
  return {
    type: 'linear',
    reverse: true,
    min: spec.y.min,
    max: spec.y.max,
    title: { display: true, text: spec.y.title, color: theme.muted, font: { family: theme.font, size: 11 } },
    border: { color: theme.grid },
    grid: { display: false },
    ticks: {
      color: theme.muted,
      font: { family: theme.font, size: 10 },
      autoSkip: true,
      callback: (value: number | string) => lanes[Math.floor(Number(value))] ?? '',
    },
    afterBuildTicks: (scale: { ticks: { value: number }[] }) => {
      scale.ticks = lanes.map((_, at) => ({ value: at + 0.5 }))
    },
  }
}
