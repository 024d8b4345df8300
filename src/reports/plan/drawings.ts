import { hoursText, percentText, plainNumber, usd } from '../../capacity/number-text.ts'
import type { Plan, PlannedCandidate } from '../../capacity/planned.ts'
import { byMonth } from '../../capacity/resilience.ts'
import { html, type Markup } from '../page/markup.ts'

// Drawn as SVG in the page's own colours: nothing to run, and every mark has its figures on hover.

const width = 720
const height = 300
const plot = { left: 62, right: 700, top: 16, bottom: 252 }

const familyColour: Readonly<Record<PlannedCandidate['family'], string>> = {
  standard: 'var(--c0)',
  express: 'var(--c1)',
  serverless: 'var(--c2)',
}

/** Ticks at 1, 2 or 5 times a power of ten, about five of them, from 0 to above the largest value. */
export function ticksTo(most: number): number[] {
  const rough = most / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough - 1e-12)!
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) => at * step)
}

interface Axis {
  title: string
  ticks: readonly number[]
  text: (value: number) => string
}

const place = (value: number, ticks: readonly number[], from: number, to: number): number => {
  const [low, high] = [ticks[0]!, ticks.at(-1)!]
  return from + ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (to - from)
}

function frame(label: string, x: Axis, y: Axis, marks: Markup): Markup {
  const vertical = x.ticks.map((tick) => {
    const at = place(tick, x.ticks, plot.left, plot.right).toFixed(1)
    return html`<line class="grid" x1="${at}" x2="${at}" y1="${plot.top}" y2="${plot.bottom}"/><text x="${at}" y="${plot.bottom + 16}" text-anchor="middle">${x.text(tick)}</text>`
  })
  const horizontal = y.ticks.map((tick) => {
    const at = place(tick, y.ticks, plot.bottom, plot.top).toFixed(1)
    return html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${at}" y2="${at}"/><text x="${plot.left - 6}" y="${at}" dy="4" text-anchor="end">${y.text(tick)}</text>`
  })
  return html`<div class="drawn"><svg class="drawing" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}. The figures are in the tables below.">
${vertical}${horizontal}
<line class="axis" x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>
<text x="${plot.left}" y="11" class="strong">${y.title}</text>
<text x="${plot.right}" y="${plot.bottom + 36}" text-anchor="end" class="strong">${x.title}</text>
${marks}</svg></div>`
}

export const familyKey: Markup = html`<ul class="families">${(['standard', 'express'] as const).map(
  (family) => html`<li><i class="${family}"></i>${family}</li>`,
)}</ul>`

/** Every priced candidate: what it costs, and how much larger than the peak the load may be before a constraint is exceeded. */
export function costAgainstHeadroom({ candidates }: Plan): Markup {
  const priced = candidates.flatMap((one) => (one.costPerMonth ? [{ one, cost: one.costPerMonth.total }] : []))
  if (priced.length === 0) return html`<p class="none">No candidate has a cost.</p>`
  // A few costly giants would press all the others into a corner: they stay in the table.
  const shown = priced.filter(({ cost }) => cost <= priced[0]!.cost * 5)
  const xs = ticksTo(Math.max(...shown.map(({ one }) => one.growth.factor)))
  const ys = ticksTo(Math.max(...shown.map(({ cost }) => cost)))
  const marks = shown.map(({ one, cost }, at) => {
    const x = place(one.growth.factor, xs, plot.left, plot.right)
    const y = place(cost, ys, plot.bottom, plot.top)
    const label =
      at === 0 &&
      html`<text class="strong" x="${x.toFixed(1)}" y="${(y + 22).toFixed(1)}" text-anchor="middle">${one.type}</text>`
    return html`<g><title>${one.brokers} × ${one.type}: ${usd(cost)} a month, up to ${plainNumber(one.growth.factor)} × the load (${one.growth.by})</title><circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${at === 0 ? 7 : 5}" fill="${familyColour[one.family]}"/>${label}</g>`
  })
  const left = priced.length - shown.length
  return html`${familyKey}${frame(
    'Cost against headroom',
    { title: 'times the load until a constraint is exceeded', ticks: xs, text: plainNumber },
    { title: 'USD a month', ticks: ys, text: plainNumber },
    html`${marks}`,
  )}${left > 0 && html`<p class="explain">Not drawn: ${left} that cost more than five times as much as the cheapest.</p>`}`
}

