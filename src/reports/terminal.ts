import { plural } from '../base/plural.ts'
import { formatSeconds } from '../base/units.ts'
import { defineReport } from '../contracts/define.ts'
import type { RunResult } from '../contracts/result.ts'
import { boundLineText } from './_bound-words.ts'
import { faultsLine } from './_fault-words.ts'
import { hasFaults } from './_faults.ts'
import { findMaxLines } from './_find-max-terminal.ts'
import { type Finding, toneColours } from './_findings.ts'
import { loadWords } from './_run-words.ts'
import { asCombinations } from './_terminal-matrix.ts'
import { asColumns, asRows, headLines, labelWidth } from './_terminal-table.ts'
import { cut, type Paint, painter, plain, widthOf, wrapped } from './_text.ts'
import { thresholdText, thresholdWords } from './_threshold-words.ts'
import { filePrefix, variantLabels } from './_variants.ts'
import { exitMeaning, mockWarning, verdictOf } from './_verdict.ts'

export interface TerminalOptions {
  columns: number
  color: boolean
  /** Folder of the report's files, for the last line; absent = results/<runId>. */
  directory?: string
  /** false = there is no report yet: the last line says how to make it. */
  rendered?: boolean
}

const columnAtLeast = 18
/** Of variants, each in a line of its own; beyond, a line is a combination with the medians of its repetitions. */
const rowsAtMost = 13
const findingLinesAtMost = 4
const missedLinesAtMost = 2
const boundLinesAtMost = 2
/** The table is shorter then; two lines for each of three clients, and one that says how many more there are. */
const findingLinesWithFaults = [6, 7] as const

/** summary.txt has no colours and the width of a terminal. */
export default defineReport({
  summary: 'summary.txt: the terminal summary as a file',
  render: async (results) =>
    results.map((result) => ({
      name: `${filePrefix(result, results)}summary.txt`,
      body: terminalSummary(result, { columns: 80, color: false }),
    })),
})

/**
 * The run in a screenful: verdict, thresholds, the variants as columns (as rows where they are too many), findings, where the
 * report is. No line is wider than `columns`; two variants take at most 22 lines, with faults 23. Ends with a newline.
 */
export function terminalSummary(result: RunResult, options: TerminalOptions): string {
  const columns = Math.max(40, options.columns)
  const paint = painter(options.color)
  const directory = options.directory ?? `results/${result.runId}`
  const report = options.rendered === false ? `kbench report ${directory}` : `${directory}/report.html`
  const last = cut(`report  ${plain(report)}`, columns)
  if (result.findMax) {
    const notes = result.notes.flatMap((note) =>
      wrapped(plain(note), columns - 2).map((line) => paint('dim', `  ${line}`)),
    )
    const found = [...heading(result, columns, paint), ...findMaxLines(result, columns, paint), '', ...notes, last]
    return `${found.join('\n')}\n`
  }
  const labels = variantLabels(result.variants).map(plain)
  const beside = Math.floor((columns - labelWidth) / columnAtLeast)
  const { lines: table, isFaint } =
    result.variants.length === 0
      ? { lines: ['no variant was run'], isFaint: false }
      : result.variants.length <= beside
        ? asColumns(result, labels, columns, paint)
        : result.variants.length <= rowsAtMost
          ? asRows(result, labels, columns, paint)
          : { lines: asCombinations(result, columns, rowsAtMost, paint), isFaint: false }
  const faint = isFaint ? ['( ) fewer than 10 samples beyond'] : []
  const most = hasFaults(result) ? findingLinesWithFaults[result.variants.length > 2 ? 1 : 0] : findingLinesAtMost
  const extra = result.variants.length <= beside ? headLines(labels, columns) - 1 : 0
  const missed = missedLines(result, columns, paint)
  const bounds = boundedBy(result, columns, paint)
  const room =
    most - faint.length - extra - missed.length - bounds.length - (result.cluster.provider === 'mock' ? 1 : 0)
  const lines = [
    ...heading(result, columns, paint),
    ...missed,
    ...bounds,
    ...table,
    ...faint,
    ...findingLines(result, columns, room, paint),
  ]
  lines.push(last)
  return `${lines.join('\n')}\n`
}

