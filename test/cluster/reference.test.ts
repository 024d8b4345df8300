import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Cluster } from '../../src/contracts/api.ts'
import { cellsOf, planVariants } from '../../src/profile/plan.ts'
import { type ProfileInput, profileSchema } from '../../src/profile/schema.ts'
import { loadPlugin } from '../../src/registry.ts'
import { runReference } from '../../src/runners/run/reference.ts'
import { sandbox, skipReason, start } from './_providers.ts'

// Kafka's own performance tools as the reference of a run.

const skip = await skipReason('local')
const box = skip ? null : sandbox('local')
let cluster: Cluster
let runs = 0

before(async () => {
  if (box) cluster = await start('local', { layout: 'kraft-1', directory: box.directory() })
})

after(async () => {
  await cluster?.[Symbol.asyncDispose]()
  await box?.remove()
})

async function runIt(input: Partial<ProfileInput>, onStage: (stage: string) => void = () => {}) {
  const profile = profileSchema.parse({
    name: 'reference',
    topic: { partitions: 3, replicationFactor: 1 },
    phases: { warmup: '5s', measure: '7s' },
    ...input,
  })
  const variant = planVariants(
    [{ params: { client: 'kafka-perf-test' }, profile: cellsOf(profile)[0]!.profile }],
    1,
  )[0]!
  const { variant: measured } = await runReference({
    ...{ variant, runId: `reference-${process.pid}`, index: runs++, cluster },
    reference: await loadPlugin('references', 'kafka-perf-test'),
    directory: box!.directory(),
    progress: { stage: onStage, tick() {}, log() {} },
    signal: new AbortController().signal,
  })
  return measured
}

describe('reference: kafka-perf-test', { skip }, () => {
  test("at a rate: the numbers are the tool's own, and its records are in the log and read", async () => {
    const { reference, produce, consume, ledger, integrity, status } = await runIt({
      workload: 'produce-consume',
      load: { rate: 2000, record: { size: '200B' } },
      producers: { count: 2, acks: 1 },
      consumers: [{ group: 'g1' }],
    })
    assert.equal(status, 'ok')
    assert.equal(reference!.version, '4.1.0')
    const sends = reference!.runs.filter(({ command }) => command.startsWith('kafka-producer-perf-test.sh'))
    const reads = reference!.runs.filter(({ command }) => command.startsWith('kafka-consumer-perf-test.sh'))
    assert.deepEqual([sends.length, reads.length], [2, 1])
    const printed = sends.map(({ printed }) => Number(/sent, ([\d.]+) records\/sec/.exec(printed)![1]))
    assert.ok(Math.abs(produce.ackedPerSec - (printed[0]! + printed[1]!)) < 1e-6, `${produce.ackedPerSec}, ${printed}`)
    // Its start included, which takes long where much else runs.
    assert.ok(produce.ackedPerSec > 200 && produce.ackedPerSec < 2100, `${produce.ackedPerSec} records/s`)
    assert.equal(ledger.acked, 24_000)
    assert.ok(reference!.produce!.steadyRecordsPerSec! >= produce.ackedPerSec * 0.9)
    assert.equal(reference!.produce!.latencyMs.p99, null, 'of two producers there is no common percentile')
    assert.ok(reference!.produce!.latencyMs.max >= reference!.produce!.latencyMs.mean)
    const read = reads[0]!.printed.split(', ')
    // And probes of each partition, which kbench sends before, until one is answered.
    assert.ok(Number(read[4]) >= 24_000 && Number(read[4]) < 24_100, read[4])
    assert.equal(consume!.receivedPerSec, Number(read[5]))
    assert.equal(integrity.verdict, 'not-audited')
    for (const { command } of reference!.runs) assert.match(command, /client\.properties/)
  })

  test('as fast as it goes: finds out how many records fit into the time', async () => {
    const said: string[] = []
    const { reference, produce } = await runIt(
      { workload: 'produce', load: { rate: 'max', record: { size: '1KiB' } } },
      (stage) => said.push(stage),
    )
    const [only] = reference!.runs
    const [records, perSec] = /^(\d+) records sent, ([\d.]+)/.exec(only!.printed)!.slice(1).map(Number)
    assert.equal(reference!.produce!.records, records)
    assert.equal(produce.ackedPerSec, perSec)
    const tookS = records! / perSec!
    assert.ok(tookS > 3 && tookS < 40, `${tookS} s for 12 s`)
    assert.ok(reference!.produce!.latencyMs.p99! >= reference!.produce!.latencyMs.p50!)
    assert.deepEqual(reference!.consume, [])
    assert.ok(said.includes('reference'))
  })

  test('a filled topic is read', async () => {
    const { reference, consume } = await runIt({
      workload: 'consume',
      load: { rate: 'max', count: 30_000, record: { size: '100B' } },
      consumers: [{ group: 'g1' }, { group: 'g2' }],
    })
    assert.equal(reference!.produce!.records, 30_000)
    assert.equal(reference!.consume.length, 2)
    for (const { records } of reference!.consume) {
      assert.ok(records >= 30_000 && records < 30_100, `${records}, and a few probes of each partition`)
    }
    assert.equal(
      consume!.receivedPerSec,
      reference!.consume.reduce((sum, { recordsPerSec }) => sum + recordsPerSec, 0),
    )
  })

  test("the broker's refusal is told with the tool's own words", async () => {
    await assert.rejects(
      runIt({ workload: 'produce', load: { rate: 100, count: 10, record: { size: '2MiB' } } }),
      /ProducerPerformance/,
    )
  })
})
