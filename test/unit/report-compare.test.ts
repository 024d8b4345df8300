import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Comparison, compareRuns } from '../../src/compare/compare-runs.ts'
import { comparedRun } from '../../src/compare/compared-run.ts'
import { compareJson } from '../../src/reports/compare/json.ts'
import { comparePage } from '../../src/reports/compare/page.ts'
import { compareTable } from '../../src/reports/compare/terminal.ts'
import { compareCsv, compareJunit, compareMarkdown } from '../../src/reports/compare/text-files.ts'
import { metricName, metricText } from '../../src/reports/compare/words.ts'
import { repeatedRun } from '../fixtures/repeated.ts'

const usual = [
  'produce.ackedPerSec',
  'produce.responseUs.p50',
  'produce.responseUs.p99',
  'produce.responseUs.p999',
  'produce.serviceUs.p99',
  'consume.endToEndUs.p99',
  'lag.g1.maxRecords',
  'generator.cpuPercent',
  'integrity.lost',
]

function compared(labels: readonly [string, string] = ['before', 'after'], repetitions = 6): Comparison {
  const base = comparedRun(repeatedRun({ runId: 'a', clients: ['kafkajs'], repetitions }), labels[0])
  const other = comparedRun(
    repeatedRun({ runId: 'b', clients: ['kafkajs'], repetitions, slower: 1.3, seed: 2 }),
    labels[1],
  )
  return compareRuns([base, other], {
    across: [],
    allowEnvironment: false,
    metrics: usual,
    gate: null,
    noise: () => 0.05,
  })
}

test('the terminal table: 80 × 24, verdicts, what is gated', () => {
  const lines = compareTable(compared(), { columns: 80, color: false }).trimEnd().split('\n')
  assert.ok(lines.length <= 23, `${lines.length} lines`)
  assert.deepEqual(
    lines.filter((line) => [...line].length > 80),
    [],
  )
  const line = (name: string) => lines.find((one) => one.startsWith(name))!
  assert.match(line('acked/s*'), /equivalent$/)
  assert.match(line('response p99*'), /\+(2[7-9]|3[0-3])(\.\d)? % .* worse$/)
  assert.match(line('response p50 '), /worse$/)
  assert.match(line('base'), /before, 6 repetitions/)
  assert.match(lines.join('\n'), /Holm, 3/)
})

test('no colour where none is wanted, red for what is worse where it is; control characters do nothing', () => {
  const hostile = compared(['a\u001b[2Jb', 'c'])
  const text = compareTable(hostile, { columns: 80, color: false })
  assert.ok(!text.includes('\u001b'))
  const painted = compareTable(compared(), { columns: 100, color: true }).split('\n')
  assert.ok(painted.some((line) => line.startsWith('\u001b[31m') && line.includes('worse')))
})

test('three repetitions are inconclusive, and the legend says why', () => {
  const text = compareTable(compared(undefined, 3), { columns: 80, color: false })
  assert.equal(text.match(/inconclusive$/gm)?.length, usual.length)
  assert.match(text, /too few repetitions/)
})

test('Markdown: a row per metric, and a name cannot break out of its cell', () => {
  const text = compareMarkdown(compared(['x|y', '<b>`z`</b>']))
  const rows = text.split('\n').filter((line) => line.startsWith('| '))
  assert.equal(rows.length, usual.length + 2)
  for (const row of rows) assert.equal(row.replaceAll('\\|', '').match(/\|/g)!.length, 6, row)
  assert.ok(!text.includes('<b>'))
  assert.match(text, /❌ worse/)
})

test('CSV: a line per metric with every column, formulas disarmed', () => {
  const lines = compareCsv(compared(['=cmd()', 'b']))
    .trimEnd()
    .split('\r\n')
  assert.equal(lines.length, usual.length + 1)
  for (const line of lines) assert.equal(line.split(',').length, lines[0]!.split(',').length)
  assert.match(lines[1]!, /^"'=cmd\(\)/)
})

test('JUnit: a case per gated metric; worse fails, inconclusive is skipped', () => {
  const xml = compareJunit(compared(['a&b', '"<c>"']))
  assert.match(xml, /tests="3" failures="2" skipped="0"/)
  assert.equal(xml.match(/<testcase /g)!.length, 3)
  assert.equal(xml.match(/<failure message="worse: \+/g)!.length, 2)
  assert.ok(!/<c>|a&b"/.test(xml))
  assert.match(compareJunit(compared(undefined, 3)), /failures="0" skipped="3"/)
})

test('JSON holds every value and the words', () => {
  const { pairs } = JSON.parse(compareJson(compared()))
  assert.equal(pairs[0].metrics.length, usual.length)
  assert.equal(pairs[0].metrics[2].base.length, 6)
  assert.equal(pairs[0].metrics[2].verdict, 'worse')
  assert.match(pairs[0].metrics[2].words, /^worse: \+.* % \(95 %: .*after Holm/)
  assert.ok(!JSON.stringify(pairs).includes('histogram'))
})

test('the page escapes what runs are called, and links their reports where there are any', () => {
  const comparison = compared(['<script>alert(1)</script>', 'b'])
  const page = comparePage(comparison, (run) => (run.label === 'b' ? '../my runs/b' : null))
  assert.ok(!page.includes('<script>alert'))
  assert.match(page, /href="\.\.\/my%20runs\/b\/report\.html"/)
  assert.equal(page.match(/report\.html"/g)!.length, 1)
})

test('names and values of metrics', () => {
  assert.deepEqual(['produce.responseUs.p999', 'lag.g 1.maxRecords', 'ledger.failed'].map(metricName), [
    'response p99.9',
    'lag max g 1',
    'ledger.failed',
  ])
  assert.deepEqual(
    [
      metricText('produce.responseUs.p99', 12_300),
      metricText('faults.unavailableMs.max', 10_500),
      metricText('generator.rssBytes', -2048),
      metricText('produce.responseUs.count', 1234),
      metricText('lag.g1.drainS', Number.POSITIVE_INFINITY),
    ],
    ['12.3 ms', '10.5 s', '-2 KiB', '1 234', 'beyond'],
  )
})
