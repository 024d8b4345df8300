import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import kafkajs from 'kafkajs'
import type { RunResult } from '../../src/contracts/result.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import { kbench } from '../cli/_kbench.ts'
import { onlyResult } from '../cli/_live.ts'
import { otherClients } from './_other-clients.ts'
import { sandbox, skipReason, until } from './_providers.ts'
import { type RecordedBroker, startRecordedBroker } from './_recorded-broker.ts'

// A cluster with many topics of others, seen through a proxy that reads every request for metadata.

const skip = await skipReason('local')
const box = skip ? null : sandbox('local')
const clients = ['kafkajs', 'node-rdkafka', ...(await otherClients())]
let broker: RecordedBroker

before(async () => {
  if (!box) return
  broker = await startRecordedBroker(box.directory())
  const kafka = new kafkajs.Kafka({ brokers: [broker.address], clientId: 'theirs', logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({
    waitForLeaders: false,
    topics: Array.from({ length: 20 }, (_, n) => ({ topic: `theirs-${n}`, numPartitions: 100 })),
  })
  await admin.createTopics({ topics: [{ topic: 'checked', numPartitions: 2 }], waitForLeaders: false })
  await admin.disconnect()
  const network = { bootstrap: [broker.address] }
  await until('they are led', async () => {
    const last = await topicOffsets(network, 'theirs-19', 'latest').catch(() => new Map())
    const own = await topicOffsets(network, 'checked', 'latest').catch(() => new Map())
    return last.size === 100 && own.size === 2
  })
})

after(async () => {
  await broker?.[Symbol.asyncDispose]()
  await box?.remove()
})

async function run(
  name: string,
  lines: readonly string[],
): Promise<{ exitCode: number; stderr: string; result: RunResult }> {
  const file = join(box!.root, `${name}.yaml`)
  const cluster = `cluster: { provider: external, bootstrap: ["${broker.address}"] }`
  writeFileSync(file, `${[`name: ${name}`, cluster, ...lines].join('\n')}\n`)
  const results = join(box!.root, `${name}-results`)
  const { exitCode, stderr } = await kbench(['run', file, '--results', results, '--no-reports'])
  return { exitCode, stderr, result: onlyResult(results).result }
}

describe('2000 partitions of others', { skip }, () => {
  test('X17: no client, sampler, canary, audit or clean-up asks for the metadata of all topics', async () => {
    broker.asked.length = 0
    const { exitCode, stderr, result } = await run('large', [
      `clients: [${clients.join(', ')}]`,
      'topic: { partitions: 2, replicationFactor: 1 }',
      'load: { rate: 200, record: { size: 100 } }',
      'consumers: [{ group: g1 }]',
      'canary: { enabled: true }',
      'phases: { clusterWarmup: 0s, warmup: 1s, measure: 2s, drain: 5s }',
    ])
    assert.deepEqual(
      result.variants.map(({ params, ledger, integrity }) => [params.client, ledger.acked, integrity.verdict]),
      clients.map((client) => [client, 600, 'ok']),
      `exit code ${exitCode}\n${stderr}`,
    )
    const { asked } = broker
    // The proxy sees the load's clients and kbench's own connections.
    for (const purpose of ['-0$', '-1$', '-canary$', 'lag$', 'audit$', 'admin$', 'leaders$']) {
      assert.ok(
        asked.some(({ clientId }) => new RegExp(purpose).test(clientId ?? '')),
        `${purpose}: ${[...new Set(asked.map(({ clientId }) => clientId))].join(', ')}`,
      )
    }
    assert.deepEqual(
      asked.filter(({ topics }) => topics === null || topics.some((topic) => topic.startsWith('theirs'))),
      [],
    )
  })

  test('X17: neither do commands that are about one topic or one group', async () => {
    const at = ['-b', broker.address]
    const file = join(box!.root, 'records')
    writeFileSync(file, 'one\ntwo\n')
    const commands = [
      ['produce', 'checked', '-l', file],
      ['consume', 'checked', '-G', 'readers', '--from-beginning', '--max-messages', '2'],
      ['consume', 'checked', '--from-beginning', '--exit'],
      ['topics', 'describe', 'checked'],
      ['topics', 'alter', 'checked', '--config', 'retention.ms=3600000'],
      ['groups', 'describe', 'readers'],
      ['groups', 'reset-offsets', 'readers', '--topic', 'checked', '--to-earliest', '--execute'],
      ['lag', '--group', 'readers', '--for', '1s'],
      ['configs', 'describe', '--entity-type', 'topics', '--entity-name', 'checked'],
      ['doctor', '--set', 'topic.name=checked'],
    ]
    for (const command of commands) {
      broker.asked.length = 0
      const { exitCode, stderr } = await kbench([...command, ...at])
      assert.equal(exitCode, 0, `${command.join(' ')}: ${stderr}`)
      assert.deepEqual(
        broker.asked.filter(({ topics }) => topics === null || topics.some((topic) => topic.startsWith('theirs'))),
        [],
        command.join(' '),
      )
    }
  })

  test('X8: a topic whose broker checks records against a schema is refused at once, with what to do', async () => {
    broker.refuse.set('checked', 87)
    const { exitCode, stderr, result } = await run('checked', [
      'clients: [kafkajs]',
      'workload: produce',
      'topic: { name: checked }',
      'phases: { clusterWarmup: 0s, warmup: 1s, measure: 2s, drain: 5s }',
    ])
    assert.equal(exitCode, 3, stderr)
    const [variant] = result.variants
    assert.equal(variant!.status, 'failed')
    assert.match(
      variant!.reasons.join('\n'),
      /topic checked does not take records: INVALID_RECORD: its brokers validate records against a schema/,
    )
    assert.match(result.notes.join('\n'), /another topic, or one without schema validation/)
    assert.ok(!/stack|at .*\.js:/.test(stderr))
  })
})
