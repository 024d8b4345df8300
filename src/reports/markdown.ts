import { formatSeconds } from '../base/units.ts'
import { defineReport } from '../contracts/define.ts'
import type { RunResult } from '../contracts/result.ts'
import { answersOf } from './_answers.ts'
import { boundLineText } from './_bound-words.ts'
import { ratiosOf, ratioTitle, timesText } from './_questions.ts'
import { numberSections } from './_rows.ts'
import { loadWords } from './_run-words.ts'
import { plain } from './_text.ts'
import { thresholdWords } from './_threshold-words.ts'
import { variantLabels } from './_variants.ts'
import { mockWarning, verdictOf } from './_verdict.ts'

/** For a pull request: verdict, thresholds, the numbers that matter, findings; all runs given below each other. */
export default defineReport({
  summary: 'summary.md: the answers, thresholds, a row per variant and findings, for a pull request',
  render: async (results, { baseline } = {}) => [
    { name: 'summary.md', body: `${results.map((result) => pageOf(result, baseline)).join('\n\n')}\n` },
  ],
})

const findingsAtMost = 10
const variantsAtMost = 30

/** Of numberSections: which rows a reader of a pull request wants. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  Throughput: ['acked, records/s', 'received, records/s'],
  'Response latency': ['p50', 'p99', 'p99.9'],
  'End-to-end latency': ['p50', 'p99'],
  Integrity: ['verdict', 'lost'],
}

function pageOf(result: RunResult, baseline: string | undefined): string {
  const verdict = verdictOf(result)
  const sign = { good: '✅', note: '✅', warn: '⚠️', bad: '❌' }[verdict.tone]
  const { provider, layout, kafkaVersion } = result.cluster
  const facts = [`${provider} ${layout}${kafkaVersion === null ? '' : `, Kafka ${kafkaVersion}`}`, loadWords(result)]
  const findings = [...verdict.faults, ...verdict.findings]
  const left = findings.length - findingsAtMost
  return [
    `### ${sign} ${markdownText(result.name)}: ${verdict.word}, exit ${result.exitCode}`,
    ...(verdict.isMock ? [`**${mockWarning}**`] : []),
    markdownText(verdict.summary),
    ...answerList(result, baseline),
    ...(verdict.bounds.length === 0
      ? []
      : [verdict.bounds.map((line) => markdownText(boundLineText(line))).join('  \n')]),
    ...thresholdTable(result),
    ...numberTable(result, baseline),
    ...(findings.length === 0
      ? []
      : [
          [
            ...findings
              .slice(0, findingsAtMost)
              .map(({ about, text }) => `- ${markdownText(about === null ? text : `${about}: ${text}`)}`),
            ...(left > 0 ? [`- and ${left} more in the report`] : []),
          ].join('\n'),
        ]),
    `<sub>${markdownText([...facts, `took ${formatSeconds(result.durationS)}`, `kbench ${result.environment.kbench}`, result.runId].filter((part) => part !== '').join(' · '))}</sub>`,
  ].join('\n\n')
}

function thresholdTable(result: RunResult): string[] {
  if (result.thresholds.length === 0) return []
  const rows = thresholdWords(result).map(({ outcome, condition, about, limit, value, when }) => [
    outcome.ok ? '✅ met' : '❌ missed',
    condition,
    about,
    limit,
    value,
    when,
  ])
  return [table(['', 'threshold', 'variant', 'limit', 'value', 'when'], rows)]
}

/** Each question with its answer; those that the rest of the page has in full are left out. */
function answerList(result: RunResult, baseline: string | undefined): string[] {
  const leftOut = ['What bound it?', 'What else to know?', 'Were the thresholds met?', 'What did the faults do?']
  const answers = answersOf(result, baseline).filter(({ question }) => !leftOut.includes(question))
  if (answers.length === 0) return []
  const lines = answers.map(
    ({ question, text, command }) =>
      `- **${markdownText(question)}** ${markdownText(text)}.${command === undefined ? '' : ` \`${plain(command).replaceAll('`', "'")}\``}`,
  )
  return [lines.join('\n')]
}

/** A row per variant: a table of many columns cannot be read in a pull request. */
function numberTable(result: RunResult, baseline: string | undefined): string[] {
  if (result.variants.length === 0) return ['No variant was run.']
  const columns = numberSections(result.variants).flatMap(({ title, rows: all }) =>
    all
      .filter(({ label }) => wanted[title]?.includes(label))
      .map(({ label, cells }) => ({ head: label.length > 8 ? label : `${title}, ${label}`, cells })),
  )
  const ratios = ratiosOf(result, baseline)
  const labels = variantLabels(result.variants)
  const heads = ['variant', 'status', ratioTitle(result, baseline), ...columns.map(({ head }) => head)]
  const rows = result.variants.slice(0, variantsAtMost).map(({ status }, at) => {
    const ratio = ratios[at]
    return [labels[at]!, status, ratio == null ? '–' : timesText(ratio), ...columns.map(({ cells }) => cells[at]!.text)]
  })
  const left = result.variants.length - rows.length
  return [table(heads, rows), ...(left > 0 ? [`and ${left} more variants in the report`] : [])]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |`
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** What would be markup, a mention or the end of a cell is escaped; control characters become spaces. */
function markdownText(text: string): string {
  return plain(text)
    .replace(/[\\`*_[\]|#~]/g, (letter) => `\\${letter}`)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '@\u200b')
}
