import { formatBytes, formatCount, formatSeconds } from '../../base/units.ts'
import type { RunResult } from '../../contracts/result.ts'
import type { FaultFinding } from '../_fault-words.ts'
import type { Finding, Tone } from '../_findings.ts'
import { thresholdWords } from '../_threshold-words.ts'
import { variantLabels } from '../_variants.ts'
import { annotationHeight } from '../charts/annotations.ts'
import type { ChartGroup, ChartSpec } from '../charts/spec.ts'
import { html, type Markup } from './markup.ts'
import { framed, rowsAtOnce } from './tables.ts'

export const signs: Readonly<Record<Tone, string>> = { good: '✓', note: '·', warn: '!', bad: '✕' }
const eventsAtMost = 500

const boxes: readonly (readonly [string, readonly Tone[]])[] = [
  ['bad', ['bad']],
  ['warn', ['warn']],
  ['good', ['good', 'note']],
]

/** The findings in a box per tone, the worst first: what is well never stands in one box with what is not. */
export function findingBoxes(findings: readonly Finding[]): Markup {
  const shown = boxes.flatMap(([tone, tones]) => {
    const mine = findings.filter((finding) => tones.includes(finding.tone))
    return mine.length === 0 ? [] : [html`<div class="verdict more ${tone}">${findingList(mine)}</div>`]
  })
  return html`${shown}`
}

/** A sentence each with its sign; nothing when there are none. */
export function findingList(findings: readonly Finding[]): Markup {
  if (findings.length === 0) return html``
  return html`<ul class="findings">${findings.map(
    (finding) =>
      html`<li class="${finding.tone}" data-sign="${signs[finding.tone]}">${finding.about === null ? '' : html`<b>${finding.about}</b> `}${finding.text}</li>`,
  )}</ul>`
}

/** A number stays on a line with its unit. */
const unbroken = (text: string): string =>
  text.replace(/(\d) (µs|ms|s|m)\b/g, '$1\u00a0$2').replace(/m (\d\d\u00a0s)/g, 'm\u00a0$1')

export const inFull = (finding: FaultFinding): Finding => ({
  ...finding,
  text: unbroken([finding.text, finding.more].filter(Boolean).join('; ')),
})

