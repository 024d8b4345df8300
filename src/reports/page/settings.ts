import { flatten } from '../../compare/run-settings.ts'
import type { RunResult } from '../../contracts/result.ts'
import { variantLabels } from '../_variants.ts'
import { html, type Markup } from './markup.ts'
import { columnHeads, framed, sideBySide } from './tables.ts'

/** What each client really used, side by side, and the resolved profile. */
export function settings(result: RunResult): Markup {
  const labels = variantLabels(result.variants)
  const configs = result.variants.map(({ effectiveConfig }) => {
    const sides = [
      ...flatten({ producer: effectiveConfig.producer ?? {} }),
      ...flatten({ consumer: effectiveConfig.consumer ?? {} }),
    ]
    return new Map(sides)
  })
  const profile = flatten(result.profile)
  return html`<h3>What each client really used</h3>
<p class="explain">Clients name their settings differently. Those that several have by the same name come first; “≠” marks where they differ.</p>
${sharedTable(labels, configs)}
<div class="${sideBySide(result)}">${labels.map((label, at) => ownTable(label, configs, at))}</div>
<details><summary>The whole profile, every default filled in (${profile.length} values)</summary>${keysAndValues('Resolved profile', profile)}</details>`
}

const isShared = (configs: readonly Map<string, string>[], key: string): boolean =>
  configs.filter((config) => config.has(key)).length > 1

/** acks is -1 on the wire, and all for people. */
const meaning = (key: string, value: string): string => (key.endsWith('.acks') && value === '-1' ? 'all' : value)

/** The settings that several have by the same name; nothing when there are none. */
export function sharedTable(labels: readonly string[], configs: readonly Map<string, string>[]): Markup {
  const keys = [...new Set(configs.flatMap((config) => [...config.keys()]))].filter((key) => isShared(configs, key))
  if (keys.length === 0) return html``
  const rows = keys.map((key) => {
    const values = configs.map((config) => config.get(key))
    const differs = new Set(values.filter((value) => value !== undefined).map((value) => meaning(key, value))).size > 1
    return html`<tr${differs ? html` class="differs"` : ''}><th scope="row"><code>${key}</code></th>${values.map(
      (value) => html`<td class="value"><code>${value ?? '–'}</code></td>`,
    )}</tr>`
  })
  return framed(
    'Settings by the same name',
    html`<table>${columnHeads('setting', labels)}<tbody>${rows}</tbody></table>`,
  )
}

/** The settings that no other variant has by this name. */
function ownTable(label: string, configs: readonly Map<string, string>[], at: number): Markup {
  const own = [...configs[at]!].filter(([key]) => !isShared(configs, key))
  if (own.length === 0) return html``
  return html`<details><summary>${label}: ${own.length} settings of its own</summary>${keysAndValues(`Settings of ${label}`, own)}</details>`
}

export const keysAndValues = (name: string, pairs: readonly (readonly [string, string])[]): Markup =>
  framed(
    name,
    html`<table><thead><tr><th scope="col">key</th><th scope="col" class="text">value</th></tr></thead><tbody>${pairs.map(
      ([key, value]) =>
        html`<tr><th scope="row"><code>${key}</code></th><td class="words"><code>${value}</code></td></tr>`,
    )}</tbody></table>`,
    true,
  )
