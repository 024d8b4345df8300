import type { RunResult } from '../../contracts/result.ts'
import { type Cell, numberSections, type Row } from '../_rows.ts'
import { variantLabels } from '../_variants.ts'
import { html, type Markup } from './markup.ts'

/** A table that scrolls inside its frame, never the page. */
export const framed = (label: string, table: Markup, tall = false): Markup =>
  html`<div class="scroll${tall ? ' tall' : ''}" role="region" aria-label="${label}" tabindex="0">${table}</div>`

export const columnHeads = (first: string, labels: readonly string[]): Markup =>
  html`<thead><tr><th scope="col">${first}</th>${labels.map((label) => html`<th scope="col">${label}</th>`)}</tr></thead>`

/** `value` is what the table is sorted by; absent = it is not. */
export const cellMarkup = (cell: Cell, value?: number | string): Markup =>
  html`<td class="${cell.bad ? 'alert' : cell.faint && cell.text !== '–' ? 'faint' : cell.isText ? 'words' : ''}"${value !== undefined && html` data-value="${value}"`}${cell.faint && cell.text !== '–' ? html` title="fewer than 10 samples beyond"` : ''}>${cell.text}</td>`

export const rowMarkup = (row: Row): Markup =>
  html`<tr><th scope="row">${row.label}${row.help ? html`<small>${row.help}</small>` : ''}</th>${row.cells.map((cell) => cellMarkup(cell))}</tr>`

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

/** Tables beside each other as far as their columns fit. */
const cardsClass = (variants: number): string => (variants > fewAtMost ? '' : variants > 2 ? 'cards broad' : 'cards')

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
  return html`<div class="${cardsClass(result.variants.length)}">${tables}</div>
<p class="explain">In parentheses: percentiles with fewer than 10 samples beyond them. “–” is unknown, which is not 0.</p>`
}
