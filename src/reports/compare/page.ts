import { type Comparison, mockNote, type Pair } from '../../core/compare-runs.ts'
import type { ComparedRun } from '../../core/compared-run.ts'
import type { MetricComparison } from '../../core/comparison.ts'
import type { Latency, Variant } from '../../core/result.ts'
import { flatten } from '../../core/run-settings.ts'
import { digits } from '../../core/units.ts'
import { mergeLatencies } from '../../metrics/histogram.ts'
import { type Finding, worstTone } from '../_findings.ts'
import { overlay } from '../charts/percentiles.ts'
import type { ChartGroup, ChartSpec } from '../charts/spec.ts'
import { html, inlineJson, type Markup, trusted } from '../page/markup.ts'
import { chartLibrary, pageScript } from '../page/script.ts'
import { figure, findingList } from '../page/sections.ts'
import { keysAndValues, sharedTable } from '../page/settings.ts'
import { style } from '../page/style.ts'
import { columnHeads, framed } from '../page/tables.ts'
import { dotChart, dotTable } from './dots.ts'
import { timeGroup } from './over-time.ts'
import { type ComparedSet, setsOf } from './sets.ts'
import {
  detectableText,
  intervalText,
  metricName,
  metricText,
  pText,
  shiftText,
  sideNames,
  verdictSentence,
  verdictTones,
  verdictWords,
} from './words.ts'

/**
 * The comparison as one page that works offline. `folderOf` gives the way from the page to a run's folder, for the link to its report;
 * null = there is none, as for a baseline file.
 */
