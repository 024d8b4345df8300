import { median } from 'simple-statistics'
import { metricUnit } from '../../compare/metric.ts'
import { medianInterval } from '../../compare/shift.ts'
import { samplesOf } from '../../compare/subjects.ts'
import { axisFor } from '../charts/scales.ts'
import type { ChartSpec, RectSpec, Unit } from '../charts/spec.ts'
import { html, type Markup } from '../page/markup.ts'
import { columnHeads } from '../page/tables.ts'
import type { ComparedSet, Member } from './sets.ts'
import { metricName, metricText } from './words.ts'

const laneHeight = 46
const frameHeight = 84

/** A bar to the median with its interval and a dot per repetition, a lane per member; null where no number is finite. */
export function dotChart(set: ComparedSet, metric: string, place: number): ChartSpec | null {
  const finite = set.members.map((member) => valuesOf(member, metric).filter(Number.isFinite).map(inChart(metric)))
  const all = finite.flat()
  if (all.length === 0) return null
  const dots = finite.flatMap((values, lane) => values.map((x) => ({ x, lane }))).sort((a, b) => a.x - b.x)
  const xs = dots.map(({ x }) => x)
  const rects = finite.flatMap((values, lane): RectSpec[] => {
    if (values.length === 0) return []
    const samples = samplesOf(set.members[lane]!.subject, metric).map(inChart(metric))
    const { low, high } = medianInterval(samples)
    const right = Math.max(...all)
    const bar = {
      x0: 0,
      x1: Math.min(right, median(samples)),
      y0: lane + 0.2,
      y1: lane + 0.8,
      fill: lane,
      pattern: lane,
    }
    const span = {
      x0: Math.min(right, low),
      x1: Math.min(right, high),
      y0: lane + 0.47,
      y1: lane + 0.53,
      fill: 'quiet' as const,
      pattern: 0,
    }
    return [bar, span]
  })
  return {
    // By its place: two metrics of users' groups may differ in nothing that an id can hold.
    id: `metric-${set.id}-${place + 1}`,
    title: metricName(metric),
    subtitle: metricName(metric),
    x: axisFor(axisTitle(metric), chartUnit(metric), 'linear', all),
    y: { title: '', unit: 'count', scale: 'linear', min: 0, max: set.members.length },
    xs,
    series: set.members.map(({ name }, lane) => ({
      label: name,
      // Off the middle in turn, so that equal values are seen to be several.
      ys: dots.map((dot, at) => (dot.lane === lane ? lane + 0.5 + 0.15 * ((at % 3) - 1) : null)),
      // The text's own colour: on a bar of the member's colour a dot of it would not be seen.
      colour: 6,
      dash: 0,
      marker: lane,
      markAt: xs.map((_, at) => at),
      width: 0,
    })),
    dots: true,
    rects,
    lanes: set.members.map(({ short }) => short),
    bands: [],
    marks: [],
    cells: [],
    height: frameHeight + laneHeight * set.members.length,
  }
}

/** The table behind it: a row per repetition, below them median and interval. */
export function dotTable(set: ComparedSet, metric: string): Markup {
  const columns = set.members.map(({ subject }) => [
    ...subject.repetitions.map(({ values }) =>
      values[metric] === undefined ? '–' : metricText(metric, values[metric]),
    ),
    ...subject.bad.map(({ status }) => status),
  ])
  const rows = Array.from({ length: Math.max(...columns.map(({ length }) => length)) }, (_, at) => {
    const cells = columns.map((values) => html`<td>${values[at] ?? ''}</td>`)
    return html`<tr><th scope="row">repetition ${at + 1}</th>${cells}</tr>`
  })
  const known = set.members.map(({ subject }) => samplesOf(subject, metric))
  const medians = known.map((values) => html`<td>${values.length > 0 ? metricText(metric, median(values)) : '–'}</td>`)
  const intervals = known.map((values) => {
    if (values.length === 0) return html`<td>–</td>`
    const { low, high, confidence } = medianInterval(values)
    return html`<td>${metricText(metric, low)} … ${metricText(metric, high)} (${(100 * confidence).toFixed(0)} %)</td>`
  })
  const names = set.members.map(({ name }) => name)
  return html`<table>${columnHeads('', names)}<tbody>${rows}<tr><th scope="row">median</th>${medians}</tr><tr><th scope="row">interval of the median</th>${intervals}</tr></tbody></table>`
}

const valuesOf = ({ subject }: Member, metric: string): number[] =>
  subject.repetitions.flatMap(({ values }) => (values[metric] === undefined ? [] : [values[metric]]))

const inChart = (metric: string) => (value: number) => (metricUnit(metric) === 'ms' ? value * 1000 : value)

function chartUnit(metric: string): Unit {
  const unit = metricUnit(metric)
  return unit === 'ms' ? 'micros' : unit
}

const rates = ['offered', 'sent', 'acked'].map((name) => `produce.${name}PerSec`).concat('consume.receivedPerSec')

const axisTitle = (metric: string): string => {
  const unit = chartUnit(metric)
  return unit === 'count' && rates.includes(metric) ? 'records/s' : unit === 'seconds' ? 'seconds' : ''
}