/** Each threshold and what became of it, missed ones first; nothing when none were set. */
export function thresholds(result: RunResult): Markup {
  if (result.thresholds.length === 0) return html``
  // What was missed is what has to be seen.
  const words = thresholdWords(result).sort((a, b) => Number(a.outcome.ok) - Number(b.outcome.ok))
  const rows = words.map(
    ({ outcome, about, condition, limit, value, when }) =>
      html`<tr><th scope="row"><code>${condition}</code></th><td class="text">${about}</td><td class="${outcome.ok ? 'good' : 'bad'} text"><span class="status">${outcome.ok ? '✓ met' : '✕ missed'}</span></td><td>${limit}</td><td>${value}</td><td class="words">${when}</td></tr>`,
  )
  const heads = ['variant', 'outcome', 'limit', 'value', 'worst window, and which missed it']
  const classes = ['text', 'text', '', '', 'text']
  return html`${framed(
    'Thresholds',
    html`<table><thead><tr><th scope="col">threshold</th>${heads.map((head, at) => html`<th scope="col" class="${classes[at]}">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`,
    rows.length > rowsAtOnce,
  )}`
}

/** Where it differs from other charts: lanes need their height, names above the plot their room. The page's script makes it so: styles of single elements are not in its policy. */
function drawingSize(chart: ChartSpec): Markup {
  if (chart.height !== undefined) return html` data-height="${chart.height}"`
  const above = annotationHeight(chart)
  return above === 0 ? html`` : html` data-above="${above}"`
}

/** A chart with the table behind it; without a table of its own, the page fills in the chart's numbers when it is opened. */
export const figure = (chart: ChartSpec, table: Markup = html`<table></table>`): Markup =>
  html`<figure${chart.alert === undefined ? '' : html` class="marked"`}><figcaption><h4>${chart.subtitle}</h4></figcaption>
<div class="canvas"${drawingSize(chart)}><canvas id="chart-${chart.id}" role="img" aria-label="${chart.title}, ${chart.subtitle}. ${chart.alert === undefined ? '' : `${chart.alert}. `}The numbers are in the table below.">${chart.title}</canvas></div>
<details id="data-${chart.id}"><summary>Data</summary>${framed(`Data of ${chart.title}, ${chart.subtitle}`, table, true)}</details></figure>`

/** A group's heading, how to read it, and a figure per chart with the table behind it; small ones where they are many. */
function chartSection(group: ChartGroup): Markup {
  const figures = group.charts.map((chart) => figure(chart))
  const size = group.charts.length === 1 ? ' alone' : group.charts.length > manyFrom ? ' many' : ''
  return html`<h3>${group.title}</h3><p class="explain">${group.explanation}</p>
<div class="panels${size}">${figures}</div>`
}

const manyFrom = 8

/** All groups that have charts; the others are named where `several`, so that a missing one is not taken for a forgotten one. */
export function charts(groups: readonly ChartGroup[], { several }: { several: boolean }): Markup {
  const empty = several ? groups.filter((group) => group.charts.length === 0) : []
  return html`${groups.filter((group) => group.charts.length > 0).map(chartSection)}${
    empty.length > 0 &&
    html`<p class="none">Nothing was recorded for: ${empty.map((group) => group.title.toLowerCase()).join(', ')}.</p>`
  }`
}

export function phases(result: RunResult): Markup {
  const labels = variantLabels(result.variants)
  const rows = result.variants.flatMap((variant, at) =>
    variant.phases.map(
      (phase) =>
        html`<tr><th scope="row">${labels[at]}</th><td class="text">${phase.name}</td><td>${phase.startS.toFixed(1)} s</td><td>${phase.endS.toFixed(1)} s</td><td>${formatSeconds(phase.endS - phase.startS)}</td></tr>`,
    ),
  )
  if (rows.length === 0) return html`<p class="none">No phase was reached.</p>`
  return framed(
    'Phases',
    html`<table><thead><tr><th scope="col">variant</th><th scope="col" class="text">phase</th><th scope="col">from</th><th scope="col">to</th><th scope="col">lasted</th></tr></thead><tbody>${rows}</tbody></table>`,
  )
}

export function environment(result: RunResult): Markup {
  const { environment: env, cluster } = result
  return facts([
    ['kbench', env.kbench],
    ['Node.js', env.node],
    ['operating system', env.os],
    ['CPU', `${env.cpus} × ${env.cpu}`],
    ['memory', formatBytes(env.memoryBytes)],
    ...Object.entries(env.clients),
    ['cluster', `${cluster.provider}, ${cluster.layout}`],
    ['Kafka', cluster.kafkaVersion ?? 'version unknown'],
    ['brokers', cluster.brokers.map((broker) => `${broker.id} (${broker.host}:${broker.port})`).join(', ') || '–'],
  ])
}

export const facts = (pairs: readonly (readonly [string, string])[]): Markup =>
  html`<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`

export function events(result: RunResult): Markup {
  const labels = variantLabels(result.variants)
  const all = result.variants.flatMap((variant, at) => variant.events.map((event) => ({ event, label: labels[at]! })))
  if (all.length === 0) return html`<p class="none">None.</p>`
  const rows = all.slice(0, eventsAtMost).map(({ event, label }) => {
    const where = [
      event.topic,
      event.partition === undefined ? null : `partition ${event.partition}`,
      event.broker === undefined ? null : `broker ${event.broker}`,
    ]
    return html`<tr><th scope="row">${label}</th><td>${event.atS.toFixed(1)} s</td><td class="text">${event.kind}</td><td class="text">${where.filter((one) => one != null).join(' ') || '–'}</td><td class="words">${event.detail}</td></tr>`
  })
  const left = all.length - rows.length
  return html`${framed(
    'Events',
    html`<table><thead><tr><th scope="col">variant</th><th scope="col">at</th><th scope="col" class="text">kind</th><th scope="col" class="text">where</th><th scope="col" class="text">what</th></tr></thead><tbody>${rows}</tbody></table>`,
    true,
  )}${left > 0 ? html`<p class="explain">${formatCount(left)} more are in result.json.</p>` : ''}`
}
