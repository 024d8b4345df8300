/** A chart as plain data: everything that decides what it shows, nothing about where it is drawn. */
export interface ChartSpec {
  /** Unique in a run, fit for a file name: "latency-over-time-kafkajs". */
  id: string
  title: string
  /** Which variant or variants. */
  subtitle: string
  /** Ids of the variants that it shows, where it can be filtered by them. */
  variants?: string[]
  /** What it draws is not valid, and why: written into the drawing, with a frame around it. Absent = it is. */
  alert?: string
  x: AxisSpec
  y: AxisSpec
  /** Shared by all series, ascending. */
  xs: number[]
  series: SeriesSpec[]
  bands: BandSpec[]
  marks: MarkSpec[]
  cells: CellSpec[]
  /** Lines across the chart at one y: a limit. */
  levels?: MarkSpec[]
  /** Faults of the variant, named above the plot together with the marks; absent = none. */
  faults?: FaultSpan[]
  /** Filled rectangles in the axes' coordinates. A chart with rectangles keeps its series for the table. */
  rects?: RectSpec[]
  /** The series are dots over the rectangles: drawn too, and not only in the table. */
  dots?: true
  /** What the fills of the rectangles mean. */
  keys?: KeySpec[]
  /** The y axis is a lane per name, from the top down, lane n from n to n + 1. */
  lanes?: string[]
  /** What stands at the right end of each lane. */
  laneNotes?: string[]
  /** Of the drawing, px; absent = as usual. */
  height?: number
  /** Rows of the table behind the chart, as indices into xs; absent = all. */
  tableRows?: number[]
  /** What the shades of the cells mean: of the lightest and of the darkest; absent = shares of records. */
  ramp?: { title: string; low: string; high: string }
  /** Rows below them that have no x, a value per series. */
  extraRows?: { label: string; ys: (number | null)[] }[]
}

export type Unit = 'micros' | 'count' | 'percent' | 'bytes' | 'seconds' | 'quantile'

export interface AxisSpec {
  title: string
  unit: Unit
  scale: 'linear' | 'log'
  min: number
  max: number
  /** A column per name, at 0, 1, 2, … */
  names?: string[]
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
  /** Radius of the markers, px; absent = as usual. Larger ones have a thicker outline. */
  size?: number
  /** In the table, where it is not the y axis' unit. */
  unit?: Unit
  /** In the table, where the values are words. */
  texts?: string[]
  /** Points without a line between them and without a place in the legend. */
  dotsOnly?: boolean
  /** It is not of a valid variant: hatched down to the axis. */
  hatched?: true
  /** Its points are joined over the xs that it has no value at. */
  joined?: true
  /** Of the line, px; absent = as usual for its kind. */
  width?: number
  /** From this x on, fewer than 10 samples are beyond: drawn grey. */
  faintFromX?: number
}

/** A phase: a shaded stretch of x with its name. */
export interface BandSpec {
  from: number
  to: number
  label: string
}

/** An event at one x, or a limit at one y. */
export interface MarkSpec {
  at: number
  label: string
}

/** A fault, from its injection until it was healed. */
export interface FaultSpan {
  from: number
  to: number
  /** From the longest, for where there is room, to the shortest. */
  names: string[]
  /** It was not healed: nothing to undo, or the run ended first. */
  open: boolean
}

/** Index into the palette; bad = what must not be; quiet = context. */
export type Fill = number | 'bad' | 'quiet'

/** Index into the fill patterns: solid, rising lines, falling lines, crossed lines, level lines; "ghost" = rising lines without ground. */
export type Pattern = number | 'ghost'

export interface RectSpec {
  x0: number
  x1: number
  y0: number
  y1: number
  fill: Fill
  pattern: Pattern
  /** Written into it where there is room. */
  text?: string
}

export interface KeySpec {
  label: string
  fill: Fill
  pattern: Pattern
}

/** A filled rectangle of a heat map; `share` in (0, 1] decides the shade. A chart with cells keeps its series for the table. */
export interface CellSpec {
  x0: number
  x1: number
  y0: number
  y1: number
  share: number
  /** Written into it. */
  text?: string
}

/** Charts that answer one question, one panel per variant on equal scales, or one overlay of all. */
export interface ChartGroup {
  id: string
  title: string
  /** How to read it, one or two sentences. */
  explanation: string
  /** What a reader looks for first: shown, the others are folded away. */
  top?: true
  /** A panel per variant. */
  single?: true
  charts: ChartSpec[]
}
