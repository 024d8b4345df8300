import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import type { RunResult } from '../../src/contracts/result.ts'
import { kbench } from '../cli/_kbench.ts'
import { isClosed, onlyResult, startRun } from '../cli/_live.ts'
import { skipReason } from './_providers.ts'

// profiles/clients-by-partitions.yaml, shortened, on a real cluster; killed in between, resumed, and its page opened in Chromium.

const skip = await skipReason('local')
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const noBrowser = existsSync(executablePath) ? false : `no Chromium at ${executablePath} (set CHROMIUM to its path)`
const results = mkdtempSync(join(tmpdir(), 'kbench-matrix-'))
let result: RunResult
let directory: string

after(async () => {
  await kbench(['clean'])
  rmSync(results, { recursive: true, force: true })
})

const shortened = [
  ...[
    'cluster.provider=local',
    // Its brokers have a low priority, and another file's may start at the same time.
    'cluster.startTimeout=2m',
    'matrix={topic.partitions: [1, 12], producers.acks: [all]}',
    'repeat=1',
    'load.rate=500',
  ],
  ...['phases.clusterWarmup=2s', 'phases.warmup=1s', 'phases.measure=2s', 'phases.coolDown=0s'],
].flatMap((set) => ['--set', set])

describe('clients-by-partitions on a real cluster', { skip }, () => {
  test('killed during its third variant and resumed, it is one result of all four', async () => {
    const run = startRun(['clients-by-partitions', '--results', results, ...shortened])
    await run.says('load     client=node-rdkafka,topic.partitions=1,')
    run.child.kill('SIGKILL')
    await run.ended
    const [runId] = readdirSync(results)
    const { stderr, exitCode } = await kbench(['run', '--resume', join(results, runId!)])
    ;({ result, directory } = onlyResult(results))
    // Late load on a busy machine is exit code 4; nothing else may be wrong.
    assert.ok([0, 4].includes(exitCode), `exit ${exitCode}\n${stderr}\n${JSON.stringify(result.notes)}`)
    const ids = ['kafkajs,1', 'kafkajs,12', 'node-rdkafka,1', 'node-rdkafka,12']
    assert.deepEqual(
      result.variants.map(({ params }) => `${params.client},${params['topic.partitions']}`),
      ids,
    )
    assert.deepEqual(
      result.variants.map(({ session }) => session),
      [1, 1, 2, 2],
    )
    assert.equal(result.sessions!.length, 2)
    assert.ok(isClosed(result))
    for (const { id, ledger, integrity } of result.variants) {
      assert.equal(integrity.verdict, 'ok', id)
      assert.deepEqual([ledger.scheduled, ledger.acked, integrity.lost], [1500, 1500, 0], id)
    }
  })

  test('its page shows the matrix: panels, a table behind each, no error', { skip: noBrowser }, async () => {
    const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      await page.goto(pathToFileURL(join(directory, 'report.html')).href)
      await page.waitForSelector('html[data-drawn]')
      assert.deepEqual(errors, [])
      assert.equal(await page.locator('#chart-matrix-acked-1').count(), 1)
      assert.equal(await page.locator('#chart-matrix-response-p99-1').count(), 1)
      // It may lie in a part of the page that is folded.
      await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
      const rows = await page.locator('#data-matrix-acked-1 table tr').allInnerTexts()
      // A head, and a row per count of partitions; per client the invalid ones where there are any, and the others.
      assert.equal(rows.length, 3)
      assert.match(
        rows[0]!,
        /^partitions\s+(kafkajs, invalid\s+)?(kafkajs\s+)?(node-rdkafka, invalid\s+)?(node-rdkafka\s*)?/,
      )
      assert.match(rows[2]!, /^12\s+\d+/)
    } finally {
      await browser.close()
    }
  })
})
