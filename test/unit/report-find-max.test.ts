import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chartGroups } from '../../src/reports/charts/index.ts'
import report from '../../src/reports/html.ts'
import { terminalSummary } from '../../src/reports/terminal.ts'
import { capacitySurface, foundMaximum, searchInterrupted } from '../fixtures/find-max.ts'

const fixtures = { foundMaximum, capacitySurface, searchInterrupted }

describe('the terminal summary of a search', () => {
  for (const [name, make] of Object.entries(fixtures)) {
    for (const columns of [60, 80, 120]) {
      test(`${name} in ${columns} columns: each search and step, no line wider`, () => {
        const result = make()
        const text = terminalSummary(result, { columns, color: false })
        for (const line of text.split('\n')) assert.ok([...line].length <= columns, line)
        for (const { steps, verdict } of result.findMax!.searches) {
          assert.ok(text.includes(verdict))
          const tables = text.split('\n').filter((line) => /^ +[\d ]+ +(double|halve|bisect|confirm)/.test(line))
          assert.ok(tables.length >= steps.length)
        }
      })
    }
  }

  test('says what was found, and why no more', () => {
    const text = terminalSummary(foundMaximum(), { columns: 80, color: false })
    assert.match(
      text,
      /^node-rdkafka +14 [\d ]+ records\/s, THROTTLED$|^node-rdkafka +1[34] \d{3} records\/s, THROTTLED$/m,
    )
    assert.match(text, /did not pass: a quota of the broker held the clients back/)
    assert.match(text, /self-test: the generator reached 60 000 records\/s/)
  })
})

describe('charts of a search', () => {
  test('a curve per search, knee and confirmed rate marked, points at rates that were tried', () => {
    const result = foundMaximum()
    const [group] = chartGroups(result)
    assert.equal(group!.id, 'latency-throughput')
    assert.deepEqual(
      group!.charts.map(({ subtitle }) => subtitle),
      ['kafkajs', 'node-rdkafka'],
    )
    for (const [at, chart] of group!.charts.entries()) {
      const search = result.findMax!.searches[at]!
      assert.deepEqual(
        chart.xs,
        [...new Set(search.steps.map(({ ratePerSec }) => ratePerSec))].sort((a, b) => a - b),
      )
      const labels = chart.marks.map(({ label }) => label).join()
      assert.match(labels, /knee/)
      const confirmed = chart.series.find(({ label }) => label === 'confirmed')!
      assert.deepEqual(
        chart.xs.filter((_, index) => confirmed.ys[index] !== null),
        [search.confirmedPerSec],
      )
      const knee = chart.marks.find(({ label }) => label.includes('knee'))!.at
      const p99 = chart.series.find(({ label }) => label === 'response p99')
      const base = p99!.ys[0]!
      for (const [index, rate] of chart.xs.entries()) if (rate <= knee) assert.ok(p99!.ys[index]! <= 2 * base)
      assert.ok(p99!.ys[chart.xs.indexOf(knee) + 1]! > 2 * base)
    }
  })

  test('the other charts are of the confirmed steps alone', () => {
    const panels = chartGroups(foundMaximum()).find(
      ({ id }) => id.startsWith('heat') || id.includes('latency-over-time'),
    )!
    assert.equal(panels.charts.length, 2)
  })

  test('capacity: confirmed rates, and the law where it could be fitted', () => {
    const capacity = chartGroups(capacitySurface()).find(({ id }) => id === 'capacity')!
    assert.deepEqual(
      capacity.charts[0]!.series.map(({ label }) => label),
      ['kafkajs', 'kafkajs law', 'node-rdkafka'],
    )
  })
})

describe('the page of a search', () => {
  const pageOf = async (make: () => ReturnType<typeof foundMaximum>) => String((await report.render([make()]))[0]!.body)

  test('outcomes, steps, surface and fits', async () => {
    const page = await pageOf(capacitySurface)
    assert.match(page, /<h2 id="maximum">/)
    assert.match(page, /Confirmed records\/s over topic.partitions/)
    assert.match(page, /3 confirmed rates: the law has three parameters/)
    assert.match(page, /λ, records\/s/)
    assert.match(page, /\[\d/)
    const result = capacitySurface()
    for (const { steps } of result.findMax!.searches) assert.ok(page.includes(steps.at(-1)!.verdict))
  })

  test('one that was interrupted has a page as well', async () => {
    assert.match(await pageOf(searchInterrupted), /the search was interrupted/)
  })

  test('a run that is no search has none of it', async () => {
    const { twoClients } = await import('../fixtures/result.ts')
    assert.doesNotMatch(await pageOf(twoClients), /id="maximum"/)
  })
})
