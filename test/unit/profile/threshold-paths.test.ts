import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { directionOf, metricPaths, metricUnit, metricValue } from '../../../src/compare/metric.ts'
import { parseThreshold, unitOf } from '../../../src/profile/threshold.ts'
import { numberPath, thresholdPaths } from '../../../src/profile/threshold-paths.ts'
import { lagGroups, lagPartitions } from '../../../src/reports/_variants.ts'
import { metricName, metricText } from '../../../src/reports/compare/words.ts'
import csv from '../../../src/reports/csv.ts'
import { syntheticResult } from '../../fixtures/result.ts'
import { syntheticVariant } from '../../fixtures/variant.ts'

/** Group names that look like the names of numbers, units and parts of paths. */
const groups = [
  'fooUs',
  'responseUs',
  'p99',
  'max',
  'drainS',
  'countUs.count',
  'a.b',
  'a',
  'maxRecords',
  'MBytes',
  'gcMs',
  'x.faults.max',
]

describe('N17: names that users choose never decide units or meaning', () => {
  for (const group of groups) {
    test(`group ${group}`, () => {
      const path = `lag.${group}.maxRecords`
      assert.deepEqual(numberPath(path), { keys: ['lag', group, 'maxRecords'], unit: 'count', group })
      assert.equal(metricUnit(path), 'count')
      assert.equal(metricUnit(`lag.${group}.maxSeconds`), 'seconds')
      assert.equal(directionOf(path), 'lower')
      assert.equal(unitOf(path), 'plain')
      assert.equal(unitOf(`lag.${group}.drainS`), 's')
      assert.equal(metricName(path), `lag max ${group}`)
      assert.equal(metricText(path, 1500), '1 500')
      const threshold = parseThreshold(`lag.${group}.maxRecords < 100`, groups)
      assert.ok(typeof threshold === 'object')
      assert.deepEqual([threshold.path, threshold.limit], [['lag', group, 'maxRecords'], 100])
      assert.match(String(parseThreshold(`lag.${group}.maxRecords < 5ms`, groups)), /without a unit/)
    })
  }

  test('the value and the CSV column of every group are its own', async () => {
    const variant = syntheticVariant({ groups })
    for (const [at, group] of groups.entries()) variant.lag[group]!.maxRecords = 1000 + at
    for (const [at, group] of groups.entries()) {
      assert.equal(metricValue(variant, `lag.${group}.maxRecords`), 1000 + at)
    }
    const [file] = await csv.render([syntheticResult([variant])])
    const [head, row] = String(file!.body)
      .split('\n')
      .map((line) => line.split(','))
    for (const [at, group] of groups.entries()) {
      assert.equal(row![head!.indexOf(`lag.${group}.maxRecords`)], String(1000 + at))
    }
  })

  test('groups and partitions of the lag timeline are those of the result', () => {
    const names = ['g', 'g:position', 'g:seconds', 'a/b', 'a']
    const variant = syntheticVariant({ groups: names, partitions: 2 })
    assert.deepEqual(lagGroups(variant), names)
    for (const group of names) {
      assert.deepEqual(
        lagPartitions(variant, group).map(({ column, topic, partition }) => [column, topic, partition]),
        [0, 1].map((id) => [`${group}/kbench-1-${id}`, 'kbench-1', id]),
      )
    }
  })
})

test('every path has a unit that its name carries', () => {
  const byName: readonly [RegExp, string][] = [
    [/Us\.(count|notAcked|overflow)$/, 'count'],
    [/Us\.\w+$/, 'us'],
    [/Ms(\.\w+)?$/, 'ms'],
    [/(Seconds|S)(\.\w+)?$/, 's'],
    [/Bytes(PerSec)?(\.\w+)?$/, 'bytes'],
    [/Percent(\.\w+)?$/, 'percent'],
    [/./, 'count'],
  ]
  for (const path of thresholdPaths(['g1'])) {
    assert.equal(numberPath(path)!.unit, byName.find(([pattern]) => pattern.test(path))![1], path)
  }
  assert.deepEqual(metricPaths(['g1']), thresholdPaths(['g1']))
})

test('what is no number of a result has no path', () => {
  for (const name of [
    '',
    'lag',
    'lag.',
    'lag.g1',
    'lag.maxRecords',
    'lag.g1.',
    'lag.g1.nothing',
    'lag.g1.toString',
    'constructor',
    'produce',
    'faults.unavailableMs',
  ]) {
    assert.equal(numberPath(name), null, name)
  }
})
