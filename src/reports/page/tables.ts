import type { RunResult } from '../../core/result.ts'
import { formatCount } from '../../core/units.ts'
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

const rowMarkup = (row: Row): Markup =>
  html`<tr><th scope="row">${row.label}${row.help ? html`<small>${row.help}</small>` : ''}</th>${row.cells.map(cellMarkup)}</tr>`

/** The handful of numbers that most readers came for. */
export function glance(result: RunResult): Markup {
  const labels = variantLabels(result.variants)
  const ran = (cell: (variant: RunResult['variants'][number]) => Cell | string) =>
    result.variants.map((variant): Cell => {
      const made = variant.status === 'unsupported' ? '–' : cell(variant)
      return typeof made === 'string' ? { text: made } : made
    })
  const produce = (variant: RunResult['variants'][number]) => variant.produce.responseUs ?? variant.produce.serviceUs
  const scheduled = result.variants.some((variant) => variant.produce.responseUs !== null)
  const latency = scheduled ? 'response' : 'service'
  const rows: Row[] = [
    { label: 'acked, records/s', cells: ran((v) => formatCount(v.produce.ackedPerSec)) },
    { label: `${latency} p50`, cells: ran((v) => quantileCell(produce(v), 'p50')) },
    { label: `${latency} p99`, cells: ran((v) => quantileCell(produce(v), 'p99')) },
    { label: `${latency} p99.9`, cells: ran((v) => quantileCell(produce(v), 'p999')) },
    { label: 'end-to-end p99', cells: ran((v) => quantileCell(v.consume?.endToEndUs, 'p99')) },
    {
      label: 'acked records lost',
      cells: ran((v) =>
        v.integrity.verdict === 'not-audited'
          ? 'not audited'
          : { text: formatCount(v.integrity.lost), bad: v.integrity.lost > 0 },
      ),
    },
  ]
  return framed(
    'Key numbers',
    html`<table>${columnHeads('', labels)}<tbody><tr><th scope="row">status</th>${result.variants.map(
      (variant) => html`<td class="${statusTone(variant.status)}"><span class="status">${variant.status}</span></td>`,
    )}</tr>${rows.map(rowMarkup)}</tbody></table>`,
  )
}

/** All numbers, a table per section, a column per variant. */
export function numbers(result: RunResult): Markup {
  const labels = variantLabels(result.variants)
  const tables = numberSections(result.variants).map(
    (section) =>
      html`<div class="card">${framed(
        section.title,
        html`<table>${columnHeads(section.title, labels)}<tbody>${section.rows.map(rowMarkup)}</tbody></table>`,
      )}</div>`,
  )
  return html`<div class="${result.variants.length <= 3 ? 'cards' : ''}">${tables}</div>
<p class="explain">In parentheses: percentiles with fewer than 10 samples beyond them. “–” is unknown, which is not 0.</p>`
}
