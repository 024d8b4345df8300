import type { AxisSpec, ChartSpec, Unit } from './spec.ts'

const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]

/** The next round number at or above. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const decade = 10 ** Math.floor(Math.log10(value))
  return decade * (steps.find((step) => step * decade >= value * 0.9999) ?? 10)
}

/** The next of 1, 2, 5 × 10ⁿ at or below. */
function roundDown(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value))
  return decade * ([5, 2, 1].find((step) => step * decade <= value * 1.0001) ?? 1)
}

/** An axis that holds all values and leaves room above them for the names of the phases: from 0 when linear; positive values only when logarithmic. */
export function axisFor(
  title: string,
  unit: Unit,
  scale: AxisSpec['scale'],
  values: Iterable<number | null>,
): AxisSpec {
  let low = Number.POSITIVE_INFINITY
  let high = 0
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue
    if (value > 0) low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (scale === 'linear') return { title, unit, scale, min: 0, max: roundUp(high * 1.12) }
  if (high === 0) return { title, unit, scale, min: 1, max: 10 }
  return {
    title,
    unit,
    scale,
    min: roundDown(low),
    max: Math.max(roundUp(high * (high / low) ** 0.12), roundDown(low) * 2),
  }
}

/** Gives all charts of a group the same y axis, so that panels can be compared by eye. */
export function onOneScale(charts: readonly ChartSpec[]): ChartSpec[] {
  if (charts.length === 0) return []
  const min = Math.min(...charts.map((chart) => chart.y.min))
  const max = Math.max(...charts.map((chart) => chart.y.max))
  const end = Math.max(...charts.map((chart) => chart.x.max))
  return charts.map((chart) => ({ ...chart, y: { ...chart.y, min, max }, x: { ...chart.x, max: end } }))
}
