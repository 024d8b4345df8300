import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { nowNs } from '../../src/base/clock.ts'
import type { Cluster } from '../../src/contracts/api.ts'
import type { FaultResult, Variant } from '../../src/contracts/result.ts'
import { createTopic } from '../../src/kafka/topics.ts'
import { kafkaTool } from './_kafka-tools.ts'
import { type Observer, observe } from './_observer.ts'
import { sandbox, sessionMs, shortenSessions, skipReason, start } from './_providers.ts'
import { variantOf } from './_variant.ts'

// Three brokers are killed one after the other under load, beside an independent observer and the cluster's own metadata log.

const skip = await skipReason('local')
const partitions = 6
const phases = { clusterWarmup: '0s', warmup: '2s', measure: '16s', drain: '5s' }
const loadNs = 18e9
const kills: { fault: FaultResult; variant: Variant; startNs: number; observed: number[] }[] = []
const directory = skip ? '' : sandbox('local').directory()
let cluster: Cluster
/** Wall clock − monotonic clock, ms: the brokers' log has times of day. */
const wallMs = Date.now() - nowNs() / 1e6

before(async () => {
  if (skip) return
  // A follower that asks a leader a moment too early waits a second by default, and that partition with it: of two clients
  // one may have a record in the log by then and the other not. Instruments are compared without that coin.
  process.env.KBENCH_REPLICA_FETCH_BACKOFF_MS = '50'
  shortenSessions()
  cluster = await start('local', { layout: 'kraft-3', directory })
  for (let kill = 0; kill < 3; kill++) kills.push(await killOnce(kill))
})

after(async () => {
  await cluster?.[Symbol.asyncDispose]()
})

