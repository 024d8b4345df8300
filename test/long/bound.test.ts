import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { byOf, controlGroup, isBusy, removeFolder, variantsOf } from '../cluster/_bound.ts'
import { skipReason } from '../cluster/_providers.ts'

// The rest of test/cluster/bound.test.ts.

const skip = await skipReason('local')
after(removeFolder)

describe('what bound a run', { skip }, () => {
  test('a broker whose control group may use a fifth of a processor is at its limit', async (t) => {
    const group = controlGroup(t, 'cpu', ['cpu.cfs_quota_us', '20000'])
    if (typeof group === 'string') return t.skip(group)
    const [variant] = await variantsOf(t, {
      lines: [
        'topic: { partitions: 4, replicationFactor: 1, config: { compression.type: gzip, compression.gzip.level: 9 } }',
        'load: { rate: 5000, record: { size: 1KiB } }',
        'producers: { count: 1, batch: { lingerMs: 20 } }',
      ],
      meanwhile: async ({ pid }) => group.hold(pid),
    })
    assert.ok(byOf(variant!).includes('broker-cpu'), JSON.stringify(variant!.bound))
  })

  test('a load with room everywhere is bound by its schedule', async (t) => {
    const [variant] = await variantsOf(t, {
      lines: ['topic: { partitions: 1, replicationFactor: 1 }', 'load: { rate: 100 }', 'producers: { count: 1 }'],
    })
    if (isBusy(variant!)) return t.skip('other processes used the whole machine')
    assert.deepEqual(byOf(variant!), ['schedule'])
  })
})
