import { digits, formatBytes, formatCount, formatMicros, formatSeconds } from '../../base/units.ts'
import type { FindMaxSearch, Interval, RunResult } from '../../contracts/result.ts'
import { outcomeText, searchName, stepColumns, verdictMeaning } from '../_find-max-rows.ts'
import { html, type Markup } from './markup.ts'
import { columnHeads, framed } from './tables.ts'

/** More tables of steps are folded away. */
const openAtMost = 3

/** The searches of `kbench find-max`: outcomes, the surface over a matrix, and the steps of each. */
export function findMaxSection(result: RunResult): Markup {
  const { searches, sloUs, stepS } = result.findMax!
  return html`<p class="explain">Highest rate with response p99 within ${formatMicros(sloUs)}; steps of ${formatSeconds(stepS)}, confirmed for ${formatSeconds(3 * stepS)}. The verdict is what keeps the next higher rate from passing.</p>
${outcomes(searches)}${surface(result)}${searches.map((search) => steps(search, searches.length <= openAtMost))}
<p class="explain">Numbers and charts below are of the confirmed steps; those of the others are in result.json.</p>`
}

function outcomes(searches: readonly FindMaxSearch[]): Markup {
  const heads = ['verdict', 'confirmed, records/s', 'produce requests', 'self-test, records/s', 'why']
  const rows = searches.map(
    (search) =>
      html`<tr><th scope="row">${searchName(search)}</th><td class="${search.confirmedPerSec === null ? 'alert' : ''}">${search.verdict}</td><td>${formatCount(search.confirmedPerSec)}</td><td>${search.confirmedWireBytesPerSec === null ? '–' : `${formatBytes(search.confirmedWireBytesPerSec)}/s`}</td><td>${formatCount(search.ceilingPerSec)}</td><td class="words">${search.reasons.join('; ') || verdictMeaning(search)}</td></tr>`,
  )
  return framed('Highest rates', html`<table>${columnHeads('', heads)}<tbody>${rows}</tbody></table>`)
}

function steps(search: FindMaxSearch, open: boolean): Markup {
  const rows = search.steps.map(
    (step) =>
      html`<tr><th scope="row">${stepColumns[0]!.text(step)}</th>${stepColumns
        .slice(1)
        .map(({ text }) => html`<td>${text(step)}</td>`)}</tr>`,
  )
  const [first, ...heads] = stepColumns.map(({ head }) => head)
  const title = `Steps of ${searchName(search)}: ${outcomeText(search)}`
  const table = framed(
    `Steps of ${searchName(search)}`,
    html`<table>${columnHeads(first!, heads)}<tbody>${rows}</tbody></table>`,
  )
  return open ? html`<h3>${title}</h3>${table}` : html`<details><summary>${title}</summary>${table}</details>`
}

/** Series by the numeric dimension, each cell shaded by its share of the highest rate; the fits below it. */
function surface(result: RunResult): Markup {
  const found = result.findMax!.surface
  if (!found) return html``
  const ns = [...new Set(found.fits.flatMap(({ points }) => points.map(({ n }) => n)))].sort((a, b) => a - b)
  const most = Math.max(...found.fits.flatMap(({ points }) => points.map(({ perSec }) => perSec)))
  const names = found.fits.map(({ params }) => Object.values(params).join(' '))
  const rows = found.fits.map(
    ({ points }, at) =>
      html`<tr><th scope="row">${names[at]}</th>${ns.map((n) => {
        const perSec = points.find((point) => point.n === n)?.perSec ?? null
        const share = perSec === null ? 0 : Math.round((perSec / most) * 9)
        return html`<td class="shade-${share}">${formatCount(perSec)}</td>`
      })}</tr>`,
  )
  const fits = found.fits.map(({ usl, reason }, at) =>
    usl === null
      ? html`<tr><th scope="row">${names[at]}</th><td colspan="4" class="words">${reason}</td></tr>`
      : html`<tr><th scope="row">${names[at]}</th>${[usl.lambda, usl.sigma, usl.kappa, usl.peakN].map((one) => html`<td>${intervalText(one)}</td>`)}</tr>`,
  )
  return html`<h3>Confirmed records/s over ${found.over}</h3>${framed(
    `Confirmed rates over ${found.over}`,
    html`<table>${columnHeads(found.over, ns.map(formatCount))}<tbody>${rows}</tbody></table>`,
  )}
<h3>Universal Scalability Law</h3>${framed(
    'Universal Scalability Law',
    html`<table>${columnHeads('', ['λ, records/s', 'σ contention', 'κ coherency', 'peak at'])}<tbody>${fits}</tbody></table>`,
  )}<p class="explain">rate(n) = λ·n ÷ (1 + σ·(n − 1) + κ·n·(n − 1)); in brackets 95 % intervals (bootstrap).</p>`
}

const number = (value: number): string =>
  Math.abs(value) >= 1000
    ? formatCount(value)
    : Math.abs(value) < 0.001 && value !== 0
      ? value.toExponential(1)
      : digits(value)

const intervalText = (interval: Interval | null): string =>
  interval === null ? 'none' : `${number(interval.value)} [${number(interval.low)}, ${number(interval.high)}]`
