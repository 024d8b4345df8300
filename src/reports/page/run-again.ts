import { stringify } from 'yaml'
import type { RunResult } from '../../contracts/result.ts'
import { commandWord } from '../_comparison-answers.ts'
import { html, type Markup } from './markup.ts'

/** The command that runs it again, and the profile that it needs where it is not one that kbench ships. */
export function runAgain({ name, profile, runId, environment, findMax }: RunResult): Markup {
  const verb = findMax ? 'find-max' : 'run'
  return html`<p>With the profile's name, where kbench ships it, or its file:</p>
<pre tabindex="0"><code>kbench ${verb} ${commandWord(name)}</code></pre>
<p>Compare the new run with this one:</p>
<pre tabindex="0"><code>kbench compare ${commandWord(runId)} &lt;new run&gt;</code></pre>
<details><summary>The profile as it ran, every default filled in: save it as ${name}.yaml</summary>
<pre class="scroll tall" tabindex="0" role="region" aria-label="Profile"><code>${stringify(profile)}</code></pre></details>
<p class="explain">It was run with kbench ${environment.kbench} on Node.js ${environment.node}.</p>`
}
