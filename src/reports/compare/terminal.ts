import { plural } from '../../base/plural.ts'
import { allNotes, type Comparison, type Pair } from '../../compare/compare-runs.ts'
import type { MetricComparison } from '../../compare/comparison.ts'
import { toneColours } from '../_findings.ts'
import { cut, type Paint, padded, painter, plain, widthOf, wrapped } from '../_text.ts'
import {
  boundLines,
  intervalText,
  metricName,
  metricText,
  shiftText,
  sideNames,
  verdictTones,
  verdictWords,
} from './words.ts'

export interface CompareTerminalOptions {
  columns: number
  color: boolean
}

const notesAtMost = 4

/** A table per pair; no line is wider than `columns`, one pair of the usual metrics fits 24 lines. Ends with a newline. */
export function compareTable(comparison: Comparison, options: CompareTerminalOptions): string {
  const columns = Math.max(60, options.columns)
  const paint = painter(options.color)
  const blocks = comparison.pairs.map((pair) => pairLines(pair, columns, paint))
  const legend = legendLines(comparison.pairs, columns, paint)
  return `${[...blocks.flatMap((lines, at) => (at > 0 ? ['', ...lines] : lines)), ...legend, ...noteLines(allNotes(comparison), columns, paint)].join('\n')}\n`
}

function pairLines(pair: Pair, columns: number, paint: Paint): string[] {
  const names = sideNames(pair)
  const line = (what: string, name: string, side: Pair['base']) =>
    cut(`${what.padEnd(8)}${plain(name)}, ${counted(side)}`, columns)
  const about = names.both === '' ? [] : [paint('dim', cut(`both    ${plain(names.both)}`, columns))]
  const head = row(['', 'base', 'other', 'shift', '95 % interval', 'verdict'], columns)
  return [
    paint('bold', line('base', names.base, pair.base)),
    paint('bold', line('other', names.other, pair.other)),
    ...about,
    paint('dim', head),
    ...pair.metrics.map((one) => metricLine(one, columns, paint)),
    ...(pair.unmeasured.length > 0
      ? wrapped(`not measured on both sides: ${pair.unmeasured.map(metricName).join(', ')}`, columns)
      : []),
    ...boundLines(pair).flatMap((line) => wrapped(plain(line), columns)),
  ]
}

const counted = ({ repetitions, bad, leftOut }: Pair['base']): string => {
  const all = repetitions.length + bad.length
  const worst = bad.length === 0 ? '' : `, ${bad.length} of them counted as worst`
  return `${plural(all, 'repetition')}${worst}${leftOut.length > 0 ? `, ${leftOut.length} left out` : ''}`
}

/** Widths of the columns but the last. */
const widths = [17, 10, 10, 10, 17] as const

function row(cells: readonly string[], columns: number): string {
  const [name, ...numbers] = cells
  const right = numbers.slice(0, 4).map((text, at) => text.padStart(widths[at + 1]!))
  return cut(`${padded(name!, widths[0])}${right.join('')}  ${cells[5]}`, columns).trimEnd()
}

function metricLine(one: MetricComparison, columns: number, paint: Paint): string {
  const name = `${metricName(one.metric)}${one.gated ? '*' : ''}`
  // A name that is too long takes a line of its own.
  const above = widthOf(name) > widths[0] - 1 ? [cut(name, columns)] : []
  const text = row(
    [
      above.length > 0 ? '' : name,
      metricText(one.metric, one.baseMedian),
      metricText(one.metric, one.otherMedian),
      shiftText(one),
      intervalText(one),
      verdictWords(one),
    ],
    columns,
  )
  const differs = ['better', 'worse', 'higher', 'lower'].includes(one.verdict)
  const lines = [...above, differs ? paint(toneColours[verdictTones[one.verdict]], text) : text]
  return lines.join('\n')
}

function legendLines(pairs: readonly Pair[], columns: number, paint: Paint): string[] {
  const all = pairs.flatMap(({ metrics }) => metrics)
  const gated = Math.max(0, ...pairs.map(({ metrics }) => metrics.filter((one) => one.gated).length))
  const verdicts = new Set(all.map(({ verdict }) => verdict))
  const words = [
    `medians; shift: Hodges–Lehmann. * gated: p corrected together (Holm, ${gated})`,
    ...(verdicts.has('no-difference') ? ['none ≥ x %: no difference shown, one of x % would have been'] : []),
    ...(verdicts.has('inconclusive') ? [`inconclusive: too few repetitions to show any difference`] : []),
    ...(all.some((one) => !Number.isFinite(one.baseMedian) || !Number.isFinite(one.otherMedian))
      ? ['beyond: worse than can be measured: not acknowledged, not drained, or not valid']
      : []),
  ]
  return words.map((text) => paint('dim', cut(text, columns)))
}

function noteLines(notes: readonly string[], columns: number, paint: Paint): string[] {
  const more = notes.length > notesAtMost ? [`! and ${notes.length - notesAtMost} more, see --json`] : []
  return [...notes.slice(0, notesAtMost).map((note) => cut(`! ${plain(note)}`, columns)), ...more].map((line) =>
    paint('yellow', line),
  )
}
