import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FindingCode, findingLevels, generatorCodes } from '../../src/contracts/findings.ts'
import { cut, padded, plain, wrapped } from '../../src/reports/_text.ts'
import { verdictOf } from '../../src/reports/_verdict.ts'
import summary, { terminalSummary } from '../../src/reports/terminal.ts'
import { faulty, fixtures } from '../fixtures/all.ts'
import {
  hostile,
  interrupted,
  invalid,
  matrix,
  mock,
  notStarted,
  partitionsAndAcks,
  thresholdsMissed,
  twoClients,
  unsupported,
  violated,
} from '../fixtures/result.ts'

const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')
const linesOf = (text: string): string[] => text.replace(escapes, '').replace(/\n$/, '').split('\n')
const at80 = { columns: 80, color: false }

test('every summary fits its width, and two variants fit 22 lines, 23 with faults', () => {
  for (const [name, make] of Object.entries(fixtures)) {
    const result = make()
    for (const columns of [40, 60, 80, 132]) {
      for (const color of [false, true]) {
        const lines = linesOf(terminalSummary(result, { columns, color }))
        for (const line of lines) assert.ok([...line].length <= columns, `${name} at ${columns}: ${line}`)
        if (columns === 80 && result.variants.length <= 2)
          assert.ok(lines.length <= (name in faulty ? 23 : 22), `${name}: ${lines.length} lines`)
      }
    }
  }
})

test('colour changes nothing but colour', () => {
  const plainText = terminalSummary(violated(), at80)
  const coloured = terminalSummary(violated(), { columns: 80, color: true })
  assert.notEqual(coloured, plainText)
  assert.deepEqual(
    linesOf(coloured).map((line) => line.trimEnd()),
    linesOf(plainText),
  )
  assert.ok(!plainText.includes('\u001b'))
})

test('the verdict comes first and the whole table is there', () => {
  const result = twoClients()
  const text = terminalSummary(result, at80)
  assert.match(text, /^OK {2}3broker-acks-all {2}exit 0 {2}2 of 2 thresholds met\n/)
  for (const expected of [
    /acked\/s +4 999 +4 999/,
    /p99 +[\d.]+ ms +[\d.]+ ms/,
    /200 000 \/ 200 000/,
    /ok, 0 lost/,
    /order not balanced/,
  ]) {
    assert.match(text, expected)
  }
  assert.equal(linesOf(text).at(-1), `report  results/${result.runId}/report.html`)
  assert.match(terminalSummary(result, { ...at80, directory: 'elsewhere' }), /report {2}elsewhere\/report\.html\n$/)
})

test("an invalid generator shows what makes it invalid, and the schedule lag's p99 only where that is the reason", () => {
  const cellOf = (code: FindingCode) => {
    const result = invalid()
    const [variant] = result.variants
    assert.equal(variant!.generator.valid, false)
    // Beside it a finding of the same level that is not about the generator, and one of a higher rank that is none of its reasons.
    const codes: FindingCode[] = ['records-failed', code, 'topic-differs']
    variant!.findings = codes.map((each) => ({ code: each, level: findingLevels[each], text: 'x' }))
    return /^generator, schedule lag +(INVALID, .+?)(?: {2}|$)/m.exec(terminalSummary(result, at80))![1]!
  }
  const cells = generatorCodes.map(cellOf)
  assert.equal(new Set(cells).size, generatorCodes.length, cells.join('\n'))
  for (const [at, code] of generatorCodes.entries())
    assert.equal(/p99/.test(cells[at]!), code === 'schedule-late', `${code}: ${cells[at]}`)
})

test('what went wrong is said, with the variant it is about', () => {
  assert.match(
    terminalSummary(invalid(), at80),
    /^INVALID .*exit 4: measurement invalid {2}2 of 2 thresholds met\n[\s\S]*! kafkajs: .*schedule lag p99 213 ms/,
  )
  const lost = terminalSummary(violated(), at80)
  assert.match(lost, /^INTEGRITY VIOLATED .*exit 97, 99/)
  assert.match(lost, /VIOLATED: 368 lost/)
  assert.match(lost, /and 2 more in the report/)
  assert.match(terminalSummary(interrupted(), at80), /^INTERRUPTED .*exit 130[\s\S]*14 200 \/ 15 000, 800 not/)
  const notBegun = interrupted()
  notBegun.variants[0]!.ledger = { scheduled: 0, acked: 0, failed: 0, unknown: 0, unsent: 0 }
  notBegun.variants[0]!.generator.valid = false
  assert.match(
    terminalSummary(notBegun, at80),
    /\ngenerator, schedule lag +–/,
    'nobody judges what was not asked to send',
  )
  assert.match(
    terminalSummary(unsupported(), at80),
    /status +ok +unsupported\nsent \/ offered per second +5 000 \/ 5 000 +–/,
  )
  assert.match(terminalSummary(notStarted(), at80), /^INTERRUPTED [\s\S]*\nno variant was run\nreport/)
  assert.match(terminalSummary(mock(), at80), /\nNOT A KAFKA: a mock cluster/)
})

