import { formatCount } from '../../base/units.ts'
import type { RunResult, Variant } from '../../contracts/result.ts'
import { type Cell, numberSections, quantileCell, type Row } from '../_rows.ts'
import { variantLabels } from '../_variants.ts'
import { statusTone } from '../_verdict.ts'
import { html, type Markup } from './markup.ts'

/** A table that scrolls inside its frame, never the page. */
export const framed = (label: string, table: Markup, tall = false): Markup =>
  html`<div class="scroll${tall ? ' tall' : ''}" role="region" aria-label="${label}" tabindex="0">${table}</div>`

export const columnHeads = (first: string, labels: readonly string[]): Markup =>
  html`<thead><tr><th scope="col">${first}</th>${labels.map((label) => html`<th scope="col">${label}</th>`)}</tr></thead>`

const cellMarkup = (cell: Cell): Markup =>
  html`<td class="${cell.bad ? 'alert' : cell.faint && cell.text !== '–' ? 'faint' : ''}"${cell.faint && cell.text !== '–' ? html` title="fewer than 10 samples beyond"` : ''}>${cell.text}</td>`

export const rowMarkup = (row: Row): Markup =>
  html`<tr><th scope="row">${row.label}${row.help ? html`<small>${row.help}</small>` : ''}</th>${row.cells.map(cellMarkup)}</tr>`

const fewAtMost = 3

/** Two tables beside each other where their columns are few, else below each other. */
export function sideBySide({ variants }: RunResult): string {
  const width = variantLabels(variants).join('').length
  return variants.length <= fewAtMost && width <= halfPage ? 'pair' : 'stack'
}

/** A longer table scrolls in its frame, or it would push everything else out of sight. */
export const rowsAtOnce = 12

/** Letters that the heads of a table may have in half the page. */
const halfPage = 36

/** The handful of numbers that most readers came for: a column per variant, a row each where they are many. */
export function glance(result: RunResult): Markup {
  if (result.variants.length === 0) return html`<p class="none">No variant was run.</p>`
  const labels = variantLabels(result.variants)
  const rows = glanceRows(result.variants)
  const statuses = result.variants.map(
    (variant) => html`<td class="${statusTone(variant.status)}"><span class="status">${variant.status}</span></td>`,
  )
  const table =
    result.variants.length <= fewAtMost
      ? html`<table>${columnHeads('', labels)}<tbody><tr><th scope="row">status</th>${statuses}</tr>${rows.map(rowMarkup)}</tbody></table>`
      : html`<table>${columnHeads('variant', ['status', ...rows.map((row) => row.label)])}<tbody>${labels.map(
          (label, at) =>
            html`<tr><th scope="row">${label}</th>${statuses[at]}${rows.map((row) => cellMarkup(row.cells[at]!))}</tr>`,
        )}</tbody></table>`
  return framed('Key numbers', table, result.variants.length > rowsAtOnce)
}

function glanceRows(variants: readonly Variant[]): Row[] {
  const ran = (cell: (variant: Variant) => Cell | string) =>
    variants.map((variant): Cell => {
      const made = variant.status === 'unsupported' ? '–' : cell(variant)
      return typeof made === 'string' ? { text: made } : made
    })
  const produce = (variant: Variant) => variant.produce.responseUs ?? variant.produce.serviceUs
  const latency = variants.some((variant) => variant.produce.responseUs !== null) ? 'response' : 'service'
  return [
    { label: 'acked, records/s', cells: ran((v) => formatCount(v.produce.ackedPerSec)) },
    { label: `${latency} p50`, cells: ran((v) => quantileCell(produce(v), 'p50')) },
    { label: `${latency} p99`, cells: ran((v) => quantileCell(produce(v), 'p99')) },
    { label: `${latency} p99.9`, cells: ran((v) => quantileCell(produce(v), 'p999')) },
    { label: 'end-to-end p99', cells: ran((v) => quantileCell(v.consume?.endToEndUs, 'p99')) },
    { label: 'acked records lost', cells: ran(lostCell) },
  ]
}

const lostCell = ({ integrity }: Variant): Cell =>
  integrity.verdict === 'not-audited'
    ? { text: 'not audited' }
    : { text: formatCount(integrity.lost), bad: integrity.lost > 0 }

/** All numbers, a table per section, a column per variant. */
export function numbers(result: RunResult): Markup {
  if (result.variants.length === 0) return html`<p class="none">None: no variant was run.</p>`
  const labels = variantLabels(result.variants)
  const tables = numberSections(result.variants).map(
    (section) =>
      html`<div class="card">${framed(
        section.title,
        html`<table>${columnHeads(section.title, labels)}<tbody>${section.rows.map(rowMarkup)}</tbody></table>`,
      )}</div>`,
  )
  return html`<div class="${result.variants.length <= fewAtMost ? 'cards' : ''}">${tables}</div>
<p class="explain">In parentheses: percentiles with fewer than 10 samples beyond them. “–” is unknown, which is not 0.</p>`
}
