import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { numberAt } from '../../src/profile/threshold-paths.ts'
import { xmlElement, xmlText } from '../../src/reports/_xml.ts'
import csv from '../../src/reports/csv.ts'
import junit from '../../src/reports/junit.ts'
import markdown from '../../src/reports/markdown.ts'
import { fixtures } from '../fixtures/all.ts'
import { hostile, matrix, mock, thresholdsMissed, twoClients, unsupported, violated } from '../fixtures/result.ts'

const bodyOf = (files: readonly { name: string; body: string | Uint8Array }[], name: string): string =>
  String(files.find((file) => file.name === name)!.body)
const junitOf = async (...results: Parameters<typeof junit.render>[0]) =>
  bodyOf(await junit.render(results), 'junit.xml')

/** Fields of RFC 4180 text, by its own rules. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  for (const line of text.trimEnd().split(/\n(?=(?:[^"]*"[^"]*")*[^"]*$)/)) {
    const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)]
    rows.push(fields.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare!))
  }
  return rows
}

describe('junit', () => {
  const attribute = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1]

  test('counts are those of the cases, whatever the result', async () => {
    for (const [name, make] of Object.entries(fixtures)) {
      const result = make()
      const xml = await junitOf(result)
      const suite = /<testsuite [^>]*>/.exec(xml)![0]
      const count = (tag: string) => [...xml.matchAll(new RegExp(`<${tag}\\b`, 'g'))].length
      assert.equal(count('testcase'), 2 * result.variants.length + result.thresholds.length, name)
      assert.equal(Number(attribute(suite, 'tests')), count('testcase'), name)
      assert.equal(Number(attribute(suite, 'failures')), count('failure'), name)
      assert.equal(Number(attribute(suite, 'errors')), count('error'), name)
      assert.equal(Number(attribute(suite, 'skipped')), count('skipped'), name)
    }
  })

  test('a case per threshold and variant, with what was missed and when', async () => {
    const xml = await junitOf(thresholdsMissed())
    assert.match(
      xml,
      /<testcase classname="3broker-acks-all.client=kafkajs" name="produce.responseUs.p99 &lt; 20ms in every 5 s" time="0.000">\s+<failure message="[^"]*: 61.2 ms from 24 s, 3 of 26 missed, the first from 23 s, ended its variant"\/>/,
    )
    assert.match(xml, /client=node-rdkafka" name="produce.responseUs.p99 &lt; 20ms in every 5 s" time="0.000"\/>/)
    assert.match(xml, /name="status" time="43.000">\s+<error message="interrupted: ended early: /)
    assert.match(xml, /name="integrity" time="0.000">\s+<skipped message="not audited: a partition/)
    assert.match(await junitOf(violated()), /<failure message="violated, 368 lost: lost: producer 0/)
    assert.match(await junitOf(unsupported()), /<skipped message="unsupported: kafkajs has no cooperative-sticky/)
  })

  test('several runs are suites of one file', async () => {
    const xml = await junitOf(twoClients(), mock())
    assert.equal([...xml.matchAll(/<testsuite /g)].length, 2)
    assert.match(xml, /<testsuites name="kbench" tests="12"/)
  })

  test('XML holds what XML may hold', () => {
    assert.equal(
      xmlText('a<b>&"\'\n\u0000\u001b[31m\ud800x\u{1f600}\uffff'),
      'a&lt;b&gt;&amp;&quot;&apos;&#10;[31mx\u{1f600}',
    )
    assert.equal(xmlElement('a', { b: '"', c: null }, [xmlElement('d', {})]), '<a b="&quot;">\n  <d/>\n</a>')
  })
})

describe('csv', () => {
  test('a row per variant, with params and every number under its path', async () => {
    const result = matrix()
    const [head, ...rows] = parseCsv(bodyOf(await csv.render([result]), 'variants.csv'))
    assert.equal(rows.length, result.variants.length)
    for (const [at, variant] of result.variants.entries()) {
      const row = Object.fromEntries(head!.map((name, column) => [name, rows[at]![column]]))
      assert.equal(row.variant, variant.id)
      assert.equal(row.acks, String(variant.params.acks))
      assert.equal(row['produce.responseUs.p99'], String(variant.produce.responseUs!.p99))
      assert.equal(row['lag.g1.maxRecords'], String(variant.lag.g1!.maxRecords))
      assert.equal(row['integrity.lost'], String(numberAt(variant, ['integrity', 'lost'])))
      assert.equal(row['faults.unavailableMs.max'], '')
    }
  })

  test('a row per second, of every variant', async () => {
    const result = twoClients()
    const [head, ...rows] = parseCsv(bodyOf(await csv.render([result]), 'series.csv'))
    assert.equal(
      rows.length,
      result.variants.reduce((sum, { series }) => sum + series.tickS.length, 0),
    )
    const column = head!.indexOf('ackedPerSec')
    assert.equal(rows[12]![column], String(result.variants[0]!.series.columns.ackedPerSec![12]))
    assert.deepEqual(rows[12]!.slice(1, 4), ['client=kafkajs', 'measure', '12'])
  })

  test('every row has as many fields as the head; quotes and commas stay what they are', async () => {
    const result = hostile()
    result.variants[0]!.params.note = 'a,"b"\nc'
    const files = await csv.render([result, twoClients(), unsupported()])
    for (const { body } of files) {
      const [head, ...rows] = parseCsv(String(body))
      for (const row of rows) assert.equal(row.length, head!.length)
    }
    assert.ok(parseCsv(String(files[0]!.body))[1]!.includes('a,"b"\nc'))
  })
})

describe('markdown', () => {
  const pageOf = async (result: ReturnType<typeof twoClients>) => bodyOf(await markdown.render([result]), 'summary.md')

  test('verdict, thresholds, numbers, in this order', async () => {
    const page = await pageOf(thresholdsMissed())
    assert.match(page, /^### ❌ 3broker-acks-all: FAILED, exit 99\n/)
    assert.match(
      page,
      /\| ❌ missed \| produce.responseUs.p99 &lt; 20ms in every 5 s \| kafkajs \| &lt; 20 ms \| 61.2 ms \|/,
    )
    assert.ok(page.indexOf('**Which client?**') < page.indexOf('| threshold |'))
    assert.ok(page.indexOf('| threshold |') < page.indexOf('| variant | status |'))
    assert.match(page, /^\| variant \| status \| response p99 ÷ kafkajs \| acked, records\/s \|/m)
    assert.match(page, /^\| node-rdkafka \| ok \| – \|.* 43\.3 ms \|/m)
  })

  test('tables stay tables and text stays text', async () => {
    for (const [name, make] of Object.entries(fixtures)) {
      const page = await pageOf(make())
      for (const block of page.split('\n\n').filter((each) => each.startsWith('|'))) {
        const columns = block.split('\n').map((line) => line.replace(/\\\|/g, '').split('|').length)
        assert.equal(new Set(columns).size, 1, `${name}: ${block}`)
      }
      assert.ok(!/<(img|script)/i.test(page), name)
    }
  })
})
