import type { Scale } from 'chart.js'
import { digits, formatBytes, formatCount, formatMicros } from '../../base/units.ts'
import type { AxisSpec, Unit } from './spec.ts'
import type { Theme } from './theme.ts'

// Part of the drawing functions (see draw.ts): they may use nothing but each other, for the page gets their source text.

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
  if (axis.names) return axis.names[value] ?? ''
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
      maxRotation: axis.names ? 50 : 0,
      autoSkip: !axis.names,
      autoSkipPadding: direction === 'x' ? 14 : 8,
      maxTicksLimit: direction === 'x' ? 12 : 7,
      callback: (value: number | string) => formatTick(Number(value), axis),
    },
    afterBuildTicks: (scale: Scale) => {
      if (axis.names) scale.ticks = axis.names.map((_, value) => ({ value }))
      else if (axis.scale === 'log') scale.ticks = logTicks(axis, scale.chart.height > 260).map((value) => ({ value }))
    },
  }
}
