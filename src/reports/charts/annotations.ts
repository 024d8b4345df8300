import type { Chart, Scale } from 'chart.js'
import type { ChartSpec } from './spec.ts'
import type { Theme } from './theme.ts'

// Part of the drawing functions (see draw.ts): they may use nothing but each other, for the page gets their source text.

/** Room above the plot for the names of faults and marks, px; none without faults. */
export function annotationHeight(spec: ChartSpec): number {
  if ((spec.faults ?? []).length === 0) return 0
  return 18 + 14 * markRows(spec)
}

/** Rows for the names of the marks, the more the more of them may be in each other's way. */
export function markRows(spec: ChartSpec): number {
  return spec.marks.length === 0 ? 0 : spec.marks.length <= 4 ? 3 : 4
}

/** An axis without anything on it, which keeps that room free between legend and plot. */
export function annotationScale(spec: ChartSpec): Record<string, unknown> {
  return {
    type: 'linear',
    axis: 'x',
    position: 'top',
    grid: { display: false },
    border: { display: false },
    ticks: { display: false },
    afterFit: (scale: Scale) => {
      scale.height = annotationHeight(spec)
    },
  }
}

/** Bars with the faults' names, and below them the marks with theirs; a name that finds no room in their rows is left out. */
export function drawAnnotations(chart: Chart, spec: ChartSpec, theme: Theme): void {
  const { ctx, chartArea: area } = chart
  const x = (value: number) => Math.min(area.right, Math.max(area.left, chart.scales.x!.getPixelForValue(value)))
  const top = area.top - annotationHeight(spec)
  ctx.font = `10px ${theme.font}`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  const faults = spec.faults ?? []
  let free = area.left
  for (const [at, fault] of faults.entries()) {
    const [left, right] = [x(fault.from), x(fault.to)]
    drawFaultBar(chart, left, right, top, fault.open, theme)
    const before = at === 0 ? area.left : x(faults[at - 1]!.open ? faults[at - 1]!.from : faults[at - 1]!.to)
    const end = at + 1 < faults.length ? x(faults[at + 1]!.from) - 4 : area.right
    // The longest name that fits: in the bar, right of it, or left of it.
    const places = fault.names.flatMap((text) => {
      const width = ctx.measureText(text).width
      const fitsInside = !fault.open && width + 8 < right - left
      const after = (fault.open ? left + 5 : right) + 4
      return [
        { text, start: left + 4, fits: fitsInside, inside: true, width },
        { text, start: after, fits: after + width <= end, inside: false, width },
        { text, start: left - width - 4, fits: left - width - 4 >= before, inside: false, width },
      ]
    })
    const place = places.find(({ start, fits }) => fits && start >= free)
    if (!place) continue
    ctx.fillStyle = place.inside ? theme.surface : theme.fault
    ctx.fillText(place.text, place.start, top + 7)
    free = place.start + place.width + 4
  }
  drawMarks(chart, spec, theme, top + 16)
}

export function drawFaultBar(
  chart: Chart,
  left: number,
  right: number,
  top: number,
  open: boolean,
  theme: Theme,
): void {
  const { ctx, chartArea: area } = chart
  ctx.fillStyle = ctx.strokeStyle = theme.fault
  if (!open) ctx.fillRect(left, top, Math.max(2, right - left), 14)
  else {
    ctx.beginPath()
    ctx.moveTo(left, top + 2)
    ctx.lineTo(left + 6, top + 7)
    ctx.lineTo(left, top + 12)
    ctx.fill()
  }
  ctx.lineWidth = 1
  ctx.setLineDash([])
  for (const edge of open ? [left] : [left, right]) {
    ctx.beginPath()
    ctx.moveTo(edge, top)
    ctx.lineTo(edge, area.bottom)
    ctx.stroke()
  }
}

/** Dotted lines, and over them their names: right of its line, else left of it, in the first row that has room. */
export function drawMarks(chart: Chart, spec: ChartSpec, theme: Theme, top: number): void {
  const { ctx, chartArea: area } = chart
  const gap = 4
  const rows = Array.from({ length: markRows(spec) }, () => Number.NEGATIVE_INFINITY)
  const names: { text: string; left: number; width: number; y: number }[] = []
  ctx.strokeStyle = theme.mark
  ctx.setLineDash([1, 3])
  for (const mark of spec.marks) {
    const at = chart.scales.x!.getPixelForValue(mark.at)
    if (at < area.left || at > area.right) continue
    const width = ctx.measureText(mark.label).width
    const starts = [at + gap, at - gap - width].filter((left) => left >= area.left && left + width <= area.right)
    const [left, row] = starts
      .map((start): [number, number] => [start, rows.findIndex((end) => start >= end + gap)])
      .find(([, found]) => found >= 0) ?? [0, -1]
    ctx.beginPath()
    ctx.moveTo(at, top + 14 * Math.max(0, row) + 2)
    ctx.lineTo(at, area.bottom)
    ctx.stroke()
    if (row < 0) continue
    names.push({ text: mark.label, left, width, y: top + 14 * row + 7 })
    rows[row] = left + width
  }
  ctx.setLineDash([])
  for (const { text, left, width, y } of names) {
    ctx.fillStyle = theme.surface
    ctx.fillRect(left - 1, y - 6, width + 2, 12)
    ctx.fillStyle = theme.mark
    ctx.fillText(text, left, y)
  }
}
