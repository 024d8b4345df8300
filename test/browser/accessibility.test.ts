import { after, before, describe } from 'node:test'
import { assertAccessible } from './_axe.ts'
import { inBrowser, type Pages, skip, startBrowser } from './_browser.ts'
import { allPages } from './_pages.ts'

const large = ['sixteen', 'hundred', 'six-runs']

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
        await assertAccessible(page, colorScheme)
        await page.close()
      }
    })
  }
})
