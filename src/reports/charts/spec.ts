/** A chart as plain data: everything that decides what it shows, nothing about where it is drawn. */
export interface ChartSpec {
  /** Unique in a run, fit for a file name: "latency-over-time-kafkajs". */
  id: string
  title: string
  /** Which variant or variants. */
  subtitle: string
  x: AxisSpec
  y: AxisSpec
  /** Shared by all series, ascending. */
  xs: number[]
  series: SeriesSpec[]
  bands: BandSpec[]
  marks: MarkSpec[]
  cells: CellSpec[]
  /** Rows of the table behind the chart, as indices into xs; absent = all. */
  tableRows?: number[]
  /** Rows below them that lie at no x, a value per series. */
  extraRows?: { label: string; ys: (number | null)[] }[]
}

export type Unit = 'micros' | 'count' | 'percent' | 'bytes' | 'seconds' | 'quantile'

export interface AxisSpec {
  title: string
  unit: Unit
  scale: 'linear' | 'log'
  min: number
  max: number
}

export interface SeriesSpec {
  label: string
  ys: (number | null)[]
  /** Index into the theme's palette; "quiet" = context behind the others, left out of the legend. */
  colour: number | 'quiet'
  /** Index into the dash patterns, 0 = solid. */
  dash: number
  /** Index into the marker shapes, drawn at `markAt` (indices into xs). */
  marker: number
  markAt: number[]
  /** In the table, where it is not the y axis' unit. */
  unit?: Unit
  /** Of the line, px; absent = as usual for its kind. */
  width?: number
  /** From this x on, fewer than 10 samples lie beyond: drawn grey. */
  faintFromX?: number
}

/** A phase: a shaded stretch of x with its name. */
export interface BandSpec {
  from: number
  to: number
  label: string
}

/** An event at one x. */
export interface MarkSpec {
  at: number
  label: string
}

/** A filled rectangle of a heat map; `share` in (0, 1] decides the shade. A chart with cells keeps its series for the table. */
export interface CellSpec {
  x0: number
  x1: number
  y0: number
  y1: number
  share: number
}

/** Charts that answer one question, one panel per variant on equal scales, or one overlay of all. */
export interface ChartGroup {
  id: string
  title: string
  /** How to read it, one or two sentences. */
  explanation: string
  charts: ChartSpec[]
}