function heading(result: RunResult, columns: number, paint: Paint): string[] {
  const verdict = verdictOf(result)
  const faults = faultsLine(result)
  const codes = [...new Set([result.exitCode, ...result.exitCodes])]
  const exit = result.exitCode === 0 ? 'exit 0' : `exit ${codes.join(', ')}: ${exitMeaning(result.exitCode)}`
  const count = result.thresholds.length
  const met = count > 0 && result.thresholds.every(({ ok }) => ok) ? `  ${count} of ${count} thresholds met` : ''
  const rest = cut(`  ${plain(result.name)}  ${exit}${met}`, columns - widthOf(verdict.word))
  const { provider, layout, kafkaVersion, brokers } = result.cluster
  const kafka = kafkaVersion === null ? '' : `, Kafka ${kafkaVersion}`
  const where = `${provider === layout ? provider : `${provider} ${layout}`}, ${plural(brokers.length, 'broker')}${kafka}`
  const asked = [plain(where), plain(loadWords(result)), `took ${formatSeconds(result.durationS)}`]
  return [
    paint('bold', paint(toneColours[verdict.tone], verdict.word)) + rest,
    ...(verdict.isMock ? [paint('red', cut(mockWarning, columns))] : []),
    paint('dim', cut(asked.filter((part) => part !== '').join(' · '), columns)),
    ...(faults === null ? [] : [paint('dim', cut(plain(faults), columns))]),
  ]
}

/** What bound the run; of many variants what most need to know: the first lines. */
function boundedBy(result: RunResult, columns: number, paint: Paint): string[] {
  return verdictOf(result)
    .bounds.slice(0, boundLinesAtMost)
    .map((line) => paint('dim', cut(plain(boundLineText(line)), columns)))
}

/** Those that were missed, as many as leave room for the rest; when all were met the heading says so. */
function missedLines(result: RunResult, columns: number, paint: Paint): string[] {
  const missed = thresholdWords(result).filter(({ outcome }) => !outcome.ok)
  const shown = missed.slice(0, missed.length > missedLinesAtMost ? missedLinesAtMost - 1 : missedLinesAtMost)
  const rest = missed.length - shown.length
  return [
    ...shown.map((words) => `missed  ${words.about}: ${thresholdText(words)}`),
    ...(rest > 0 ? [`  and ${rest} more of ${result.thresholds.length} thresholds missed`] : []),
  ].map((line) => paint('red', cut(plain(line), columns)))
}

/** What faults did, as many findings as fit, then notes, each finding with its variant; how many findings were left out. */
function findingLines(result: RunResult, columns: number, room: number, paint: Paint): string[] {
  const verdict = verdictOf(result)
  const found = [...verdict.faults, ...verdict.findings]
  const notes = result.notes.map((text): Finding => ({ tone: 'good', about: null, text }))
  const lines: string[] = []
  for (const [at, finding] of [...found, ...notes].entries()) {
    const left = room - lines.length - (at < found.length - 1 ? 1 : 0)
    // Every client's faults get their share of what is left: one long sentence must not hide another.
    const share = Math.max(2, Math.ceil(left / (verdict.faults.length - at)))
    const whole = findingText(finding, columns)
    const made = at < verdict.faults.length ? shortened(whole, share, columns) : whole
    if (made.length > left && lines.length > 0) {
      if (at < found.length) lines.push(`  and ${found.length - at} more in the report`)
      break
    }
    const tone = isQuiet(finding) ? 'dim' : toneColours[finding.tone]
    lines.push(...shortened(made, Math.max(1, left), columns).map((line) => paint(tone, line)))
  }
  return lines
}

const isQuiet = ({ tone }: Finding): boolean => tone === 'good' || tone === 'note'

function findingText(finding: Finding, columns: number): string[] {
  const text = plain(finding.about === null ? finding.text : `${finding.about}: ${finding.text}`)
  return wrapped(text, columns - 2).map((line, at) => `${at > 0 ? '  ' : isQuiet(finding) ? '· ' : '! '}${line}`)
}

function shortened(lines: readonly string[], most: number, columns: number): string[] {
  if (lines.length <= most) return [...lines]
  return [...lines.slice(0, most - 1), cut(`${lines[most - 1]} …`, columns)]
}