test('thresholds that were missed come before all numbers, with value and window; no more than leave room', () => {
  const lines = linesOf(terminalSummary(thresholdsMissed(), at80))
  assert.deepEqual(lines.slice(2, 4), [
    'missed  kafkajs: produce.responseUs.p99 < 20ms in every 5 s: 61.2 ms from 24 s,…',
    '  and 3 more of 6 thresholds missed',
  ])
  assert.ok(lines.length <= 22, String(lines.length))
})

test('the names of the numbers are written in full where the columns leave room', () => {
  const full = linesOf(terminalSummary(twoClients(), at80)).map((line) => line.slice(0, 26).trim())
  for (const name of ['sent / offered per second', 'acknowledged / scheduled', 'generator, schedule lag'])
    assert.ok(full.includes(name), name)
  const narrow = linesOf(terminalSummary(twoClients(), { ...at80, columns: 60 })).map((line) =>
    line.slice(0, 17).trim(),
  )
  for (const name of ['sent / offered/s', 'acked/scheduled', 'schedule lag']) assert.ok(narrow.includes(name), name)
})

test('many variants become lines instead of columns', () => {
  const lines = linesOf(terminalSummary(matrix(), at80))
  assert.equal(lines.filter((line) => /^(kafkajs|node-rdkafka) acks=/.test(line)).length, 12)
})

test('beyond a screenful a line is a combination with the medians of its repetitions', () => {
  const lines = linesOf(terminalSummary(partitionsAndAcks(), at80))
  assert.ok(lines.length <= 24, lines.join('\n'))
  // acked/s of the four repetitions: 5000 / (1 + 200 / 400 × 2) / 1.2 / (1.02, 1.04 failed, 1.06, 1.08)
  assert.match(lines.join('\n'), /kafkajs partitions=200 acks=all {4,}3 of 4 +1 965 /)
  assert.match(lines.join('\n'), /… 7 more in report\.html and result\.json/)
})

test('control characters in a result do not reach the terminal', () => {
  for (const color of [false, true]) {
    const text = terminalSummary(hostile(), { columns: 80, color })
    assert.ok(!/\p{Cc}/u.test(text.replace(escapes, '').replaceAll('\n', '')))
    assert.ok(!text.includes('\u001b[31m</') && text.includes('</script>'))
  }
})

test('summary.txt is the summary at 80 columns without colour, in a folder each for several runs', async () => {
  const [file] = await summary.render([twoClients()])
  assert.deepEqual(file, { name: 'summary.txt', body: terminalSummary(twoClients(), at80) })
  const several = await summary.render([twoClients(), { ...mock(), runId: '../../evil/run' }])
  assert.deepEqual(
    several.map(({ name }) => name),
    ['20260301-101500-3broker-acks-all/summary.txt', '-..-evil-run/summary.txt'],
  )
})

test('the verdict puts bad before warnings, an open ledger included', () => {
  const result = violated()
  result.variants[1]!.ledger.acked -= 1
  const verdict = verdictOf(result)
  assert.equal(verdict.tone, 'bad')
  const tones = verdict.findings.map((finding) => finding.tone)
  assert.deepEqual(tones, [...tones].sort())
  assert.ok(verdict.findings.some((finding) => finding.about === 'node-rdkafka' && finding.text.includes('not closed')))
  assert.match(verdict.summary, /368 lost · 1 of 2 thresholds met/)
})

test('text helpers keep to their width', () => {
  assert.equal(cut('abcdef', 4), 'abc…')
  assert.equal(padded('ab', 4), 'ab  ')
  assert.deepEqual(wrapped('one two three', 7), ['one two', 'three'])
  assert.deepEqual(wrapped('unbreakable', 5), ['unbr…'])
  assert.equal(plain('a\u001b[2Jb\r\nc'), 'a\\u001b[2Jb c')
})