async function killOnce(kill: number) {
  const topic = `failover-${kill}`
  const signal = new AbortController().signal
  await createTopic(
    cluster.network,
    { name: topic, partitions, replicationFactor: 3, config: { 'min.insync.replicas': 2 } },
    signal,
  )
  let observer: Observer | null = null
  let startNs = 0
  try {
    const variant = await variantOf(
      cluster,
      {
        name: 'failover',
        topic: { name: topic, partitions, config: { 'min.insync.replicas': 2 } },
        clients: ['node-rdkafka'],
        workload: 'produce',
        load: { rate: 600, record: { size: '100B' } },
        producers: { partitioner: 'round-robin', maxInFlight: 50_000 },
        phases,
        faults: [{ use: 'kill-broker', at: '4s', for: '8s', target: { leaderOf: 0 } }],
      },
      {
        stage(stage) {
          if (stage !== 'connect') return
          void observe(cluster.network, topic, partitions).then((started) => {
            observer = started
          })
        },
        fact(fact) {
          if (fact.fact === 'started') startNs = fact.startNs
        },
      },
    )
    const fault = variant.faults[0]!
    assert.ok(observer, 'the observer began')
    const fromNs = startNs + fault.injectedAtS * 1e9
    const untilNs = startNs + loadNs
    const watcher: Observer = observer
    const observed = Array.from({ length: partitions }, (_, id) => watcher.longestGapMs(id, fromNs, untilNs))
    return { fault, variant, startNs, observed }
  } finally {
    await (observer as Observer | null)?.[Symbol.asyncDispose]()
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

for (const client of ['kafkajs', 'node-rdkafka']) {
  test(`SIGTERM hands the leaders over: with ${client} every partition is back within 2 s`, { skip }, async (t) => {
    const variant = await variantOf(cluster, {
      name: 'stop',
      clients: [client],
      workload: 'produce',
      topic: { partitions, config: { 'min.insync.replicas': 2 } },
      load: { rate: 300, record: { size: '100B' } },
      producers: {
        partitioner: 'round-robin',
        maxInFlight: 50_000,
        requestTimeout: '10s',
        deliveryTimeout: '60s',
        // With a send over all partitions kafkajs can lose records even here: profiles/kafkajs-silent-loss.yaml.
        sendScope: 'partition',
      },
      phases: { ...phases, measure: '14s' },
      faults: [{ use: 'stop-broker', at: '3s', for: '5s', target: { leaderOf: 0 } }],
    })
    const [fault] = variant.faults
    assert.ok(fault!.verifiedAtS !== null && fault!.healedAtS !== null, variant.reasons.join('; '))
    assert.ok(fault!.partitions.some(({ leaderAfter }) => leaderAfter !== null))
    for (const { id, leaderAfter, unavailableMs, clientGapMs } of fault!.partitions) {
      const words = `partition ${id}, led by ${leaderAfter ?? 'the same broker'}: ${unavailableMs} ms, client ${clientGapMs} ms`
      t.diagnostic(words)
      assert.ok(unavailableMs! < 2000 && clientGapMs! < 2000, words)
    }
    assert.equal(variant.integrity.lost, 0)
    assert.equal(variant.ledger.acked, variant.ledger.scheduled)
  })
}

describe('three kills (SIGKILL) under load', { skip }, () => {
  test('each was seen, undone and survived without loss', () => {
    assert.equal(kills.length, 3)
    for (const { fault, variant } of kills) {
      assert.equal(variant.integrity.verdict, 'ok', variant.integrity.reasons.join('; '))
      assert.equal(variant.integrity.lost, 0)
      const { scheduled, acked, failed, unknown, unsent } = variant.ledger
      assert.equal(scheduled, acked + failed + unknown + unsent)
      assert.ok(fault.verifiedAtS !== null && fault.healedAtS !== null)
      assert.equal(fault.partitions.length, partitions)
      assert.ok(fault.partitions.every(({ recovered }) => recovered))
    }
  })

  test('the broker that died led some partitions, which got a new leader, and followed others, which stalled too', () => {
    for (const { fault } of kills) {
      const victim = Number(/broker (\d+)/.exec(fault.target)![1])
      const led = fault.partitions.filter(({ leaderBefore }) => leaderBefore === victim)
      const followed = fault.partitions.filter(({ leaderBefore }) => leaderBefore !== victim)
      assert.ok(led.length > 0 && followed.length > 0)
      for (const { leaderAfter } of led) assert.ok(leaderAfter !== null && leaderAfter !== victim)
      for (const { leaderAfter, electionMs } of followed) assert.deepEqual([leaderAfter, electionMs], [null, null])
      for (const { unavailableMs, isrShrunkMs } of fault.partitions) {
        // A heartbeat can be up to half a second old when its broker dies.
        assert.ok(unavailableMs! > sessionMs - 1000, `${unavailableMs} ms: acks=all waits for who is in sync`)
        assert.ok(isrShrunkMs! > sessionMs - 1000)
      }
    }
  })

  test('partitions led elsewhere: the median of the kills within 150 ms of the observer', (t) => {
    const off = kills.map(({ fault, observed }) => {
      const followed = fault.partitions.filter(({ leaderAfter }) => leaderAfter === null)
      for (const { id, unavailableMs } of followed) {
        t.diagnostic(`partition ${id}: ${unavailableMs} ms, observer ${observed[id]} ms`)
      }
      // A request that meets the very moment of the change can wait for its timeout, whoever sent it: the median tells.
      return median(followed.map(({ id, unavailableMs }) => Math.abs(unavailableMs! - observed[id]!)))
    })
    assert.ok(median(off) <= 150, JSON.stringify(off))
    assert.ok(Math.max(...off) <= 1000, JSON.stringify(off))
  })

  test('partitions it led: the median of the kills within 500 ms of the observer', (t) => {
    const led = kills.map(({ fault, observed }) => {
      const mine = fault.partitions.filter(({ leaderAfter }) => leaderAfter !== null)
      return {
        canary: median(mine.map(({ unavailableMs }) => unavailableMs!)),
        observer: median(mine.map(({ id }) => observed[id]!)),
      }
    })
    const off = Math.abs(median(led.map(({ canary }) => canary)) - median(led.map(({ observer }) => observer)))
    assert.ok(off <= 500, JSON.stringify(led))
    t.diagnostic(JSON.stringify(led))
  })

  test('leader and in-sync changes are when the metadata log says, the median within 150 ms, none beyond 500', async (t) => {
    const log = await metadataChanges()
    const off: number[] = []
    for (const { fault, variant, startNs } of kills) {
      const injectedMs = startNs / 1e6 + fault.injectedAtS * 1000
      const topicId = topicIdOf(variant)
      for (const { id, electionMs, isrShrunkMs } of fault.partitions) {
        const mine = log.filter(({ partition, topic }) => partition === id && topic === topicId)
        for (const [what, ms] of [
          ['leader', electionMs],
          ['isr', isrShrunkMs],
        ] as const) {
          if (ms === null) continue
          const seenAtMs = injectedMs + ms + wallMs
          const nearest = Math.min(
            ...mine.filter((change) => change[what]).map(({ atMs }) => Math.abs(atMs - seenAtMs)),
          )
          assert.ok(nearest <= 500, `partition ${id}, ${what}: ${nearest} ms from any record of the log`)
          off.push(nearest)
        }
      }
    }
    t.diagnostic(`${off.length} changes, median ${median(off)} ms, worst ${Math.max(...off)} ms`)
    assert.ok(median(off) <= 150, JSON.stringify(off))

    function topicIdOf(variant: Variant): string {
      const name = variant.faults[0]!.partitions[0]!.topic
      const found = log.find((record) => record.name === name)
      assert.ok(found, `${name} is in the metadata log`)
      return found.topic
    }
  })
})

interface LogRecord {
  atMs: number
  topic: string
  name?: string
  partition: number
  leader: boolean
  isr: boolean
}

/** Topics and partition changes of the cluster's metadata log, as kafka-dump-log tells them. */
async function metadataChanges(): Promise<LogRecord[]> {
  const file = join(directory, 'brokers', 'kafka1', 'data-0', '__cluster_metadata-0', '00000000000000000000.log')
  const text = await kafkaTool('kafka.tools.DumpLogSegments', ['--cluster-metadata-decoder', '--files', file])
  const records: LogRecord[] = []
  for (const line of text.split('\n')) {
    const match = /CreateTime: (\d+) .*payload: (\{.*\})$/.exec(line)
    if (!match) continue
    const { type, data } = JSON.parse(match[2]!) as {
      type: string
      data: { topicId: string; name?: string; partitionId?: number; leader?: number; isr?: number[] }
    }
    const base = { atMs: Number(match[1]), topic: data.topicId, partition: data.partitionId ?? -1 }
    if (type === 'TOPIC_RECORD') records.push({ ...base, name: data.name!, leader: false, isr: false })
    if (type !== 'PARTITION_CHANGE_RECORD') continue
    records.push({ ...base, leader: data.leader !== undefined, isr: data.isr !== undefined })
  }
  return records
}
