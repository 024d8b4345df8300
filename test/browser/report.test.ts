import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import report from '../../src/reports/html.ts'
import junit from '../../src/reports/junit.ts'
import { fixtures } from '../fixtures/all.ts'
import { drawAll, inBrowser, type Pages, type Seen, skip, startBrowser, until } from './_browser.ts'

describe('report.html in a browser', () => {
  let pages: Pages | undefined

  before(async () => {
    if (skip === false) pages = await startBrowser()
  })
  after(async () => {
    await pages?.[Symbol.asyncDispose]()
  })

  async function open(name: string, width: number, colorScheme: 'light' | 'dark' = 'light'): Promise<Seen> {
    const [file] = await report.render([fixtures[name]!()])
    return pages!.open(name, String(file!.body), { width, colorScheme })
  }

  for (const name of Object.keys(fixtures)) {
    inBrowser(`${name}: charts drawn, no error, no request, nothing wider than a phone`, async () => {
      const { page, errors, requests } = await open(name, 400)
      await drawAll(page)
      const canvases = await page.evaluate<{ id: string; colours: number; width: number }[]>(canvasColours)
      assert.deepEqual(
        canvases.filter(({ colours, width }) => colours < 8 || width < 100),
        [],
      )
      assert.ok(canvases.length > 0 || ['nothingMeasured', 'notStarted'].includes(name))
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400)
      assert.deepEqual(await page.evaluate(wideTexts), [], 'text outside the page that no frame scrolls')
      assert.deepEqual({ errors, requests }, { errors: [], requests: [] })
      await page.close()
    })
  }

  inBrowser('dark mode changes page and charts, also while the page is open', async () => {
    const { page, errors } = await open('twoClients', 1280)
    const light = await page.evaluate<Record<string, string>>(grounds)
    await page.emulateMedia({ colorScheme: 'dark' })
    await until(page, `(${grounds}).chart !== ${JSON.stringify(light.chart)}`)
    const dark = await page.evaluate<Record<string, string>>(grounds)
    assert.equal(light.chart, '255,255,255')
    assert.notEqual(dark.page, light.page)
    const fresh = await open('twoClients', 1280, 'dark')
    assert.deepEqual(await fresh.page.evaluate(grounds), dark)
    assert.deepEqual(errors, [])
    await Promise.all([page.close(), fresh.page.close()])
  })

  inBrowser('variants lie side by side on a desktop and below each other on a phone', async () => {
    const tops = `['kafkajs', 'node-rdkafka'].map(v => Math.round(document.getElementById('chart-lag-' + v).getBoundingClientRect().top))`
    for (const [width, same] of [
      [1280, true],
      [400, false],
    ] as const) {
      const { page } = await open('twoClients', width)
      await drawAll(page)
      const [first, second] = await page.evaluate<number[]>(tops)
      assert.equal(first === second, same, `at ${width} px`)
      await page.close()
    }
  })

  inBrowser('behind every chart lies a table with its numbers', async () => {
    const { page, errors } = await open('twoClients', 1280)
    const result = fixtures.twoClients!()
    await drawAll(page)
    await page.evaluate(`document.querySelectorAll('figure details').forEach(d => d.open = true)`)
    await until(page, `[...document.querySelectorAll('figure table')].every(t => t.rows.length > 1)`)
    const rows = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('#data-latency-percentiles tr')].map(r => [...r.cells].map(c => c.textContent))`,
    )
    assert.deepEqual(rows[0], [
      'percentile',
      'kafkajs response',
      'kafkajs service',
      'node-rdkafka response',
      'node-rdkafka service',
    ])
    const p99 = rows.find(([label]) => label === '99 %')!
    assert.equal(p99[1], `${(result.variants[0]!.produce.responseUs!.p99! / 1000).toPrecision(3)} ms`)
    assert.equal(rows.at(-1)![0], 'max')
    const lag = await page.evaluate<number>(`document.querySelectorAll('#data-lag-kafkajs tbody tr').length`)
    assert.equal(lag, result.variants[0]!.timelines.lag!.atS.length)
    assert.deepEqual(errors, [])
    await page.close()
  })

  inBrowser('behind a lane chart lie its states in words; its keys are no switches', async () => {
    const { page, errors } = await open('brokerKilled', 1280)
    await drawAll(page)
    await page.evaluate(`document.querySelectorAll('figure details').forEach(d => d.open = true)`)
    await until(page, `[...document.querySelectorAll('figure table')].every(t => t.rows.length > 1)`)
    const cells = (id: string) =>
      page.evaluate<string[][]>(
        `[...document.querySelectorAll('#data-${id} tr')].map(r => [...r.cells].map(c => c.textContent))`,
      )
    const leaders = await cells('leaders-kafkajs')
    assert.deepEqual(leaders[0]!.slice(0, 2), ['seconds since start', 'partition 0'])
    assert.ok(leaders.some((row) => row[2] === 'broker 2, 3 of 3 in sync'))
    assert.ok(leaders.some((row) => row[2] === 'broker 3, 2 of 3 in sync'))
    const availability = await cells('availability-kafkajs')
    assert.ok(availability.some((row) => row[1] === 'nothing'))
    assert.deepEqual(availability.at(-1)!.slice(0, 3), ['longest gap', '10.5 s', '10.6 s'])
    const before = await page.evaluate(`document.getElementById('chart-leaders-kafkajs').toDataURL()`)
    await page.click('#chart-leaders-kafkajs', { position: { x: 40, y: 14 } })
    assert.equal(await page.evaluate(`document.getElementById('chart-leaders-kafkajs').toDataURL()`), before)
    assert.deepEqual(errors, [])
    await page.close()
  })

  inBrowser('headings, tables and charts have names for those who do not see them', async () => {
    for (const name of ['twoClients', 'brokerKilled', 'rollingRestart']) await namesOf(name)
  })

  async function namesOf(name: string): Promise<void> {
    const { page } = await open(name, 1280)
    const levels = await page.evaluate<number[]>(
      `[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))`,
    )
    assert.equal(levels.filter((level) => level === 1).length, 1)
    assert.ok(
      levels.every((level, at) => at === 0 || level <= levels[at - 1]! + 1),
      'no heading level is skipped',
    )
    const unnamed = `[...document.querySelectorAll('canvas, section, [role=region], nav')].filter(e => !e.ariaLabel && !document.getElementById(e.getAttribute('aria-labelledby'))).length`
    assert.equal(await page.evaluate(unnamed), 0)
    assert.equal(
      await page.evaluate(
        `[...document.querySelectorAll('nav a')].filter(a => !document.querySelector(a.hash)).length`,
      ),
      0,
    )
    await page.close()
  }

  inBrowser('junit.xml of every fixture is well-formed, hostile text included', async () => {
    const page = await pages!.browser.newPage()
    for (const [name, make] of Object.entries(fixtures)) {
      const [file] = await junit.render([make()])
      const parsed = await page.evaluate(rootOfXml(String(file!.body)))
      assert.equal(parsed, 'testsuites', name)
    }
    await page.close()
  })
})

/** Name of the document's root, or what is wrong with it. */
const rootOfXml = (text: string) => `(({ documentElement }) =>
  documentElement.querySelector('parsererror')?.textContent ?? documentElement.nodeName
)(new DOMParser().parseFromString(${JSON.stringify(text)}, 'application/xml'))`

/** Colours among some thousand pixels of each canvas. */
const canvasColours = `[...document.querySelectorAll('canvas')].map(canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const colours = new Set()
  for (let at = 0; at < data.length; at += 4 * 7) colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2])
  return { id: canvas.id, colours: colours.size, width: canvas.width }
})`

const wideTexts = `[...document.querySelectorAll('main *, header *, footer *')]
  .filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > 401)
  .map(e => e.tagName + ' ' + e.textContent.slice(0, 40))`

const grounds = `({
  page: getComputedStyle(document.body).backgroundColor,
  chart: [...document.querySelector('canvas').getContext('2d').getImageData(1, 1, 1, 1).data].slice(0, 3).join(),
})`
