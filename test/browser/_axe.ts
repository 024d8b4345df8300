import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']

/** No rule of WCAG 2.1 A and AA is broken on the page as it is now, as axe-core judges; `what` is for the message. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe)
  const { violations, passes } = await page.evaluate<AxeResults>(
    `axe.run({ runOnly: { type: 'tag', values: ${JSON.stringify(levels)} } })`,
  )
  assert.ok(passes.length > 10, 'axe looked at the page')
  assert.deepEqual(
    violations.map(
      ({ id, nodes }) =>
        `${what} ${id}: ${nodes
          .slice(0, 5)
          .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`)
          .join(' | ')}`,
    ),
    [],
  )
}
