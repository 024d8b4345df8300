import type { Assumption } from '../../capacity/check-run.ts'
import type { MskData } from '../../capacity/data.ts'
import type { RunMeasurement } from '../../capacity/from-run.ts'
import type { Load } from '../../capacity/load.ts'
import { hoursText, percentText, plainNumber, usd } from '../../capacity/number-text.ts'
import type { Plan, PlannedCandidate } from '../../capacity/planned.ts'
import type { Alternative, Answer } from '../../capacity/questions.ts'
import { hashOf } from '../page/document.ts'
import { html, type Markup, trusted } from '../page/markup.ts'
import { facts, findingBoxes } from '../page/sections.ts'
import { style } from '../page/style.ts'
import { framed } from '../page/tables.ts'
import { caughtUp, constraintBars, costAgainstHeadroom, growthCurve } from './drawings.ts'
import { planStyle } from './page-style.ts'
import { checkSection, measuredSection } from './run-sections.ts'
import { partName } from './terminal.ts'

export interface PlanPage {
  plan: Plan
  answers: readonly Answer[]
  alternatives: readonly Alternative[]
  data: MskData
  /** Of --from-run. */
  measured?: RunMeasurement | null
  /** Of --check. */
  check?: readonly Assumption[] | null
}

const css = `${style}${planStyle}`

/** Bars and figures for the cheapest so many; the others have a row in the table of candidates. */
const closelyShown = 8

/** The plan as one page that works offline and runs no script: every figure has its source on hover and in the tables below. */
export function planPage({ plan, answers, alternatives, data, measured, check }: PlanPage): string {
  const [best] = plan.candidates
  const load = plan.inputs
  const title = best ? `${sizeName(best)} for ${plainNumber(load.inMBps)} MB/s in` : 'No MSK cluster takes this load'
  const close = plan.candidates.slice(0, closelyShown)
  const last = plan.candidates.at(-1)
  if (last?.family === 'serverless' && !close.includes(last)) close.push(last)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hashOf(css)}; img-src data:; base-uri 'none'; form-action 'none'">
<title>${title} · kbench plan</title>
<style>${trusted(css)}</style>
</head>
<body>
<header class="masthead">
<div class="brand">kbench plan</div>
<h1>${title}</h1>
<p class="meta">Data ${plan.dataVersion}. Amazon MSK, on-demand prices in USD a month.</p>
</header>
<main>
${best && verdict(best, Boolean(check))}
${best && check && checkSection(check, sizeName(best))}
<h2>The load</h2>${loadFacts(load)}
${measured && measuredSection(measured)}
${best && charts(plan, close)}
<h2>Candidates</h2>${candidatesTable(plan.candidates)}
<h2>Questions</h2>${framed('Questions', html`<table class="said"><tbody>${answers.map(({ question, answer }) => html`<tr><th scope="row">${question}</th><td class="words">${answer}</td></tr>`)}</tbody></table>`)}
<h2>Side by side</h2>${alternativesTable(alternatives)}
<h2>Figures and their sources</h2>${close.map(figuresOf)}
${plan.excluded.length > 0 && excludedTable(plan)}
<h2>Sources</h2>${sourcesTable(data)}
</main>
<footer>Rendered by kbench plan. Constraints, formulas and certainty: docs/planning.md.</footer>
</body>
</html>
`.markup
}

const sizeName = ({ brokers, type }: PlannedCandidate): string => (brokers === null ? type : `${brokers} × ${type}`)

function verdict(best: PlannedCandidate, isChecked: boolean): Markup {
  const cost = best.costPerMonth === null ? 'no cost: its prices are stale' : `${usd(best.costPerMonth.total)} a month`
  return html`<div class="verdict good"><p class="word">${sizeName(best)}</p>
