import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { nowNs } from '../../src/base/clock.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import type { RunResult, Variant } from '../../src/contracts/result.ts'
import { createKafka } from '../../src/kafka/client.ts'
import { readLog } from '../../src/kafka/read-log.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import { flags } from '../../src/load/stamp.ts'
import { decodeHistogram } from '../../src/recording/histogram.ts'
import { createLagSampler } from '../../src/samplers/lag.ts'
import { kbench } from '../cli/_kbench.ts'
import { isClosed, onlyResult, startRun } from '../cli/_live.ts'
import { withAdmin } from '../support/admin.ts'
import { endOffsets, groupLag } from './_kafka-tools.ts'
import { sandbox, skipReason, start, until } from './_providers.ts'

// `kbench run` against a real three-broker cluster that this file starts and the runs reach as `external`.

const skip = await skipReason('local')
const folder = mkdtempSync(join(tmpdir(), 'kbench-run-'))
let cluster: Cluster
let bootstrap: string
let runs = 0
let firstRunId = ''

before(async () => {
  if (skip) return
  cluster = await start('local', { layout: 'kraft-3', directory: sandbox('local').directory() })
  bootstrap = cluster.network.bootstrap.join(',')
})

after(async () => {
  await cluster?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function countProbes(topic: string, ends: ReadonlyMap<number, number>): Promise<number> {
  const ranges = [...ends].map(([partition, to]) => ({ partition, from: 0, to }))
  let probes = 0
  await readLog(cluster.network, topic, ranges, (_partition, _offset, { value }) => {
    if (value?.[3] === flags.probe) probes++
  })
  return probes
}

function profile(lines: readonly string[]): { file: string; results: string } {
  const file = join(folder, `profile-${++runs}.yaml`)
  const all = [
    'name: real-run',
    `cluster: { provider: external, bootstrap: [${cluster.network.bootstrap.map((address) => `"${address}"`).join(', ')}] }`,
    'phases: { clusterWarmup: 0s, warmup: 2s, measure: 4s, drain: 20s }',
    ...lines,
  ]
  writeFileSync(file, `${all.join('\n')}\n`)
  return { file, results: join(folder, `results-${runs}`) }
}

async function run(lines: readonly string[], sets: readonly string[] = []) {
  const { file, results } = profile(lines)
  const args = ['run', file, '--results', results, '--quiet', '--no-reports', ...sets.flatMap((set) => ['--set', set])]
  const ended = await kbench(args)
  return { ...ended, ...onlyResult(results) }
}

const base = [
  'load: { rate: 600 }',
  'producers: { count: 2 }',
  'consumers: [ { group: g1, members: 2 }, { group: g2, members: 1 } ]',
]

/** What must hold in a calm run however busy the machine is: no figure of speed among it. */
function assertSound(result: RunResult, variant: Variant, groups: number): void {
  const { ledger, integrity, produce, consume, lag } = variant
  assert.ok(['ok', 'invalid'].includes(variant.status), `${variant.id}: ${variant.status} ${variant.reasons}`)
  assert.ok(isClosed(result))
  assert.equal(ledger.acked, ledger.scheduled, `${variant.id}: ${JSON.stringify({ ledger, errors: produce.errors })}`)
  assert.equal(integrity.verdict, 'ok', integrity.reasons.join('\n'))
  assert.equal(integrity.lost, 0)
  assert.equal(integrity.corrupt, 0)
  assert.equal(integrity.audited, ledger.scheduled)
  assert.equal(integrity.logRecords, ledger.acked + integrity.duplicated)
  if (groups > 0 && consume?.endToEndUs) assert.equal(consume.endToEndUs.count, integrity.auditedMeasure * groups)
  for (const [group, { endRecords, drainS }] of Object.entries(lag)) {
    assert.equal(endRecords, 0, `lag of ${group}`)
    assert.notEqual(drainS, null)
  }
}

describe('a run on a real cluster', { skip }, () => {
  test('both clients: closed ledger, nothing lost, every record of the measure phase read once per group', async () => {
    const { result } = await run(base)
    firstRunId = result.runId
    assert.deepEqual(
      result.variants.map(({ id }) => id),
      ['client=kafkajs', 'client=node-rdkafka'],
    )
    for (const variant of result.variants) {
      assertSound(result, variant, 2)
      assert.equal(variant.ledger.scheduled, 3600)
      assert.equal(variant.produce.responseUs!.count, 2400)
      assert.equal(variant.integrity.auditedMeasure, 2400)
      assert.equal(decodeHistogram(variant.produce.responseUs!.histogram)!.totalCount, 2400)
      assert.deepEqual(Object.keys(variant.lag), ['g1', 'g2'])
      assert.ok(variant.timelines.lag!.atS.length >= 6)
      assert.ok(variant.effectiveConfig.producer && variant.effectiveConfig.consumer)
      assert.deepEqual(
        variant.phases.map(({ name, startS }) => [name, startS]),
        [
          ['warmup', 0],
          ['measure', 2],
          ['drain', 6],
        ],
      )
    }
    assert.equal(result.cluster.provider, 'external')
    assert.match(result.cluster.kafkaVersion ?? '4', /^4/)
  })

  test('leaves no topic and no group of its own behind', async () => {
    assert.notEqual(firstRunId, '')
    const ofRun = (name: string) => name.startsWith(`kbench-${firstRunId}`)
    const left = await withAdmin(cluster.network, async (admin) => ({
      topics: (await admin.listTopics()).filter(ofRun),
      groups: (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(ofRun),
    }))
    assert.deepEqual(left, { topics: [], groups: [] })
  })

  test('a named topic is kept, and GetOffsetShell finds in it what the ledger says', async () => {
    const { result } = await run(
      [...base, 'topic: { name: kept, partitions: 6, replicationFactor: 3 }'],
      ['clients=[kafkajs]'],
    )
    assertSound(result, result.variants[0]!, 2)
    const witness = await endOffsets(bootstrap, 'kept')
    const ours = await topicOffsets(cluster.network, 'kept', 'latest')
    assert.deepEqual(new Map([...ours].sort()), new Map([...witness].sort()))
    const { ledger, integrity } = result.variants[0]!
    // One for each partition at least: a probe that a new leader could not replicate yet was written again.
    const probes = await countProbes('kept', witness)
    assert.ok(probes >= 6, `${probes} probes`)
    assert.equal(
      [...witness.values()].reduce((sum, end) => sum + end, 0),
      ledger.acked + integrity.duplicated + probes,
    )
  })

  test('rate max: no due times, so no response latency; service latency and a closed ledger', async () => {
    const { result } = await run(base, [
      'load.rate=max',
      'phases.warmup=1s',
      'phases.measure=2s',
      'consumers=[]',
      'workload=produce',
    ])
    for (const variant of result.variants) {
      assert.equal(variant.produce.responseUs, null)
      assert.equal(variant.produce.offeredPerSec, null)
      assert.ok(variant.produce.serviceUs!.count > 0)
      assertSound(result, variant, 0)
    }
  })

  test('consume: a filled topic is read to its end, and every record counted', async () => {
    const { result } = await run(base, [
      'workload=consume',
      'load.count=5000',
      'phases.warmup=0s',
      'phases.measure=10s',
    ])
    for (const variant of result.variants) {
      assertSound(result, variant, 0)
      assert.equal(variant.ledger.acked, 5000)
      // Rows of a second: what is less than a row at the end is left out.
      const { tickS, columns } = variant.series
      assert.deepEqual(tickS, [...tickS.keys()])
      const received = columns.receivedPerSec!.reduce<number>((sum, rate) => sum + (rate ?? 0), 0)
      // Two groups read all of it, and the probe of each partition.
      assert.ok(Math.abs(received - 2 * (5000 + 12)) < 50, `${received} received`)
    }
  })

  test('both clients put the same key into the same partition, as the Java client would', async () => {
    const placed: Map<string, number>[] = []
    for (const client of ['kafkajs', 'node-rdkafka']) {
      const topic = `keys-${client}`
      const { result } = await run(
        [...base, `topic: { name: ${topic}, partitions: 12, replicationFactor: 3 }`],
        [`clients=[${client}]`, 'load.record.keys={distribution: sequential, cardinality: 40}', 'phases.measure=1s'],
      )
      assertSound(result, result.variants[0]!, 2)
      placed.push(await partitionOfKeys(topic))
    }
    assert.equal(placed[0]!.size, 40)
    assert.deepEqual([...placed[0]!].sort(), [...placed[1]!].sort())
  })

  test('Ctrl-C while it measures: partial result, exit 130, topics and groups gone', async () => {
    const { file, results } = profile(base)
    const live = startRun([file, '--results', results, '--set', 'phases.measure=60s', '--set', 'clients=[kafkajs]'])
    await live.says('s  measure ')
    live.interrupt()
    const { exitCode } = await live.ended
    assert.equal(exitCode, 130)
    const { result, directory } = onlyResult(results)
    assert.equal(result.status, 'interrupted')
    assert.ok(isClosed(result))
    assert.ok(result.variants[0]!.ledger.acked > 0)
    assert.match(readFileSync(join(directory, 'report.html'), 'utf8'), /interrupted/i)
    const topics = await withAdmin(cluster.network, (admin) => admin.listTopics())
    assert.deepEqual(
      topics.filter((topic) => topic.startsWith(`kbench-${result.runId}`)),
      [],
    )
  })
})

describe('the lag sampler', { skip }, () => {
  test('agrees with ConsumerGroupCommand while the group is quiescent', async () => {
    const kafka = createKafka(cluster.network, {
      clientId: 'test',
      connectionTimeoutMs: 5000,
      requestTimeoutMs: 10_000,
      retry: { retries: 10 },
    })
    const producer = kafka.producer()
    await withAdmin(cluster.network, (admin) =>
      admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic: 'lagging', numPartitions: 3, replicationFactor: 3 }],
      }),
    )
    await until(
      'the topic takes records',
      async () => (await topicOffsets(cluster.network, 'lagging', 'latest')).size === 3,
    )
    await producer.connect()
    for (const [partition, count] of [700, 50, 0].entries()) {
      const messages = Array.from({ length: count }, () => ({ partition, value: 'x' }))
      if (count > 0) await producer.send({ topic: 'lagging', messages })
    }
    await producer.disconnect()
    await withAdmin(cluster.network, (admin) =>
      admin.setOffsets({
        groupId: 'slow',
        topic: 'lagging',
        partitions: [
          { partition: 0, offset: '400' },
          { partition: 1, offset: '50' },
          { partition: 2, offset: '0' },
        ],
      }),
    )
    await using sampler = createLagSampler(cluster.network, {
      topic: 'lagging',
      partitions: 3,
      groups: [{ group: 'slow', isolation: 'read_committed' }],
      startOffsets: new Map(),
      nowNs,
    })
    const { ends, groups } = await sampler.sample()
    const lag = ends.map((end, partition) => end! - groups.slow!.committed[partition]!)
    assert.deepEqual(lag, [300, 0, 0])
    const witness = await groupLag(bootstrap, 'slow')
    assert.deepEqual(
      lag,
      [0, 1, 2].map((partition) => witness.get(partition)),
    )
  })
})

async function partitionOfKeys(topic: string): Promise<Map<string, number>> {
  const { connectBroker } = await import('../../src/kafka/wire.ts')
  const placed = new Map<string, number>()
  const metadata = await withAdmin(cluster.network, (admin) => admin.fetchTopicMetadata({ topics: [topic] }))
  for (const { partitionId, leader } of metadata.topics[0]!.partitions) {
    const node = cluster.nodes.find(({ id }) => id === leader)!
    const connection = await connectBroker(cluster.network, node, { clientId: 'test', timeoutMs: 10_000 })
    const limits = { maxWaitMs: 500, maxBytes: 10_000_000, maxPartitionBytes: 10_000_000, readCommitted: false }
    const [fetched] = await connection.fetch(topic, [{ partition: partitionId, offset: 0 }], limits)
    for (const { key } of fetched!.records as unknown as { key: Buffer | null }[]) {
      // One probe went to each partition.
      if (key !== null && !key.toString().endsWith('-probe')) placed.set(key.toString(), partitionId)
    }
    await connection.close()
  }
  return placed
}
