import { stringify } from 'yaml'
import type { RunResult } from '../../contracts/result.ts'
import { againCommand, commandWord } from '../_comparison-answers.ts'
import { html, type Markup } from './markup.ts'

/** The command that runs it again, and the profile that it needs where it is not one that kbench ships. */
export function runAgain(result: RunResult): Markup {
  const { name, profile, runId, environment } = result
  return html`<p>Where kbench ships the profile:</p>
<pre tabindex="0"><code>${againCommand(result)}</code></pre>
<p>Any other: save the one below as ${name}.yaml, and run that file.</p>
<p>Compare the new run with this one, in the folder that has both in its results/:</p>
<pre tabindex="0"><code>kbench compare ${commandWord(runId)} &lt;new run&gt;</code></pre>
<details><summary>The profile as it ran, every default filled in: save it as ${name}.yaml</summary>
<pre class="scroll tall" tabindex="0" role="region" aria-label="Profile"><code>${stringify(profile)}</code></pre></details>
<p class="explain">It was run with kbench ${environment.kbench} on Node.js ${environment.node}.</p>`
}