export function comparePage(comparison: Comparison, folderOf: (run: ComparedRun) => string | null): string {
  const sets = setsOf(comparison)
  const drawn: ChartSpec[] = []
  const notes = comparison.notes.filter((note) => note !== mockNote)
  const body = sets.map((set) => setSections(set, sets.length > 1, drawn))
  const title = sets.length === 1 ? setTitle(sets[0]!) : comparison.runs.map(({ label }) => label).join(' · ')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${title} · kbench compare</title>
<style>${trusted(style)}</style>
</head>
<body>
<header class="masthead">
<div class="brand">kbench comparison</div>
<h1>${title}</h1>
<p class="meta">The first is the base. The sample is one fresh run: every dot is one repetition.</p>
</header>
<main>
${notes.length < comparison.notes.length && html`<p class="alarm" role="alert">${mockNote}</p>`}
<h2 id="runs">Runs</h2>${runsTable(comparison, folderOf)}
${notes.length > 0 && html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${body}
</main>
<footer>Rendered by kbench compare from stored results alone. What each verdict means: docs/compare.md.</footer>
<script type="application/json" id="charts-data">${inlineJson(drawn)}</script>
<script>${trusted(chartLibrary())}</script>
<script>${trusted(pageScript())}</script>
</body>
</html>
`.markup
}

const setTitle = ({ members, both }: ComparedSet): string =>
  `${members
    .slice(1)
    .map(({ name }) => name)
    .join(', ')} against ${members[0]!.name}${both === '' ? '' : ` (${both})`}`

function runsTable({ runs }: Comparison, folderOf: (run: ComparedRun) => string | null): Markup {
  const rows = runs.map((run) => {
    const folder = folderOf(run)
    const href = folder === null ? null : `${folder.split('/').map(encodeURIComponent).join('/')}/report.html`
    const ok = run.variants.filter(({ status }) => status === 'ok').length
    return html`<tr><th scope="row">${run.label}</th><td class="text">${run.name}</td><td class="text">${run.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</td><td>${ok} of ${run.variants.length}</td><td class="text">${href === null ? 'baseline file' : html`<a href="${href}">report</a>`}</td></tr>`
  })
  return framed(
    'Runs',
    html`<table><thead><tr><th scope="col">run</th><th scope="col" class="text">profile</th><th scope="col" class="text">started</th><th scope="col">valid repetitions</th><th scope="col" class="text">report</th></tr></thead><tbody>${rows}</tbody></table>`,
  )
}

/** Verdict, numbers, charts and settings of one base with what is compared with it. Adds its charts to `drawn`. */
function setSections(set: ComparedSet, several: boolean, drawn: ChartSpec[]): Markup {
  const metrics = [...new Set(set.pairs.flatMap((pair) => pair.metrics.map(({ metric }) => metric)))]
  const dots = metrics.flatMap((metric) => {
    const chart = dotChart(set, metric)
    return chart ? [{ chart, table: dotTable(set, metric) }] : []
  })
  const groups = [percentileGroup(set), timeGroup(set)].filter(({ charts }) => charts.length > 0)
  drawn.push(...dots.map(({ chart }) => chart), ...groups.flatMap(({ charts }) => charts))
  return html`${several && html`<h2>${setTitle(set)}</h2>`}
<h2 id="verdict-${set.id}">Verdict</h2>${set.pairs.map(verdictBox)}
<h2 id="numbers-${set.id}">Numbers</h2>${set.pairs.map(numbersTable)}
<p class="explain">Shift: Hodges–Lehmann, other less base, with its 95 % interval. p: Mann–Whitney, exact, two-sided; for gated metrics (*) after Holm. Delta: Cliff’s, from −1 (all lower) to 1 (all higher). Would show: the smallest shift that this scatter and these repetitions could have shown.</p>
<h2 id="charts-${set.id}">Charts</h2>
<h3>Every run</h3><p class="explain">Bar: median. Grey line: interval of the median. Mark: one repetition.</p>
<div class="panels">${dots.map(({ chart, table }) => figure(chart, table))}</div>
${groups.map(groupMarkup)}
${set.members.some(({ subject }) => subject.repetitions.every(({ full }) => full === null)) && html`<p class="none">A baseline file has no curves: it is in the bars alone.</p>`}
<h2 id="settings-${set.id}">Settings</h2>${settingsSection(set)}`
}

const groupMarkup = (group: ChartGroup): Markup =>
  html`<h3>${group.title}</h3><p class="explain">${group.explanation}</p><div class="panels">${group.charts.map((chart) => figure(chart))}</div>`

function verdictBox(pair: Pair): Markup {
  const { base, other } = sideNames(pair)
  const gated = pair.metrics.filter((one) => one.gated)
  const findings = gated.map(
    (one): Finding => ({ tone: verdictTones[one.verdict], about: metricName(one.metric), text: verdictSentence(one) }),
  )
  const tone = worstTone(findings.map((finding) => finding.tone))
  const words = [...new Set(gated.map(({ verdict }) => verdict.replace('no-difference', 'no difference shown')))]
  const rest = pair.metrics.filter((one) => !one.gated && ['better', 'worse'].includes(one.verdict))
  return html`<div class="verdict ${tone}"><p class="word">${words.join(', ')}</p>
<p class="exit">${other} (${pair.other.repetitions.length}) against ${base} (${pair.base.repetitions.length} repetitions), by the gated metrics</p>
${findingList(findings)}
${rest.length > 0 && html`<p class="sum">Not gated, each judged alone: ${rest.map((one) => `${metricName(one.metric)} ${one.verdict}`).join(', ')}.</p>`}</div>`
}

function numbersTable(pair: Pair): Markup {
  const { base, other } = sideNames(pair)
  const heads = [base, other, 'shift', '95 % interval', 'verdict', 'p', 'delta', 'would show']
  const row = (one: MetricComparison) =>
    html`<tr><th scope="row">${metricName(one.metric)}${one.gated ? ' *' : ''}</th><td>${metricText(one.metric, one.baseMedian)}</td><td>${metricText(one.metric, one.otherMedian)}</td><td>${shiftText(one)}</td><td>${intervalText(one)}</td><td class="${verdictTones[one.verdict]}"><span class="status">${verdictWords(one)}</span></td><td>${pText(one.pAdjusted)}</td><td>${delta(one)}</td><td>${one.detectable === null ? '–' : `≥ ${detectableText(one)}`}</td></tr>`
  return framed(
    `Numbers of ${other}`,
    html`<table>${columnHeads('metric', heads)}<tbody>${pair.metrics.map(row)}</tbody></table>`,
  )
}

const delta = ({ effect }: MetricComparison): string =>
  `${digits(effect.delta)} (${digits(effect.low)} … ${digits(effect.high)})`

/** Response (or service) and end-to-end, all repetitions of a member merged into one curve. */
function percentileGroup(set: ComparedSet): ChartGroup {
  const merged = (pick: (variant: Variant) => Latency | null | undefined) =>
    set.members.slice(0, 6).map(({ name, subject }, at) => ({
      of: name,
      what: '',
      colour: at,
      dash: at,
      latency: mergeLatencies(subject.repetitions.flatMap(({ full }) => (full ? [pick(full) ?? []].flat() : []))),
    }))
  const response = merged(({ produce }) => produce.responseUs)
  const responded = response.some(({ latency }) => latency !== null)
  const produce = responded ? response : merged(({ produce: { serviceUs } }) => serviceUs)
  const title = responded ? 'Response latency' : 'Service latency'
  const charts = [
    ...overlay(`percentiles-${set.id}`, title, produce),
    ...overlay(
      `end-to-end-${set.id}`,
      'End-to-end latency',
      merged(({ consume }) => consume?.endToEndUs),
    ),
  ].map((chart) => ({ ...chart, subtitle: chart.title }))
  const explanation =
    'The distribution of all records, each step to the right ten times rarer; the histograms of all repetitions are merged. A curve turns grey where fewer than 10 samples lie beyond.'
  return { id: `percentiles-${set.id}`, title: 'Latency distributions', explanation, charts }
}

function settingsSection({ members, pairs }: ComparedSet): Markup {
  const names = members.map(({ name }) => name)
  const settings = members.map(({ subject }) => subject.settings)
  const differing = [...new Set(pairs.flatMap(({ differences }) => differences.map(({ key }) => key)))]
  const equal = Object.entries(settings[0]!).filter(([key]) => !differing.includes(key))
  const rows = differing.map(
    (key) =>
      html`<tr class="differs"><th scope="row"><code>${key}</code></th>${settings.map((one) => html`<td class="value"><code>${one[key] ?? '–'}</code></td>`)}</tr>`,
  )
  const used = members.map(({ subject }) => {
    const config = subject.repetitions[0]?.full?.effectiveConfig
    return new Map(config ? flatten({ producer: config.producer ?? {}, consumer: config.consumer ?? {} }) : [])
  })
  return html`${
    rows.length === 0
      ? html`<p>None differs.</p>`
      : framed('Settings that differ', html`<table>${columnHeads('setting', names)}<tbody>${rows}</tbody></table>`)
  }
<details><summary>${equal.length} settings are equal, environment included</summary>${keysAndValues('Settings that are equal', equal)}</details>
<h3>What each client really used</h3>${sharedTable(names, used)}`
}
