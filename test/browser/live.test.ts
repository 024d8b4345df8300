import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import type { ChartSpec } from '../../src/reports/charts/spec.ts'
import { onlyResult, startRun } from '../cli/_live.ts'
import { assertAccessible } from './_axe.ts'
import { inBrowser, type Pages, skip, startBrowser, until } from './_browser.ts'

const profile = [
  'name: live',
  'cluster: { provider: fake }',
  'clients: [fake]',
  'topic: { partitions: 4 }',
  'load: { rate: 200 }',
  'consumers: [ { group: g1, members: 2 } ]',
  'phases: { clusterWarmup: 0s, warmup: 2s, measure: 16s, drain: 2s }',
]

/** Longer than any record of the fake client is open on a busy machine, s. */
const openS = 3

async function specsOf(page: Page): Promise<ChartSpec[]> {
  const packed = await page.evaluate<string>(`document.getElementById('charts-data').textContent`)
  return JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString())
}

/**
 * What was shown of a second while the run went on is what the page of the whole run shows of it, in every chart over time. A latency belongs to
 * the second in which its record was due: of the last ones that were shown, records were still open.
 */
function assertSame(live: readonly ChartSpec[], whole: readonly ChartSpec[]): void {
  let compared = 0
  for (const { id, x, xs, series } of live.filter((spec) => spec.x.unit === 'seconds')) {
    const of = whole.find((spec) => spec.id === id)!
    assert.ok(of, id)
    const isLatency = id.includes('response') || id.includes('service') || id.includes('end-to-end')
    const settledTo = isLatency ? xs.at(-1)! - openS : Number.POSITIVE_INFINITY
    for (const { label, ys } of series) {
      // Where the run comes out invalid, its lines carry that in their names.
      const all = of.series.find((each) => each.label.startsWith(label))?.ys
      assert.ok(all, `${id}, ${label}: ${of.series.map((each) => each.label)}`)
      for (const [at, second] of xs.entries()) {
        if (ys[at] == null || !of.xs.includes(second) || second > settledTo) continue
        assert.equal(ys[at], all[of.xs.indexOf(second)], `${id}, ${label}, ${x.title} ${second}`)
        compared++
      }
    }
  }
  assert.ok(compared > 20, `${compared} values`)
}

describe('kbench run --web in a browser', () => {
  let pages: Pages | undefined
  let results: string
  before(async () => {
    results = await mkdtemp(join(tmpdir(), 'kbench-live-'))
    if (skip === false) pages = await startBrowser()
  })
  after(async () => {
    await pages?.[Symbol.asyncDispose]()
    await rm(results, { recursive: true, force: true })
  })

  inBrowser('the report page while the run goes on, with the numbers that are stored, and its end', async () => {
    const file = join(results, 'live.yaml')
    await writeFile(file, `${profile.join('\n')}\n`)
    const live = startRun([file, '--results', join(results, 'runs'), '--no-reports', '--web'])
    await live.says('token=')
    const [, url] = /web\s+(\S+)/.exec(live.stderr())!
    const page = await pages!.browser.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => message.text().includes('Content Security Policy') && errors.push(message.text()))
    await live.says('load ')
    await page.goto(url!)
    await page.waitForSelector('html[data-live]', { state: 'attached' })
    await until(
      page,
      `document.documentElement.dataset.refreshed > 0 && document.querySelector('canvas') !== null`,
      60_000,
    )
    assert.match((await page.locator('p.live').textContent())!, /^Running: variant 1 of 1, client=fake: \w+/)
    const secondsIn = (all: readonly ChartSpec[]) => all.find(({ id }) => id === 'clients-acked')?.xs.length ?? 0
    let specs = await specsOf(page)
    for (const untilMs = performance.now() + 60_000; secondsIn(specs) < openS + 4 && performance.now() < untilMs; ) {
      await page.waitForTimeout(200)
      specs = await specsOf(page)
    }
    const shown = specs.find(({ id }) => id === 'clients-acked')!
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await assertAccessible(page, `while it runs, ${colorScheme}`)
    }
    // The last page is that of the whole run: it asks no more.
    await until(
      page,
      `!document.querySelector('p.live') && document.querySelectorAll('table.variants tbody tr').length === 1`,
      60_000,
    )
    assert.notEqual((await live.ended).exitCode, null)
    const { series } = onlyResult(join(results, 'runs')).result.variants[0]!
    assert.ok(shown.xs.length >= openS + 4, `${shown.xs.length} seconds`)
    for (const [at, second] of shown.xs.entries()) {
      assert.equal(
        shown.series[0]!.ys[at],
        series.columns.ackedPerSec![series.tickS.indexOf(second)],
        `acked at ${second} s`,
      )
    }
    assertSame(specs, await specsOf(page))
    assert.deepEqual(errors, [])
    await page.close()
  })
})