/** The load of the next three years, and where the cheapest candidates end. */
export function growthCurve(plan: Plan): Markup {
  const { inputs } = plan
  if (inputs.growthPerYear <= 0)
    return html`<p class="none">The load does not grow (--growth): how far each candidate goes is in the chart above.</p>`
  const curve = byMonth(inputs)
  const at = (month: number) => curve[month]!.inMBps
  const last = curve.at(-1)!.inMBps
  const cheapest = plan.candidates.filter(({ costPerMonth }) => costPerMonth !== null).slice(0, 3)
  const limits = cheapest.map((one) => ({ one, mbps: inputs.inMBps * one.growth.factor }))
  const xs = [0, 6, 12, 18, 24, 30, 36]
  const ys = ticksTo(Math.max(last, ...limits.map(({ mbps }) => Math.min(mbps, last * 1.6))))
  const points = curve.map(
    ({ month, inMBps }) =>
      `${place(month, xs, plot.left, plot.right).toFixed(1)},${place(inMBps, ys, plot.bottom, plot.top).toFixed(1)}`,
  )
  const dots = xs.map(
    (month) =>
      html`<circle cx="${place(month, xs, plot.left, plot.right).toFixed(1)}" cy="${place(at(month), ys, plot.bottom, plot.top).toFixed(1)}" r="4" fill="var(--c6)"><title>month ${month}: ${plainNumber(at(month))} MB/s in</title></circle>`,
  )
  const endOf = ({ growth }: PlannedCandidate) =>
    growth.month === null ? 'never exceeded' : `exceeded in month ${growth.month}`
  const lines = limits.map(({ one, mbps }, index) => {
    const y = place(mbps, ys, plot.bottom, plot.top).toFixed(1)
    return html`<g><title>${one.brokers} × ${one.type}: up to ${plainNumber(mbps)} MB/s in (${one.growth.by}), ${endOf(one)}</title><line class="limit" stroke="var(--c${index})" x1="${plot.left}" x2="${plot.right}" y1="${y}" y2="${y}"/></g>`
  })
  // Beside the chart: between the lines there is no room that the curve does not cross.
  const key = limits.map(({ one, mbps }, index) => {
    const isAbove = mbps > ys.at(-1)!
    return html`<li><i class="k${index}"></i>${one.brokers} × ${one.type}: up to ${plainNumber(mbps)} MB/s${isAbove && ' (above the chart)'}, ${endOf(one)}</li>`
  })
  return html`<ul class="families">${key}</ul>${frame(
    'Growth',
    { title: 'months from now', ticks: xs, text: String },
    { title: 'peak MB/s in', ticks: ys, text: plainNumber },
    html`<polyline class="line" stroke="var(--c6)" points="${points.join(' ')}"/>${dots}${lines}`,
  )}`
}

/** Names of those of which the load takes a known share; the others are in the tables of figures. */
const asked = (constraints: PlannedCandidate['constraints']): string[] =>
  constraints.filter(({ demand }) => demand !== null).map(({ name }) => name)

/** A table for each family: its constraints are other ones than those of the others. */
export function constraintBars(candidates: readonly PlannedCandidate[]): Markup {
  const families = [...new Set(candidates.map(({ family }) => family))]
  const tables = families.map((family) =>
    barsOf(
      candidates.filter((one) => one.family === family),
      candidates[0]!,
    ),
  )
  return html`${tables}`
}

/** A bar for each constraint of each candidate: the share of it that the load takes on all brokers. */
function barsOf(candidates: readonly PlannedCandidate[], winner: PlannedCandidate): Markup {
  const names = [...new Set(candidates.flatMap(({ constraints }) => asked(constraints)))]
  const rows = candidates.map((candidate) => {
    const cells = names.map((name) => {
      const found = candidate.constraints.find((one) => one.name === name)
      if (!found || found.demand === null) return html`<td>–</td>`
      const whole = name === 'partition-rate' ? found.capacity : found.capacity * (candidate.brokers ?? 1)
      const used = found.demand / whole
      const kind = used > 1 ? 'over' : candidate.binding === name ? 'binds' : ''
      const title = `${name}: ${plainNumber(found.demand)} of ${plainNumber(whole)} ${found.unit}; ${found.working}; ${found.tag}, ${found.source}`
      return html`<td><span class="bar ${kind}" title="${title}"><i class="w${Math.round(Math.min(100, used * 100))}"></i><b>${percentText(used)}</b></span></td>`
    })
    return html`<tr><th scope="row"${candidate === winner && html` class="winner"`}>${candidate.brokers === null ? '' : `${candidate.brokers} × `}${candidate.type}</th>${cells}</tr>`
  })
  return html`<table class="bars"><thead><tr><th scope="col">candidate</th>${names.map((name) => html`<th scope="col" class="text">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`
}

export const caughtUp = ({ catchUp }: PlannedCandidate): string =>
  catchUp.hours === null ? 'never' : hoursText(catchUp.hours)
