import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import kafkajs from 'kafkajs'
import type { Cluster } from '../../src/contracts/api.ts'
import type { Variant } from '../../src/contracts/result.ts'
import { sandbox, shortenSessions, skipReason, start } from './_providers.ts'
import { variantOf } from './_variant.ts'

// A replica that lags is elected: the number of lost records that kbench tells is compared with the log, offset by offset, read and
// decoded here without anything of kbench's.

const skip = await skipReason('local')
const box = sandbox('local')
let cluster: Cluster

before(async () => {
  if (skip) return
  shortenSessions()
  cluster = await start('local', { layout: 'kraft-3-controller', directory: box.directory() })
})
after(async () => {
  await cluster?.[Symbol.asyncDispose]()
  await box.remove()
})

/** Sequence numbers of every record of the load in the log, from its first offset to its last, in order. */
async function sequencesInLog(topic: string): Promise<number[]> {
  const kafka = new kafkajs.Kafka({ brokers: [...cluster.network.bootstrap], logLevel: 0, retry: { retries: 20 } })
  const admin = kafka.admin()
  await admin.connect()
  const [end] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const last = Number(end!.high) - 1
  const sequences: number[] = []
  let next = 0
  const consumer = kafka.consumer({ groupId: `reader-of-${topic}` })
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      // The group's coordinator may still be loading, on a broker that has just come back: then it begins again by itself.
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error)
      })
      void consumer.run({
        async eachMessage({ message }) {
          if (Number(message.offset) !== next++) reject(new Error(`offset ${message.offset} where ${next - 1} was due`))
          const value = message.value!
          // "kb", version, flags, run, producer, sequence as 16 high and 32 low bits: docs/measuring.md; the canary has flags.
          if (value.length >= 32 && value.readUInt16LE(0) === 0x626b && value[3] === 0) {
            sequences.push(value.readUInt16LE(10) * 2 ** 32 + value.readUInt32LE(12))
          }
          if (next > last) resolve()
        },
      })
    })
  } finally {
    // Otherwise this process would go on for ever.
    await consumer.disconnect()
  }
  return sequences
}

for (const client of ['kafkajs', 'node-rdkafka']) {
  describe(`unclean election with ${client}`, { skip }, () => {
    const acked = new Set<number>()
    const topic = `unclean-${client}`
    let variant: Variant
    let inLog: number[]

    before(async () => {
      const profile = {
        name: 'unclean',
        clients: [client],
        workload: 'produce',
        topic: {
          name: topic,
          partitions: 1,
          replicationFactor: 2,
          config: { 'min.insync.replicas': 1, 'unclean.leader.election.enable': true },
        },
        load: { rate: 300, record: { size: '100B' } },
        producers: { acks: 1 as const, maxInFlight: 50_000, requestTimeout: '5s', deliveryTimeout: '60s' },
        phases: { clusterWarmup: '0s', warmup: '2s', measure: '22s', drain: '20s' },
        faults: [
          { use: 'pause-broker', at: '3s', for: '8s', target: { followerOf: 0 } },
          { use: 'kill-broker', at: '10500ms', for: '8s', target: { leaderOf: 0 } },
        ],
      }
      variant = await variantOf(cluster, profile, {
        settled({ outcomes, sequences }) {
          outcomes.forEach((outcome, index) => {
            if (outcome === 1) acked.add(sequences[index]!)
          })
        },
      })
      inLog = await sequencesInLog(topic)
    })

    test('the election was unclean, and everything was acknowledged all the same', () => {
      assert.deepEqual(
        variant.faults.map(({ use, verifiedAtS }) => [use, verifiedAtS !== null]),
        [
          ['pause-broker', true],
          ['kill-broker', true],
        ],
      )
      assert.ok(variant.faults[1]!.uncleanElections! >= 1)
      assert.equal(acked.size, variant.ledger.acked)
      assert.ok(acked.size > 300 * 18, `${acked.size} acknowledged`)
    })

    test('exactly as many records are told to be lost as the log lacks', (t) => {
      const present = new Set(inLog)
      const missing = [...acked].filter((sequence) => !present.has(sequence))
      t.diagnostic(`${client}: ${missing.length} of ${acked.size} acknowledged records are not in the log`)
      assert.ok(missing.length > 300 * 3, `${missing.length} lost: the follower hung for 8 s`)
      assert.equal(variant.integrity.lost, missing.length)
      assert.equal(variant.integrity.verdict, 'violated')
    })

    test('and exactly as many to be twice', () => {
      const times = new Map<number, number>()
      for (const sequence of inLog) times.set(sequence, (times.get(sequence) ?? 0) + 1)
      const twice = [...acked].reduce((sum, sequence) => sum + Math.max(0, (times.get(sequence) ?? 0) - 1), 0)
      assert.equal(variant.integrity.duplicated, twice)
    })
  })
}
