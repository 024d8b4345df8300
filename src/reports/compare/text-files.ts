import type { Comparison, Pair } from '../../compare/compare-runs.ts'
import type { MetricComparison } from '../../compare/comparison.ts'
import { escapeText } from '../page/markup.ts'
import {
  intervalText,
  metricName,
  metricText,
  pText,
  shiftText,
  sideNames,
  verdictSentence,
  verdictWords,
} from './words.ts'

const title = (pair: Pair): string => {
  const { base, other, both } = sideNames(pair)
  return `${other} against ${base}${both === '' ? '' : ` (${both})`}`
}

const signs: Readonly<Record<MetricComparison['verdict'], string>> = {
  better: '✅',
  worse: '❌',
  higher: '↑',
  lower: '↓',
  'no-difference': '·',
  equivalent: '=',
  inconclusive: '?',
}

/** For a pull request: a table per pair. What a result carries cannot break out of its cell. */
export function compareMarkdown(comparison: Comparison): string {
  const cell = (text: string) => text.replace(/[\r\n]+/g, ' ').replace(/[\\|`<>*_[\]]/g, '\\$&')
  const blocks = comparison.pairs.map((pair) => {
    const names = sideNames(pair)
    const rows = pair.metrics.map((one) => {
      const cells = [
        `${cell(metricName(one.metric))}${one.gated ? ' \\*' : ''}`,
        metricText(one.metric, one.baseMedian),
        metricText(one.metric, one.otherMedian),
        `${shiftText(one)} (${intervalText(one)})`,
        `${signs[one.verdict]} ${verdictWords(one)}`,
      ]
      return `| ${cells.join(' | ')} |`
    })
    const head = `| metric | ${cell(names.base)} (n=${pair.base.repetitions.length}) | ${cell(names.other)} (n=${pair.other.repetitions.length}) | shift (95 %) | verdict |`
    return [`### ${cell(title(pair))}`, '', head, '| --- | ---: | ---: | ---: | --- |', ...rows].join('\n')
  })
  const notes = comparison.notes.map((note) => `- ${cell(note)}`)
  const legend =
    'Medians of fresh runs; shift: Hodges–Lehmann. \\* gated: p corrected together (Holm). “none ≥ x %”: no difference shown, one of x % would have been.'
  return `${[...blocks, legend, ...(notes.length > 0 ? [notes.join('\n')] : [])].join('\n\n')}\n`
}

/** RFC 4180, a line per pair and metric, numbers in the metric's unit; empty = not finite or not there. */
export function compareCsv(comparison: Comparison): string {
  const head =
    'base,other,metric,gated,verdict,n_base,n_other,median_base,median_other,shift,shift_low,shift_high,shift_share,threshold,detectable,p,p_adjusted,delta,delta_low,delta_high'
  const number = (value: number | null | undefined) => (value == null || !Number.isFinite(value) ? '' : String(value))
  // A spreadsheet takes what starts so for a formula.
  const text = (value: string) => `"${value.replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`
  const lines = comparison.pairs.flatMap((pair) => {
    const names = sideNames(pair)
    const suffix = names.both === '' ? '' : ` (${names.both})`
    return pair.metrics.map((one) => {
      const numbers = [
        one.base.length,
        one.other.length,
        one.baseMedian,
        one.otherMedian,
        one.shift,
        one.interval.low,
        one.interval.high,
        one.relative?.shift,
        one.threshold,
        one.detectable,
        one.p,
        one.pAdjusted,
        one.effect.delta,
        one.effect.low,
        one.effect.high,
      ]
      const words = [text(names.base + suffix), text(names.other + suffix), one.metric, String(one.gated), one.verdict]
      return [...words, ...numbers.map(number)].join(',')
    })
  })
  return `${[head, ...lines].join('\r\n')}\r\n`
}

/** JUnit XML: a suite per pair, a case per gated metric; worse is a failure, inconclusive is skipped. */
export function compareJunit(comparison: Comparison): string {
  const suites = comparison.pairs.map((pair) => {
    const gated = pair.metrics.filter((one) => one.gated)
    const name = escapeText(title(pair))
    const cases = gated.map((one) => {
      const open = `    <testcase classname="${name}" name="${escapeText(one.metric)}"`
      const words = escapeText(verdictSentence(one))
      if (one.verdict === 'worse')
        return `${open}><failure message="${words}">${escapeText(valuesText(one))}</failure></testcase>`
      if (one.verdict === 'inconclusive') return `${open}><skipped message="${words}"/></testcase>`
      return `${open}><system-out>${words}</system-out></testcase>`
    })
    const count = (verdict: string) => gated.filter((one) => one.verdict === verdict).length
    return [
      `  <testsuite name="${name}" tests="${gated.length}" failures="${count('worse')}" skipped="${count('inconclusive')}">`,
      ...cases,
      '  </testsuite>',
    ].join('\n')
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="kbench compare">\n${suites.join('\n')}\n</testsuites>\n`
}

const valuesText = ({ metric, base, other, p }: MetricComparison): string => {
  const list = (values: readonly number[]) => values.map((value) => metricText(metric, value)).join(', ')
  return `base: ${list(base)}\nother: ${list(other)}\np ${pText(p)}`
}
