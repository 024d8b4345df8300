import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import report from '../../src/reports/html.ts'
import { hundred, sixteen } from '../fixtures/many.ts'
import { twoClients } from '../fixtures/result.ts'
import { drawAll, inBrowser, type Pages, skip, startBrowser, until } from './_browser.ts'

const results = { 2: twoClients, 16: sixteen, 100: hundred }
const windows = [
  { width: 1280, height: 800, firstChartBy: 1000 },
  { width: 390, height: 844, firstChartBy: 1600 },
]

describe('the report whatever the number of its variants', () => {
  let pages: Pages | undefined
  before(async () => {
    if (skip === false) pages = await startBrowser()
  })
  after(async () => {
    await pages?.[Symbol.asyncDispose]()
  })

  const bodies = new Map<string, string>()
  async function open(count: keyof typeof results, width: number, height: number) {
    const name = `variants-${count}`
    const body = bodies.get(name) ?? String((await report.render([results[count]()]))[0]!.body)
    bodies.set(name, body)
    return { body, ...(await pages!.open(name, body, { width, height })) }
  }

  for (const count of [2, 16, 100] as const) {
    for (const { width, height, firstChartBy } of windows) {
      inBrowser(`${count} variants at ${width} px: chart near the top, a row each, nothing cut off`, async () => {
        const { page, body, errors, requests } = await open(count, width, height)
        const top = await page.evaluate<number>(
          `document.querySelector('canvas').getBoundingClientRect().top + scrollY`,
        )
        assert.ok(top < firstChartBy, `the first chart is at ${top} px`)
        assert.equal(await page.evaluate(`document.querySelectorAll('table.variants tbody tr').length`), count)
        assert.ok(body.length < 2 * 1024 ** 2, `${body.length} bytes`)
        await drawAll(page)
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
        assert.deepEqual(await page.evaluate(cutOff(width)), [])
        assert.deepEqual({ errors, requests }, { errors: [], requests: [] })
        await page.close()
      })
    }
  }

  inBrowser('16 variants fit in one screen of table', async () => {
    const { page } = await open(16, 1280, 800)
    const height = await page.evaluate<number>(
      `document.querySelector('table.variants').getBoundingClientRect().height`,
    )
    const frame = await page.evaluate<number>(`document.querySelector('.scroll:has(> .variants)').clientHeight`)
    assert.ok(height <= 800 && frame >= height, `${height} px in a frame of ${frame} px`)
    await page.close()
  })

  inBrowser('100 variants can be sorted and filtered, the charts with them', async () => {
    const { page } = await open(100, 1280, 800)
    const first = `document.querySelector('table.variants tbody tr:not([hidden]) th').textContent`
    await page.getByRole('button', { name: 'acked/s' }).click()
    assert.match(await page.evaluate<string>(first), /rate=20000$/)
    await page.getByRole('button', { name: 'acked/s' }).click()
    assert.match(await page.evaluate<string>(first), /rate=1000$/)
    assert.equal(await page.evaluate(`document.querySelector('th[aria-sort]').getAttribute('aria-sort')`), 'ascending')
    await page.getByLabel('Filter variants and charts').fill('node-rdkafka partitions=48')
    const shown = `[...document.querySelectorAll('table.variants tbody tr')].filter((row) => !row.hidden).length`
    assert.equal(await page.evaluate(shown), 10)
    assert.equal(await page.getByRole('status').last().textContent(), '10 shown')
    const left = await page.evaluate<string[]>(
      `[...document.querySelectorAll('figure')].filter((one) => !one.hidden && one.querySelector('[id*=latency-throughput]')).map((one) => one.querySelector('h4').textContent)`,
    )
    assert.deepEqual(left, ['acks=1 partitions=48', 'acks=all partitions=48'])
    await page.close()
  })

  inBrowser('the keyboard alone: links open folds, charts zoom and change their scale, the theme changes', async () => {
    const { page } = await open(2, 1280, 800)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.className'), 'skip')
    await page.getByRole('navigation').getByRole('link', { name: 'Numbers' }).focus()
    await page.keyboard.press('Enter')
    await until(page, `document.getElementById('numbers').closest('details').open`)
    const range = (): Promise<number[]> =>
      page.evaluate(`(({ min, max }) => [min, max])(Chart.getChart(document.querySelector('canvas')).scales.x)`)
    const [from, to] = await range()
    await page.getByRole('button', { name: /^Zoom in, Response p99/ }).focus()
    await page.keyboard.press('Enter')
    const [zoomedFrom, zoomedTo] = await range()
    assert.ok(zoomedTo! - zoomedFrom! < to! - from!)
    await page.getByRole('button', { name: /^Reset zoom, Response p99/ }).press('Enter')
    assert.deepEqual(await range(), [from, to])
    const log = page.getByRole('button', { name: /^Log scale, Response p99/ })
    assert.equal(await log.getAttribute('aria-pressed'), 'true')
    await log.press('Enter')
    assert.equal(await page.evaluate(`Chart.getChart(document.querySelector('canvas')).scales.y.type`), 'linear')
    const ground = 'getComputedStyle(document.body).backgroundColor'
    const before = await page.evaluate(ground)
    await page.getByRole('button', { name: 'Dark theme' }).press('Enter')
    assert.notEqual(await page.evaluate(ground), before)
    await page.close()
  })

  inBrowser('the navigation stays in sight, and links to every section', async () => {
    const { page } = await open(16, 1280, 800)
    await page.evaluate(`document.querySelector('footer').scrollIntoView()`)
    assert.equal(await page.evaluate(`Math.round(document.querySelector('nav.bar').getBoundingClientRect().top)`), 0)
    const ids = await page.evaluate<string[]>(`[...document.querySelectorAll('main h2')].map((one) => one.id)`)
    const links = await page.evaluate<string[]>(`[...document.querySelectorAll('nav a')].map((a) => a.hash.slice(1))`)
    assert.deepEqual(links, ids)
    await page.close()
  })

  inBrowser('one crosshair over all charts of time', async () => {
    const { page } = await open(2, 1280, 800)
    const other = `document.querySelectorAll('canvas')[1].toDataURL()`
    await page.locator('canvas').nth(1).scrollIntoViewIfNeeded()
    await until(page, `document.querySelectorAll('canvas')[1].width > 300`)
    const before = await page.evaluate(other)
    await page
      .locator('canvas')
      .first()
      .hover({ position: { x: 500, y: 120 }, force: true })
    await until(page, `${other} !== ${JSON.stringify(before)}`)
    await page.close()
  })
})

/** Texts that reach beyond the window or their own box, where nothing scrolls to them. */
const cutOff = (width: number) => `[...document.querySelectorAll('main *, header *, footer *')]
  .filter((one) => !one.closest('.scroll, pre') && one.textContent.trim() !== '' && one.offsetParent !== null)
  .filter((one) => one.getBoundingClientRect().right > ${width} + 1 || (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'hidden'))
  .map((one) => one.tagName + ' ' + one.textContent.slice(0, 40))`
