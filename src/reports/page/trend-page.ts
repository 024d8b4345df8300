import { plural } from '../../base/plural.ts'
import { formatCount, formatMicros } from '../../base/units.ts'
import type { RunResult } from '../../contracts/result.ts'
import { clientLooks } from '../_clients.ts'
import { markWords } from '../_marks.ts'
import {
  inTime,
  type TrendLine,
  type TrendMetric,
  trendFindings,
  trendLines,
  trendMetrics,
  valuesOver,
} from '../_trend.ts'
import { axisFor } from '../charts/scales.ts'
import type { ChartSpec } from '../charts/spec.ts'
import { documentOf, section } from './document.ts'
import { html, type Markup } from './markup.ts'
import { figure, findingList } from './sections.ts'
import { framed } from './tables.ts'

/** Several runs over time: what changed in the newest, a chart per number, a row per run. */
export function trendPage(unsorted: readonly RunResult[]): string {
  const results = inTime(unsorted)
  const lines = trendLines(results)
  const charts = trendMetrics
    .filter(
      ({ id }) =>
        id !== 'service-p99' ||
        lines.every((line) => valuesOver(line, trendMetrics[0]!).every((value) => value === null)),
    )
    .flatMap((metric) => chartOf(results, lines, metric))
  const names = [...new Set(results.map(({ name }) => name))]
  return documentOf({
    title: `${names.join(', ')} over time · kbench`,
    brand: 'kbench trend',
    heading: names.join(', '),
    meta: `${plural(results.length, 'run')}, ${day(results[0]!)} to ${day(results.at(-1)!)}`,
    nav: [
      { id: 'newest', text: 'Newest run' },
      ...(charts.length > 0 ? [{ id: 'charts', text: 'Charts' }] : []),
      { id: 'runs', text: 'Runs' },
    ],
    charts,
    main: html`${section('newest', 'Newest run', html`${findingList(trendFindings(results, lines))}<p class="explain">Whether a change is more than chance: <code>kbench compare</code> of two runs with repetitions.</p>`)}
${charts.length > 0 && section('charts', 'Charts', html`<p class="explain">A point is the median of a run's repetitions. What is not valid is hatched.</p><div class="panels">${charts.map((chart) => figure(chart))}</div>`)}
${section('runs', 'Runs', runsTable(results, lines))}`,
    footer: html`Rendered by kbench from stored results alone.`,
  })
}

const day = ({ startedAt }: RunResult): string => startedAt.slice(0, 16).replace('T', ' ')

function chartOf(results: readonly RunResult[], lines: readonly TrendLine[], metric: TrendMetric): ChartSpec[] {
  const looks = clientLooks(lines.map(({ client }) => client))
  const isOnlyClient = new Set(lines.map(({ client }) => client)).size === 1
  const xs = results.map((_, at) => at)
  const series = lines.map((line, place) => {
    const look = looks.get(line.client) ?? 0
    const style = isOnlyClient ? place : look
    const spoilt = line.runs.flat().some((variant) => markWords(variant) !== null)
    return {
      ...{ label: line.label, ys: valuesOver(line, metric), colour: look, dash: style, marker: style, markAt: xs },
      ...(spoilt ? { hatched: true as const } : {}),
    }
  })
  if (series.every(({ ys }) => ys.every((y) => y === null))) return []
  const invalid = results.filter(({ variants }) => variants.some((variant) => markWords(variant) !== null))
  return [
    {
      id: `trend-${metric.id}`,
      title: `${metric.title} over the runs`,
      subtitle: metric.title,
      ...(invalid.length > 0 ? { alert: `NOT ALL VALID: ${invalid.map(day).join(', ')}` } : {}),
      x: {
        title: 'run',
        unit: 'count',
        scale: 'linear',
        min: -0.5,
        max: results.length - 0.5,
        names: results.map(day),
      },
      y: axisFor(
        metric.unit === 'micros' ? 'latency' : 'records/s',
        metric.unit,
        metric.scale,
        series.flatMap(({ ys }) => ys),
      ),
      ...{ xs, series, bands: [], marks: [], cells: [] },
    },
  ]
}

function runsTable(results: readonly RunResult[], lines: readonly TrendLine[]): Markup {
  const metric = lines.some((line) => valuesOver(line, trendMetrics[0]!).some((value) => value !== null))
    ? trendMetrics[0]!
    : trendMetrics[2]!
  const text = metric.unit === 'micros' ? formatMicros : formatCount
  const values = lines.map((line) => valuesOver(line, metric))
  const rows = results
    .map(
      (result, at) =>
        html`<tr><th scope="row">${result.runId}</th><td class="text">${day(result)}</td><td class="text">${result.status}</td>${values.map((of) => html`<td>${text(of[at] ?? null)}</td>`)}<td>${formatCount(result.variants.reduce((sum, { integrity }) => sum + integrity.lost, 0))}</td></tr>`,
    )
    .reverse()
  return framed(
    'Runs',
    html`<table><thead><tr><th scope="col">run</th><th scope="col" class="text">started</th><th scope="col" class="text">status</th>${lines.map(({ label }) => html`<th scope="col">${label}, ${metric.title.toLowerCase()}</th>`)}<th scope="col">lost</th></tr></thead><tbody>${rows}</tbody></table>`,
    true,
  )
}
