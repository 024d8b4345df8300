import { formatCount, formatMicros } from '../../base/units.ts'
import type { ReferenceResult, RunResult, Variant } from '../../contracts/result.ts'
import { medianOf } from '../_faults.ts'
import type { Row } from '../_rows.ts'
import { html, type Markup } from './markup.ts'
import { columnHeads, framed, rowMarkup } from './tables.ts'

export const hasReference = (result: RunResult): boolean =>
  result.variants.some(({ reference }) => reference !== undefined)

/** How far each client is from the reference tool, by combination of the matrix, and what the tool printed. */
export function referenceSection(result: RunResult): Markup {
  const combinations = combinationsOf(result.variants)
  const clients = [...new Set(result.variants.flatMap((v) => (v.reference ? [] : [String(v.params.client)])))]
  const tool = result.variants.find(({ reference }) => reference)!.reference!
  const rows = (of: (variant: Variant) => number | null, what: string): Row[] =>
    [...combinations].flatMap(([words, variants]): Row[] => {
      const median = (mine: readonly Variant[]) => medianOf(mine.map(of))
      const base = median(variants.filter(({ reference }) => reference))
      if (base === null) return []
      const cells = clients.map((client) => {
        const value = median(variants.filter(({ params, reference }) => !reference && params.client === client))
        return value === null ? '–' : `${formatCount(value)} (${(value / base).toFixed(2)} ×)`
      })
      const label = words === '' ? what : `${what}, ${words}`
      return [{ label, cells: [formatCount(base), ...cells].map((text) => ({ text })) }]
    })
  const acked = rows(
    ({ produce, status }) => (status === 'unsupported' || produce.ackedPerSec === 0 ? null : produce.ackedPerSec),
    'acked, records/s',
  )
  const received = rows(({ consume }) => consume?.receivedPerSec ?? null, 'received, records/s')
  const heads = columnHeads('medians', [tool.tool, ...clients.map((client) => `${client} (÷ ${tool.tool})`)])
  return html`${framed('Clients beside the reference', html`<table>${heads}<tbody>${[...acked, ...received].map(rowMarkup)}</tbody></table>`)}
<p class="explain">Kafka’s own performance tools with the Java client ${tool.version}, equal settings, on the same cluster in the same run. Their numbers are as they print them: over their whole run, the start of their JVM and their warm-up included. They know no due times: compare them with rates and, at most, with service latency. At a fixed rate both only show that the rate was kept; at <code>rate: max</code> the ratio is the distance.</p>
${result.variants.flatMap((variant) => (variant.reference ? [details(variant, variant.reference)] : []))}`
}

/** Variants by what varies beside the client. */
function combinationsOf(variants: readonly Variant[]): Map<string, Variant[]> {
  const found = new Map<string, Variant[]>()
  for (const variant of variants) {
    const words = Object.entries(variant.params)
      .filter(([key]) => key !== 'client')
      .map(([key, value]) => `${key}=${value}`)
      .join(', ')
    found.set(words, [...(found.get(words) ?? []), variant])
  }
  return found
}

function details(variant: Variant, { produce, runs }: ReferenceResult): Markup {
  const ms = (value: number | null) => formatMicros(value === null ? null : value * 1000)
  const steady =
    produce?.steadyRecordsPerSec == null
      ? ''
      : html`<p>After the warm-up: ${formatCount(produce.steadyRecordsPerSec)} records/s; from send() to the callback p50 ${ms(produce.latencyMs.p50)}, p99 ${ms(produce.latencyMs.p99)}, max ${ms(produce.latencyMs.max)}.</p>`
  return html`<details><summary>${variant.id}: what it ran and printed</summary>${steady}${runs.map(
    ({ command, printed }) => html`<pre><code>${command}
${printed}</code></pre>`,
  )}</details>`
}
