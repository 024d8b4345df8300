import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import type { ChartSpec } from '../../src/reports/charts/spec.ts'
import { onlyResult, startRun } from '../cli/_live.ts'
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
    const packed = await page.evaluate<string>(`document.getElementById('charts-data').textContent`)
    const specs: ChartSpec[] = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString())
    const shown = specs.find(({ id }) => id === 'clients-acked')!
    // The last page is that of the whole run: it asks no more.
    await until(
      page,
      `!document.querySelector('p.live') && document.querySelectorAll('table.variants tbody tr').length === 1`,
      60_000,
    )
    assert.notEqual((await live.ended).exitCode, null)
    const { series } = onlyResult(join(results, 'runs')).result.variants[0]!
    assert.ok(shown.xs.length >= 2, `${shown.xs.length} seconds`)
    for (const [at, second] of shown.xs.entries()) {
      assert.equal(
        shown.series[0]!.ys[at],
        series.columns.ackedPerSec![series.tickS.indexOf(second)],
        `acked at ${second} s`,
      )
    }
    assert.deepEqual(errors, [])
    await page.close()
  })
})
