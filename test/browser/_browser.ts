import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
export const skip = existsSync(executablePath) ? false : `no Chromium at ${executablePath} (set CHROMIUM to its path)`
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Skipped one by one, so that every test that did not run is named and counted. */
export const inBrowser = (name: string, body: () => Promise<void>) => test(name, { skip }, body)

export interface Seen {
  page: Page
  /** Console errors, uncaught errors, blocked loads. */
  errors: string[]
  requests: string[]
}

export interface PageOptions {
  width: number
  height?: number
  colorScheme?: 'light' | 'dark'
  media?: 'print'
  /** Pixels of the picture for each of the page. */
  scale?: number
}

export interface Pages extends AsyncDisposable {
  browser: Browser
  /** Opens a page from a file of its own, as a reader would, and waits until its first charts are drawn. */
  open(name: string, body: string, options: PageOptions): Promise<Seen>
}

export async function startBrowser(): Promise<Pages> {
  const folder = await mkdtemp(join(tmpdir(), 'kbench-pages-'))
  const browser = await chromium.launch({ executablePath, args })
  return {
    browser,
    async open(name, body, { width, height = 900, colorScheme = 'light', media, scale = 1 }) {
      const path = join(folder, `${name}.html`)
      await writeFile(path, body)
      const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor: scale })
      if (media) await page.emulateMedia({ media })
      const errors: string[] = []
      const requests: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      page.on('request', (request) => request.url() !== pathToFileURL(path).href && requests.push(request.url()))
      await page.goto(pathToFileURL(path).href)
      if (body.includes('id="charts-data"')) await page.waitForSelector('html[data-drawn]', { state: 'attached' })
      return { page, errors, requests }
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Looks after every frame until it holds. Not waitForFunction: that needs eval, which the page's content policy forbids. */
export async function until(page: Page, expression: string, limitMs = 30_000): Promise<void> {
  const endMs = performance.now() + limitMs
  while (performance.now() < endMs) {
    if (await page.evaluate(expression)) return
    await page.evaluate('new Promise(requestAnimationFrame)')
  }
  throw new Error(`still not so: ${expression}`)
}

/** Opens every fold, and scrolls from the top to the end so that every chart comes near the window and is drawn. */
export async function drawAll(page: Page): Promise<void> {
  await page.evaluate(`document.querySelectorAll('details.fold').forEach((fold) => { fold.open = true })`)
  const left = `[...document.querySelectorAll('canvas[id^="chart-"]')].filter((canvas) => canvas.width === 300 && canvas.height === 150)`
  for (let round = 0; round < 400; round++) {
    const waiting = await page.evaluate<number>(
      `(() => { const all = ${left}; all[0]?.scrollIntoView(); return all.length })()`,
    )
    if (waiting === 0) return
    await page.evaluate('new Promise(requestAnimationFrame)')
  }
  throw new Error('not every chart was drawn')
}
