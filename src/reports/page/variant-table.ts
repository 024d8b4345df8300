import { formatCount } from '../../base/units.ts'
import type { ReportOptions } from '../../contracts/reports.ts'
import type { Latency, RunResult, Variant } from '../../contracts/result.ts'
import { boundWords } from '../../judge/finding-texts.ts'
import { clientLooks } from '../_clients.ts'
import { markWords } from '../_marks.ts'
import { ratiosOf, ratioTitle, timesText } from '../_questions.ts'
import { type Cell, quantileCell } from '../_rows.ts'
import { variantLabels } from '../_variants.ts'
import { statusTone } from '../_verdict.ts'
import { html, type Markup } from './markup.ts'
import { cellMarkup, framed } from './tables.ts'

/** From so many variants on there is a field to filter by. */
const filterFrom = 8

interface Column {
  head: string
  /** Which way a first click sorts. */
  first: 'ascending' | 'descending'
  cell(variant: Variant, at: number): Cell
  /** What it is sorted by; null = unknown, which comes last. */
  value(variant: Variant, at: number): number | string | null
}

/** A row per variant with the numbers that most readers came for, and how many times the baseline each of them is. */
export function variantTable(result: RunResult, { baseline }: ReportOptions): Markup {
  const { variants } = result
  if (variants.length === 0) return html`<p class="none">No variant was run.</p>`
  const labels = variantLabels(variants)
  const looks = clientLooks(variants.map(({ params }) => String(params.client)))
  const columns = columnsOf(result, baseline)
  const head = (text: string, first: Column['first'] = 'ascending') =>
    html`<th scope="col" data-first="${first}"><button type="button">${text}</button></th>`
  const rows = variants.map((variant, at) => {
    const words = [
      labels[at]!,
      variant.status,
      markWords(variant) ?? '',
      variant.bound ? boundWords(variant.bound.by) : '',
    ]
    const look = looks.get(String(variant.params.client)) ?? 0
    return html`<tr class="${markWords(variant) === null ? '' : 'spoilt'}" data-variant="${variant.id}" data-words="${words.join(' ').toLowerCase()}"><th scope="row" data-value="${labels[at]!}"><i class="key look-${look}" aria-hidden="true"></i>${labels[at]!}</th><td class="${statusTone(variant.status)}" data-value="${variant.status}"><span class="status">${markWords(variant) ?? variant.status}</span></td>${columns.map(
      (column) => cellMarkup(column.cell(variant, at), column.value(variant, at) ?? ''),
    )}</tr>`
  })
  return html`${
    variants.length >= filterFrom &&
    html`<p class="filter"><label for="variants-filter">Filter variants and charts</label> <input type="search" id="variants-filter" autocomplete="off"> <span id="variants-shown" role="status"></span></p>`
  }
${framed(
  'Variants',
  html`<table class="variants"><thead><tr>${head('variant')}${head('status')}${columns.map((column) => head(column.head, column.first))}</tr></thead><tbody>${rows}</tbody></table>`,
  variants.length > filterFrom,
)}
<p class="explain">Ratios are to the median of the baseline's repetitions. In parentheses: percentiles with fewer than 10 samples beyond them. “–” is unknown, which is not 0.</p>`
}

function columnsOf(result: RunResult, baseline: string | undefined): Column[] {
  const ratios = ratiosOf(result, baseline)
  const isResponse = result.variants.some(({ produce }) => produce.responseUs !== null)
  const latency = isResponse ? 'response' : 'service'
  const produce = (variant: Variant) => (isResponse ? variant.produce.responseUs : variant.produce.serviceUs)
  const quantile = (
    head: string,
    of: (variant: Variant) => Latency | null | undefined,
    key: 'p50' | 'p99' | 'p999',
  ): Column => ({
    head,
    first: 'ascending',
    cell: (variant) => quantileCell(of(variant), key),
    value: (variant) => of(variant)?.[key] ?? null,
  })
  const counted = (head: string, first: Column['first'], value: (variant: Variant) => number | null): Column => ({
    head,
    first,
    cell: (variant) => ({ text: formatCount(value(variant)) }),
    value,
  })
  const columns: Column[] = [
    {
      head: ratioTitle(result, baseline),
      first: 'ascending',
      cell: (_, at) => ({ text: ratios[at] == null ? '–' : timesText(ratios[at]) }),
      value: (_, at) => ratios[at] ?? null,
    },
    counted('acked/s', 'descending', ({ produce: { ackedPerSec } }) => ackedPerSec),
    quantile(`${latency} p50`, produce, 'p50'),
    quantile(`${latency} p99`, produce, 'p99'),
    quantile(`${latency} p99.9`, produce, 'p999'),
    quantile('end-to-end p99', (variant) => variant.consume?.endToEndUs, 'p99'),
    counted('lag max', 'ascending', lagMost),
    {
      head: 'lost',
      first: 'descending',
      cell: ({ integrity: { verdict, lost } }) =>
        verdict === 'not-audited' ? { text: 'not audited' } : { text: formatCount(lost), bad: lost > 0 },
      value: ({ integrity: { verdict, lost } }) => (verdict === 'not-audited' ? null : lost),
    },
    {
      head: 'bound by',
      first: 'ascending',
      cell: ({ bound }) => ({ text: boundBy(bound) ?? '–', isText: true }),
      value: ({ bound }) => boundBy(bound),
    },
  ]
  const isKnown = (column: Column) =>
    result.variants.some((variant, at) => variant.status !== 'unsupported' && column.cell(variant, at).text !== '–')
  const blank = (column: Column): Column => ({
    ...column,
    cell: (variant, at) => (variant.status === 'unsupported' ? { text: '–' } : column.cell(variant, at)),
    value: (variant, at) => (variant.status === 'unsupported' ? null : column.value(variant, at)),
  })
  return columns.filter(isKnown).map(blank)
}

const boundBy = (bound: Variant['bound']): string | null =>
  bound && bound.by.length > 0 && !bound.by.includes('unknown') ? boundWords(bound.by) : null

function lagMost({ lag }: Variant): number | null {
  const most = Object.values(lag).flatMap(({ maxRecords }) => (maxRecords === null ? [] : [maxRecords]))
  return most.length === 0 ? null : Math.max(...most)
}
