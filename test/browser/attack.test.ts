// biome-ignore-all lint/suspicious/noTemplateCurlyInString: an attack on templates
import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import type { RunResult } from '../../src/contracts/result.ts'
import report from '../../src/reports/html.ts'
import { parseResult } from '../../src/store/parse-result.ts'
import { fixtures } from '../fixtures/all.ts'
import { drawAll, inBrowser, type Pages, skip, startBrowser } from './_browser.ts'

/** Each runs where text becomes markup, an attribute, a script, a style or an address. */
const attacks = [
  '<script>window.attacked=1</script>',
  '</script><script>window.attacked=1</script>',
  '"><img src=x onerror="window.attacked=1">',
  "' onmouseover='window.attacked=1' x='",
  '</style><svg onload=window.attacked=1>',
  'javascript:window.attacked=1',
  '<!--<script>window.attacked=1',
  '</textarea></title><iframe srcdoc="<script>parent.attacked=1</script>">',
  '${window.attacked=1}{{constructor.constructor("window.attacked=1")()}}',
  '\u2028window.attacked=1\u202e<base href="https://example.com/">',
  '<meta http-equiv=refresh content="0;url=https://example.com/"><form action=//example.com><a href=//example.com id=main>',
]
/** Words of the format: another text there is refused. */
const words = ['status', 'level', 'verdict', 'problem', 'clock', 'histogram', 'histograms', 'startedAt', 'failed']

/** The result with every text, and every key of a map of names, made an attack. */
function attacked(result: RunResult): string {
  let turn = 0
  const evil = (text: string) => `${attacks[turn++ % attacks.length]}${text}`
  const change = (value: unknown, key: string, parent: string): unknown => {
    if (typeof value === 'string') {
      const isWord = words.includes(key) || (key === 'kind' && parent === 'steps')
      return isWord ? value : evil(value)
    }
    if (Array.isArray(value)) return value.map((each) => change(each, key, parent))
    if (typeof value !== 'object' || value === null) return value
    const isFree = [
      'params',
      'producer',
      'consumer',
      'errors',
      'lag',
      'clients',
      'columns',
      'lagPeak',
      'config',
    ].includes(key)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        isFree && parent !== 'timelines' ? evil(name) : name,
        change(inner, name, key),
      ]),
    )
  }
  return JSON.stringify(change(result, '', ''))
}

describe('R4: a report of a result whose every text is an attack', () => {
  let pages: Pages | undefined
  before(async () => {
    if (skip === false) pages = await startBrowser()
  })
  after(async () => {
    await pages?.[Symbol.asyncDispose]()
  })

  for (const name of ['twoClients', 'rollingRestart', 'foundMaximum', 'thresholdsMissed', 'matrix']) {
    inBrowser(`${name}: runs nothing, asks nobody, adds no element`, async () => {
      const result = parseResult(attacked(JSON.parse(JSON.stringify(fixtures[name]!()))), 'r.json')
      const [file] = await report.render([result])
      const { page, errors, requests } = await pages!.open(`attack-${name}`, String(file!.body), { width: 1280 })
      await drawAll(page)
      // Whatever waits for a pointer.
      await page.evaluate(
        `for (const each of document.querySelectorAll('*')) each.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))`,
      )
      assert.equal(await page.evaluate('window.attacked ?? null'), null)
      assert.equal(await page.evaluate(strangeElements), '')
      assert.deepEqual({ errors, requests }, { errors: [], requests: [] })
      const policy = await page.evaluate<string>(
        `document.querySelector('meta[http-equiv="Content-Security-Policy"]').content`,
      )
      assert.doesNotMatch(policy, /unsafe/)
      assert.match(policy, /default-src 'none'/)
      await page.close()
    })
  }

  inBrowser('the policy alone holds back a script that got in', async () => {
    const [file] = await report.render([fixtures.single!()])
    const broken = String(file!.body).replace(
      '<main',
      '<script>window.attacked=1</script><img src=x onerror="window.attacked=1"><main',
    )
    const { page } = await pages!.open('attack-injected', broken, { width: 1280 })
    assert.equal(await page.evaluate('window.attacked ?? null'), null)
    await page.close()
  })
})

/** Elements and attributes that no report has, a word each; '' = none. */
const strangeElements = `[
  ...document.querySelectorAll('iframe, object, embed, base, form[action], link, img[src^="http"], meta[http-equiv="refresh"]'),
  ...[...document.querySelectorAll('script')].filter((each) => /attacked/.test(each.textContent) && each.type !== 'application/json'),
  ...[...document.querySelectorAll('*')].filter((each) => [...each.attributes].some(({ name, value }) => /^on/.test(name) || (/^(href|src|action|formaction|srcdoc|data)$/.test(name) && /^\\s*javascript:/i.test(value)))),
].map(({ outerHTML }) => outerHTML.slice(0, 100)).join(' ')`
