import { plural } from '../../base/plural.ts'
import type { ReportOptions } from '../../contracts/reports.ts'
import type { RunResult } from '../../contracts/result.ts'
import { answersOf } from '../_answers.ts'
import { confirmedOnly } from '../_confirmed.ts'
import { runFacts } from '../_run-words.ts'
import { mockWarning, verdictOf } from '../_verdict.ts'
import { html, type Markup } from './markup.ts'
import { signs } from './sections.ts'

/** The verdict in a line, then each question with its answer. */
export function answerSection(whole: RunResult, { baseline }: ReportOptions): Markup {
  const result = confirmedOnly(whole)
  const verdict = verdictOf(result)
  const others = result.exitCodes.filter((code) => code !== result.exitCode)
  const answers = answersOf(whole, baseline)
  return html`${verdict.isMock && html`<p class="alarm" role="alert">${mockWarning}</p>`}
<div class="verdict ${verdict.tone}">
<p class="word"><span aria-hidden="true">${signs[verdict.tone]}</span> ${verdict.word}</p>
<p class="exit">exit code ${result.exitCode}, ${verdict.exit}${others.length > 0 ? `; also ${others.join(', ')}` : ''}. ${verdict.summary}</p>
</div>
${
  answers.length === 0
    ? html`<p class="none">No variant was run.</p>`
    : html`<dl class="answers">${answers.map(
        ({ question, text, tone, command }) =>
          html`<div class="${tone}"><dt>${question}</dt><dd>${text}.${command !== undefined && html` <code>${command}</code>`}</dd></div>`,
      )}</dl>`
}`
}

/** What was measured, where, and what the numbers are good for. */
export function measuredLine(result: RunResult): Markup {
  const { provider, layout, kafkaVersion, brokers } = result.cluster
  const cluster = [
    `${provider} ${layout}`,
    ...(kafkaVersion === null ? [] : [`Kafka ${kafkaVersion}`]),
    ...(brokers.length > 0 ? [plural(brokers.length, 'broker')] : []),
  ]
  const wanted = ['load', 'topic', 'producers', 'phases']
  const what = runFacts(result).flatMap(([name, text]) =>
    wanted.includes(name) ? [name === 'producers' ? text.replace(/^[\d /]+/, producersText) : text] : [],
  )
  return html`<p class="measured"><b>Measured:</b> ${[...what, cluster.join(', '), `${result.environment.cpus} CPUs`].join(' · ')}. ${goodFor(result)}</p>`
}

const producersText = (count: string): string => `${count} producer${count === '1' ? '' : 's'}`

function goodFor({ cluster }: RunResult): string {
  const options = Object.entries(cluster.brokerOptions ?? {}).map(([key, value]) => `${key} ${value}`)
  const started = options.length > 0 ? `. Its brokers were started with ${options.join(', ')}` : ''
  return `Good for: ${cluster.transferable}${started}`
}