<p class="exit">${cost}; ${best.binding} binds</p>
<p class="sum">The cheapest cluster that meets every constraint. ${isChecked ? 'What a run shows of it stands below.' : 'Nothing of it was measured on MSK: a validation run decides.'}</p></div>
${findingBoxes(best.warnings.map((text) => ({ tone: 'warn', text, about: null })))}`
}

const loadFacts = (load: Load): Markup =>
  facts([
    ['peak in', `${plainNumber(load.inMBps)} MB/s`],
    ['average in', `${plainNumber(load.averageInMBps)} MB/s`],
    ['peak out', `${plainNumber(load.outMBps)} MB/s (${plainNumber(load.g)} × in)`],
    ['average out', `${plainNumber(load.averageOutMBps)} MB/s`],
    ['replication factor', String(load.replication)],
    ['zones', String(load.zones)],
    ['retention', hoursText(load.retentionHours)],
    ['of it on the brokers', hoursText(load.localRetentionHours)],
    ['partitions', load.partitions === null ? 'not known' : plainNumber(load.partitions)],
    ['connections', load.connections === null ? 'not known' : plainNumber(load.connections)],
    ['headroom', `the peak may use ${percentText(load.headroom)} of the ceiling`],
    ['growth', `${percentText(load.growthPerYear)} a year`],
    ['rack-aware fetch', load.isRackAware ? 'on' : 'off'],
  ])

const charts = (plan: Plan, close: readonly PlannedCandidate[]): Markup => html`<h2>Constraints</h2>
<p class="explain">How much of each constraint the load takes, on all brokers of a candidate. Orange: the constraint that binds. Hover for demand, capacity, working and source.</p>
${framed('Constraints', constraintBars(close))}
<h2>Cost against headroom</h2><p class="explain">Right: more room for growth. Down: cheaper. Hover for the figures.</p>
<figure>${costAgainstHeadroom(plan)}</figure>
<h2>Growth</h2><p class="explain">The peak at ${percentText(plan.inputs.growthPerYear)} growth a year, and where the three cheapest candidates end.</p>
<figure>${growthCurve(plan)}</figure>`

function candidatesTable(candidates: readonly PlannedCandidate[]): Markup {
  const heads = [
    'brokers',
    'binding',
    'USD a month',
    'ceiling, MB/s in',
    'one zone down',
    'caught up in',
    'no longer fits',
  ]
  const rows = candidates.map((one, at) => {
    const { costPerMonth: cost, ceiling, oneZoneDown, growth } = one
    const zone = oneZoneDown.shareOfCeiling === null ? 'no broker left' : percentText(oneZoneDown.shareOfCeiling)
    const ceilingTitle = one.constraints.find(({ name }) => ['ceiling', 'ingress-quota', 'in'].includes(name))
    return html`<tr><th scope="row"${at === 0 && html` class="winner"`}>${one.type}</th><td>${one.brokers ?? '–'}</td><td>${one.binding}</td><td title="${costTitle(one)}">${cost === null ? 'stale' : plainNumber(Math.round(cost.total))}</td><td title="${ceilingTitle?.source}">${plainNumber(ceiling.usableMBps)} of ${plainNumber(ceiling.baselineMBps)}</td><td class="${oneZoneDown.fits ? '' : 'alert'}">${zone}</td><td class="${one.catchUp.fits ? '' : 'alert'}">${caughtUp(one)}</td><td>${growth.month === null ? `above ${plainNumber(growth.factor)} ×` : `month ${growth.month}`}</td></tr>`
  })
  return html`${framed('Candidates', html`<table class="tall"><thead><tr><th scope="col">type</th>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`, true)}
