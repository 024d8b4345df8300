import type { RunResult } from '../../core/result.ts'
import { variantLabels } from '../_variants.ts'
import { html, type Markup } from './markup.ts'
import { columnHeads, framed, sideBySide } from './tables.ts'

/** Nested settings as dotted paths: { a: { b: 1 } } → [["a.b", "1"]]. */
export function flatten(value: unknown, path = ''): [string, string][] {
  if (Array.isArray(value) && value.some((one) => typeof one === 'object' && one !== null)) {
    return value.flatMap((one, at) => flatten(one, `${path}[${at}]`))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, one]) => flatten(one, path === '' ? key : `${path}.${key}`))
  }
  return [[path, Array.isArray(value) ? value.map(String).join(', ') : String(value)]]
}

/** What each client really used, side by side, and the resolved profile. */
export function settings(result: RunResult): Markup {
  const labels = variantLabels(result.variants)
  const sides = (['producer', 'consumer'] as const).map((side) => {
    const configs = result.variants.map(
      (variant) => new Map(flatten(variant.effectiveConfig[side] ?? {}).filter(([key]) => key !== '')),
    )
    return sideTable(side, labels, configs)
  })
  const profile = flatten(result.profile)
  return html`<h3>What each client really used</h3>
<p class="explain">Clients name their settings differently; “≠” marks a setting that several have and that differs.</p>
<div class="${sideBySide(result)}">${sides}</div>
<details><summary>The whole profile, every default filled in (${profile.length} values)</summary>
${framed(
  'Resolved profile',
  html`<table><thead><tr><th scope="col">key</th><th scope="col">value</th></tr></thead><tbody>${profile.map(
    ([key, value]) =>
      html`<tr><th scope="row"><code>${key}</code></th><td class="words"><code>${value}</code></td></tr>`,
  )}</tbody></table>`,
  true,
)}</details>`
}

function sideTable(side: string, labels: readonly string[], configs: readonly Map<string, string>[]): Markup {
  const shared = (key: string) => configs.filter((config) => config.has(key)).length > 1
  const all = [...new Set(configs.flatMap((config) => [...config.keys()]))]
  const keys = [...all.filter(shared), ...all.filter((key) => !shared(key))]
  if (keys.length === 0) return html``
  const rows = keys.map((key) => {
    const values = configs.map((config) => config.get(key))
    const differs = new Set(values.filter((value) => value !== undefined)).size > 1
    return html`<tr${differs ? html` class="differs"` : ''}><th scope="row"><code>${key}</code></th>${values.map(
      (value) => html`<td><code>${value ?? '–'}</code></td>`,
    )}</tr>`
  })
  return html`<div>${framed(
    `Effective ${side} settings`,
    html`<table>${columnHeads(side, labels)}<tbody>${rows}</tbody></table>`,
  )}</div>`
}
