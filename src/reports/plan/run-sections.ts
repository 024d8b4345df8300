import type { Assumption } from '../../capacity/check-run.ts'
import { measuredText, type RunMeasurement } from '../../capacity/from-run.ts'
import { html, type Markup } from '../page/markup.ts'
import { framed } from '../page/tables.ts'

/** What a run gives to the plan, with where each figure comes from, and what it cannot give. */
export function measuredSection({ runId, variant, provider, carriesOver, never }: RunMeasurement): Markup {
  const rows = carriesOver.map(
    (one) =>
      html`<tr><th scope="row">${one.name}</th><td>${measuredText(one)}</td><td class="words">${one.from}</td></tr>`,
  )
  const table = html`<table><thead><tr><th scope="col">carries over</th><th scope="col">measured</th><th scope="col" class="text">source</th></tr></thead><tbody>${rows}</tbody></table>`
  return html`<h2>Measured</h2><p class="explain">Run ${runId}, ${variant}, on ${provider}. The load above has these figures wherever no option gave another.</p>
${framed('Measured', table)}
<p class="explain">Never carries over: ${never.join('; ')}.</p>`
}

/** Each assumption of the plan against the run that was made to check it. */
export function checkSection(check: readonly Assumption[], size: string): Markup {
  const count = (of: boolean | null) => check.filter(({ held }) => held === of).length
  const word = (held: boolean | null) => (held === null ? 'not shown' : held ? 'held' : 'did not hold')
  const rows = check.map(
    ({ name, assumed, found, held }) =>
      html`<tr><th scope="row">${name}</th><td class="text">${assumed}</td><td class="words">${found}</td><td class="${held === false ? 'text alert' : 'text'}">${word(held)}</td></tr>`,
  )
  const table = html`<table><thead><tr><th scope="col">assumption</th><th scope="col" class="text">of the plan</th><th scope="col" class="text">in the run</th><th scope="col" class="text">verdict</th></tr></thead><tbody>${rows}</tbody></table>`
  return html`<h2>Check of ${size}</h2><p class="explain">${count(true)} of ${check.length} assumptions held, ${count(false)} did not, ${count(null)} not shown.</p>
${framed('Check', table)}`
}
