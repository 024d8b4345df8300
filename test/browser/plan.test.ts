import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { plan } from './_pages.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : `no Chromium at ${executablePath} (set CHROMIUM to its path)`
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

test('the page of a plan fits wide and narrow screens, light and dark, asks for nothing and reports no error', {
  skip,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kbench-plan-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'plan.html')
  await writeFile(file, plan())
  const browser = await chromium.launch({ executablePath, args })
  t.after(() => browser.close())
  const grounds = new Set<string>()
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
      const problems: string[] = []
      tab.on('console', (message) => problems.push(message.text()))
      tab.on('pageerror', (error) => problems.push(error.message))
      tab.on('request', (request) => request.url().startsWith('file:') || problems.push(request.url()))
      await tab.goto(pathToFileURL(file).href)
      assert.deepEqual(problems, [])
      assert.equal(await tab.evaluate('document.documentElement.scrollWidth'), width)
      grounds.add(await tab.evaluate<string>('getComputedStyle(document.body).backgroundColor'))
      // The bars are as long as the share that is written in them.
      const bar = tab.locator('.bar.binds').first()
      const share = Number.parseFloat((await bar.locator('b').textContent())!)
      const [whole, filled] = [await bar.boundingBox(), await bar.locator('i').boundingBox()]
      assert.ok(Math.abs((filled!.width / whole!.width) * 100 - share) < 1)
      await tab.close()
    }
  }
  assert.equal(grounds.size, 2)
})
