import { formatSeconds } from '../base/units.ts'
import { defineReport } from '../contracts/define.ts'
import type { RunResult } from '../contracts/result.ts'
import { confirmedOnly } from './_confirmed.ts'
import { hasFaults } from './_faults.ts'
import { runFacts } from './_run-words.ts'
import { filePrefix } from './_variants.ts'
import { chartGroups } from './charts/index.ts'
import { faultSection, rebalanceSection } from './page/faults.ts'
import { findMaxSection } from './page/find-max.ts'
import { html, inlineJson, type Markup, trusted } from './page/markup.ts'
import { hasReference, referenceSection } from './page/reference.ts'
import { chartLibrary, pageScript } from './page/script.ts'
import { charts, environment, events, facts, phases, thresholds, verdictSection } from './page/sections.ts'
import { settings } from './page/settings.ts'
import { style } from './page/style.ts'
import { glance, numbers } from './page/tables.ts'

export default defineReport({
  summary: 'report.html: everything of a run in one file, which works offline',
  render: async (results) =>
    results.map((result) => ({ name: `${filePrefix(result, results)}report.html`, body: page(result).markup })),
})

const headings = [
  'Verdict',
  'Maximum',
  'Faults',
  'Rebalances',
  'Reference',
  'Settings',
  'Numbers',
  'Charts',
  'Phases',
  'Notes',
  'Environment',
  'Events',
] as const
type Heading = (typeof headings)[number]

/** The content policy forbids every request: a report never phones out, whatever text a result carries. */
function page(whole: RunResult): Markup {
  const groups = chartGroups(whole)
  const result = confirmedOnly(whole)
  const faulty = hasFaults(result)
  const rebalanced = result.variants.some((variant) => variant.rebalances.length > 0)
  const missing: (Heading | false)[] = [
    !whole.findMax && 'Maximum',
    !faulty && 'Faults',
    !rebalanced && 'Rebalances',
    !hasReference(result) && 'Reference',
  ]
  const shown = headings.filter((heading) => !missing.includes(heading))
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${result.name} · kbench</title>
<style>${trusted(style)}</style>
</head>
<body>
<header class="masthead">
<div class="brand">kbench report</div>
<h1>${result.name}</h1>
<p class="meta">${result.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')} · took ${formatSeconds(result.durationS)} · ${result.runId}</p>
<nav aria-label="Sections"><ul>${shown.map((heading) => html`<li><a href="#${heading.toLowerCase()}">${heading}</a></li>`)}</ul></nav>
</header>
<main>
${section('Verdict', html`${verdictSection(result)}${thresholds(result)}<h3>At a glance</h3>${glance(result)}<p class="explain">${transferable(result)}</p>`)}
${whole.findMax && section('Maximum', findMaxSection(whole))}
${faulty && section('Faults', faultSection(result))}
${rebalanced && section('Rebalances', rebalanceSection(result))}
${hasReference(result) && section('Reference', referenceSection(result))}
${section('Settings', html`${facts(runFacts(result))}${settings(result)}`)}
${section('Numbers', numbers(result))}
${section('Charts', charts(groups))}
${section('Phases', phases(result))}
${section('Notes', result.notes.length === 0 ? html`<p class="none">None.</p>` : html`<ul>${result.notes.map((note) => html`<li>${note}</li>`)}</ul>`)}
${section('Environment', environment(result))}
${section('Events', events(result))}
</main>
<footer>Rendered by kbench ${result.environment.kbench} from result.json alone; <code>kbench report</code> renders it again.</footer>
<script type="application/json" id="charts-data">${inlineJson(groups.flatMap((group) => group.charts))}</script>
<script>${trusted(chartLibrary())}</script>
<script>${trusted(pageScript())}</script>
</body>
</html>
`
}

const section = (heading: Heading, body: Markup): Markup =>
  html`<section aria-labelledby="${heading.toLowerCase()}"><h2 id="${heading.toLowerCase()}">${heading}</h2>${body}</section>`

function transferable({ cluster }: RunResult): string {
  const options = Object.entries(cluster.brokerOptions ?? {}).map(([key, value]) => `${key} ${value}`)
  const started = options.length > 0 ? `. Its brokers were started with ${options.join(', ')}` : ''
  return `What these numbers are good for (${cluster.provider} cluster): ${cluster.transferable}${started}`
}
