import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Latency } from '../../src/contracts/result.ts'
import { toLatency } from '../../src/recording/histogram.ts'
import { isFaint, variantLabels, variantSlugs } from '../../src/reports/_variants.ts'
import { formatTick, formatValue, logTicks } from '../../src/reports/charts/axes.ts'
import { curve, faintFrom, rarity, rarityGrid, recordedValues } from '../../src/reports/charts/curves.ts'
import { chartGroups } from '../../src/reports/charts/index.ts'
import { axisFor, onOneScale, roundUp } from '../../src/reports/charts/scales.ts'
import { thinned } from '../../src/reports/charts/thin.ts'
import { fixtures } from '../fixtures/all.ts'
import { histogramOf, latencyOf, random, sample } from '../fixtures/latencies.ts'
import { matrix, nothingMeasured, producersOnly, rateMax, twoClients } from '../fixtures/result.ts'

const quantiles = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
  ['p9999', 0.9999],
] as const

const some = (count: number, notAcked = 0): Latency => {
  const next = random(7)
  return latencyOf(
    Array.from({ length: count }, () => sample(next, 5000, 0.5)),
    notAcked,
  )
}

test('a percentile curve passes exactly through the stored percentiles, records that were not acked included', () => {
  for (const latency of [some(20_000), some(20_000, 500), some(20_000, 15_000), some(3), some(1)]) {
    const grid = rarityGrid([10_000, latency.count + latency.notAcked])
    const ys = curve(latency, grid)
    for (const [key, q] of quantiles) {
      const stored = rarity(q) > latency.count + latency.notAcked ? null : latency[key]
      assert.equal(ys[grid.indexOf(rarity(q))], stored, `${key} of ${latency.count} + ${latency.notAcked}`)
    }
  }
})

test('a percentile curve rises, starts at the minimum and ends at the maximum', () => {
  const latency = some(5000)
  const ys = curve(latency, rarityGrid([5000]))
  assert.equal(ys[0], latency.min)
  assert.ok(ys.every((y, at) => at === 0 || y! >= ys[at - 1]!))
  assert.equal(ys.at(-1), latency.max)
  assert.deepEqual(curve(latency, rarityGrid([5000, 9000])).slice(-1), [null], 'nothing lies beyond the slowest record')
  assert.equal(curve(some(5000, 1), rarityGrid([5001])).at(-1), null, 'the slowest one was not acked')
})

test('a curve of nothing is empty', () => {
  const nothing = toLatency(histogramOf([]))
  assert.deepEqual(curve(nothing, [1, 2, 10]), [null, null, null])
  assert.deepEqual(recordedValues(nothing.histogram), [])
})

test('recorded values come back ascending and complete', () => {
  const values = recordedValues(latencyOf([5, 5, 70, 900_000]).histogram)
  assert.deepEqual(values[0], { us: 5, count: 2 })
  assert.equal(
    values.reduce((sum, { count }) => sum + count, 0),
    4,
  )
  assert.ok(Math.abs(values.at(-1)!.us / 900_000 - 1) < 0.001)
})

test('percentiles are faint with fewer than 10 samples beyond, in curves as in tables', () => {
  const latency = some(10_000)
  assert.equal(isFaint(latency, 0.999), false)
  assert.equal(isFaint(latency, 0.9999), true)
  assert.equal(isFaint(null, 0.5), false)
  assert.equal(faintFrom(latency), rarity(0.999))
})

test('labels tell variants apart and slugs are unique file names', () => {
  assert.deepEqual(variantLabels(twoClients().variants), ['kafkajs', 'node-rdkafka'])
  assert.equal(variantLabels(matrix().variants)[3], 'kafkajs acks=1 #2')
  const [first, second] = twoClients().variants
  const like = (variant: typeof first, params: Record<string, string>) => ({ ...variant!, params })
  assert.deepEqual(
    variantLabels([
      like(first, { client: 'kafkajs', 'producers.sendScope': 'topic' }),
      like(first, { client: 'kafkajs', 'producers.sendScope': 'partition' }),
      like(second, { client: 'node-rdkafka', 'producers.sendScope': 'partition' }),
    ]),
    ['kafkajs sendScope=topic', 'kafkajs sendScope=partition', 'node-rdkafka'],
    'what does not vary with a client is not its name',
  )
  assert.deepEqual(
    variantLabels([
      like(first, { client: 'kafkajs', 'producers.count': '1', 'load.count': '5' }),
      like(first, { client: 'kafkajs', 'producers.count': '2', 'load.count': '6' }),
    ]),
    ['kafkajs producers.count=1 load.count=5', 'kafkajs producers.count=2 load.count=6'],
    'keys that end alike keep their whole path',
  )
  const same = [...twoClients().variants, ...twoClients().variants]
  const slugs = variantSlugs(same)
  assert.equal(new Set(slugs).size, same.length)
  for (const make of Object.values(fixtures)) {
    for (const slug of variantSlugs(make().variants)) assert.match(slug, /^[A-Za-z0-9_][A-Za-z0-9._-]*$/)
  }
})

test('axes hold their values and are shared by all panels of a group', () => {
  assert.equal(roundUp(5000), 5000)
  assert.equal(roundUp(5601), 6000)
  assert.equal(roundUp(0), 1)
  const axis = axisFor('latency', 'micros', 'log', [null, 0, 300, 41_000])
  assert.ok(axis.min > 0 && axis.min <= 300 && axis.max >= 41_000)
  assert.deepEqual([axisFor('', 'count', 'linear', []).min, axisFor('', 'count', 'log', [null]).min], [0, 1])
  assert.deepEqual(onOneScale([]), [])
  for (const group of chartGroups(twoClients())) {
    assert.equal(
      new Set(group.charts.map((chart) => JSON.stringify([chart.y.min, chart.y.max, chart.x.max]))).size,
      1,
      group.id,
    )
  }
})

