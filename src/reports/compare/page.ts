import { type Comparison, mockNote } from '../../compare/compare-runs.ts'
import type { ComparedRun } from '../../compare/compared-run.ts'
import type { ChartGroup, ChartSpec } from '../charts/spec.ts'
import { documentOf, fold, section } from '../page/document.ts'
import { html, type Markup } from '../page/markup.ts'
import { figure } from '../page/sections.ts'
import { framed } from '../page/tables.ts'
import { percentileGroup } from './distributions.ts'
import { dotChart, dotTable } from './dots.ts'
import { timeGroup } from './over-time.ts'
import { numbersTable, overallVerdict, settingsSection, verdictBox } from './sections.ts'
import { type ComparedSet, setsOf } from './sets.ts'

/**
 * The comparison as one page that works offline. `folderOf` gives the way from the page to a run's folder, for the link to its report;
 * null = there is none, as for a baseline file.
 */
export function comparePage(comparison: Comparison, folderOf: (run: ComparedRun) => string | null): string {
  const sets = setsOf(comparison)
  const drawn: ChartSpec[] = []
  const { notes } = comparison
  const body = sets.map((set) => setSections(set, sets.length > 1, drawn))
  const title = sets.length === 1 ? setTitle(sets[0]!) : comparison.runs.map(({ label }) => label).join(' · ')
  const about = (id: string, text: string) => sets.map((set) => ({ id: `${id}-${set.id}`, text }))
  const numbered = (links: { id: string; text: string }[]) =>
    links.length > 1 ? links.map(({ id, text }, at) => ({ id, text: `${text} ${at + 1}` })) : links
  return documentOf({
    title: `${title} · kbench compare`,
    brand: 'kbench comparison',
    heading: title,
    meta: 'The first is the base. The sample is one fresh run: every dot is one repetition.',
    nav: [
      { id: 'overall', text: 'Verdict' },
      ...numbered(about('charts', 'Charts')),
      ...numbered(about('numbers', 'Numbers')),
      ...numbered(about('settings', 'Settings')),
      { id: 'runs', text: 'Runs' },
    ],
    charts: drawn,
    main: html`${comparison.isMock && html`<p class="alarm" role="alert">${mockNote}</p>`}
${section('overall', 'Verdict', overallVerdict(comparison))}
${body}
${fold('runs', 'Runs', html`${runsTable(comparison, folderOf)}${notes.length > 0 && html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`}`)}`,
    footer: html`Rendered by kbench compare from stored results alone. What each verdict means: docs/compare.md.`,
  })
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
  const dots = metrics.flatMap((metric, at) => {
    const chart = dotChart(set, metric, at)
    return chart ? [{ chart, table: dotTable(set, metric) }] : []
  })
  const groups = [percentileGroup(set), timeGroup(set)].filter(({ charts }) => charts.length > 0)
  drawn.push(...dots.map(({ chart }) => chart), ...groups.flatMap(({ charts }) => charts))
  const baselineOnly = set.members.some(({ subject }) => subject.repetitions.every(({ full }) => full === null))
  return html`${several && html`<h2>${setTitle(set)}</h2>`}
<h2 id="verdict-${set.id}">${several ? 'Verdict' : 'Gated metrics'}</h2>${set.pairs.map(verdictBox)}
<h2 id="charts-${set.id}">Charts</h2>
<h3>Every run</h3><p class="explain">Bar: median. Grey line: interval of the median. Mark: one valid repetition. Median and interval include the repetitions that count as worse than every valid one; those are not drawn, and named above.</p>
<div class="panels">${dots.map(({ chart, table }) => figure(chart, table))}</div>
${groups.map(groupMarkup)}
${baselineOnly && html`<p class="none">A baseline file has no curves: it is in the bars alone.</p>`}
<h2 id="numbers-${set.id}">Numbers</h2>${set.pairs.map(numbersTable)}
<p class="explain">Shift: Hodges–Lehmann, other less base, with its 95 % interval. p: Mann–Whitney, exact, two-sided; for gated metrics (*) after Holm. Delta: Cliff’s, from −1 (all lower) to 1 (all higher). Would show: the smallest shift that this scatter and these repetitions could have shown.</p>
${fold(`settings-${set.id}`, 'Settings', settingsSection(set))}`
}

const groupMarkup = (group: ChartGroup): Markup =>
  html`<h3>${group.title}</h3><p class="explain">${group.explanation}</p><div class="panels">${group.charts.map((chart) => figure(chart))}</div>`
