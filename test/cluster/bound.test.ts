import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { boundLimits } from '../../src/judge/bound.ts'
import { byOf, isBusy, removeFolder, variantsOf } from './_bound.ts'
import { setProducerQuota } from './_kafka-tools.ts'
import { skipReason } from './_providers.ts'

// Forces what can bind a run on one machine, through the command line, and reads what the result says bound it. Network: no interface here
// has a speed that loopback traffic could reach; table tests alone (test/unit/judge/bound.test.ts). The rest is in test/long/bound.test.ts.

const skip = await skipReason('local')

after(removeFolder)

describe('what bound a run', { skip }, () => {
  test('V7: a quota of the broker bounds both clients', async (t) => {
    const variants = await variantsOf(t, {
      clients: ['kafkajs', 'node-rdkafka'],
      lines: [
        'topic: { partitions: 1, replicationFactor: 1 }',
        'load: { rate: 2000, record: { size: 1024 } }',
        'producers: { count: 1, batch: { lingerMs: 20 } }',
      ],
      meanwhile: ({ port }) => setProducerQuota(`127.0.0.1:${port}`, 256 * 1024),
    })
    assert.equal(variants.length, 2)
    for (const variant of variants) {
      assert.ok(byOf(variant).includes('quota'), `${variant.id}: ${byOf(variant)}`)
      const { value, unit } = variant.bound!.evidence.find(({ by }) => by === 'quota')!
      assert.ok(value! >= boundLimits.throttleMs && unit === 'ms')
    }
  })

  test('a window of one record bounds a load at rate max', async (t) => {
    const [variant] = await variantsOf(t, {
      lines: [
        'topic: { partitions: 1, replicationFactor: 1 }',
        'load: { rate: max, record: { size: 1024 } }',
        // The linger leaves the processors time: what bounds the load is that one record waits for the one before.
        'producers: { count: 1, maxInFlight: 1, batch: { lingerMs: 20 } }',
      ],
    })
    if (isBusy(variant!)) return t.skip('other processes used the whole machine')
    assert.deepEqual(byOf(variant!), ['in-flight'])
  })
})
