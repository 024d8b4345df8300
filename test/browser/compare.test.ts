import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { fromBaseline, toBaseline } from '../../src/compare/baseline.ts'
import { compareRuns } from '../../src/compare/compare-runs.ts'
import { type ComparedRun, comparedRun } from '../../src/compare/compared-run.ts'
import type { ChartSpec } from '../../src/reports/charts/spec.ts'
import { comparePage } from '../../src/reports/compare/page.ts'
import { brokerKilled } from '../fixtures/faults.ts'
import { repeatedRun } from '../fixtures/repeated.ts'
import { drawAll, inBrowser, type Pages, skip, startBrowser, until } from './_browser.ts'

const metrics = ['produce.ackedPerSec', 'produce.responseUs.p50', 'produce.responseUs.p99', 'lag.g1.maxRecords']
const page = (runs: ComparedRun[], across: string[] = []) =>
  comparePage(compareRuns(runs, { across, allowEnvironment: false, metrics, gate: null, noise: () => 0.05 }), () => '.')
const baseRun = () => comparedRun(repeatedRun({ runId: 'a', clients: ['kafkajs'] }), '20261121-120000-before-1a2b')
const otherRun = () => comparedRun(repeatedRun({ runId: 'b', clients: ['kafkajs'], slower: 1.3, seed: 2 }), 'after')

/** Six repetitions of each client whose broker is killed, the second's clock three seconds later. */
function killed(): ComparedRun {
  const result = brokerKilled()
  const variants = result.variants.flatMap((variant) =>
    [1, 2, 3, 4, 5, 6].map((repeat) => ({ ...variant, repeat, status: 'ok' as const, id: `${variant.id}#${repeat}` })),
  )
  return comparedRun({ ...result, variants }, 'killed')
}

const pages: Record<string, () => string> = {
  twoRuns: () => page([baseRun(), otherRun()]),
  twoClients: () => page([comparedRun(repeatedRun({ runId: 'a' }), 'a')], ['client']),
  faults: () => page([killed()], ['client']),
  baseline: () => {
    const base = fromBaseline(
      toBaseline(baseRun(), () => ''),
      'base',
    )
    assert.ok(typeof base !== 'string')
    return page([base, otherRun()])
  },
}

describe('the comparison page in a browser', () => {
  let opener: Pages | undefined

  before(async () => {
    if (skip === false) opener = await startBrowser()
  })
  after(async () => {
    await opener?.[Symbol.asyncDispose]()
  })

  async function open(name: string, width: number, colorScheme: 'light' | 'dark' = 'light') {
    const { page: opened, errors, requests } = await opener!.open(name, pages[name]!(), { width, colorScheme })
    await drawAll(opened)
    return { opened, errors: { errors, requests } }
  }

  for (const name of Object.keys(pages)) {
    inBrowser(
      `${name}: charts drawn, a table behind each, no error, no request, fits a phone, dark and light`,
      async () => {
        for (const scheme of ['light', 'dark'] as const) {
          const { opened, errors } = await open(name, 400, scheme)
          const colours = await opened.evaluate<number[]>(canvasColours)
          assert.ok(colours.length >= metrics.length && colours.every((count) => count >= 6), colours.join(' '))
          assert.equal(await opened.evaluate('document.documentElement.scrollWidth'), 400)
          await opened.evaluate(`document.querySelectorAll('figure details').forEach(d => d.open = true)`)
          await until(opened, `[...document.querySelectorAll('figure table')].every(t => t.rows.length > 1)`)
          const unnamed = `[...document.querySelectorAll('canvas')].filter(c => !c.getAttribute('aria-label')).length`
          assert.equal(await opened.evaluate(unnamed), 0)
          assert.deepEqual(errors, { errors: [], requests: [] })
          await opened.close()
        }
      },
    )
  }

  inBrowser('a dot per run in the table behind a bar, with median and interval', async () => {
    const { opened } = await open('twoRuns', 1280)
    const rows = await opened.evaluate<string[][]>(
      `[...document.querySelectorAll('#data-metric-1-produce-responseUs-p99 tr')].map(r => [...r.cells].map(c => c.textContent))`,
    )
    assert.deepEqual(rows[0], ['', '20261121-120000-before-1a2b', 'after'])
    assert.equal(rows.length, 1 + 6 + 2)
    assert.match(rows.at(-1)![1]!, /ms … .* ms \(97 %\)/)
    assert.match(
      await opened.evaluate<string>(
        `[...document.querySelectorAll('.verdict')].map(box => box.textContent).join('\\n')`,
      ),
      /response p99 worse: \+/,
    )
    await opened.close()
  })

  inBrowser('with faults time counts from the injection', async () => {
    const { opened } = await open('faults', 1280)
    const packed = await opened.evaluate<string>(`document.getElementById('charts-data').textContent`)
    const specs: ChartSpec[] = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString())
    const time = specs.find(({ id }) => id === 'time-1-acked')!
    assert.equal(time.x.title, 'seconds since the fault')
    assert.ok(time.x.min < 0)
    assert.deepEqual([time.faults![0]!.from, time.faults![0]!.names], [0, ['kill-broker']])
    await opened.close()
  })

  inBrowser('settings that differ are listed, and those that are equal', async () => {
    const { opened } = await open('twoClients', 1280)
    const text = `document.querySelector('tr.differs').textContent`
    assert.match(await opened.evaluate<string>(text), /client.*kafkajs.*node-rdkafka/)
    const equal = await opened.evaluate<string>(
      `document.querySelector('#settings-1').closest('details').querySelector('details').textContent`,
    )
    assert.match(equal, /settings are equal[\s\S]*producers\.acks/)
    await opened.close()
  })
})

/** How many colours each canvas shows. */
const canvasColours = `[...document.querySelectorAll('canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
})`
