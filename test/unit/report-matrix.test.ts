import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { matrixDimensions, medianOver } from '../../src/reports/_matrix.ts'
import { chartGroups } from '../../src/reports/charts/index.ts'
import { matrixGroups } from '../../src/reports/charts/matrix.ts'
import { partitionsAndAcks, twoClients } from '../fixtures/result.ts'

describe('a report over a matrix', () => {
  const result = partitionsAndAcks()
  const [multiples, heat] = matrixGroups(result)

  test('there is none without a matrix', () => assert.deepEqual(matrixGroups(twoClients()), []))

  test('dimensions are what varies beside the client, the largest first', () =>
    assert.deepEqual(
      matrixDimensions(result).map(({ label, values }) => [label, values]),
      [
        ['partitions', [1, 6, 12, 48, 200]],
        ['acks', [1, 'all']],
      ],
    ))

  test('a panel per number and acks, a median line and a dot per repetition for each client', () => {
    const acked = multiples!.charts.filter(({ id }) => id.startsWith('matrix-acked'))
    assert.deepEqual(
      acked.map(({ subtitle }) => subtitle),
      ['Acknowledged, acks=1', 'Acknowledged, acks=all'],
    )
    const [, all] = acked
    assert.deepEqual(all!.x.names, ['1', '6', '12', '48', '200'])
    const lines = all!.series.filter(({ dotsOnly }) => !dotsOnly).map(({ label }) => label)
    assert.deepEqual(lines, ['kafkajs', 'node-rdkafka'])
    const dots = all!.series.filter(({ dotsOnly, label }) => dotsOnly && label.startsWith('kafkajs'))
    assert.equal(dots.length, 4)
    // The repetition that failed has no dot, and the median is of the other three.
    assert.equal(dots[1]!.ys[4], null)
    const line = all!.series.find(({ label }) => label === 'kafkajs')!
    assert.equal(line.ys[4], dots[2]!.ys[4])
    assert.ok(acked.every(({ y }) => y.max === acked[0]!.y.max))
  })

  test('a heat map per number and client, with its numbers', () => {
    const acked = heat!.charts.filter(({ id }) => id.startsWith('matrix-heat-acked'))
    assert.deepEqual(
      acked.map(({ subtitle }) => subtitle),
      ['Acknowledged, kafkajs', 'Acknowledged, node-rdkafka'],
    )
    assert.equal(acked[0]!.cells.length, 10)
    assert.deepEqual(acked[0]!.lanes, ['1', 'all'])
    const shares = acked.flatMap(({ cells }) => cells.map(({ share }) => share))
    assert.equal(Math.max(...shares), 1)
    assert.ok(Math.abs(Math.min(...shares) - 0.001) < 1e-9)
    const at200 = result.variants.filter(
      ({ params }) =>
        params['topic.partitions'] === 200 && params['producers.acks'] === 'all' && params.client === 'kafkajs',
    )
    const median = medianOver(at200, ({ produce }) => produce.ackedPerSec)
    assert.equal(acked[0]!.series[1]!.ys[4], median)
  })

  test('charts of single variants stay few enough to be opened, and say so', () => {
    const single = chartGroups(result).filter(({ id }) => !/^(matrix|clients)/.test(id))
    assert.ok(single.every(({ charts }) => charts.length <= 16))
    assert.ok(single.every(({ explanation }) => explanation.includes('Of 80 variants, 16 in their first repetition.')))
  })
})
