import { defineReport } from '../core/define.ts'
import type { Latency, RunResult, Variant } from '../core/result.ts'
import { formatCount, formatMicros, formatSeconds } from '../core/units.ts'
import { loadWords } from './_run-words.ts'
import { cut, type Paint, padded, painter, plain, widthOf, wrapped } from './_text.ts'
import { filePrefix, isFaint, variantLabels } from './_variants.ts'
import { exitMeaning, type Finding, mockWarning, statusTone, type Tone, verdictOf } from './_verdict.ts'

export interface TerminalOptions {
  columns: number
  color: boolean
  /** Where the report's files lie, for the last line; absent = results/<runId>. */
  directory?: string
}

const colours = { good: 'green', warn: 'yellow', bad: 'red' } as const
const labelWidth = 17
const columnAtLeast = 18
const findingLinesAtMost = 4

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
 * The run in a screenful: verdict, the variants as columns (as rows where they are too many), findings, where the
 * report lies. No line is wider than `columns`; two variants take at most 22 lines. Ends with a newline.
 */
export function terminalSummary(result: RunResult, options: TerminalOptions): string {
  const columns = Math.max(40, options.columns)
  const paint = painter(options.color)
  const labels = variantLabels(result.variants).map(plain)
  const beside = Math.floor((columns - labelWidth) / columnAtLeast)
  const table =
    result.variants.length <= beside
      ? asColumns(result, labels, columns, paint)
      : asRows(result, labels, columns, paint)
  const faint = table.some((line) => line.includes('(')) ? ['( ) fewer than 10 samples beyond'] : []
  const room = findingLinesAtMost - faint.length - (result.cluster.provider === 'mock' ? 1 : 0)
  const lines = [...heading(result, columns, paint), ...table, ...faint, ...findingLines(result, columns, room, paint)]
  const directory = options.directory ?? `results/${result.runId}`
  lines.push(cut(`report  ${plain(directory)}/report.html`, columns))
  return `${lines.join('\n')}\n`
}

function heading(result: RunResult, columns: number, paint: Paint): string[] {
  const verdict = verdictOf(result)
  const codes = [...new Set([result.exitCode, ...result.exitCodes])]
  const exit = result.exitCode === 0 ? 'exit 0' : `exit ${codes.join(', ')}: ${exitMeaning(result.exitCode)}`
  const rest = cut(`  ${plain(result.name)}  ${exit}`, columns - widthOf(verdict.word))
  const { provider, layout, kafkaVersion, brokers } = result.cluster
  const kafka = kafkaVersion === null ? '' : `, Kafka ${kafkaVersion}`
  const where = `${provider === layout ? provider : `${provider} ${layout}`}, ${brokers.length} ${brokers.length === 1 ? 'broker' : 'brokers'}${kafka}`
  const asked = [plain(where), plain(loadWords(result)), `took ${formatSeconds(result.durationS)}`]
  return [
    paint('bold', paint(colours[verdict.tone], verdict.word)) + rest,
    ...(provider === 'mock' ? [paint('red', cut(mockWarning, columns))] : []),
    paint('dim', cut(asked.filter((part) => part !== '').join(' · '), columns)),
  ]
}

/** A piece of text with its tone; undefined = nothing special. */
interface Cell {
  text: string
  tone?: Tone
}

const micros = (latency: Latency | null | undefined, key: 'p50' | 'p99' | 'p999' | 'max'): string => {
  const text = formatMicros(latency?.[key] ?? null)
  const q = { p50: 0.5, p99: 0.99, p999: 0.999, max: 0 }[key]
  return text !== '–' && isFaint(latency ?? null, q) ? `(${text})` : text
}

const pair = (latency: Latency | null | undefined): string => `${micros(latency, 'p50')} / ${micros(latency, 'p99')}`

const lagText = (variant: Variant): string => {
  const groups = Object.values(variant.lag)
  const most = (pick: (lag: Variant['lag'][string]) => number | null) =>
    groups.reduce<number | null>((high, lag) => (pick(lag) === null ? high : Math.max(high ?? 0, pick(lag)!)), null)
  return `${formatCount(most((lag) => lag.maxRecords))} / ${formatCount(most((lag) => lag.endRecords))}`
}

const columnRows: readonly [string, (variant: Variant) => Cell | string][] = [
  ['status', (v) => ({ text: v.status, tone: statusTone(v.status) })],
  ['sent of due/s', (v) => `${formatCount(v.produce.sentPerSec)} / ${formatCount(v.produce.offeredPerSec)}`],
  ['acked/s', (v) => formatCount(v.produce.ackedPerSec)],
  ['received/s', (v) => formatCount(v.consume?.receivedPerSec ?? null)],
  ['response p50', (v) => micros(v.produce.responseUs, 'p50')],
  ['  p99', (v) => micros(v.produce.responseUs, 'p99')],
  ['  p99.9', (v) => micros(v.produce.responseUs, 'p999')],
  ['  max', (v) => micros(v.produce.responseUs, 'max')],
  ['service p50/p99', (v) => pair(v.produce.serviceUs)],
  ['end-to-end', (v) => pair(v.consume?.endToEndUs)],
  ['lag max/end', lagText],
  ['acked of', (v) => ledgerCell(v)],
  ['integrity', (v) => integrityCell(v)],
  ['generator', (v) => generatorCell(v)],
]

