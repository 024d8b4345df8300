import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { flatten } from '../../src/compare/run-settings.ts'
import type { RunResult } from '../../src/contracts/result.ts'
import { drawingSource } from '../../src/reports/charts/draw.ts'
import { chartGroups } from '../../src/reports/charts/index.ts'
import report from '../../src/reports/html.ts'
import { html } from '../../src/reports/page/markup.ts'
import { fixtures } from '../fixtures/all.ts'
import {
  hostile,
  interrupted,
  invalid,
  mock,
  nothingMeasured,
  thresholdsMissed,
  twoClients,
  violated,
} from '../fixtures/result.ts'

async function pageOf(result: RunResult): Promise<string> {
  const files = await report.render([result])
  assert.deepEqual(
    files.map(({ name }) => name),
    ['report.html'],
  )
  return String(files[0]!.body)
}

/** The pages of all fixtures, rendered once. */
const pages = new Map<string, string>()
async function pageOfFixture(name: string): Promise<string> {
  const page = pages.get(name) ?? (await pageOf(fixtures[name]!()))
  pages.set(name, page)
  return page
}

/** The page without scripts and styles: what a reader sees, and what could load something. */
const visible = (page: string): string => page.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '')

test('no result makes a page that loads anything', async () => {
  for (const name of Object.keys(fixtures)) {
    const page = await pageOfFixture(name)
    assert.ok(
      !/<(link|img|iframe|object|embed|base|form)\b/i.test(page.replace(/<script>[\s\S]*?<\/script>/g, '')),
      name,
    )
    const tags = visible(page).match(/<[a-z][^>]*>/gi) ?? []
    const attributes = tags.map((tag) => tag.replace(/"[^"]*"/g, '')).join('')
    assert.ok(!/\s(src|srcset|action|poster|on\w+)=/i.test(attributes), name)
    for (const [, target] of page.matchAll(/\shref="([^"]*)"/g)) assert.match(target!, /^#/, name)
    assert.ok(!/@import|url\(/.test(page.match(/<style>[\s\S]*?<\/style>/)![0]), name)
    assert.ok(!page.includes('sourceMappingURL'), name)
    assert.match(page, /Content-Security-Policy" content="default-src 'none'/)
  }
})

test('every script and style runs by its hash alone, and no element has a style of its own', async () => {
  for (const name of Object.keys(fixtures)) {
    const page = await pageOfFixture(name)
    const policy = page.match(/Content-Security-Policy" content="([^"]*)"/)![1]!
    assert.ok(!policy.includes('unsafe'), policy)
    for (const [, tag, body] of page.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)) {
      const hash = createHash('sha256').update(body!).digest('base64')
      assert.ok(policy.includes(`'sha256-${hash}'`), `${name}: ${tag}`)
    }
    const tags = visible(page).match(/<[a-z][^>]*>/gi) ?? []
    assert.ok(!tags.some((tag) => /\sstyle=/.test(tag.replace(/"[^"]*"/g, ''))), name)
  }
})

test('text from a result is escaped everywhere', async () => {
  const page = await pageOf(hostile())
  assert.ok(!page.includes('<img'))
  assert.ok(!page.includes('onerror=alert(1)>"'))
  assert.equal([...page.matchAll(/<\/script>/g)].length, 3, 'the page’s own: data, library and script')
  assert.ok(page.includes('&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;'))
  assert.ok(!page.includes('\u001b'))
})

test('how the brokers were started is told where kbench started them', async () => {
  const result = twoClients()
  result.cluster.brokerOptions = { nice: 10, KBENCH_JVM_OPTS: '-XX:TieredStopAtLevel=1' }
  assert.match(await pageOf(result), /Its brokers were started with nice 10, KBENCH_JVM_OPTS -XX:TieredStopAtLevel=1/)
  delete result.cluster.brokerOptions
  assert.ok(!(await pageOf(result)).includes('Its brokers were started'))
})

test('thresholds come before all numbers: limit, value, worst window, and a sign that needs no colour', async () => {
  const page = visible(await pageOf(thresholdsMissed()))
  assert.ok(page.indexOf('Were the thresholds met?') < page.indexOf('<canvas'))
  assert.match(page, /Were the thresholds met\?<\/dt><dd>No, 4 of 6 were missed/)
  const rows = [
    ...page
      .split('id="thresholds"')[1]!
      .split('</table>')[0]!
      .matchAll(/<tr>.*?<\/tr>/gs),
  ].map(([row]) => row.replace(/<[^>]+>/g, '|').replace(/\|+/g, '|'))
  assert.equal(rows.length, 7)
  assert.equal(
    rows[1],
    '|produce.responseUs.p99 &lt; 20ms in every 5 s|kafkajs|✕ missed|&lt; 20 ms|61.2 ms|from 24 s, 3 of 26 missed, the first from 23 s, ended its variant|',
  )
  assert.equal(
    rows[6],
    '|produce.responseUs.p99 &lt; 20ms in every 5 s|node-rdkafka|✓ met|&lt; 20 ms|18.1 ms|from 12 s, 26 of 26 met|',
  )
  assert.ok(!visible(await pageOf(interrupted())).includes('id="thresholds"'))
})

test('every element that opens also closes', async () => {
  for (const name of Object.keys(fixtures)) {
    const open: string[] = []
    for (const [, slash, tag] of visible(await pageOfFixture(name)).matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
      if (tag === 'meta' || tag === 'input') continue
      if (slash === '') open.push(tag!)
      else assert.equal(open.pop(), tag, name)
    }
    assert.deepEqual(open, [], name)
  }
})

test('the inlined data are the charts, each with a canvas and a table', async () => {
  const result = twoClients()
  const page = await pageOf(result)
  const packed = page.match(/id="charts-data">([\s\S]*?)<\/script>/)![1]!
  const data: unknown = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString())
  const charts = chartGroups(result).flatMap((group) => group.charts)
  assert.deepEqual(data, JSON.parse(JSON.stringify(charts)))
  for (const { id } of charts) {
    assert.ok(page.includes(`<canvas id="chart-${id}"`), id)
    assert.ok(page.includes(`<details id="data-${id}"`), id)
  }
})

test('the verdict says what happened', async () => {
  assert.match(visible(await pageOf(twoClients())), /OK<\/p>\s*<p class="exit">exit code 0/)
  assert.match(visible(await pageOf(invalid())), /INVALID[\s\S]*schedule lag p99 213 ms is above 5 ms/)
  assert.match(
    visible(await pageOf(violated())),
    /INTEGRITY VIOLATED[\s\S]*also 99[\s\S]*368 acknowledged records are not in the log/,
  )
  assert.match(visible(await pageOf(mock())), /role="alert">NOT A KAFKA/)
  assert.match(visible(await pageOf(interrupted())), /INTERRUPTED[\s\S]*exit code 130/)
  assert.match(visible(await pageOf(nothingMeasured())), /Nothing was recorded for: [\s\S]*records per second/)
})

test('settings of several clients that differ are marked, others are not', async () => {
  const page = visible(await pageOf(twoClients()))
  assert.match(page, /<tr class="differs"><th scope="row"><code>producer\.partitioner<\/code>/)
  assert.match(page, /<tr><th scope="row"><code>producer\.retries<\/code>/)
  assert.match(page, /<tr><th scope="row"><code>producer\.acks<\/code>/, 'all and -1 are the same')
  assert.match(page, /node-rdkafka: 8 settings of its own/)
  assert.match(page, /<code>producers\.batch\.lingerMs<\/code>/)
})

test('nested settings become dotted paths', () => {
  assert.deepEqual(flatten({ a: { b: 1 }, list: ['x', 'y'], rows: [{ c: null }], empty: {} }), [
    ['a.b', '1'],
    ['list', 'x, y'],
    ['rows[0].c', 'null'],
  ])
})

test('the template escapes values and keeps markup', () => {
  assert.equal(
    html`<b>${'<&"\'>'}</b>${html`<i></i>`}${null}${false}${[html`1`, html`2`]}${3}`.markup,
    '<b>&lt;&amp;&quot;&#39;&gt;</b><i></i>123',
  )
})

test('the drawing functions work from their source text alone', () => {
  const spec = chartGroups(twoClients()).find(({ id }) => id === 'latency-percentiles')!.charts[0]!
  const theme = {
    palette: ['#000'],
    heat: [
      [0, 0, 0],
      [255, 255, 255],
    ],
    faint: '#888',
    quiet: '#999',
    font: 'x',
  }
  const labels: unknown = new Function(
    'spec',
    'theme',
    `${drawingSource()}
    const config = toConfig(spec, theme, null)
    return [config.data.datasets.map(d => d.label), config.options.scales.x.ticks.callback(100), heatColour(1, theme)]`,
  )(spec, theme)
  assert.deepEqual(labels, [spec.series.map((one) => one.label), '99 %', 'rgb(255, 255, 255)'])
})
