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
  test('the clients in one chart: p50 and p99 at what was acknowledged, with knee, limit, confirmed rate and what did not pass', () => {
    const result = foundMaximum()
    const [group] = chartGroups(result)
    assert.equal(group!.id, 'latency-throughput')
    assert.equal(group!.charts.length, 1)
    const [chart] = group!.charts
    assert.deepEqual(chart!.levels, [{ at: result.findMax!.sloUs, label: 'SLO, p99' }])
    const line = (label: string) => chart!.series.find((one) => one.label === label)!
    for (const search of result.findMax!.searches) {
      const client = String(search.params.client)
      const points = new Map(
        chart!.xs.map((x, at) => [x, line(`${client} p99`).ys[at]!]).filter(([, y]) => y !== null) as [
          number,
          number,
        ][],
      )
      const passed = search.steps.filter(({ verdict }) => verdict === 'SUSTAINED')
      for (const { ackedShare, ratePerSec, responseP99Us } of passed)
        assert.equal(points.get(ackedShare * ratePerSec), responseP99Us)
      assert.deepEqual(
        chart!.xs.filter((_, index) => line(`${client} confirmed`).ys[index] !== null),
        [search.confirmedPerSec],
      )
      assert.ok(line(`${client} did not pass`).ys.some((y) => y !== null))
      assert.ok(line(`${client} p50`).ys.some((y) => y !== null))
      const knee = chart!.marks.find(({ label }) => label === `knee ${client}`)!.at
      const base = [...points][0]![1]
      for (const [rate, p99] of points) if (rate <= knee) assert.ok(p99 <= 2 * base)
    }
    assert.notEqual(line('kafkajs p99').colour, line('node-rdkafka p99').colour)
    assert.notEqual(line('kafkajs p99').dash, line('node-rdkafka p99').dash)
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
