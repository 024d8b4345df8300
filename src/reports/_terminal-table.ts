import { formatCount, formatMicros, formatSeconds } from '../base/units.ts'
import { type FindingCode, type GeneratorCode, generatorCodes } from '../contracts/findings.ts'
import type { Latency, RunResult, Variant } from '../contracts/result.ts'
import { inOrder } from '../judge/finding-texts.ts'
import { findingsOf } from '../judge/upgrade.ts'
import { hasFaults, medianOf, worstOf } from './_faults.ts'
import { type Tone, toneColours } from './_findings.ts'
import { cut, type Paint, padded, widthOf } from './_text.ts'
import { hasBegun, isFaint } from './_variants.ts'
import { statusTone } from './_verdict.ts'

/** Width of the numbers' names where columns are narrow. */
export const labelWidth = 17

/** Their width in full, used where each variant then still has {@link roomyColumn}. */
const fullLabelWidth = 26
const roomyColumn = 24

/** Names that differ where columns are narrow. */
const shortLabels: Readonly<Record<string, string>> = {
  'sent / offered per second': 'sent / offered/s',
  'acknowledged / scheduled': 'acked/scheduled',
  'generator, schedule lag': 'schedule lag',
}

/** A piece of text with its tone; undefined = nothing special. */
interface Cell {
  text: string
  /** Where the column is narrow: the tone and the verdict above say the rest. */
  short?: string
  tone?: Tone
}

const micros = (latency: Latency | null | undefined, key: 'p50' | 'p99' | 'p999' | 'max'): string => {
  const text = formatMicros(latency?.[key] ?? null)
  const q = { p50: 0.5, p99: 0.99, p999: 0.999, max: 0 }[key]
  return text !== '–' && isFaint(latency ?? null, q) ? `(${text})` : text
}

/** Lines of a table, and whether any of its numbers is in parentheses. */
export interface Table {
  lines: string[]
  isFaint: boolean
}

/** Only {@link micros} writes parentheses; names of variants are no cells. */
const isFaintText = (text: string): boolean => text.includes('(')

const pair = (latency: Latency | null | undefined): string => `${micros(latency, 'p50')} / ${micros(latency, 'p99')}`

/** Over all groups. */
const mostLag = (variant: Variant, pick: (lag: Variant['lag'][string]) => number | null): number | null =>
  worstOf(Object.values(variant.lag).map(pick))

const lagText = (variant: Variant): string =>
  `${formatCount(mostLag(variant, (lag) => lag.maxRecords))} / ${formatCount(mostLag(variant, (lag) => lag.endRecords))}`

const columnRows: readonly [string, (variant: Variant) => Cell | string][] = [
  ['status', (v) => ({ text: v.status, tone: statusTone(v.status) })],
  [
    'sent / offered per second',
    (v) => `${formatCount(v.produce.sentPerSec)} / ${formatCount(v.produce.offeredPerSec)}`,
  ],
  ['acked/s', (v) => formatCount(v.produce.ackedPerSec)],
  ['received/s', (v) => formatCount(v.consume?.receivedPerSec ?? null)],
  ['response p50', (v) => micros(v.produce.responseUs, 'p50')],
  ['  p99', (v) => micros(v.produce.responseUs, 'p99')],
  ['  p99.9', (v) => micros(v.produce.responseUs, 'p999')],
  ['  max', (v) => micros(v.produce.responseUs, 'max')],
  ['service p50/p99', (v) => pair(v.produce.serviceUs)],
  ['end-to-end', (v) => pair(v.consume?.endToEndUs)],
  ['lag max/end', lagText],
  ['acknowledged / scheduled', (v) => ledgerCell(v)],
  ['integrity', (v) => integrityCell(v)],
  ['generator, schedule lag', (v) => generatorCell(v)],
]

/** With faults: what they did instead of what matters less then. */
const faultColumnRows: typeof columnRows = [
  ...rowsNamed('status', 'sent / offered per second', 'acked/s'),
  ['response p50/p99', (v) => pair(v.produce.responseUs)],
  ['  p99.9 / max', (v) => `${micros(v.produce.responseUs, 'p999')} / ${micros(v.produce.responseUs, 'max')}`],
  ...rowsNamed('end-to-end'),
  ['unavail. max/med', (v) => worstAndMedian(v, (partition) => partition.unavailableMs)],
  ['  client gap', (v) => worstAndMedian(v, (partition) => partition.clientGapMs)],
  ['lag max, drained', (v) => `${formatCount(mostLag(v, (lag) => lag.maxRecords))}${drainText(v)}`],
  ...rowsNamed('acknowledged / scheduled', 'integrity', 'generator, schedule lag'),
]

function rowsNamed(...names: string[]): typeof columnRows {
  return columnRows.filter(([name]) => names.includes(name))
}

/** Over all faults and partitions. */
function worstAndMedian(
  variant: Variant,
  of: (partition: Variant['faults'][number]['partitions'][number]) => number | null,
): string {
  const values = variant.faults.flatMap((fault) => fault.partitions.map(of))
  const text = (ms: number | null) => formatMicros(ms === null ? null : ms * 1000)
  return worstOf(values) === null ? '–' : `${text(worstOf(values))} / ${text(medianOf(values))}`
}

function drainText(variant: Variant): string {
  const drained = variant.faults.flatMap((fault) => Object.values(fault.drainS))
  if (drained.includes(null)) return ', not drained'
  const longest = worstOf(drained)
  return longest === null || longest === 0 ? '' : `, ${formatSeconds(longest)}`
}

