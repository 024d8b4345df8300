import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ClusterInfo } from '../../../../src/contracts/result.ts'
import { createRunSums } from '../../../../src/judge/run-sums.ts'
import { variantSeconds } from '../../../../src/profile/estimate.ts'
import { checkSameCluster, createMeter, sessionTag } from '../../../../src/runners/run/sessions.ts'
import { begunFact, createFakeRun } from '../../../support/fake-run.ts'

const brokers = (count: number) => Array.from({ length: count }, (_, at) => ({ id: at + 1, host: 'h', port: at }))
const cluster: ClusterInfo = {
  ...{ provider: 'local', layout: 'kraft-3', kafkaVersion: '4.1.0', transferable: 'x', brokers: brokers(3) },
}

describe('a resumed run meets', () => {
  test('no cluster before, or one of the same kind at other addresses', () => {
    checkSameCluster(cluster, null)
    checkSameCluster(cluster, { ...cluster, brokers: brokers(3).map((each) => ({ ...each, host: 'elsewhere' })) })
  })

  const others: [Partial<ClusterInfo>, string[]][] = [
    [{ provider: 'compose' }, ['cluster.provider was compose and is local']],
    [{ kafkaVersion: null }, ['cluster.kafkaVersion was unknown and is 4.1.0']],
    [{ brokers: brokers(1) }, ['cluster.brokers were 1 and are 3']],
    [
      { layout: 'zk-3', kafkaVersion: '3.9.0' },
      ['cluster.layout was zk-3 and is kraft-3', 'cluster.kafkaVersion was 3.9.0 and is 4.1.0'],
    ],
  ]
  for (const [change, details] of others) {
    test(`another one: ${details.join('; ')}`, () => {
      const message = 'the cluster is not of the kind that the run began on'
      assert.throws(() => checkSameCluster(cluster, { ...cluster, ...change }), {
        code: 'environment',
        message,
        details,
      })
    })
  }
})

test('names of the first session have no tag; those of later ones tell them from what a killed one left', (t) => {
  const { plan } = createFakeRun(t).job
  const sums = createRunSums()
  const tags = [1, 2, 3].map(() => {
    sums.add(begunFact(plan))
    return sessionTag(sums)
  })
  assert.deepEqual(tags, ['', '-s2', '-s3'])
})

describe('the budget of a session', () => {
  test('without one everything fits, however long it takes', (t) => {
    const [variant] = createFakeRun(t).job.plan.variants
    let nowMs = 0
    const meter = createMeter({ variants: null, seconds: null }, () => nowMs)
    for (let n = 1; n <= 3; n++) {
      const done = meter.begin(variant!)
      nowMs += 1e9
      done()
      assert.deepEqual([meter.begun, meter.fits(variant!)], [n, true])
    }
  })

  test('of variants: those that were begun count, whether they came to their end or not', (t) => {
    const [variant] = createFakeRun(t).job.plan.variants
    const meter = createMeter({ variants: 2, seconds: null })
    const fits = [0, 1, 2].map(() => {
      const is = meter.fits(variant!)
      if (is) meter.begin(variant!)
      return is
    })
    assert.deepEqual(fits, [true, true, false])
    assert.equal(createMeter({ variants: 0, seconds: null }).fits(variant!), false)
  })

  test('of time: what has passed and the estimate of the next have to fit into it, to the second', (t) => {
    const [variant] = createFakeRun(t).job.plan.variants
    const needS = variantSeconds(variant!.profile)
    let nowMs = 5000
    const meter = createMeter({ variants: null, seconds: 2 * needS }, () => nowMs)
    const done = meter.begin(variant!)
    nowMs += needS * 1000
    done()
    assert.equal(meter.fits(variant!), true)
    nowMs += 1
    assert.equal(meter.fits(variant!), false)
  })

  test('of time: a machine on which all takes twice as long as estimated gets half as much; a quick one no more', (t) => {
    const [variant] = createFakeRun(t).job.plan.variants
    const needS = variantSeconds(variant!.profile)
    for (const [pace, budget, fits] of [
      [2, 4, true],
      [2, 3.9, false],
      [0.5, 1.5, true],
      [0.5, 1.4, false],
    ] as const) {
      let nowMs = 0
      const meter = createMeter({ variants: null, seconds: budget * needS }, () => nowMs)
      const done = meter.begin(variant!)
      nowMs += pace * needS * 1000
      done()
      assert.equal(meter.fits(variant!), fits, `pace ${pace}, budget ${budget}`)
    }
  })
})