<p class="explain">One zone down: the peak as a share of what the remaining brokers carry at 100 %. Caught up: a group that is ${candidates[0] ? hoursText(candidates[0].catchUp.hoursBehind) : ''} behind, at the peak.</p>`
}

const costTitle = ({ costPerMonth, costSources }: PlannedCandidate): string =>
  costPerMonth === null
    ? 'no current price'
    : Object.entries(costSources)
        .map(([part, { source }]) => `${partName(part)}: ${source}`)
        .join('; ')

function alternativesTable(alternatives: readonly Alternative[]): Markup {
  const rows = alternatives.map(
    ({ change, type, brokers, costPerMonth, differencePerMonth }) =>
      html`<tr><th scope="row">${change}</th><td class="text">${type === null ? 'none takes the load' : `${brokers === null ? '' : `${brokers} × `}${type}`}</td><td>${costPerMonth === null ? '–' : plainNumber(Math.round(costPerMonth))}</td><td>${signed(differencePerMonth)}</td></tr>`,
  )
  return framed(
    'Side by side',
    html`<table><thead><tr><th scope="col">change</th><th scope="col" class="text">the cheapest then</th><th scope="col">USD a month</th><th scope="col">difference</th></tr></thead><tbody>${rows}</tbody></table>`,
  )
}

const signed = (value: number | null): string => {
  if (value === null) return '–'
  const rounded = Math.round(value)
  return rounded === 0 ? '0' : `${rounded > 0 ? '+' : '−'}${plainNumber(Math.abs(rounded))}`
}

/** Everything that a candidate's size and cost are made of. */
function figuresOf(one: PlannedCandidate, at = 1): Markup {
  const rows = one.constraints.map(
    ({ name, demand, capacity, unit, brokers, tag, source, working }) =>
      html`<tr><th scope="row">${name}</th><td>${demand === null ? 'not known' : plainNumber(demand)}</td><td title="${working}">${plainNumber(capacity)}</td><td class="text">${unit}</td><td>${brokers ?? '–'}</td><td class="text">${tag}</td><td class="text">${source}</td><td class="words">${working}</td></tr>`,
  )
  const costs = one.costPerMonth
  const parts = Object.entries(one.costSources).map(
    ([part, { tag, source }]) =>
      html`<tr><th scope="row">${partName(part)}</th><td title="${source}">${plainNumber(Math.round(costs?.[part as 'total'] ?? 0))}</td><td class="text">${tag}</td><td class="words">${source}</td></tr>`,
  )
  const conflicts = one.conflicts.map(
    ({ id, what, taken, other }) =>
      html`<tr><th scope="row">${id}. ${what}</th><td class="words">${taken}</td><td class="words">${other}</td></tr>`,
  )
  return html`<details${at === 0 && html` open`}><summary>${sizeName(one)}</summary>
${framed('Constraints', html`<table><thead><tr><th scope="col">constraint</th><th scope="col">demand</th><th scope="col">capacity</th><th scope="col" class="text">unit, each broker</th><th scope="col">brokers</th><th scope="col" class="text">certainty</th><th scope="col" class="text">source</th><th scope="col" class="text">working</th></tr></thead><tbody>${rows}</tbody></table>`)}
${costs !== null && parts.length > 0 && html`<h4 class="spaced">Cost a month: ${usd(costs.total)}; storage ${plainNumber(one.storageGiB.sizing)} GiB${one.storageGiB.guide === null ? '' : `, by AWS's guide ${plainNumber(one.storageGiB.guide)}`}</h4>${framed('Cost', html`<table><thead><tr><th scope="col">part</th><th scope="col">USD</th><th scope="col" class="text">certainty</th><th scope="col" class="text">price and source</th></tr></thead><tbody>${parts}</tbody></table>`)}`}
${conflicts.length > 0 && html`<h4 class="spaced">Contradictions in AWS's material</h4>${framed('Conflicts', html`<table><thead><tr><th scope="col">what</th><th scope="col" class="text">taken</th><th scope="col" class="text">the other reading</th></tr></thead><tbody>${conflicts}</tbody></table>`)}`}
${one.warnings.length > 0 && html`<ul>${one.warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}</details>`
}

const excludedTable = ({ excluded }: Plan): Markup =>
  html`<h2>Excluded</h2>${framed('Excluded', html`<table><tbody>${excluded.map(({ type, reasons }) => html`<tr><th scope="row">${type}</th><td class="words">${reasons.join('; ')}</td></tr>`)}</tbody></table>`)}`

const sourcesTable = ({ sources }: MskData): Markup =>
  framed(
    'Sources',
    html`<table><thead><tr><th scope="col">id</th><th scope="col" class="text">title</th><th scope="col" class="text">date</th><th scope="col" class="text">kind</th></tr></thead><tbody>${[...sources.values()].map(({ id, title, date, kind }) => html`<tr><th scope="row">${id}</th><td class="words">${title}</td><td class="text">${date}</td><td class="text">${kind}</td></tr>`)}</tbody></table>`,
  )