/** A column per variant, a line per number. */
export function asColumns(result: RunResult, labels: readonly string[], columns: number, paint: Paint): Table {
  const { width, inner } = widthsOf(labels, columns)
  const heads = headsOf(labels, inner).map((line) => (' '.repeat(width) + line).trimEnd())
  let hasFaint = false
  const rows = (hasFaults(result) ? faultColumnRows : columnRows).map(([label, cell]) => {
    const cells = result.variants.map((variant) => {
      const skipped = variant.status === 'unsupported' && label !== 'status'
      const made = skipped ? '–' : cell(variant)
      const { text, short = text, tone }: Cell = typeof made === 'string' ? { text: made } : made
      hasFaint ||= isFaintText(text)
      const fitting = padded(inner < roomyColumn && widthOf(text) > inner ? short : text, inner)
      return tone === undefined || tone === 'good' ? fitting : paint(toneColours[tone], fitting)
    })
    const shown = width === labelWidth ? (shortLabels[label] ?? label) : label
    return (paint('dim', padded(shown, width)) + cells.join(' ')).trimEnd()
  })
  return { lines: [...heads.map((line) => paint('bold', line)), ...rows], isFaint: hasFaint }
}

/** Of the names of the numbers, and of a variant's column. */
function widthsOf(labels: readonly string[], columns: number): { width: number; inner: number } {
  const innerBeside = (width: number) => Math.floor((columns - width) / Math.max(1, labels.length)) - 1
  const width = innerBeside(fullLabelWidth) >= roomyColumn ? fullLabelWidth : labelWidth
  return { width, inner: innerBeside(width) }
}

/** Lines that {@link asColumns} needs for the names of the variants. */
export const headLines = (labels: readonly string[], columns: number): number =>
  headsOf(labels, widthsOf(labels, columns).inner).length

/** The client above what varies with it, where both do not fit beside each other. */
function headsOf(labels: readonly string[], inner: number): string[] {
  const line = (texts: readonly string[]) => texts.map((text) => padded(text, inner)).join(' ')
  if (labels.every((label) => widthOf(label) <= inner)) return [line(labels)]
  const split = labels.map((label) => /^(\S+) (.*)$/.exec(label)?.slice(1) ?? [label, ''])
  return [line(split.map(([client]) => client!)), line(split.map(([, rest]) => rest!))]
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
  return integrity.verdict === 'violated'
    ? { text: `VIOLATED: ${text}`, short: text, tone: 'bad' }
    : { text: `ok, ${text}`, short: text }
}

/** What makes a generator invalid, where it is not that records were sent late. */
const generatorCauses: Record<Exclude<GeneratorCode, 'schedule-late'>, string> = {
  'worker-lost': 'worker lost',
  'worker-stood-still': 'worker stalled',
  'fault-failed': 'fault failed',
  'canary-failed': 'canary failed',
  'client-busy': 'event loop busy',
  'negative-latency': 'clocks disagree',
  'warm-up-unsteady': 'warm-up unsteady',
}

function generatorCell(variant: Variant): Cell {
  if (variant.reference || !hasBegun(variant)) return { text: '–' }
  const lag = `p99 ${micros(variant.generator.scheduleLagUs, 'p99')}`
  if (variant.generator.valid) return { text: `ok, ${lag}`, short: lag }
  const codes = inOrder(findingsOf(variant)).map(({ code }) => code)
  const code = codes.find((each): each is GeneratorCode => (generatorCodes as readonly FindingCode[]).includes(each))
  const cause = code === undefined || code === 'schedule-late' ? lag : generatorCauses[code]
  return { text: `INVALID, ${cause}`, short: cause, tone: 'warn' }
}

type RowColumn = readonly [string, number, (variant: Variant) => string]

const rowColumns: readonly RowColumn[] = [
  ['status', 11, (v) => v.status],
  ['acked/s', 10, (v) => formatCount(v.produce.ackedPerSec)],
  ['p50', 9, (v) => micros(v.produce.responseUs ?? v.produce.serviceUs, 'p50')],
  ['p99', 9, (v) => micros(v.produce.responseUs ?? v.produce.serviceUs, 'p99')],
  ['e2e p99', 9, (v) => micros(v.consume?.endToEndUs, 'p99')],
  ['lost', 7, (v) => (v.integrity.verdict === 'not-audited' ? '–' : formatCount(v.integrity.lost))],
]

/** With faults: the worst partition instead of a healthy record. */
const faultRowColumns = rowColumns.map(
  (column): RowColumn => (column[0] === 'p50' ? ['unavail.', 9, worstUnavailable] : column),
)

function worstUnavailable({ faults }: Variant): string {
  const worst = worstOf(faults.flatMap(({ partitions }) => partitions.map((one) => one.unavailableMs)))
  return formatMicros(worst === null ? null : worst * 1000)
}

/** Many variants: a line each, as many columns as fit. */
export function asRows(result: RunResult, labels: readonly string[], columns: number, paint: Paint): Table {
  let hasFaint = false
  const name = Math.max(12, Math.min(30, Math.max(...labels.map(widthOf)) + 1))
  const all = hasFaults(result) ? faultRowColumns : rowColumns
  const shown = all.filter((_, at) => name + all.slice(0, at + 1).reduce((sum, [, width]) => sum + width, 0) <= columns)
  const head = padded('', name) + shown.map(([label, width]) => label.padStart(width)).join('')
  const rows = result.variants.map((variant, at) => {
    const cells = shown.map(([label, width, cell]) => {
      const text = variant.status === 'unsupported' && label !== 'status' ? '–' : cell(variant)
      hasFaint ||= isFaintText(text)
      return cut(text, width - 1).padStart(width)
    })
    const line = padded(labels[at]!, name) + cells.join('')
    const tone = variant.integrity.verdict === 'violated' ? 'bad' : statusTone(variant.status)
    return tone === 'good' ? line : paint(toneColours[tone], line)
  })
  return { lines: [paint('bold', head), ...rows], isFaint: hasFaint }
}
