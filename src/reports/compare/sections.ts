import { plural } from '../../base/plural.ts'
import { digits } from '../../base/units.ts'
import type { Comparison, Pair } from '../../compare/compare-runs.ts'
import type { MetricComparison } from '../../compare/comparison.ts'
import { flatten } from '../../compare/run-settings.ts'
import { type Finding, worstTone } from '../_findings.ts'
import { html, type Markup } from '../page/markup.ts'
import { findingBoxes } from '../page/sections.ts'
import { keysAndValues, sharedTable } from '../page/settings.ts'
import { columnHeads, framed } from '../page/tables.ts'
import type { ComparedSet } from './sets.ts'
import {
  boundLines,
  detectableText,
  intervalText,
  metricName,
  metricText,
  notMeasuredText,
  pText,
  shiftText,
  sideNames,
  verdictSentence,
  verdictTones,
  verdictWords,
} from './words.ts'

/** One verdict over all pairs: the worst of their gated metrics, and how many say what. */
export function overallVerdict({ pairs }: Comparison): Markup {
  const gated = pairs.flatMap((pair) => pair.metrics.filter((one) => one.gated))
  const missing = pairs.flatMap((pair) => pair.unmeasured.filter((metric) => pair.gate.includes(metric))).length
  const count = (verdict: MetricComparison['verdict']) => gated.filter((one) => one.verdict === verdict).length
  const tone = worstTone([
    ...gated.map(({ verdict }) => verdictTones[verdict]),
    ...(missing > 0 ? ['bad' as const] : []),
  ])
  const word =
    missing > 0
      ? 'NOT MEASURED'
      : count('worse') > 0
        ? 'WORSE'
        : count('better') > 0
          ? 'BETTER'
          : count('inconclusive') > 0 || gated.length === 0
            ? 'INCONCLUSIVE'
            : 'NO DIFFERENCE SHOWN'
  const counts = [...new Set(gated.map(({ verdict }) => verdict))].map(
    (verdict) => `${count(verdict)} ${verdict.replace('-', ' ')}`,
  )
  const text = gated.length === 0 ? 'No metric is gated' : `Of ${gated.length} gated metrics: ${counts.join(', ')}`
  return html`<div class="verdict ${tone}"><p class="word">${word}</p><p class="exit">${text}${missing > 0 && `; ${missing} not measured`}.</p></div>`
}

/** What the gated metrics say of one pair, in full sentences. */
export function verdictBox(pair: Pair): Markup {
  const { base, other } = sideNames(pair)
  const gated = pair.metrics.filter((one) => one.gated)
  const findings = gated.map(
    (one): Finding => ({ tone: verdictTones[one.verdict], about: metricName(one.metric), text: verdictSentence(one) }),
  )
  const missing = pair.unmeasured
    .filter((metric) => pair.gate.includes(metric))
    .map((metric): Finding => ({ tone: 'bad', about: metricName(metric), text: notMeasuredText(pair, metric) }))
  const all = [...missing, ...findings]
  const tone = worstTone(all.map((finding) => finding.tone))
  const words = [...new Set(gated.map(({ verdict }) => verdict.replace('no-difference', 'no difference shown')))]
  if (missing.length > 0) words.push('not measured')
  const rest = pair.metrics.filter((one) => !one.gated && ['better', 'worse'].includes(one.verdict))
  const size = ({ repetitions, bad }: Pair['base']) => repetitions.length + bad.length
  return html`<div class="verdict ${tone}"><p class="word">${words.join(', ')}</p>
<p class="exit">${other} (${size(pair.other)}) against ${base} (${plural(size(pair.base), 'repetition')}), by the gated metrics</p>
${boundLines(pair).map((line) => html`<p class="sum">${line}</p>`)}
${rest.length > 0 && html`<p class="sum">Not gated, each judged alone: ${rest.map((one) => `${metricName(one.metric)} ${one.verdict}`).join(', ')}.</p>`}</div>
${findingBoxes(all)}`
}

/** Every metric of one pair with all that is known of its shift. */
export function numbersTable(pair: Pair): Markup {
  const { base, other } = sideNames(pair)
  const heads = [base, other, 'shift', '95 % interval', 'verdict', 'p', 'delta', 'would show']
  const row = (one: MetricComparison) =>
    html`<tr><th scope="row">${metricName(one.metric)}${one.gated ? ' *' : ''}</th><td>${metricText(one.metric, one.baseMedian)}</td><td>${metricText(one.metric, one.otherMedian)}</td><td>${shiftText(one)}</td><td>${intervalText(one)}</td><td class="${verdictTones[one.verdict]}"><span class="status">${verdictWords(one)}</span></td><td>${pText(one.pAdjusted)}</td><td>${delta(one)}</td><td>${one.detectable === null ? '–' : `≥ ${detectableText(one)}`}</td></tr>`
  return framed(
    `Numbers of ${other}`,
    html`<table>${columnHeads('metric', heads)}<tbody>${pair.metrics.map(row)}</tbody></table>`,
  )
}

const delta = ({ effect }: MetricComparison): string =>
  `${digits(effect.delta)} (${digits(effect.low)} … ${digits(effect.high)})`

/** The settings that differ, those that are equal, and what each client made of them. */
export function settingsSection({ members, pairs }: ComparedSet): Markup {
  const names = members.map(({ name }) => name)
  const settings = members.map(({ subject }) => subject.settings)
  const differing = [...new Set(pairs.flatMap(({ differences }) => differences.map(({ key }) => key)))]
  const equal = Object.entries(settings[0]!).filter(([key]) => !differing.includes(key))
  const rows = differing.map(
    (key) =>
      html`<tr class="differs"><th scope="row"><code>${key}</code></th>${settings.map((one) => html`<td class="value"><code>${one[key] ?? '–'}</code></td>`)}</tr>`,
  )
  const used = members.map(({ subject }) => {
    const config = subject.repetitions[0]?.full?.effectiveConfig
    return new Map(config ? flatten({ producer: config.producer ?? {}, consumer: config.consumer ?? {} }) : [])
  })
  return html`${
    rows.length === 0
      ? html`<p>None differs.</p>`
      : framed('Settings that differ', html`<table>${columnHeads('setting', names)}<tbody>${rows}</tbody></table>`)
  }
<details><summary>${equal.length} settings are equal, environment included</summary>${keysAndValues('Settings that are equal', equal)}</details>
<h3>What each client really used</h3>${sharedTable(names, used)}`
}
