import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'
import { packageRoot } from '../../src/base/root.ts'
import { inBrowser, type PageOptions, type Pages, skip, startBrowser, until } from './_browser.ts'
import { allPages } from './_pages.ts'

// The pages as they looked when somebody last looked at them, at half their size. UPDATE_BASELINES=1 takes them anew: look at them then.

const baselines = join(packageRoot, 'test', 'browser', 'baselines')
const desktop = { width: 1280, height: 1200 }
const phone = { width: 390, height: 1600 }

/** Of the pixels that are not ground, how many may differ: letters of another font do, another page differs in two thirds of them and more. */
const shareAtMost = 0.5

const shots: Readonly<Record<string, [page: string, options: PageOptions]>> = {
  two: ['two', desktop],
  'two-dark': ['two', { ...desktop, colorScheme: 'dark' }],
  'two-print': ['two', { ...desktop, media: 'print' }],
  'two-phone': ['two', phone],
  three: ['three', desktop],
  sixteen: ['sixteen', desktop],
  'sixteen-phone': ['sixteen', phone],
  hundred: ['hundred', desktop],
  'hundred-phone': ['hundred', phone],
  'six-runs': ['six-runs', desktop],
  invalid: ['invalid', desktop],
  failed: ['failed', desktop],
  fault: ['fault', desktop],
  'find-max': ['find-max', desktop],
  degraded: ['degraded', desktop],
  interrupted: ['interrupted', desktop],
  comparison: ['comparison', desktop],
}

/** Pixels that differ visibly, for each that is not ground in one of the two; Infinity = another size. */
function difference(a: PNG, b: PNG): number {
  if (a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY
  const differing = pixelmatch(a.data, b.data, undefined, a.width, a.height, { threshold: 0.1 })
  return differing / Math.max(inkOf(a), inkOf(b))
}

/** Pixels that are unlike the first one. */
function inkOf({ data, width, height }: PNG): number {
  const ground = Buffer.alloc(data.length)
  for (let at = 0; at < data.length; at += 4) data.copy(ground, at, 0, 4)
  return pixelmatch(data, ground, undefined, width, height, { threshold: 0.1, includeAA: true })
}

describe('pages look as they did', () => {
  let pages: Pages | undefined
  before(async () => {
    if (skip === false) pages = await startBrowser()
  })
  after(async () => {
    await pages?.[Symbol.asyncDispose]()
  })

  const bodies = new Map<string, Promise<string>>()
  for (const [name, [of, options]] of Object.entries(shots)) {
    inBrowser(name, async () => {
      const body = bodies.get(of) ?? allPages[of]!()
      bodies.set(of, body)
      const { page } = await pages!.open(name, await body, { ...options, scale: 0.5 })
      await until(page, near)
      const picture = await page.screenshot()
      await page.close()
      const file = join(baselines, `${name}.png`)
      if (process.env.UPDATE_BASELINES) writeFileSync(file, picture)
      assert.ok(existsSync(file), `no baseline: UPDATE_BASELINES=1 makes ${file}`)
      const share = difference(PNG.sync.read(picture), PNG.sync.read(readFileSync(file)))
      assert.ok(share <= shareAtMost, `${(100 * share).toFixed(1)} % of what is drawn differs`)
    })
  }
})

test('what differs is seen: another theme, another page, another order', () => {
  const picture = (name: string) => PNG.sync.read(readFileSync(join(baselines, `${name}.png`)))
  assert.equal(difference(picture('two'), picture('two')), 0)
  for (const other of ['two-dark', 'fault', 'find-max', 'interrupted', 'comparison', 'hundred']) {
    assert.ok(difference(picture('two'), picture(other)) > shareAtMost, other)
  }
})

/** Every chart in the window is drawn. */
const near = `[...document.querySelectorAll('canvas[id^="chart-"]')]
  .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().top < innerHeight)
  .every((one) => Chart.getChart(one))`
