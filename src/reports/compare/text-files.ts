import { allNotes, type Comparison, type Pair } from '../../compare/compare-runs.ts'
import type { MetricComparison } from '../../compare/comparison.ts'
import { escapeText } from '../page/markup.ts'
import {
  boundLines,
  intervalText,
  metricName,
  metricText,
  notMeasuredText,
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
    const head = `| metric | ${cell(names.base)} (n=${sampleSize(pair.base)}) | ${cell(names.other)} (n=${sampleSize(pair.other)}) | shift (95 %) | verdict |`
    const unmeasured = pair.unmeasured.map(
      (metric) =>
        `| ${cell(metricName(metric))}${pair.gate.includes(metric) ? ' \\*' : ''} | | | | ${cell(notMeasuredText(pair, metric))} |`,
    )
    const bound = boundLines(pair).flatMap((line) => ['', cell(line)])
    const table = [head, '| --- | ---: | ---: | ---: | --- |', ...rows, ...unmeasured]
    return [`### ${cell(title(pair))}`, '', ...table, ...bound].join('\n')
  })
  const notes = allNotes(comparison).map((note) => `- ${cell(note)}`)
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

/** JUnit XML: a suite per pair, a case per gated metric; worse and not measured are failures, inconclusive is skipped. What was not judged at all fails too. */
export function compareJunit(comparison: Comparison): string {
  const suites = comparison.pairs.map((pair) => {
    const name = escapeText(title(pair))
    const measured = pair.metrics.filter((one) => one.gated).map(gatedCase)
    const unmeasured = pair.unmeasured
      .filter((metric) => pair.gate.includes(metric))
      .map((metric): Case => ({ name: metric, is: 'failure', words: notMeasuredText(pair, metric), body: '' }))
    return suiteOf(name, [...measured, ...unmeasured])
  })
  const unjudged = comparison.unjudged.map((words): Case => ({ name: words, is: 'failure', words, body: '' }))
  if (unjudged.length > 0) suites.push(suiteOf('not judged', unjudged))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="kbench compare">\n${suites.join('\n')}\n</testsuites>\n`
}

interface Case {
  name: string
  is: 'passed' | 'failure' | 'skipped'
  words: string
  body: string
}

function gatedCase(one: MetricComparison): Case {
  const is = one.verdict === 'worse' ? 'failure' : one.verdict === 'inconclusive' ? 'skipped' : 'passed'
  return { name: one.metric, is, words: verdictSentence(one), body: valuesText(one) }
}

function suiteOf(name: string, cases: readonly Case[]): string {
  const count = (kind: Case['is']) => cases.filter(({ is }) => is === kind).length
  return [
    `  <testsuite name="${name}" tests="${cases.length}" failures="${count('failure')}" skipped="${count('skipped')}">`,
    ...cases.map((one) => caseOf(name, one)),
    '  </testsuite>',
  ].join('\n')
}

function caseOf(classname: string, { name, is, words, body }: Case): string {
  const open = `    <testcase classname="${classname}" name="${escapeText(name)}"`
  const message = escapeText(words)
  if (is === 'failure') return `${open}><failure message="${message}">${escapeText(body)}</failure></testcase>`
  if (is === 'skipped') return `${open}><skipped message="${message}"/></testcase>`
  return `${open}><system-out>${message}</system-out></testcase>`
}

/** Repetitions that the sample is made of, those that count as the worst included. */
const sampleSize = ({ repetitions, bad }: Pair['base']): number => repetitions.length + bad.length

const valuesText = ({ metric, base, other, p }: MetricComparison): string => {
  const list = (values: readonly number[]) => values.map((value) => metricText(metric, value)).join(', ')
  return `base: ${list(base)}\nother: ${list(other)}\np ${pText(p)}`
}
