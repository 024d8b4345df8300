import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { HistogramLogReader } from 'hdr-histogram-js'
import { runsIn } from '../../src/cli/actions/runs-in.ts'
import type { RunResult } from '../../src/contracts/result.ts'
import type { ChartSpec } from '../../src/reports/charts/spec.ts'
import hdr from '../../src/reports/hdr.ts'
import trend from '../../src/reports/trend.ts'
import { invalid, twoClients, violated } from '../fixtures/result.ts'

/** A night's run, whose p99 is so many times that of the first. */
function night(at: number, slower: number, made: RunResult = twoClients()): RunResult {
  for (const { produce } of made.variants) produce.responseUs!.p99! *= slower
  return {
    ...made,
    runId: `2026030${at}-020000-nightly-000${at}`,
    name: 'nightly',
    startedAt: `2026-03-0${at}T02:00:00.000Z`,
  }
}

const pageOf = async (results: RunResult[]) => String((await trend.render(results))[0]!.body)

describe('several runs over time', () => {
  test('a point per run and client, the oldest first, whatever the order they are given in', async () => {
    const page = await pageOf([night(3, 1.5), night(1, 1), night(2, 1.1)])
    const packed = page.match(/id="charts-data">([^<]*)</)![1]!
    const specs: ChartSpec[] = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString())
    const p99 = specs.find(({ id }) => id === 'trend-response-p99')!
    assert.deepEqual(p99.x.names, ['2026-03-01 02:00', '2026-03-02 02:00', '2026-03-03 02:00'])
    const base = twoClients().variants[0]!.produce.responseUs!.p99!
    assert.deepEqual(p99.series[0]!.ys, [base, base * 1.1, base * 1.5])
    assert.deepEqual(
      p99.series.map(({ label }) => label),
      ['kafkajs', 'node-rdkafka'],
    )
    assert.match(page, /<b>kafkajs<\/b> response p99 68\.7 ms, 1\.43× the median of the 2 runs before/)
    assert.ok(page.indexOf('20260303-020000') < page.indexOf('20260301-020000'), 'the newest row is the first')
  })

  test('what is not valid is hatched and named, and what was lost comes first', async () => {
    const page = await pageOf([night(1, 1), night(2, 1, violated()), night(3, 1, invalid())])
    const packed = page.match(/id="charts-data">([^<]*)</)![1]!
    const specs: ChartSpec[] = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString())
    assert.match(specs[0]!.alert!, /^NOT ALL VALID: 2026-03-02 02:00, 2026-03-03 02:00$/)
    assert.equal(specs[0]!.series[0]!.hatched, true)
    assert.equal(specs[0]!.series[1]!.hatched, undefined)
    const findings = page.slice(page.indexOf('class="findings"'))
    assert.match(findings, /^class="findings"><li class="bad"[^>]*>20260302-020000-nightly-0002 lost 368/)
    assert.match(findings, /the newest run is invalid, exit code 4/)
  })

  test('one run alone has no trend', async () => assert.deepEqual(await trend.render([twoClients()]), []))

  test('a folder of runs is all of them; what is no folder of runs stays as it is', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'kbench-nightly-'))
    t.after(() => rm(folder, { recursive: true }))
    for (const name of ['b', 'a', 'logs']) await mkdir(join(folder, name))
    for (const name of ['a', 'b']) await writeFile(join(folder, name, 'result.json'), '{}')
    assert.deepEqual(runsIn([folder]), [join(folder, 'a'), join(folder, 'b')])
    assert.deepEqual(runsIn([join(folder, 'a'), 'an-id', join(folder, 'logs')]), [
      join(folder, 'a'),
      'an-id',
      join(folder, 'logs'),
    ])
  })
})

describe('files of HdrHistogram', () => {
  test('its own reader finds the stored percentiles in the log', async () => {
    const result = twoClients()
    const files = await hdr.render([result])
    const { responseUs } = result.variants[0]!.produce
    const log = String(files.find(({ name }) => name === 'hdr/kafkajs-response.hlog')!.body)
    const histogram = new HistogramLogReader(log).nextIntervalHistogram()!
    assert.equal(histogram.totalCount, responseUs!.count)
    for (const [q, us] of [
      [50, responseUs!.p50!],
      [99, responseUs!.p99!],
    ] as const)
      assert.ok(Math.abs(histogram.getValueAtPercentile(q) / us - 1) < 0.001, `p${q}`)
  })

  test('the plotter gets its percentile distribution in ms', async () => {
    const files = await hdr.render([twoClients()])
    const text = String(files.find(({ name }) => name === 'hdr/node-rdkafka-service.hgrm')!.body)
    assert.match(text, /^\s+Value\s+Percentile\s+TotalCount\s+1\/\(1-Percentile\)/)
    const maxMs = twoClients().variants[1]!.produce.serviceUs!.max! / 1000
    const [, max] = /Max\s+=\s+([\d.]+)/.exec(text)!
    assert.ok(Math.abs(Number(max) / maxMs - 1) < 0.01, `${max} of ${maxMs}`)
    assert.deepEqual(files.map(({ name }) => name.split('.').at(-1)).sort(), [
      ...Array(6).fill('hgrm'),
      ...Array(6).fill('hlog'),
    ])
  })
})