test('every value lies within its axes, in all results', () => {
  for (const [name, make] of Object.entries(fixtures)) {
    for (const chart of chartGroups(make()).flatMap((group) => group.charts)) {
      const ys =
        chart.cells.length > 0
          ? chart.cells.flatMap((cell) => [cell.y0, cell.y1])
          : chart.series.flatMap((one) => one.ys)
      const outside = ys.filter((y) => y !== null && y > 0 && (y > chart.y.max * 1.1 || y < chart.y.min * 0.9))
      assert.deepEqual(outside, [], `${name} ${chart.id}`)
      for (const series of chart.series)
        assert.equal(series.ys.length, chart.xs.length, `${name} ${chart.id} ${series.label}`)
    }
  }
})

test('the series of a second are found again in its charts', () => {
  const result = twoClients()
  const groups = new Map(chartGroups(result).map((group) => [group.id, group.charts]))
  const [variant] = result.variants
  const line = (group: string, label: string) => groups.get(group)![0]!.series.find((one) => one.label === label)!.ys
  assert.deepEqual(line('rate-over-time', 'acked'), variant!.series.columns.ackedPerSec)
  assert.deepEqual(line('latency-over-time', 'response p99'), variant!.series.columns.responseP99Us)
  assert.deepEqual(line('lag', 'g1 committed'), variant!.timelines.lag!.columns.g1)
  assert.deepEqual(line('cpu', 'broker 2'), variant!.series.columns.broker2CpuPercent)
  assert.equal(groups.get('lag-partitions')![0]!.series.length, 12)
  assert.equal(groups.get('lag-partitions')![0]!.series[0]!.label, 'partition 4', 'the stalled partition comes first')
})

test('the heat map holds every record of every second', () => {
  const result = twoClients()
  const chart = chartGroups(result).find((group) => group.id === 'latency-heat')!.charts[0]!
  const seconds = new Map<number, number>()
  for (const cell of chart.cells) seconds.set(cell.x0, (seconds.get(cell.x0) ?? 0) + cell.share)
  assert.equal(seconds.size, 40)
  for (const share of seconds.values()) assert.ok(Math.abs(share - 1) < 0.01)
  assert.equal(chart.series.find((one) => one.label === 'records')!.ys[5], 5000)
  assert.equal(
    chart.series.find((one) => one.label === 'p99')!.ys[5],
    result.variants[0]!.series.columns.responseP99Us![5],
  )
})

test('charts without data are left out, and service latency stands in at rate max', () => {
  const drawn = (make: () => ReturnType<typeof twoClients>) =>
    chartGroups(make())
      .filter((group) => group.charts.length > 0)
      .map((group) => group.id)
  assert.deepEqual(
    drawn(nothingMeasured).filter((id) => !id.includes('percentiles')),
    [],
  )
  assert.ok(!drawn(producersOnly).some((id) => id.startsWith('lag')))
  const rate = chartGroups(rateMax())
  const over = rate.find((group) => group.id === 'latency-over-time')!.charts[0]!
  assert.equal(over.series[0]!.label, 'service p50')
  assert.deepEqual(
    rate.find(({ id }) => id === 'latency-percentiles')!.charts[0]!.series.map((one) => one.label),
    ['kafkajs service', 'node-rdkafka service'],
  )
})

test('values and ticks are written with their unit', () => {
  assert.equal(formatValue(1234, 'micros'), '1.23 ms')
  assert.equal(formatValue(100, 'quantile'), '99 %')
  assert.equal(formatValue(100_000, 'quantile'), '99.999 %')
  assert.equal(formatValue(null, 'count'), '–')
  assert.equal(formatTick(10, { title: '', unit: 'seconds', scale: 'linear', min: 0, max: 40 }), '10')
  assert.deepEqual(
    logTicks({ title: '', unit: 'quantile', scale: 'log', min: 1, max: 20_000 }, true),
    [2, 10, 100, 1000, 10_000],
  )
  assert.deepEqual(
    logTicks({ title: '', unit: 'micros', scale: 'log', min: 1000, max: 10_000 }, true),
    [1000, 2000, 5000, 10_000],
  )
})

test('long runs are thinned to their lowest and highest values, in the order in which they came', () => {
  const xs = Array.from({ length: 10 }, (_, at) => at)
  const ys = [1, 9, null, null, null, null, 4, 2, 7, null]
  const { xs: kept, stride, thin } = thinned(xs, 6)
  assert.deepEqual([kept, stride], [[0, 2, 4, 6, 8, 9], 4])
  assert.deepEqual(thin(ys), [1, 9, 4, 2, 7, 7])
  assert.deepEqual(thinned(xs, 10).thin(ys), ys)
})

test('of an hour of seconds 600 points stay, with every minimum and maximum', () => {
  const next = random(3)
  const xs = Array.from({ length: 3600 }, (_, at) => at)
  const ys = xs.map((at) => (at % 97 === 0 ? null : Math.round(1000 * next())))
  const { xs: kept, stride, thin } = thinned(xs)
  const thin600 = thin(ys)
  assert.ok(kept.length <= 600 && thin600.length === kept.length)
  for (let from = 0; from < xs.length; from += stride) {
    const known = ys.slice(from, from + stride).filter((y) => y !== null)
    const shown = thin600.filter((_, at) => kept[at]! >= from && kept[at]! < from + stride)
    assert.deepEqual(
      [Math.min(...shown.filter((y) => y !== null)), Math.max(...shown.filter((y) => y !== null))],
      [Math.min(...known), Math.max(...known)],
    )
  }
})
