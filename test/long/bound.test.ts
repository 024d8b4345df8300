import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { byOf, controlGroup, folder, isBusy, removeFolder, variantsOf, writesPerSec } from '../cluster/_bound.ts'
import { skipReason } from '../cluster/_providers.ts'

// The rest of test/cluster/bound.test.ts.

const skip = await skipReason('local')
const exec = promisify(execFile)
before(() => {
  if (cpus().length < 2) throw new Error('a pinned broker needs a second processor beside it')
})
after(removeFolder)

describe('what bound a run', { skip }, () => {
  test('a broker that may use one processor is at its limit, the machine is not', async (t) => {
    const variants = await variantsOf(t, {
      lines: [
        // The broker compresses what the client sends as it is, which costs it many times what it costs the client.
        'topic: { partitions: 12, replicationFactor: 1, config: { compression.type: gzip, compression.gzip.level: 9 } }',
        'load: { rate: 20000, record: { size: 1KiB } }',
        'producers: { count: 1, batch: { lingerMs: 20 } }',
      ],
      clients: ['node-rdkafka'],
      meanwhile: async ({ pid }) => {
        await exec('taskset', ['-acp', '0', String(pid)])
      },
    })
    const [variant] = variants
    // Another process on its processor takes what the broker lacks to its limit.
    if (isBusy(variant!) && !byOf(variant!).includes('broker-cpu'))
      return t.skip('other processes used the whole machine')
    assert.ok(byOf(variant!).includes('broker-cpu'), JSON.stringify(variant!.bound))
  })

  test('a disk that is slow to flush bounds a topic that flushes each batch', async (t) => {
    const limit: [string, string] = ['blkio.throttle.write_bps_device', writesPerSec(folder, 128 * 1024)]
    const slow = controlGroup(t, 'blkio', limit)
    if (typeof slow === 'string') return t.skip(slow)
    const [variant] = await variantsOf(t, {
      lines: [
        // Without it a broker acknowledges what lies in the page cache, and no disk is slow enough.
        'topic: { partitions: 4, replicationFactor: 1, config: { flush.messages: 1 } }',
        'load: { rate: 500, record: { size: 1KiB } }',
        'producers: { count: 1 }',
      ],
      meanwhile: async ({ pid }) => slow.hold(pid),
    })
    assert.ok(byOf(variant!).includes('disk'), JSON.stringify(variant!.bound))
  })
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
