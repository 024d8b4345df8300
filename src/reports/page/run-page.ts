import { formatSeconds } from '../../base/units.ts'
import type { ReportOptions } from '../../contracts/reports.ts'
import type { RunResult } from '../../contracts/result.ts'
import { confirmedOnly } from '../_confirmed.ts'
import { hasFaults } from '../_faults.ts'
import { runFacts } from '../_run-words.ts'
import { verdictOf } from '../_verdict.ts'
import { chartGroups } from '../charts/index.ts'
import type { ChartGroup } from '../charts/spec.ts'
import { answerSection, measuredLine } from './answer.ts'
import { documentOf, fold, type NavLink, section } from './document.ts'
import { faultSection, rebalanceSection } from './faults.ts'
import { findMaxSection } from './find-max.ts'
import { html, type Markup } from './markup.ts'
import { hasReference, referenceSection } from './reference.ts'
import { runAgain } from './run-again.ts'
import { charts, environment, events, facts, findingBoxes, inFull, phases, thresholds } from './sections.ts'
import { settings } from './settings.ts'
import { numbers } from './tables.ts'
import { variantTable } from './variant-table.ts'

/** Charts before the table; the others are folded away, or the table would be out of sight. */
const topAtMost = 6

/** A part of the page that is folded away; null = there is nothing in it. */
interface Part {
  id: string
  heading: string
  body: Markup
  note?: string
}

/** What a page shows beside its result while the run goes on. */
export interface LivePage {
  /** "variant 2 of 16, measure, 12 s left". */
  status: string
  everyMs: number
}

/** A run as one page: the answers, what was measured, charts, a row per variant, and everything else folded away. */
export function runPage(whole: RunResult, options: ReportOptions = {}, live?: LivePage): string {
  const groups = chartGroups(whole)
  const result = confirmedOnly(whole)
  const { top, rest } = splitCharts(groups)
  const parts = partsOf(whole, result, rest)
  const nav: NavLink[] = [
    { id: 'answer', text: 'Answer' },
    ...(top.length > 0 ? [{ id: 'charts', text: 'Charts' }] : []),
    { id: 'table', text: 'Table' },
    ...parts.map(({ id, heading }) => ({ id, text: heading })),
  ]
  return documentOf({
    title: `${result.name} · kbench`,
    brand: 'kbench report',
    heading: result.name,
    meta: `${result.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')} · took ${formatSeconds(result.durationS)} · ${result.runId}`,
    nav,
    charts: groups.flatMap((group) => group.charts),
    ...(live ? { live: { everyMs: live.everyMs } } : {}),
    main: html`${live && html`<p class="live" role="status">${live.status}</p>`}
${section('answer', 'Answer', answerSection(whole, options))}
${measuredLine(result)}
${top.length > 0 && section('charts', 'Charts', charts(top, { several: false }))}
${section('table', 'Table', variantTable(result, options))}
${parts.map(({ id, heading, body, note }) => fold(id, heading, body, note))}`,
    footer: html`Rendered by kbench ${result.environment.kbench} from result.json alone; <code>kbench report</code> renders it again.`,
  })
}

/** The first charts of the groups that readers look for first; the rest of them comes before the other groups. */
function splitCharts(groups: readonly ChartGroup[]): { top: ChartGroup[]; rest: ChartGroup[] } {
  let room = topAtMost
  const top: ChartGroup[] = []
  const rest: ChartGroup[] = []
  for (const group of groups) {
    const shown = group.top ? group.charts.slice(0, Math.min(room, 4)) : []
    room -= shown.length
    if (shown.length > 0) top.push({ ...group, charts: shown })
    if (shown.length < group.charts.length || group.charts.length === 0)
      rest.push({ ...group, charts: group.charts.slice(shown.length) })
  }
  return { top, rest }
}

function partsOf(whole: RunResult, result: RunResult, rest: readonly ChartGroup[]): Part[] {
  const verdict = verdictOf(result)
  const findings = [...verdict.faults.map(inFull), ...verdict.findings]
  const left = rest.reduce((sum, group) => sum + group.charts.length, 0)
  const parts: (Part | false)[] = [
    findings.length > 0 && {
      id: 'findings',
      heading: 'Findings',
      body: findingBoxes(findings),
      note: String(findings.length),
    },
    result.thresholds.length > 0 && { id: 'thresholds', heading: 'Thresholds', body: thresholds(result) },
    whole.findMax !== undefined && { id: 'maximum', heading: 'Maximum', body: findMaxSection(whole) },
    hasFaults(result) && { id: 'faults', heading: 'Faults', body: faultSection(result) },
    result.variants.some((variant) => variant.rebalances.length > 0) && {
      id: 'rebalances',
      heading: 'Rebalances',
      body: rebalanceSection(result),
    },
    hasReference(result) && { id: 'reference', heading: 'Reference', body: referenceSection(result) },
    rest.length > 0 && {
      id: 'more-charts',
      heading: 'More charts',
      body: charts(rest, { several: true }),
      note: String(left),
    },
    { id: 'numbers', heading: 'Numbers', body: numbers(result) },
    { id: 'settings', heading: 'Settings', body: html`${facts(runFacts(result))}${settings(result)}` },
    { id: 'phases', heading: 'Phases', body: phases(result) },
    result.notes.length > 0 && {
      id: 'notes',
      heading: 'Notes',
      body: html`<ul>${result.notes.map((note) => html`<li>${note}</li>`)}</ul>`,
    },
    { id: 'environment', heading: 'Environment', body: environment(result) },
    { id: 'events', heading: 'Events', body: events(result) },
    { id: 'run-again', heading: 'Run it again', body: runAgain(result) },
  ]
  return parts.filter((part) => part !== false)
}
