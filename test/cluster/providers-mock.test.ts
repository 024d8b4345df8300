import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import kafkajs from 'kafkajs'
import type { KbenchError } from '../../src/base/errors.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import { loadPlugin } from '../../src/registry.ts'
import { holdElsewhere, idsFrom, isRunning, processesNaming, sandbox, skipReason, start, until } from './_providers.ts'

const skip = await skipReason('mock')
const box = sandbox('mock')
after(box.remove)

/** Pids of the processes of mock clusters. */
const mocks = () => processesNaming('clusters/mock/process.js')

async function partitionsOf(cluster: Cluster, topic: string): Promise<number> {
  const admin = new kafkajs.Kafka({ brokers: [...cluster.network.bootstrap], logLevel: 0 }).admin()
  await admin.connect()
  try {
    return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length ?? 0
  } finally {
    await admin.disconnect()
  }
}

describe('the mock cluster', { ...(skip && { skip }) }, () => {
  test('has the brokers of the layout and topics of any partition count; two at once are apart', async () => {
    const [three, one] = await Promise.all([
      start('mock', { layout: 'kraft-3', directory: box.directory() }),
      start('mock', { layout: 'kraft-1', directory: box.directory() }),
    ])
    try {
      assert.deepEqual(await idsFrom(three.nodes[0]!), [1, 2, 3])
      assert.deepEqual(await idsFrom(one.nodes[0]!), [1])
      await three.createTopic!('kbench-a', 7, 3)
      await one.createTopic!('kbench-a', 2, 1)
      assert.equal(await partitionsOf(three, 'kbench-a'), 7)
      assert.equal(await partitionsOf(one, 'kbench-a'), 2)
      await assert.rejects(three.createTopic!('kbench-a', 7, 3), /already exists/)
      assert.deepEqual(await three.describe(), { layout: 'kraft-3', kafkaVersion: null })
      assert.equal(box.leases().length, 2)
    } finally {
      await Promise.all([three[Symbol.asyncDispose](), one[Symbol.asyncDispose]()])
    }
    assert.deepEqual(box.leases(), [])
    await assert.rejects(three.createTopic!('kbench-b', 1, 1), (error: KbenchError) => error.code === 'environment')
  })

  test('says that it is no Kafka', async () => {
    assert.match((await loadPlugin('clusters', 'mock')).transferable, /no Kafka.*measures only the client/)
  })

  test('dies with a run that is killed; clean removes the lease', async () => {
    const before = new Set(mocks())
    const mock = await loadPlugin('clusters', 'mock')
    const { holder } = await holdElsewhere('mock', box.directory())
    const own = mocks().filter((pid) => !before.has(pid))
    assert.ok(own.length > 0)
    holder.kill('SIGKILL')
    await until('the mock is gone', () => own.every((pid) => !isRunning(pid)))
    const lines = await mock.clean!(new AbortController().signal)
    assert.match(lines.join('\n'), /removed its lease/)
    assert.deepEqual(box.leases(), [])
  })

  test('an aborted start leaves nothing', async () => {
    const starting = start('mock', { directory: box.directory(), signal: AbortSignal.abort() })
    await assert.rejects(starting, (error: KbenchError) => error.code === 'interrupted')
    assert.deepEqual(box.leases(), [])
  })
})