function asColumns(result: RunResult, labels: readonly string[], columns: number, paint: Paint): string[] {
  const width = Math.floor((columns - labelWidth) / Math.max(1, labels.length))
  const inner = width - 1
  const head = ' '.repeat(labelWidth) + labels.map((label) => padded(label, inner)).join(' ')
  const rows = columnRows.map(([label, cell]) => {
    const cells = result.variants.map((variant) => {
      const skipped = variant.status === 'unsupported' && label !== 'status'
      const made = skipped ? '–' : cell(variant)
      const { text, tone } = typeof made === 'string' ? { text: made, tone: undefined } : made
      const fitting = padded(text, inner)
      return tone === undefined || tone === 'good' ? fitting : paint(colours[tone], fitting)
    })
    return (paint('dim', padded(label, labelWidth)) + cells.join(' ')).trimEnd()
  })
  return [paint('bold', head.trimEnd()), ...rows]
}

function ledgerCell(variant: Variant): Cell {
  const { ledger } = variant
  const rest = ledger.scheduled - ledger.acked
  if (rest === 0) return { text: `${formatCount(ledger.acked)} / ${formatCount(ledger.scheduled)}` }
  return {
    text: `${formatCount(ledger.acked)} / ${formatCount(ledger.scheduled)}, ${formatCount(rest)} not`,
    tone: 'warn',
  }
}

function integrityCell(variant: Variant): Cell {
  const { integrity } = variant
  if (integrity.verdict === 'not-audited') return { text: 'not audited', tone: 'warn' }
  const wrong = (['lost', 'corrupt', 'duplicated', 'reordered'] as const).filter((key) => integrity[key] > 0)
  const text = wrong.length === 0 ? '0 lost' : wrong.map((key) => `${formatCount(integrity[key])} ${key}`).join(', ')
  return integrity.verdict === 'violated' ? { text: `VIOLATED: ${text}`, tone: 'bad' } : { text: `ok, ${text}` }
}

function generatorCell(variant: Variant): Cell {
  const late = `late p99 ${micros(variant.generator.scheduleLagUs, 'p99')}`
  return variant.generator.valid ? { text: `ok, ${late}` } : { text: `INVALID, ${late}`, tone: 'warn' }
}

const rowColumns: readonly [string, number, (variant: Variant) => string][] = [
  ['status', 11, (v) => v.status],
  ['acked/s', 10, (v) => formatCount(v.produce.ackedPerSec)],
  ['p50', 9, (v) => micros(v.produce.responseUs ?? v.produce.serviceUs, 'p50')],
  ['p99', 9, (v) => micros(v.produce.responseUs ?? v.produce.serviceUs, 'p99')],
  ['e2e p99', 9, (v) => micros(v.consume?.endToEndUs, 'p99')],
  ['lost', 7, (v) => (v.integrity.verdict === 'not-audited' ? '–' : formatCount(v.integrity.lost))],
]

/** Many variants: a line each, as many columns as fit. */
function asRows(result: RunResult, labels: readonly string[], columns: number, paint: Paint): string[] {
  const name = Math.max(12, Math.min(30, Math.max(...labels.map(widthOf)) + 1))
  const shown = rowColumns.filter(
    (_, at) => name + rowColumns.slice(0, at + 1).reduce((sum, [, width]) => sum + width, 0) <= columns,
  )
  const head = padded('', name) + shown.map(([label, width]) => label.padStart(width)).join('')
  const rows = result.variants.map((variant, at) => {
    const cells = shown.map(([label, width, cell]) => {
      const text = variant.status === 'unsupported' && label !== 'status' ? '–' : cell(variant)
      return cut(text, width - 1).padStart(width)
    })
    const line = padded(labels[at]!, name) + cells.join('')
    const tone = variant.integrity.verdict === 'violated' ? 'bad' : statusTone(variant.status)
    return tone === 'good' ? line : paint(colours[tone], line)
  })
  return [paint('bold', head), ...rows]
}

/** As many findings as fit, then notes, each finding with its variant; how many findings were left out. */
function findingLines(result: RunResult, columns: number, room: number, paint: Paint): string[] {
  const found = verdictOf(result).findings.filter((finding) => finding.text !== mockWarning)
  const notes = result.notes.map((text): Finding => ({ tone: 'good', about: null, text }))
  const lines: string[] = []
  for (const [at, finding] of [...found, ...notes].entries()) {
    const made = findingText(finding, columns)
    const left = room - lines.length - (at < found.length - 1 ? 1 : 0)
    if (made.length > left && lines.length > 0) {
      if (at < found.length) lines.push(`  and ${found.length - at} more in the report`)
      break
    }
    const tone = finding.tone === 'good' ? 'dim' : colours[finding.tone]
    lines.push(...shortened(made, Math.max(1, left), columns).map((line) => paint(tone, line)))
  }
  return lines
}

function findingText(finding: Finding, columns: number): string[] {
  const text = plain(finding.about === null ? finding.text : `${finding.about}: ${finding.text}`)
  return wrapped(text, columns - 2).map((line, at) => `${at > 0 ? '  ' : finding.tone === 'good' ? '· ' : '! '}${line}`)
}

function shortened(lines: readonly string[], most: number, columns: number): string[] {
  if (lines.length <= most) return [...lines]
  return [...lines.slice(0, most - 1), cut(`${lines[most - 1]} …`, columns)]
}
