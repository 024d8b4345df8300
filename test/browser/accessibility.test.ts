import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe } from 'node:test'
import type { AxeResults } from 'axe-core'
import { inBrowser, type Pages, skip, startBrowser } from './_browser.ts'
import { allPages } from './_pages.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const large = ['sixteen', 'hundred', 'six-runs']
const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']

describe('every page keeps WCAG 2.1 A and AA, as axe-core judges', () => {
  let pages: Pages | undefined
  before(async () => {
    if (skip === false) pages = await startBrowser()
  })
  after(async () => {
    await pages?.[Symbol.asyncDispose]()
  })

  for (const [name, make] of Object.entries(allPages)) {
    inBrowser(`${name}, light and dark`, async () => {
      const body = await make()
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page } = await pages!.open(name, body, { width: 1280, colorScheme })
        // The folds of large pages are those of small ones, with more of the same in them.
        if (!large.includes(name))
          await page.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true })`)
        await page.evaluate(axe)
        const { violations, passes } = await page.evaluate<AxeResults>(
          `axe.run({ runOnly: { type: 'tag', values: ${JSON.stringify(levels)} } })`,
        )
        assert.ok(passes.length > 10, 'axe looked at the page')
        assert.deepEqual(
          violations.map(
            ({ id, nodes }) =>
              `${colorScheme} ${id}: ${nodes
                .slice(0, 5)
                .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`)
                .join(' | ')}`,
          ),
          [],
        )
        await page.close()
      }
    })
  }
})
